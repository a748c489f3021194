//! Files read in place.

use std::fs::File;
use std::path::Path;

use memmap2::{Mmap, MmapOptions};

use super::EmbedError;

/// Maps a file; its pages are read when they are touched.
pub(super) fn map(path: &Path) -> Result<Mmap, EmbedError> {
    map_with(path, &MmapOptions::new())
}

/// Maps a file and brings all of it in at once: a page at a time, 40 MB would cost a millisecond more.
pub(super) fn map_whole(path: &Path) -> Result<Mmap, EmbedError> {
    let mut options = MmapOptions::new();
    options.populate();
    map_with(path, &options)
}

#[expect(unsafe_code, reason = "a mapping may change under the program when the file does")]
fn map_with(path: &Path, options: &MmapOptions) -> Result<Mmap, EmbedError> {
    let file = File::open(path).map_err(EmbedError::io("read", path))?;
    // SAFETY: the files of a pack are written beside it and renamed in, never changed in place.
    unsafe { options.map(&file) }.map_err(EmbedError::io("map", path))
}
