//! How asking a model fails, by what there is to do about it.

use std::time::Duration;

/// Why there is no usable reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Nothing was asked: something is missing on this machine.
    #[error("{0}")]
    Unavailable(String),
    /// The key or login is not accepted; only the person can change that.
    #[error("access was denied: {0}")]
    Denied(String),
    /// The quota is used up, or requests come too fast.
    #[error("the quota is used up: {why}")]
    Quota {
        /// What the server said.
        why: String,
        /// After what time it may be asked again, if it said so.
        after: Option<Duration>,
    },
    /// The server is overloaded, broken or out of reach, or took too long.
    #[error("no answer: {why}")]
    Busy {
        /// What happened.
        why: String,
        /// After what time it may be asked again, if it said so.
        after: Option<Duration>,
    },
    /// The request itself is refused for its form; the same again would be refused again.
    #[error("the request was refused: {0}")]
    Rejected(String),
    /// The window does not fit the model.
    #[error("the window is too large: {0}")]
    TooLarge(String),
    /// The reply ended before it was complete.
    #[error("the reply was cut off")]
    Truncated {
        /// What there is of it.
        raw: String,
    },
    /// The model did not want to.
    #[error("the model refused")]
    Refused {
        /// What it said.
        raw: String,
    },
    /// Something came that is not what the schema asks for.
    #[error("{why}")]
    Malformed {
        /// What is wrong with it.
        why: String,
        /// What came.
        raw: String,
    },
}

impl Failure {
    /// The name in the ledger.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "unavailable",
            Self::Denied(_) => "denied",
            Self::Quota { .. } => "quota",
            Self::Busy { .. } => "busy",
            Self::Rejected(_) => "rejected",
            Self::TooLarge(_) => "too large",
            Self::Truncated { .. } => "truncated",
            Self::Refused { .. } => "refused",
            Self::Malformed { .. } => "malformed",
        }
    }

    /// From an HTTP status that is no success, with the body's message.
    pub(super) fn from_status(status: u16, message: &str, after: Option<Duration>) -> Self {
        let why = format!("status {status}: {message}");
        let lower = message.to_lowercase();
        let long = ["too long", "too large", "context length", "context_length", "maximum context", "too many tokens"];
        match status {
            401 | 403 => Self::Denied(why),
            402 => Self::Quota { why, after },
            429 => Self::Quota { why, after },
            413 => Self::TooLarge(why),
            400 | 422 if long.iter().any(|words| lower.contains(words)) => Self::TooLarge(why),
            400 if lower.contains("credit balance") => Self::Quota { why, after },
            408 | 500.. => Self::Busy { why, after },
            _ => Self::Rejected(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_its_consequence() {
        let name = |status, message| Failure::from_status(status, message, None).name();
        assert_eq!(name(401, "invalid x-api-key"), "denied");
        assert_eq!(name(403, ""), "denied");
        assert_eq!(name(429, "rate limit"), "quota");
        assert_eq!(name(400, "Your credit balance is too low"), "quota");
        assert_eq!(name(400, "prompt is too long: 210000 tokens"), "too large");
        assert_eq!(name(413, ""), "too large");
        assert_eq!(name(400, "tools.0: bad"), "rejected");
        assert_eq!(name(404, "model not found"), "rejected");
        assert_eq!(name(500, ""), "busy");
        assert_eq!(name(529, "Overloaded"), "busy");
    }
}
