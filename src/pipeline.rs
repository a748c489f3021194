//! What runs over the store: reading transcripts into it, catching memories from them.

mod catch;

pub use catch::{CatchReport, catch};
