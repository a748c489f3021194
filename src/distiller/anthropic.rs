//! Anthropic's Messages API: one tool that the model must call, so that the reply has the schema's form.

use serde_json::{Value, json};

use super::http::{Endpoint, base};
use super::{Distiller, Failure, Limit, REPLY_TOKENS, Reply, Request, Usage};
use crate::config::{Backend, Credential, DistillerSettings};

/// The cheapest model that does this well.
pub(super) const MODEL: &str = "claude-haiku-4-5";

const URL: &str = "https://api.anthropic.com";
const KEY: &str = "ANTHROPIC_API_KEY";
const VERSION: &str = "2023-06-01";
const TOOL: &str = "answer";

/// The Messages API with a key.
pub(super) struct Anthropic {
    endpoint: Endpoint,
    model: String,
}

impl Anthropic {
    pub(super) fn new(settings: &DistillerSettings) -> Result<Self, Failure> {
        let variable = settings.key_variable.as_deref().unwrap_or(KEY);
        let key = Credential::from_env(variable).ok_or_else(|| {
            Failure::Unavailable(format!("no key for Anthropic's API: put it into the environment as {variable}"))
        })?;
        let url = format!("{}/v1/messages", base(settings.url.as_deref(), URL));
        let endpoint = Endpoint::new(url, ("x-api-key", ""), Some(key), settings.timeout_ms)?;
        Ok(Self { endpoint, model: settings.model.clone().unwrap_or_else(|| MODEL.to_owned()) })
    }
}

impl Distiller for Anthropic {
    fn backend(&self) -> Backend {
        Backend::Anthropic
    }

    fn model(&self) -> &str {
        &self.model
    }

    fn limits(&self) -> Vec<Limit> {
        self.endpoint.limits()
    }

    fn ask(&self, request: &Request<'_>) -> Result<Reply, Failure> {
        let body = json!({
            "model": self.model,
            "max_tokens": REPLY_TOKENS,
            "system": request.system,
            "messages": [{"role": "user", "content": request.text}],
            "tools": [{"name": TOOL, "description": "Gives the answer.", "input_schema": request.schema}],
            "tool_choice": {"type": "tool", "name": TOOL},
        });
        let (answer, raw) = self.endpoint.post(&body, &[("anthropic-version", VERSION)])?;
        read(&answer, raw)
    }
}

fn read(answer: &Value, raw: String) -> Result<Reply, Failure> {
    match answer["stop_reason"].as_str() {
        Some("max_tokens") => return Err(Failure::Truncated { raw }),
        Some("model_context_window_exceeded") => {
            return Err(Failure::TooLarge("the model's window is full".to_owned()));
        }
        Some("refusal") => return Err(Failure::Refused { raw }),
        _ => {}
    }
    let count = |name: &str| answer["usage"][name].as_u64().unwrap_or(0);
    let cached = count("cache_read_input_tokens") + count("cache_creation_input_tokens");
    let usage = Usage { input_tokens: count("input_tokens") + cached, output_tokens: count("output_tokens") };
    let called = answer["content"].as_array().into_iter().flatten().find(|block| block["type"] == "tool_use");
    match called {
        Some(call) => Ok(Reply { value: call["input"].clone(), raw, usage }),
        None => Err(Failure::Malformed { why: "the reply is prose, not a call of the tool".to_owned(), raw }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_call_of_the_tool_is_a_reply() {
        let read = |answer: Value| read(&answer, answer.to_string());
        let call = json!({"type": "tool_use", "input": {"memories": []}});
        let usage = json!({"input_tokens": 5, "cache_read_input_tokens": 2, "output_tokens": 3});
        let reply = read(json!({"content": [call], "stop_reason": "tool_use", "usage": usage})).unwrap();
        assert_eq!(reply.value, json!({"memories": []}));
        assert_eq!(reply.usage, Usage { input_tokens: 7, output_tokens: 3 });
        let prose = json!({"content": [{"type": "text", "text": "I found nothing."}], "stop_reason": "end_turn"});
        assert_eq!(read(prose).unwrap_err().name(), "malformed");
        assert_eq!(read(json!({"content": [call], "stop_reason": "max_tokens"})).unwrap_err().name(), "truncated");
        assert_eq!(read(json!({"content": [], "stop_reason": "refusal"})).unwrap_err().name(), "refused");
    }
}
