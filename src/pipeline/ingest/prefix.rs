//! What tells whether a file still starts with the bytes that were read of it.

use sha2::{Digest, Sha256};
use twox_hash::XxHash3_128;

/// Hash of the bytes read of a file: XXH3 with 128 bits, then sixteen zeros. It is there to notice that a file was
/// written anew, not to withstand somebody who may write the transcripts anyway; SHA-256 takes seven times as long.
/// Earlier programs stored that: such a hash is still compared, and replaced with the next part.
pub(super) struct Prefix {
    hash: XxHash3_128,
    /// Only as long as there is a hash of the old kind to compare with.
    old: Option<Sha256>,
}

impl Prefix {
    /// Of no bytes yet.
    pub(super) fn new() -> Self {
        Self { hash: XxHash3_128::new(), old: None }
    }

    /// The same, able to tell whether it comes to `known`.
    pub(super) fn comparable_with(known: &[u8; 32]) -> Self {
        Self { old: (!is_current(known)).then(Sha256::new), ..Self::new() }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.hash.write(bytes);
        if let Some(old) = &mut self.old {
            old.update(bytes);
        }
    }

    /// Whether the bytes so far are those that `known` was made of; ends the comparison.
    pub(super) fn comes_to(&mut self, known: &[u8; 32]) -> bool {
        match self.old.take() {
            Some(old) => <[u8; 32]>::from(old.finalize()) == *known,
            None => self.stored() == *known,
        }
    }

    /// As it is stored.
    pub(super) fn stored(&self) -> [u8; 32] {
        let mut stored = [0; 32];
        stored[..16].copy_from_slice(&self.hash.finish_128().to_le_bytes());
        stored
    }
}

fn is_current(stored: &[u8; 32]) -> bool {
    stored[16..] == [0; 16]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_are_compared() {
        let of = |known: &[u8; 32], parts: &[&[u8]]| {
            let mut prefix = Prefix::comparable_with(known);
            parts.iter().for_each(|part| prefix.update(part));
            (prefix.comes_to(known), prefix.stored())
        };
        let old: [u8; 32] = Sha256::digest(b"one two").into();
        let (is_same, current) = of(&old, &[b"one", b" two"]);
        assert!(is_same && current != old);
        assert_eq!(of(&current, &[b"one two"]), (true, current), "where the bytes were cut makes no difference");
        assert!(!of(&old, &[b"one too"]).0);
        assert!(!of(&current, &[b"one too"]).0);
        assert!(!of(&current, &[]).0);
    }
}
