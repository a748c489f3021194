//! Rollouts that were compressed after a week without use.

use std::borrow::Cow;
use std::io::Read;

/// How every zstd frame starts.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Most bytes that are unpacked, so that a small hostile file cannot fill the memory.
const MOST_BYTES: u64 = 512 * 1024 * 1024;

/// The plain bytes, and whether all of them are there: of a damaged or cut file, what stands before the damage.
pub(super) fn plain(bytes: &[u8]) -> (Cow<'_, [u8]>, bool) {
    if !bytes.starts_with(&MAGIC) {
        return (Cow::Borrowed(bytes), true);
    }
    let Ok(decoder) = zstd::stream::read::Decoder::with_buffer(bytes) else { return (Cow::Borrowed(&[]), false) };
    let mut limited = decoder.take(MOST_BYTES);
    let (mut plain, mut block) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        match limited.read(&mut block) {
            Ok(0) => return (Cow::Owned(plain), limited.limit() > 0),
            Ok(length) => plain.extend_from_slice(&block[..length]),
            Err(_) => return (Cow::Owned(plain), false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unpacks_what_is_whole_and_keeps_what_stands_before_damage() {
        // Text without repetitions, so that the compressed form has several blocks.
        let text: String = (0u64..60_000).map(|n| format!("{:x}\n", n.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
        let packed = zstd::encode_all(text.as_bytes(), 3).unwrap();
        assert_eq!(plain(&packed), (Cow::Borrowed(text.as_bytes()), true));
        let (part, is_whole) = plain(&packed[..packed.len() * 3 / 4]);
        assert!(!is_whole && !part.is_empty() && text.as_bytes().starts_with(&part));
        assert_eq!(plain(b"plain\n"), (Cow::Borrowed(&b"plain\n"[..]), true));
        assert_eq!(plain(&MAGIC).0.len(), 0);
    }
}
