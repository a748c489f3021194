//! Finding what was said and done, in any session of any agent: one syntax ([`parse`]), one search ([`find`]).
//!
//! Words are looked up in the text indexes and reach every message and call. Meaning reaches only what a memory was caught from, by
//! the memory's own vector: messages have none, as embedding all of them would take hours.

mod find;
mod snippet;
mod syntax;
mod when;

pub use find::{Found, Hit, Meaning, find};
pub use snippet::{Snippet, snippet};
pub use syntax::{SYNTAX, SyntaxError, parse};
pub use when::{Clock, When};
