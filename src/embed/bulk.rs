//! Many texts at once, for backfill: fastembed with batches and all cores.

use std::path::Path;

use fastembed::{InitOptionsUserDefined, Pooling, TextEmbedding, TokenizerFiles, UserDefinedEmbeddingModel};

use super::pack::{Manifest, file};
use super::{EmbedError, Embedder, runtime};

/// Texts in one batch: short texts gain from many, long ones are bound by memory.
const MOST_TEXTS: usize = 32;

/// Bytes of text in one batch with its padding, some 500 tokens: of 1,000 to 64,000, this was the fastest on two cores
/// (four times the speed of 64,000 for long texts, where the activations fall out of the caches).
const MOST_BYTES: usize = 2_000;

/// Embeds batches. Opening takes a quarter of a second; see [`super::LeanEmbedder`] for single texts.
pub struct BulkEmbedder {
    model: TextEmbedding,
    manifest: Manifest,
}

impl BulkEmbedder {
    /// Opens the pack in directory `pack` with the ONNX Runtime in directory `runtime`.
    pub fn open(pack: &Path, runtime: &Path) -> Result<Self, EmbedError> {
        let manifest = Manifest::read(pack)?;
        let read = |name: &str| {
            let path = manifest.checked_path(pack, name)?;
            std::fs::read(&path).map_err(EmbedError::io("read", &path))
        };
        let files = TokenizerFiles {
            tokenizer_file: read(file::TOKENIZER)?,
            config_file: read(file::CONFIG)?,
            special_tokens_map_file: read(file::SPECIAL_TOKENS)?,
            tokenizer_config_file: read(file::TOKENIZER_CONFIG)?,
        };
        let model = UserDefinedEmbeddingModel::new(read(file::STANDARD)?, files).with_pooling(Pooling::Mean);
        let options = InitOptionsUserDefined::new()
            .with_environment(runtime::environment(runtime)?)
            .with_max_length(manifest.max_tokens);
        let mut model =
            TextEmbedding::try_new_from_user_defined(model, options).map_err(EmbedError::inference("open"))?;
        // A `[CLS]` in a text is text, as it is for single texts.
        model.tokenizer.set_encode_special_tokens(true);
        Ok(Self { model, manifest })
    }
}

impl Embedder for BulkEmbedder {
    fn model(&self) -> &str {
        &self.manifest.model
    }

    fn dimension(&self) -> usize {
        self.manifest.dimension
    }

    fn embed(&mut self, text: &str) -> Result<Vec<f32>, EmbedError> {
        let mut vectors = self.embed_batch(&[text])?;
        vectors.pop().ok_or_else(|| EmbedError::inference("run")("it gave no vector"))
    }

    fn embed_all(&mut self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut vectors = vec![Vec::new(); texts.len()];
        for batch in batches(texts) {
            let inputs: Vec<&str> = batch.iter().map(|place| texts[*place].as_str()).collect();
            for (place, vector) in batch.into_iter().zip(self.embed_batch(&inputs)?) {
                vectors[place] = vector;
            }
        }
        Ok(vectors)
    }
}

impl BulkEmbedder {
    fn embed_batch(&mut self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let vectors = self.model.embed(texts, Some(texts.len())).map_err(EmbedError::inference("run"))?;
        if vectors.len() == texts.len() {
            Ok(vectors)
        } else {
            Err(EmbedError::inference("run")(format!("{} vectors for {} texts", vectors.len(), texts.len())))
        }
    }
}

/// The places of the texts in batches of texts of like length, so that little is computed for padding.
fn batches(texts: &[String]) -> Vec<Vec<usize>> {
    let mut places: Vec<usize> = (0..texts.len()).collect();
    places.sort_by_key(|place| texts[*place].len());
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for place in places {
        let padded = texts[place].len().max(1);
        match batches.last_mut() {
            Some(batch) if batch.len() < MOST_TEXTS && (batch.len() + 1) * padded <= MOST_BYTES => {
                batch.push(place);
            }
            _ => batches.push(vec![place]),
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_in_one_batch_and_batches_are_bounded() {
        let texts: Vec<String> = (0..100).map(|number| "x".repeat(number * 37 % 9_500)).collect();
        let batches = batches(&texts);
        let mut places: Vec<usize> = batches.concat();
        places.sort_unstable();
        assert_eq!(places, (0..100).collect::<Vec<_>>());
        for batch in &batches {
            let longest = batch.iter().map(|place| texts[*place].len()).max().unwrap();
            assert!(batch.len() <= MOST_TEXTS && (batch.len() == 1 || batch.len() * longest <= MOST_BYTES));
        }
    }
}
