//! Texts to vectors, on this machine, without a server.
//!
//! Two ways into one vector space: [`LeanEmbedder`] is for a hook, a fresh process that embeds one text and ends;
//! [`BulkEmbedder`] is for thousands of texts at once. Both read the same pack (see [`pack`]) and agree to a cosine
//! above 0.9999, so vectors of one may be compared with vectors of the other.

use std::path::Path;

mod bert;
mod bulk;
pub mod catalog;
mod encoder;
mod error;
pub mod fetch;
mod hashed;
mod lean;
mod mapped;
mod matrix;
mod onnx_graph;
pub mod pack;
pub mod runtime;
mod vocabulary;
mod wordpiece;

pub use bulk::BulkEmbedder;
pub use encoder::EncoderShape;
pub use error::EmbedError;
pub use hashed::HashedEmbedder;
pub use lean::{HOOK_TOKENS, LeanEmbedder};
pub use wordpiece::WordPiece;

/// Turns texts into vectors of length one.
pub trait Embedder {
    /// Which model made the vectors; vectors of two models are never compared.
    fn model(&self) -> &str;

    /// How many numbers a vector has.
    fn dimension(&self) -> usize;

    /// The vector of one text, cut at the model's longest input.
    fn embed(&mut self, text: &str) -> Result<Vec<f32>, EmbedError>;

    /// The vectors of many texts, in their order.
    fn embed_all(&mut self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        texts.iter().map(|text| self.embed(text)).collect()
    }
}

/// Whether a model is there: one look-up, nothing is opened.
pub fn is_installed(pack: &Path) -> bool {
    pack.join(pack::file::MANIFEST).is_file()
}

/// Tells ONNX Runtime, before it is loaded, to keep no device id and report nothing to its vendor.
///
/// Builds from 1.29 on do both unless this is set; the pinned 1.26.0 does neither. Call it first in `main`.
#[expect(unsafe_code, reason = "changing the environment is unsafe where other threads may read it")]
pub fn forbid_telemetry() {
    // SAFETY: called first in `main`, before the program has a second thread.
    unsafe { std::env::set_var("ORT_DISABLE_TELEMETRY", "1") };
}

/// Divides by the length; a vector of zeros stays as it is.
fn to_unit_length(vector: &mut [f32]) {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        for value in vector {
            *value /= length;
        }
    }
}
