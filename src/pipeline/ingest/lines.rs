//! A file's lines, read block by block.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;

use memchr::memrchr;

use crate::trace::{HEAD_BYTES, TraceParser};

/// How much is read and parsed at a time: as much as stays in the processor's second cache between being read, hashed and
/// parsed. With twice as much, reading alone takes four times as long.
const BLOCK_BYTES: usize = 128 * 1024;

/// Longest line that is read; a record with images is a few megabytes.
const MOST_LINE_BYTES: usize = 64 * 1024 * 1024;

/// Reads are put where a page of memory starts, as the file's pages do in the system's cache. Sixteen bytes further on,
/// where an allocation starts, the processor (AMD Zen 3) takes three times as long to copy them.
const PAGE_BYTES: usize = 4096;

/// Blocks of whole lines between two places of a file.
pub(super) struct Lines<'a> {
    pub(super) file: File,
    bytes: &'a mut Vec<u8>,
    /// Where in `bytes` what was read and not passed yet stands.
    held: Range<usize>,
    /// How much of it are whole lines, as far as was looked.
    whole: usize,
    /// How much of it the last block was.
    given: usize,
    /// Where in the file reading goes on, and where it ends.
    at: u64,
    to: u64,
    /// Whether the file ended before that.
    is_short: bool,
}

impl<'a> Lines<'a> {
    /// Of the whole file, by way of a buffer that files share.
    pub(super) fn new(file: File, buffer: &'a mut Vec<u8>) -> Self {
        Self { file, bytes: buffer, held: 0..0, whole: 0, given: 0, at: 0, to: u64::MAX, is_short: false }
    }

    /// The first [`HEAD_BYTES`] of the file, or all of a shorter one. To be called first; nothing is passed by it.
    pub(super) fn head(&mut self) -> std::io::Result<&[u8]> {
        while self.held.len() < HEAD_BYTES && !self.is_at_end() {
            self.read()?;
        }
        let length = self.held.len().min(HEAD_BYTES);
        Ok(&self.bytes[self.held.start..][..length])
    }

    /// Goes on between two places of the file.
    pub(super) fn go_to(&mut self, from: u64, to: u64) -> std::io::Result<()> {
        let here = self.at - (self.held.len() - self.given) as u64;
        if from != here || to < self.at {
            self.file.seek(SeekFrom::Start(from))?;
            (self.held, self.whole, self.given, self.at) = (0..0, 0, 0, from);
        }
        (self.to, self.is_short) = (to, false);
        Ok(())
    }

    /// Whether everything has been read.
    pub(super) fn is_at_end(&self) -> bool {
        self.is_short || self.at >= self.to
    }

    /// The next lines. A last line without a line end waits for it, unless it is a whole record already.
    pub(super) fn next(&mut self, parser: &dyn TraceParser) -> std::io::Result<Option<&[u8]>> {
        self.held.start += self.given;
        self.whole = self.whole.saturating_sub(self.given);
        while self.whole == 0 && !self.is_at_end() {
            if self.held.len() > MOST_LINE_BYTES {
                let limit = MOST_LINE_BYTES / (1024 * 1024);
                return Err(Error::other(format!("a line is longer than {limit} MB; the lines before it are kept")));
            }
            self.read()?;
        }
        self.given = self.whole;
        if self.is_at_end() && parser.is_whole(&self.bytes[self.held.start + self.given..self.held.end]) {
            self.given = self.held.len();
        }
        Ok((self.given > 0).then(|| &self.bytes[self.held.start..][..self.given]))
    }

    /// Reads a further block behind what is held.
    fn read(&mut self) -> std::io::Result<()> {
        self.make_room();
        let end = self.held.end;
        let room = usize::try_from(self.to - self.at).unwrap_or(usize::MAX).min(BLOCK_BYTES);
        let got = match self.file.read(&mut self.bytes[end..end + room]) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            got => got?,
        };
        self.held.end += got;
        self.at += got as u64;
        self.is_short = got == 0;
        if let Some(place) = memrchr(b'\n', &self.bytes[end..self.held.end]) {
            self.whole = end + place + 1 - self.held.start;
        }
        Ok(())
    }

    /// Moves what is held so that a block fits behind it, at the start of a page.
    fn make_room(&mut self) {
        let length = self.held.len();
        let most = PAGE_BYTES + length.next_multiple_of(PAGE_BYTES) + BLOCK_BYTES;
        if self.bytes.len() < most {
            self.bytes.resize(most, 0);
        }
        let first_page = self.bytes.as_ptr().addr().next_multiple_of(PAGE_BYTES) - self.bytes.as_ptr().addr();
        let is_ready = self.held.end % PAGE_BYTES == first_page && self.bytes.len() >= self.held.end + BLOCK_BYTES;
        if !is_ready {
            let end = first_page + length.next_multiple_of(PAGE_BYTES);
            self.bytes.copy_within(self.held.clone(), end - length);
            self.held = end - length..end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Parsed;

    /// A parser to which every line that ends with a brace is whole.
    struct Braces;

    impl TraceParser for Braces {
        fn replay(&mut self, _: &[u8]) {}

        fn read(&mut self, _: &[u8]) -> Parsed {
            Parsed::default()
        }

        fn is_whole(&self, line: &[u8]) -> bool {
            line.ends_with(b"}")
        }
    }

    fn file_of(content: &[u8]) -> File {
        let path = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(path.path(), content).unwrap();
        File::open(path.path()).unwrap()
    }

    /// The lengths of the blocks, which together are the start of `content`.
    fn lengths(lines: &mut Lines<'_>, content: &[u8]) -> Vec<usize> {
        let (mut lengths, mut read) = (Vec::new(), Vec::new());
        while let Some(block) = lines.next(&Braces).unwrap() {
            lengths.push(block.len());
            read.extend_from_slice(block);
        }
        assert!(content.starts_with(&read) && lines.is_at_end());
        lengths
    }

    fn check(content: &[u8], expected: &[usize]) {
        let mut buffer = b"of another file".to_vec();
        let mut lines = Lines::new(file_of(content), &mut buffer);
        assert_eq!(lines.head().unwrap(), &content[..content.len().min(HEAD_BYTES)]);
        lines.go_to(0, content.len() as u64).unwrap();
        assert_eq!(lengths(&mut lines, content), expected);
    }

    #[test]
    fn blocks_end_at_line_ends() {
        check(b"", &[]);
        check(b"one\ntwo\n", &[8]);
        check(b"one\ntw", &[4]);
        check(b"tw", &[]);
        check(b"one\n{}", &[6]);
        check(b"{}", &[2]);
        let mut large = vec![b'x'; BLOCK_BYTES - 1];
        large.push(b'\n');
        check(&large, &[BLOCK_BYTES]);
        large.extend(b"y\nz");
        check(&large, &[BLOCK_BYTES, 2]);
        let mut long = vec![b'x'; BLOCK_BYTES * 2 + 7];
        long.push(b'\n');
        check(&long, &[BLOCK_BYTES * 2 + 8]);
        let mixed = [&b"a\n"[..], &[b'x'; BLOCK_BYTES], b"\n", &[b'y'; BLOCK_BYTES], b"\nz\n"].concat();
        check(&mixed, &[2, BLOCK_BYTES + 1, BLOCK_BYTES + 3]);
    }

    #[test]
    fn reading_goes_on_between_any_two_places() {
        let content = b"one\ntwo\nthree\nfour\n".repeat(BLOCK_BYTES / 8);
        let mut buffer = Vec::new();
        let mut lines = Lines::new(file_of(&content), &mut buffer);
        lines.head().unwrap();
        let size = content.len() as u64;
        for (from, to) in [(0, 8), (8, size), (4, size), (0, size - 19), (size - 19, size), (size, size)] {
            lines.go_to(from, to).unwrap();
            let lengths = lengths(&mut lines, &content[from as usize..to as usize]);
            assert_eq!(lengths.iter().sum::<usize>() as u64, to - from, "{from} to {to}");
        }
    }

    #[test]
    fn a_file_that_became_shorter_ends() {
        let mut buffer = Vec::new();
        let mut lines = Lines::new(file_of(b"one\ntwo\n"), &mut buffer);
        lines.go_to(0, 4000).unwrap();
        assert_eq!(lengths(&mut lines, b"one\ntwo\n"), [8]);
    }
}
