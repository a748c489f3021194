//! What models cost, and what a backfill would.

use serde::Serialize;

use super::{Usage, Window, schema, tokens};
use crate::config::Backend;
use crate::store::Spent;

/// Dollars for a million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Price {
    /// Sent.
    pub input: f64,
    /// Received.
    pub output: f64,
}

impl Price {
    /// Millionths of a dollar: dollars for a million tokens are millionths for one.
    pub fn microdollars(self, usage: Usage) -> u64 {
        (self.input * usage.input_tokens as f64 + self.output * usage.output_tokens as f64).ceil() as u64
    }
}

/// List prices by the start of a model's name, the longer name first. Batches and caches are not used, so they are not here.
///
/// Source: the vendor's public price list as of August 2026 (`claude-haiku-4-5`), and the table that the client 2.1.329 of
/// November 2026 computes its own costs with (the others). Where a model is not listed no cost is shown: a wrong price is
/// worse than none.
const PRICES: [(&str, Price); 5] = [
    ("claude-haiku-4-5", Price { input: 1.0, output: 5.0 }),
    ("claude-haiku-5-5", Price { input: 0.1, output: 0.5 }),
    ("claude-sonnet-5-5", Price { input: 2.0, output: 10.0 }),
    // The client's short names.
    ("haiku", Price { input: 0.1, output: 0.5 }),
    ("sonnet", Price { input: 2.0, output: 10.0 }),
];

/// The price of a model; none where it is not known.
pub fn price_of(backend: Backend, model: &str) -> Option<Price> {
    match backend {
        Backend::Rules | Backend::Ollama => Some(Price { input: 0.0, output: 0.0 }),
        Backend::Claude | Backend::Anthropic => {
            PRICES.iter().find(|(name, _)| model.starts_with(name)).map(|(_, price)| *price)
        }
        Backend::OpenAi => None,
    }
}

/// Tokens of a typical reply: half a memory more than most windows give.
const USUAL_REPLY: u64 = 500;

/// What reading these windows would take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// Sessions.
    pub sessions: u64,
    /// Calls, if every first reply is usable.
    pub calls: u64,
    /// Tokens sent.
    pub input_tokens: u64,
    /// Tokens received.
    pub output_tokens: u64,
}

impl Estimate {
    /// Adds one call.
    pub fn add(&mut self, prompt: &str, window: &Window) {
        self.calls += 1;
        self.input_tokens += tokens(prompt) + tokens(&window.render()) + tokens(&schema().to_string());
        self.output_tokens += USUAL_REPLY;
    }

    /// What it would cost.
    pub fn dollars(self, price: Price) -> f64 {
        let usage = Usage { input_tokens: self.input_tokens, output_tokens: self.output_tokens };
        price.microdollars(usage) as f64 / 1e6
    }
}

/// What one call is taken to cost before it is made.
pub(super) fn expected(input_tokens: u64, price: Option<Price>) -> Spent {
    spent(Usage { input_tokens, output_tokens: USUAL_REPLY }, price)
}

/// What a call cost.
pub(super) fn spent(usage: Usage, price: Option<Price>) -> Spent {
    Spent {
        calls: 1,
        input_tokens: usage.input_tokens,
        output_tokens: usage.output_tokens,
        microdollars: price.map_or(0, |price| price.microdollars(usage)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_of_the_usual_size_costs_about_a_cent() {
        let usage = Usage { input_tokens: 6_700, output_tokens: 500 };
        let price = price_of(Backend::Anthropic, "claude-haiku-4-5-20251001").unwrap();
        assert_eq!(price.microdollars(usage), 9_200);
        assert_eq!(price_of(Backend::OpenAi, "claude-haiku-4-5"), None);
        assert_eq!(price_of(Backend::Anthropic, "some-new-model"), None);
        assert_eq!(price_of(Backend::Ollama, "qwen3").unwrap().microdollars(usage), 0);
    }
}
