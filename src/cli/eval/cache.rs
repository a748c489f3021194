//! Vectors of a set's documents, kept between runs: embedding a set takes minutes, asking it seconds.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::Context;
use sha2::{Digest, Sha256};

use crate::cli::App;
use crate::embed::{BulkEmbedder, Embedder};

/// A file of records: SHA-256 of the text, then the vector as little-endian f32.
pub(super) struct VectorCache {
    path: PathBuf,
    known: HashMap<[u8; 32], Vec<f32>>,
    dimension: usize,
}

impl VectorCache {
    /// Of the model in use.
    pub(super) fn open(app: &App, dimension: usize) -> Self {
        let path = app.paths.home().join("cache").join(format!("{}.vectors", app.settings.model));
        let bytes = std::fs::read(&path).unwrap_or_default();
        let known = bytes
            .chunks_exact(32 + dimension * 4)
            .filter_map(|record| {
                let key: [u8; 32] = record[..32].try_into().ok()?;
                let numbers = record[32..].as_chunks::<4>().0;
                Some((key, numbers.iter().map(|number| f32::from_le_bytes(*number)).collect()))
            })
            .collect();
        Self { path, known, dimension }
    }

    /// The vectors of these texts, embedding those that are new.
    pub(super) fn vectors(&mut self, texts: &[String], embedder: &mut BulkEmbedder) -> anyhow::Result<Vec<Vec<f32>>> {
        let new: Vec<String> = texts.iter().filter(|text| !self.known.contains_key(&key(text))).cloned().collect();
        for part in new.chunks(256) {
            for (text, vector) in part.iter().zip(embedder.embed_all(part)?) {
                self.known.insert(key(text), vector);
            }
        }
        if !new.is_empty() {
            self.save()?;
        }
        Ok(texts.iter().filter_map(|text| self.known.get(&key(text)).cloned()).collect())
    }

    fn save(&self) -> anyhow::Result<()> {
        let mut bytes = Vec::with_capacity(self.known.len() * (32 + self.dimension * 4));
        for (key, vector) in &self.known {
            bytes.extend_from_slice(key);
            bytes.extend(vector.iter().flat_map(|number| number.to_le_bytes()));
        }
        if let Some(parent) = self.path.parent() {
            std::fs::create_dir_all(parent).with_context(|| format!("create {}", parent.display()))?;
        }
        std::fs::write(&self.path, bytes).with_context(|| format!("write {}", self.path.display()))
    }
}

fn key(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}
