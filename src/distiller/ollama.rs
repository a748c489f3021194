//! Ollama on this machine, or on another over https.

use serde_json::{Value, json};

use super::http::{Endpoint, base};
use super::item::object_in;
use super::{Distiller, Failure, REPLY_TOKENS, Reply, Request, Usage};
use crate::config::{Backend, DistillerSettings};

const URL: &str = "http://127.0.0.1:11434";

/// Ollama cuts silently what does not fit, and its default is 4,096 tokens.
const LEAST_CONTEXT: u64 = 8_192;

/// A model that Ollama runs.
pub(super) struct Ollama {
    endpoint: Endpoint,
    model: String,
}

impl Ollama {
    pub(super) fn new(settings: &DistillerSettings) -> Result<Self, Failure> {
        let Some(model) = settings.model.clone() else {
            return Err(Failure::Unavailable(
                "no model is named: set distiller.model to one that `ollama list` shows".to_owned(),
            ));
        };
        let url = format!("{}/api/chat", base(settings.url.as_deref(), URL));
        Ok(Self { endpoint: Endpoint::new(url, ("authorization", ""), None, settings.timeout_ms)?, model })
    }
}

impl Distiller for Ollama {
    fn backend(&self) -> Backend {
        Backend::Ollama
    }

    fn model(&self) -> &str {
        &self.model
    }

    fn ask(&self, request: &Request<'_>) -> Result<Reply, Failure> {
        let reply_tokens = u64::from(REPLY_TOKENS);
        let context = (request.tokens() * 5 / 4 + reply_tokens).max(LEAST_CONTEXT);
        let body = json!({
            "model": self.model,
            "stream": false,
            "format": request.schema,
            "options": {"temperature": 0, "num_ctx": context, "num_predict": reply_tokens},
            "messages": [
                {"role": "system", "content": request.system}, {"role": "user", "content": request.text},
            ],
        });
        let (answer, raw) = self.endpoint.post(&body, &[])?;
        read(&answer, raw)
    }
}

fn read(answer: &Value, raw: String) -> Result<Reply, Failure> {
    if answer["done_reason"] == "length" {
        return Err(Failure::Truncated { raw });
    }
    let count = |name: &str| answer[name].as_u64().unwrap_or(0);
    let usage = Usage { input_tokens: count("prompt_eval_count"), output_tokens: count("eval_count") };
    let Some(content) = answer["message"]["content"].as_str() else {
        return Err(Failure::Malformed { why: "the reply holds no message".to_owned(), raw });
    };
    Ok(Reply { value: object_in(content)?, raw, usage })
}
