//! What tests need around the program.

pub(crate) mod client;
pub(crate) mod messages_api;
pub(crate) mod run;
