//! Any endpoint that speaks OpenAI's chat completions. They differ in what they know: a strict schema is asked for first,
//! then any JSON object; and the limit of the reply has two names.

use std::cell::Cell;

use serde_json::{Value, json};

use super::http::{Endpoint, base};
use super::item::object_in;
use super::{Distiller, Failure, Limit, REPLY_TOKENS, Reply, Request, Usage};
use crate::config::{Backend, Credential, DistillerSettings};

const URL: &str = "https://api.openai.com/v1";
const KEY: &str = "OPENAI_API_KEY";

/// An endpoint of this kind.
pub(super) struct OpenAi {
    endpoint: Endpoint,
    model: String,
    dialect: Cell<Dialect>,
}

/// What the endpoint turned out to understand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Dialect {
    schema: bool,
    completion_tokens: bool,
}

impl OpenAi {
    pub(super) fn new(settings: &DistillerSettings) -> Result<Self, Failure> {
        let Some(model) = settings.model.clone() else {
            return Err(Failure::Unavailable(
                "no model is named: set distiller.model to one of the endpoint's".to_owned(),
            ));
        };
        let variable = settings.key_variable.as_deref().unwrap_or(KEY);
        let key = Credential::from_env(variable);
        if key.is_none() && settings.url.is_none() {
            return Err(Failure::Unavailable(format!(
                "no key for OpenAI's API: put it into the environment as {variable}, or set distiller.url to another endpoint"
            )));
        }
        let url = format!("{}/chat/completions", base(settings.url.as_deref(), URL));
        let endpoint = Endpoint::new(url, ("authorization", "Bearer "), key, settings.timeout_ms)?;
        Ok(Self { endpoint, model, dialect: Cell::new(Dialect { schema: true, completion_tokens: false }) })
    }

    fn body(&self, request: &Request<'_>, dialect: Dialect) -> Value {
        let limit = if dialect.completion_tokens { "max_completion_tokens" } else { "max_tokens" };
        let format = if dialect.schema {
            let schema = json!({"name": "answer", "strict": true, "schema": request.schema});
            json!({"type": "json_schema", "json_schema": schema})
        } else {
            json!({"type": "json_object"})
        };
        let system = if dialect.schema {
            request.system.to_owned()
        } else {
            format!(
                "{}\n\nAnswer with one JSON object of this schema and nothing else:\n{}",
                request.system, request.schema
            )
        };
        json!({
            "model": self.model,
            limit: REPLY_TOKENS,
            "response_format": format,
            "messages": [{"role": "system", "content": system}, {"role": "user", "content": request.text}],
        })
    }
}

impl Distiller for OpenAi {
    fn backend(&self) -> Backend {
        Backend::OpenAi
    }

    fn model(&self) -> &str {
        &self.model
    }

    fn limits(&self) -> Vec<Limit> {
        self.endpoint.limits()
    }

    /// Tries a simpler dialect at once, and each only once: these refusals cost no tokens.
    fn ask(&self, request: &Request<'_>) -> Result<Reply, Failure> {
        loop {
            let dialect = self.dialect.get();
            match self.endpoint.post(&self.body(request, dialect), &[]) {
                Ok((answer, raw)) => return read(&answer, raw),
                Err(Failure::Rejected(why)) => match simpler(dialect, &why) {
                    Some(simpler) => self.dialect.set(simpler),
                    None => return Err(Failure::Rejected(why)),
                },
                Err(failure) => return Err(failure),
            }
        }
    }
}

/// What to try when the endpoint refuses a request with these words.
fn simpler(dialect: Dialect, why: &str) -> Option<Dialect> {
    let why = why.to_lowercase();
    if !dialect.completion_tokens && why.contains("max_completion_tokens") {
        return Some(Dialect { completion_tokens: true, ..dialect });
    }
    let about_format = ["response_format", "json_schema", "schema", "structured", "strict"];
    (dialect.schema && about_format.iter().any(|words| why.contains(words)))
        .then_some(Dialect { schema: false, ..dialect })
}

fn read(answer: &Value, raw: String) -> Result<Reply, Failure> {
    let choice = &answer["choices"][0];
    if choice["message"]["refusal"].is_string() || choice["finish_reason"] == "content_filter" {
        return Err(Failure::Refused { raw });
    }
    if choice["finish_reason"] == "length" {
        return Err(Failure::Truncated { raw });
    }
    let count = |name: &str| answer["usage"][name].as_u64().unwrap_or(0);
    let usage = Usage { input_tokens: count("prompt_tokens"), output_tokens: count("completion_tokens") };
    let Some(content) = choice["message"]["content"].as_str() else {
        return Err(Failure::Malformed { why: "the reply holds no message".to_owned(), raw });
    };
    Ok(Reply { value: object_in(content)?, raw, usage })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_met_on_their_own_terms_and_never_in_circles() {
        let first = Dialect { schema: true, completion_tokens: false };
        let plain = simpler(first, "status 400: response_format.type must be json_object").unwrap();
        assert_eq!(plain, Dialect { schema: false, completion_tokens: false });
        let other = simpler(plain, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'").unwrap();
        assert_eq!(other, Dialect { schema: false, completion_tokens: true });
        assert_eq!(simpler(other, "response_format and max_completion_tokens are wrong"), None);
        assert_eq!(simpler(first, "status 404: no such model"), None);
    }

    #[test]
    fn the_end_of_a_reply_says_what_it_is() {
        let name = |choice: Value| {
            let answer = json!({"choices": [choice]});
            read(&answer, answer.to_string()).map_or_else(|failure| failure.name(), |_| "answered")
        };
        assert_eq!(name(json!({"message": {"content": "{\"memories\":[]}"}, "finish_reason": "stop"})), "answered");
        assert_eq!(name(json!({"message": {"content": "{\"mem"}, "finish_reason": "length"})), "truncated");
        assert_eq!(name(json!({"message": {"refusal": "No."}, "finish_reason": "stop"})), "refused");
        assert_eq!(name(json!({"message": {"content": "Sure!"}, "finish_reason": "stop"})), "malformed");
        assert_eq!(name(json!({})), "malformed");
    }
}
