//! One text in a fresh process, in some 30 ms.
//!
//! The word table is a mapped file of which only the rows of the text are read, and the encoder's weights are used where
//! they are mapped: nothing is loaded, parsed or packed.

use std::path::Path;

use half::f16;
use memmap2::Mmap;

use super::encoder::Encoder;
use super::pack::{Manifest, file};
use super::{EmbedError, Embedder, WordPiece, mapped};

/// How much of a text a hook embeds; twice the tokens take nearly twice the time.
pub const HOOK_TOKENS: usize = 128;

/// Embeds one text at a time.
pub struct LeanEmbedder {
    encoder: Encoder,
    words: Mmap,
    positions: Mmap,
    tokenizer: WordPiece,
    manifest: Manifest,
}

impl LeanEmbedder {
    /// Opens the pack in directory `pack`.
    pub fn open(pack: &Path) -> Result<Self, EmbedError> {
        let manifest = Manifest::read(pack)?;
        let checked = |name: &str| manifest.checked_path(pack, name);
        let (words, positions) = (mapped::map(&checked(file::WORDS)?)?, mapped::map(&checked(file::POSITIONS)?)?);
        let tokenizer = WordPiece::open(&checked(file::VOCABULARY)?)?;
        let encoder = Encoder::open(&checked(file::ENCODER)?, &manifest.encoder)?;
        Ok(Self { encoder, words, positions, tokenizer, manifest })
    }

    /// The vector of the first `max_tokens` tokens of a text, counted with the two marks around it.
    pub fn embed_limited(&mut self, text: &str, max_tokens: usize) -> Result<Vec<f32>, EmbedError> {
        let ids = self.tokenizer.encode(text, max_tokens.min(self.manifest.max_tokens));
        Ok(self.encoder.encode(self.summed_embeddings(&ids)?))
    }

    /// Word vector plus position vector for each token.
    fn summed_embeddings(&self, ids: &[u32]) -> Result<Vec<f32>, EmbedError> {
        let dimension = self.manifest.dimension;
        let mut sums = Vec::with_capacity(ids.len() * dimension);
        for (id, position) in ids.iter().zip(self.positions.chunks_exact(4 * dimension)) {
            let start = *id as usize * 2 * dimension;
            let word = self
                .words
                .get(start..start + 2 * dimension)
                .ok_or_else(|| EmbedError::inference("run")(format!("token {id} is not in the word table")))?;
            let words = word.as_chunks().0.iter().map(|bytes| f16::from_le_bytes(*bytes).to_f32());
            let positions = position.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
            sums.extend(words.zip(positions).map(|(word, position)| word + position));
        }
        Ok(sums)
    }
}

impl Embedder for LeanEmbedder {
    fn model(&self) -> &str {
        &self.manifest.model
    }

    fn dimension(&self) -> usize {
        self.manifest.dimension
    }

    fn embed(&mut self, text: &str) -> Result<Vec<f32>, EmbedError> {
        self.embed_limited(text, self.manifest.max_tokens)
    }
}

impl std::fmt::Debug for LeanEmbedder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("LeanEmbedder").field("model", &self.manifest.model).finish_non_exhaustive()
    }
}

const _: () = {
    const fn can_move_to_another_thread<T: Send>() {}
    can_move_to_another_thread::<LeanEmbedder>();
};
