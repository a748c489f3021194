//! Memories to vectors: whatever lacks a vector of the model in use gets one.

use anyhow::Context;

use crate::config::Paths;
use crate::embed::{self, BulkEmbedder, Embedder, LeanEmbedder};
use crate::model::MemoryId;
use crate::store::MemoryStore;

/// Up to so many texts the lean encoder is faster: it opens in 3 ms, the other in 200.
const FEW: usize = 8;
/// Texts embedded between two commits.
const BATCH: usize = 256;

/// Embeds every memory that lacks a vector; returns how many it embedded. Without an installed model it does nothing:
/// recall then goes by words, names and files.
pub fn embed(
    store: &mut dyn MemoryStore,
    paths: &Paths,
    model: &str,
    progress: &mut dyn FnMut(usize, usize),
) -> anyhow::Result<usize> {
    let (pack, runtime) = (paths.models().join(model), paths.runtime());
    if !embed::is_installed(&pack) {
        return Ok(0);
    }
    let waiting = store.unembedded(model, 0)?;
    if waiting.is_empty() {
        return Ok(0);
    }
    let mut embedder: Box<dyn Embedder> = if waiting.len() <= FEW || !embed::runtime::is_installed(&runtime) {
        Box::new(LeanEmbedder::open(&pack)?)
    } else {
        Box::new(BulkEmbedder::open(&pack, &runtime)?)
    };
    let mut done = 0;
    for batch in waiting.chunks(BATCH) {
        let texts: Vec<String> = batch.iter().map(|(_, text)| text.clone()).collect();
        let vectors = embedder.embed_all(&texts).context("embed memories")?;
        let rows: Vec<(MemoryId, Vec<f32>)> = batch.iter().map(|(id, _)| *id).zip(vectors).collect();
        store.put_vectors(model, &rows)?;
        done += rows.len();
        progress(done, waiting.len());
    }
    Ok(done)
}
