//! Vectors from words alone: for tests that need vectors and no model.

use super::{EmbedError, Embedder, to_unit_length};

const DIMENSION: usize = 384;

/// Feature hashing over words and pairs of neighbours: equal texts are equal, texts that share words are near. It
/// knows nothing of meaning.
#[derive(Clone, Copy, Debug, Default)]
pub struct HashedEmbedder;

impl Embedder for HashedEmbedder {
    fn model(&self) -> &'static str {
        "hashed-384"
    }

    fn dimension(&self) -> usize {
        DIMENSION
    }

    fn embed(&mut self, text: &str) -> Result<Vec<f32>, EmbedError> {
        let lower = text.to_lowercase();
        let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let mut vector = vec![0.0; DIMENSION];
        for word in &words {
            add(&mut vector, &[word], 1.0);
        }
        for pair in words.windows(2) {
            add(&mut vector, pair, 0.5);
        }
        if words.is_empty() {
            add(&mut vector, &[text], 1.0);
        }
        to_unit_length(&mut vector);
        Ok(vector)
    }
}

/// Adds one feature at two places with signs, so that two words seldom fall together.
fn add(vector: &mut [f32], feature: &[&str], weight: f32) {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for byte in feature.join(" ").bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash ^= hash >> 32;
    for part in [hash & 0xffff, (hash >> 16) & 0xffff] {
        let place = (part >> 1) as usize % vector.len();
        vector[place] += if part & 1 == 0 { weight } else { -weight };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cosine(one: &str, other: &str) -> f32 {
        let (one, other) = (HashedEmbedder.embed(one).unwrap(), HashedEmbedder.embed(other).unwrap());
        one.iter().zip(&other).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn shared_words_are_near_and_others_far() {
        assert!(cosine("use tabs, not spaces", "Use TABS not spaces") > 0.999);
        assert!(cosine("use tabs in the makefile", "the makefile needs tabs") > 0.3);
        assert!(cosine("use tabs in the makefile", "restart postgres after upgrade").abs() < 0.3);
        assert!((cosine("", "") - 1.0).abs() < 1e-6);
    }
}
