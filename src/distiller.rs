//! Lets a language model word memories, if the person wants that: a condensed window of a session out, memories in.
//!
//! The model is believed nothing. It names lines by their handles and quotes them; [`accept`] looks every quotation up,
//! decides who vouches for it, takes secrets out and cuts the verbatim context itself. [`Gate`] is the only way to a
//! call: it knows the budget, the pauses and how often to try again. No hook may come here (`tests/it/layers.rs`).

mod accept;
mod anthropic;
mod claude;
mod dead_letter;
mod evidence;
mod failure;
mod gate;
mod http;
mod item;
mod limit;
mod ollama;
mod openai;
mod price;
mod prompt;
mod retold;
mod suspicion;
mod title;
mod window;

use std::path::PathBuf;

use serde_json::Value;

use crate::config::{Backend, DistillerSettings, Paths};

pub use accept::{Accepted, Rejections, Source, Stamp, accept};
pub use claude::Claude;
pub use dead_letter::{DeadLetter, DeadLetters};
pub use failure::Failure;
pub use gate::{Clock, Gate, Refusal};
pub use item::{schema, unpack};
pub use limit::Limit;
pub use price::{Estimate, Price, price_of};
pub use prompt::Prompt;
pub use retold::doubt;
pub use title::title;
pub use window::{Line, Speaker, Window, windows};

/// What every request to a model starts with: a session that starts so is our own and is never read.
pub const MARK: &str = "memory-lane excerpt";

/// Most tokens of a reply: eight memories of the longest kind.
pub const REPLY_TOKENS: u32 = 4_000;

/// What a model is asked.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// What it is and what it has to do.
    pub system: &'a str,
    /// What it has to read.
    pub text: &'a str,
    /// What the reply must look like.
    pub schema: &'a Value,
}

impl Request<'_> {
    /// Tokens sent, estimated.
    pub fn tokens(&self) -> u64 {
        tokens(self.system) + tokens(self.text) + tokens(&self.schema.to_string())
    }
}

/// What a model answered.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// The object that the schema asks for; what it holds is not checked.
    pub value: Value,
    /// The reply as it came, for a dead letter.
    pub raw: String,
    /// What it used, as far as the server says.
    pub usage: Usage,
}

/// Tokens that a server counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Sent, cached ones included; 0 when the server did not say.
    pub input_tokens: u64,
    /// Received.
    pub output_tokens: u64,
}

/// One way to ask a model.
pub trait Distiller {
    /// Which.
    fn backend(&self) -> Backend;

    /// The model it asks, as the backend names it.
    fn model(&self) -> &str;

    /// What the server said of its limits with its last answer; nothing where it does not say.
    fn limits(&self) -> Vec<Limit> {
        Vec::new()
    }

    /// Asks once. Retrying, and whether this may be called at all, is the [`Gate`]'s business.
    ///
    /// # Errors
    /// What kind of failure it was; no key is in it.
    fn ask(&self, request: &Request<'_>) -> Result<Reply, Failure>;
}

/// The distiller of the settings; none for [`Backend::Rules`].
///
/// # Errors
/// [`Failure::Unavailable`] when a key, a model or the client is missing, with what to do.
pub fn distiller(
    backend: Backend,
    settings: &DistillerSettings,
    paths: &Paths,
) -> Result<Option<Box<dyn Distiller>>, Failure> {
    Ok(match backend {
        Backend::Rules => None,
        Backend::Claude => Some(Box::new(Claude::new(settings, paths)?)),
        Backend::Anthropic => Some(Box::new(anthropic::Anthropic::new(settings)?)),
        Backend::OpenAi => Some(Box::new(openai::OpenAi::new(settings)?)),
        Backend::Ollama => Some(Box::new(ollama::Ollama::new(settings)?)),
    })
}

/// The model that a backend asks unless told otherwise; none where the person must choose.
pub fn default_model(backend: Backend) -> Option<&'static str> {
    match backend {
        Backend::Claude => Some(claude::MODEL),
        Backend::Anthropic => Some(anthropic::MODEL),
        Backend::Rules | Backend::OpenAi | Backend::Ollama => None,
    }
}

/// Tokens of a text, estimated: 3.6 characters each in condensed sessions.
pub fn tokens(text: &str) -> u64 {
    (text.chars().count() as u64 * 10).div_ceil(36)
}

/// The program `name`, looked for on the `PATH`.
fn on_path(name: &str) -> Option<PathBuf> {
    let path = crate::config::variable("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|program| program.is_file())
}
