//! Who words memories, and what it may cost. Off unless the person turns it on.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::variable;

/// Who words memories.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// Rules alone: no model, no network.
    #[default]
    Rules,
    /// Claude Code without a terminal, on the person's subscription.
    Claude,
    /// Anthropic's Messages API, with a key.
    Anthropic,
    /// Any endpoint that speaks OpenAI's chat completions.
    OpenAi,
    /// Ollama.
    Ollama,
}

impl Backend {
    /// Every backend.
    pub const ALL: [Self; 5] = [Self::Rules, Self::Claude, Self::Anthropic, Self::OpenAi, Self::Ollama];

    /// The name in the settings and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Claude => "claude",
            Self::Anthropic => "anthropic",
            Self::OpenAi => "openai",
            Self::Ollama => "ollama",
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Backend {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = || Self::ALL.map(Self::as_str).join(", ");
        Self::ALL
            .into_iter()
            .find(|backend| backend.as_str() == name)
            .ok_or_else(|| format!("`{name}` is none of: {}", known()))
    }
}

/// The part of `config.json` named `distiller`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DistillerSettings {
    /// Who words memories when the worker catches.
    pub backend: Backend,
    /// The model; each backend but `openai` and `ollama` has a cheap one by default.
    pub model: Option<String>,
    /// Where the API is, without the part that names the operation; each backend has its default.
    pub url: Option<String>,
    /// The variable of the environment that holds the key; the key itself is never written anywhere. `claude` uses its own
    /// login unless this is set.
    pub key_variable: Option<String>,
    /// The Claude Code client; by default `claude` on the `PATH`.
    pub client: Option<PathBuf>,
    /// Further variables that the client is given; it gets only what it needs to run.
    pub pass_env: Vec<String>,
    /// How long one call may take, in milliseconds.
    pub timeout_ms: u64,
    /// Most calls in any hour.
    pub calls_per_hour: u64,
    /// Most calls in any 24 hours.
    pub calls_per_day: u64,
    /// Most tokens, sent and received, in any hour.
    pub tokens_per_hour: u64,
    /// Most tokens, sent and received, in any 24 hours.
    pub tokens_per_day: u64,
    /// Most dollars at list price in any 24 hours.
    pub dollars_per_day: f64,
    /// How much of a quota may be used, by whomever, before no call is made until it is reset; in percent. What is left is
    /// the person's own.
    pub quota_percent: u32,
}

impl Default for DistillerSettings {
    /// Thirty sessions of a heavy day are about 200,000 tokens; nothing that a person does by hand comes near the limits.
    fn default() -> Self {
        Self {
            backend: Backend::Rules,
            model: None,
            url: None,
            key_variable: None,
            client: None,
            pass_env: Vec::new(),
            timeout_ms: 120_000,
            calls_per_hour: 12,
            calls_per_day: 100,
            tokens_per_hour: 150_000,
            tokens_per_day: 1_000_000,
            dollars_per_day: 0.5,
            quota_percent: 70,
        }
    }
}

/// A key. It is shown to nobody: neither `Debug` nor any error holds it.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential(String);

impl Credential {
    /// The key in this variable of the environment, if it is set.
    pub fn from_env(name: &str) -> Option<Self> {
        let value = variable(name)?.into_string().ok()?;
        let value = value.trim();
        (!value.is_empty()).then(|| Self(value.to_owned()))
    }

    /// The key itself, for the header it goes into.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The text without the key: servers repeat it in their errors.
    pub fn strip(&self, text: &str) -> String {
        text.replace(&self.0, "[REDACTED:key]")
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential([REDACTED])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_shown_to_nobody() {
        let key = Credential("abcdefgh".to_owned());
        assert!(!format!("{key:?}").contains("abcd"));
        assert_eq!(key.strip("bad key abcdefgh!"), "bad key [REDACTED:key]!");
    }

    #[test]
    fn backends_are_named_alike_everywhere() {
        for backend in Backend::ALL {
            assert_eq!(backend.as_str().parse(), Ok(backend));
            assert_eq!(serde_json::to_value(backend).unwrap(), backend.as_str());
        }
        assert!("gpt".parse::<Backend>().unwrap_err().contains("ollama"));
    }
}
