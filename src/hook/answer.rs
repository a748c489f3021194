//! The reply on standard output: one JSON object, written at once, or nothing at all.
//!
//! Anything else on standard output would go to the model word for word, so nothing else in the hook prints.

use std::io::Write;

use serde_json::{Value, json};

/// Longest text that is ever injected, in UTF-16 units: at 10,000 the client replaces the text by a preview.
const HARD_LIMIT: usize = 8_000;

/// What the hook has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Name of the event that is answered; with any other name the client drops the answer.
    pub event: &'static str,
    /// Goes to the model; empty when there is something to say to the person only.
    pub context: String,
    /// Goes to the person only.
    pub message: Option<String>,
}

impl Answer {
    /// The JSON object.
    pub fn to_json(&self) -> Value {
        let mut answer = json!({});
        if !self.context.is_empty() {
            answer["hookSpecificOutput"] =
                json!({ "hookEventName": self.event, "additionalContext": bounded(&self.context) });
        }
        if let Some(message) = &self.message {
            answer["systemMessage"] = Value::from(message.as_str());
        }
        answer
    }

    /// Writes the object in one piece and flushes it. A client that has gone away is no error of ours.
    pub fn write(&self, out: &mut dyn Write) {
        let line = format!("{}\n", self.to_json());
        if out.write_all(line.as_bytes()).is_ok() {
            let _gone = out.flush();
        }
    }
}

/// The text within the hard limit, cut at a character.
fn bounded(text: &str) -> &str {
    let mut units = 0;
    for (index, c) in text.char_indices() {
        units += c.len_utf16();
        if units > HARD_LIMIT {
            return &text[..index];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_object_on_one_line() {
        let answer = Answer { event: "UserPromptSubmit", context: "a\n\"b\"".into(), message: Some("m".into()) };
        let mut out = Vec::new();
        answer.write(&mut out);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "{\"hookSpecificOutput\":{\"additionalContext\":\"a\\n\\\"b\\\"\",\"hookEventName\":\"UserPromptSubmit\"},\"systemMessage\":\"m\"}\n"
        );
    }

    #[test]
    fn what_is_for_the_person_alone_says_nothing_to_the_model() {
        let answer = Answer { event: "SessionStart", context: String::new(), message: Some("m".into()) };
        assert_eq!(answer.to_json(), json!({ "systemMessage": "m" }));
    }

    #[test]
    fn never_longer_than_the_client_takes() {
        let answer = Answer { event: "SessionStart", context: "😀".repeat(9_000), message: None };
        let context = answer.to_json()["hookSpecificOutput"]["additionalContext"].as_str().unwrap().to_owned();
        assert_eq!(context.encode_utf16().count(), 8_000);
    }
}
