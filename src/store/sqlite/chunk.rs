//! Vectors as the scan reads them: rows of 8-bit numbers, as many in a blob as one database page holds.
//!
//! A blob that fits its page is read where it lies in the mapped file; larger ones would be put together from a chain
//! of pages first. A row is memory number, project, scale and the numbers: number · scale is the vector's.

/// What a 4096-byte page of a table holds without overflow is 4061 bytes; the record's own head and columns take up to
/// 21 of them.
const BLOB_BYTES: usize = 4040;
/// Memory number, project, scale: four bytes each.
const HEAD_BYTES: usize = 12;
/// The largest 8-bit magnitude in use.
const LARGEST: f32 = 127.0;

/// How rows of one dimension lie in a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    dimension: usize,
}

/// One row of a blob.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Slot<'blob> {
    /// Number of the memory, never 0.
    pub(super) memory: u32,
    /// Its project, 0 for none.
    pub(super) project: u32,
    /// What each number is to be multiplied with.
    pub(super) scale: f32,
    /// The numbers, two's complement.
    pub(super) numbers: &'blob [u8],
}

impl Layout {
    pub(super) fn new(dimension: usize) -> Self {
        Self { dimension }
    }

    fn row_bytes(self) -> usize {
        HEAD_BYTES + self.dimension
    }

    /// Rows in a blob; vectors longer than a page get a blob each.
    pub(super) fn rows(self) -> usize {
        (BLOB_BYTES / self.row_bytes()).max(1)
    }

    /// A blob without vectors.
    pub(super) fn empty(self) -> Vec<u8> {
        vec![0; self.rows() * self.row_bytes()]
    }

    /// The taken rows of a blob.
    pub(super) fn slots(self, blob: &[u8]) -> impl Iterator<Item = Slot<'_>> {
        blob.chunks_exact(self.row_bytes()).filter_map(|row| {
            let (head, numbers) = row.split_at(HEAD_BYTES);
            let word = |at: usize| [head[at], head[at + 1], head[at + 2], head[at + 3]];
            let memory = u32::from_le_bytes(word(0));
            (memory != 0).then(|| Slot {
                memory,
                project: u32::from_le_bytes(word(4)),
                scale: f32::from_le_bytes(word(8)),
                numbers,
            })
        })
    }

    /// The first row that is not taken.
    pub(super) fn free_row(self, blob: &[u8]) -> Option<usize> {
        blob.chunks_exact(self.row_bytes()).position(|row| row[..4] == [0; 4])
    }

    /// Writes a vector into a row.
    pub(super) fn write(self, blob: &mut [u8], row: usize, memory: u32, project: u32, vector: &[f32]) {
        let largest = vector.iter().fold(0.0_f32, |largest, number| largest.max(number.abs()));
        let scale = largest / LARGEST;
        let Some(bytes) = blob.chunks_exact_mut(self.row_bytes()).nth(row) else { return };
        bytes[..4].copy_from_slice(&memory.to_le_bytes());
        bytes[4..8].copy_from_slice(&project.to_le_bytes());
        bytes[8..12].copy_from_slice(&scale.to_le_bytes());
        for (byte, number) in bytes[HEAD_BYTES..].iter_mut().zip(vector) {
            // A vector of zeros has scale 0; the cast saturates, and makes its 0/0 a 0.
            *byte = ((number / scale).round() as i8).cast_unsigned();
        }
    }

    /// Frees a row.
    pub(super) fn clear(self, blob: &mut [u8], row: usize) {
        if let Some(bytes) = blob.chunks_exact_mut(self.row_bytes()).nth(row) {
            bytes.fill(0);
        }
    }
}

/// An exact vector as it is stored.
pub(super) fn to_blob(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// An exact vector from its stored form.
pub(super) fn from_blob(blob: &[u8]) -> Vec<f32> {
    blob.chunks_exact(4).map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_fills_a_page() {
        let check = |dimension, rows| assert_eq!(Layout::new(dimension).rows(), rows, "dimension {dimension}");
        check(384, 10);
        check(768, 5);
        check(1024, 3);
        check(8192, 1);
    }

    #[test]
    fn rows_are_written_found_and_cleared() {
        let layout = Layout::new(4);
        let mut blob = layout.empty();
        assert_eq!(layout.slots(&blob).count(), 0);
        layout.write(&mut blob, 0, 7, 2, &[0.5, -1.0, 0.0, 0.25]);
        layout.write(&mut blob, 1, 8, 0, &[0.0; 4]);
        assert_eq!(layout.free_row(&blob), Some(2));
        let slots: Vec<_> = layout.slots(&blob).collect();
        assert_eq!((slots[0].memory, slots[0].project), (7, 2));
        let numbers: Vec<i8> = slots[0].numbers.iter().map(|byte| byte.cast_signed()).collect();
        assert_eq!(numbers, [64, -127, 0, 32]);
        assert!((slots[0].scale - 1.0 / 127.0).abs() < 1e-9);
        assert_eq!((slots[1].memory, slots[1].numbers), (8, &[0, 0, 0, 0][..]));
        layout.clear(&mut blob, 0);
        assert_eq!(layout.free_row(&blob), Some(0));
        assert_eq!(layout.slots(&blob).map(|slot| slot.memory).collect::<Vec<_>>(), [8]);
    }

    #[test]
    fn exact_vectors_survive() {
        let vector = [0.1, -2.5, f32::MIN_POSITIVE];
        assert_eq!(from_blob(&to_blob(&vector)), vector);
    }
}
