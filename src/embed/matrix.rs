//! Products of a text's rows with a model's matrices: where a hook spends most of its time.
//!
//! A matrix is kept in panels of [`COLUMNS`] columns, in the order in which the product reads it, so that the file of
//! weights can be used where it is mapped. The left side is cut into blocks of [`ROWS`] rows: six times sixteen sums are
//! the twelve vector registers that AVX2 has room for beside their operands. That reaches the processor's limit
//! (80 GFLOP/s on a core at 2.45 GHz that does two 8-wide fused multiplications a cycle), which is why there is no
//! library here: those in reach pack the right side anew for every product, and each of ours is used once.

/// Columns of a panel.
pub(super) const COLUMNS: usize = 16;
/// Rows of a block.
const ROWS: usize = 6;

/// One row of a panel.
pub(super) type PanelRow = [f32; COLUMNS];

/// Cuts a matrix into panels, one after another; missing columns of the last are zero. `number` gives what stands at a
/// row and column.
pub(super) fn panels(rows: usize, columns: usize, number: impl Fn(usize, usize) -> f32) -> Vec<PanelRow> {
    let starts = (0..columns).step_by(COLUMNS);
    let row_of = |start: usize, row: usize| {
        std::array::from_fn(|column| if start + column < columns { number(row, start + column) } else { 0.0 })
    };
    starts.flat_map(|start| (0..rows).map(move |row| (start, row))).map(|(start, row)| row_of(start, row)).collect()
}

/// The left side of products: rows of numbers, cut into blocks that hold a number of each of their rows side by side.
pub(super) struct Blocks {
    numbers: Vec<[f32; ROWS]>,
    rows: usize,
    columns: usize,
}

impl Blocks {
    /// The first `columns` numbers of each of the `rows`.
    #[inline(always)]
    pub(super) fn of<'a>(rows: impl ExactSizeIterator<Item = &'a [f32]>, columns: usize) -> Self {
        let count = rows.len();
        let mut numbers = vec![[0.0; ROWS]; count.div_ceil(ROWS) * columns];
        for (row, values) in rows.enumerate() {
            let block = &mut numbers[row / ROWS * columns..][..columns];
            for (side_by_side, value) in block.iter_mut().zip(values) {
                side_by_side[row % ROWS] = *value;
            }
        }
        Self { numbers, rows: count, columns }
    }

    /// Gives `put` every part of the product with a matrix in panels: row, first column, and the sums. With `FUSED` each
    /// step is one instruction; without it on a processor that has that, or with it on one that has not, all is slow.
    #[inline(always)]
    pub(super) fn times<const FUSED: bool>(&self, panels: &[PanelRow], mut put: impl FnMut(usize, usize, &PanelRow)) {
        for (panel, rows_of_panel) in panels.chunks_exact(self.columns).enumerate() {
            for (block, numbers) in self.numbers.chunks_exact(self.columns).enumerate() {
                let sums = block_times_panel::<FUSED>(numbers, rows_of_panel);
                for (row, sums) in (block * ROWS..self.rows).zip(&sums) {
                    put(row, panel * COLUMNS, sums);
                }
            }
        }
    }
}

#[inline(always)]
fn block_times_panel<const FUSED: bool>(block: &[[f32; ROWS]], panel: &[PanelRow]) -> [PanelRow; ROWS] {
    let mut sums = [[0.0; COLUMNS]; ROWS];
    for (left, right) in block.iter().zip(panel) {
        for row in 0..ROWS {
            for column in 0..COLUMNS {
                let (one, other, sum) = (left[row], right[column], sums[row][column]);
                sums[row][column] = if FUSED { one.mul_add(other, sum) } else { one * other + sum };
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn products_are_those_of_the_definition(rows in 1usize..20, inner in 1usize..20, columns in 1usize..40, seed in 0usize..100) {
            let left: Vec<f32> = (0..rows * inner).map(|i| ((i * 7 + seed) % 11) as f32 - 5.0).collect();
            let right = |row: usize, column: usize| ((row * 5 + column * 3 + seed) % 13) as f32 - 6.0;
            let blocks = Blocks::of(left.chunks_exact(inner), inner);
            let panels = panels(inner, columns, right);
            let wide = columns.next_multiple_of(COLUMNS);
            for fused in [false, true] {
                let mut product = vec![f32::NAN; rows * wide];
                let put = |row: usize, column: usize, sums: &PanelRow| {
                    product[row * wide + column..][..COLUMNS].copy_from_slice(sums);
                };
                if fused { blocks.times::<true>(&panels, put) } else { blocks.times::<false>(&panels, put) }
                for row in 0..rows {
                    for column in 0..wide {
                        let expected: f32 = if column < columns {
                            (0..inner).map(|k| left[row * inner + k] * right(k, column)).sum()
                        } else {
                            0.0
                        };
                        // Small whole numbers: no sum is rounded.
                        prop_assert!((product[row * wide + column] - expected).abs() < f32::EPSILON);
                    }
                }
            }
        }
    }
}
