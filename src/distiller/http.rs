//! One JSON request over HTTP: short of everything but what these calls need. Nothing follows a redirect, so a key goes
//! where the person said and nowhere else.

use std::cell::RefCell;
use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::Uri;

use super::limit::{limits, wait};
use super::{Failure, Limit};
use crate::config::Credential;
use crate::redact::redact;
use crate::text::one_line;

/// Longest reply that is read; one of [`super::REPLY_TOKENS`] is a hundredth of it.
const MOST_REPLY_BYTES: u64 = 4 << 20;
/// What is kept of a server's message.
const MESSAGE_CHARS: usize = 300;

/// An endpoint of an API.
pub(super) struct Endpoint {
    agent: Agent,
    url: String,
    /// Name of the header and what comes before the key.
    header: (&'static str, &'static str),
    key: Option<Credential>,
    /// What the last answer said of them.
    limits: RefCell<Vec<Limit>>,
}

impl Endpoint {
    /// The endpoint `url`; a key is sent in `header` and never over an open line to another machine.
    pub(super) fn new(
        url: String,
        header: (&'static str, &'static str),
        key: Option<Credential>,
        timeout_ms: u64,
    ) -> Result<Self, Failure> {
        let uri: Uri =
            url.parse().map_err(|_| Failure::Unavailable(format!("`{url}` is no address; set distiller.url")))?;
        let open = uri.scheme_str() != Some("https");
        if open && !uri.host().is_some_and(is_loopback) {
            return Err(Failure::Unavailable(format!(
                "{url}: sessions and keys are sent over https, or to this machine; set distiller.url"
            )));
        }
        let config = Agent::config_builder()
            .timeout_global(Some(Duration::from_millis(timeout_ms)))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("memory-lane/", env!("CARGO_PKG_VERSION")));
        // A proxy of the environment would be asked for this machine's own address too.
        let config = if open { config.proxy(None) } else { config };
        Ok(Self { agent: config.build().new_agent(), url, header, key, limits: RefCell::default() })
    }

    /// Sends `body`; gives the reply's JSON and text.
    pub(super) fn post(&self, body: &Value, headers: &[(&str, &str)]) -> Result<(Value, String), Failure> {
        let mut request = self.agent.post(&self.url).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(key) = &self.key {
            request = request.header(self.header.0, format!("{}{}", self.header.1, key.expose()));
        }
        let sent = request.send(body.to_string());
        let mut response = sent.map_err(|error| self.unanswered(&error))?;
        let status = response.status().as_u16();
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let after = wait(header);
        *self.limits.borrow_mut() = limits(header);
        let text = response.body_mut().with_config().limit(MOST_REPLY_BYTES).lossy_utf8(true).read_to_string();
        let text = text.map_err(|error| self.unanswered(&error))?;
        if !(200..300).contains(&status) {
            return Err(Failure::from_status(status, &self.message(&text), after));
        }
        match serde_json::from_str(&text) {
            Ok(value) => Ok((value, text)),
            Err(error) => {
                Err(Failure::Malformed { why: format!("the server's answer is no JSON: {error}"), raw: text })
            }
        }
    }

    /// What the last answer said of the server's limits.
    pub(super) fn limits(&self) -> Vec<Limit> {
        self.limits.borrow().clone()
    }

    fn unanswered(&self, error: &ureq::Error) -> Failure {
        let why = self.message(&format!("{}: {error}", self.url));
        Failure::Busy { why, after: None }
    }

    /// What a server says is wrong, without any key in it.
    fn message(&self, text: &str) -> String {
        let value: Value = serde_json::from_str(text).unwrap_or_default();
        let said = value["error"]["message"].as_str().or_else(|| value["error"].as_str()).unwrap_or(text);
        let said = self.key.as_ref().map_or_else(|| said.to_owned(), |key| key.strip(said));
        one_line(&redact(&said), MESSAGE_CHARS)
    }
}

fn is_loopback(host: &str) -> bool {
    matches!(host, "localhost" | "[::1]" | "::1")
        || host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

/// The settings' address without a slash at its end, else the default.
pub(super) fn base(url: Option<&str>, default: &str) -> String {
    url.unwrap_or(default).trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_goes_over_an_open_line() {
        let open = |url: &str| Endpoint::new(url.to_owned(), ("x-api-key", ""), None, 1000).is_ok();
        assert!(open("http://127.0.0.1:11434/api/chat") && open("http://localhost:1/") && open("http://[::1]:1/"));
        assert!(open("https://api.example.org/v1"));
        assert!(!open("http://api.example.org/v1") && !open("http://127.0.0.1.example.org/") && !open("nonsense"));
    }
}
