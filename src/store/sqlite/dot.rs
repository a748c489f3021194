//! Products of a query with stored rows: the loop in which a vector search spends its time.

/// A query, ready for many rows.
pub(super) struct ScanQuery {
    numbers: Vec<i16>,
    scale: f32,
    kernel: Kernel,
}

type Kernel = fn(&[i16], &[u8]) -> i32;

impl ScanQuery {
    /// Prepares a vector. Its numbers take as many of 16 bits as the sum over a row leaves room for in 32, so that the
    /// only error is that of the rows.
    pub(super) fn new(vector: &[f32]) -> Self {
        let largest = vector.iter().fold(0.0_f32, |largest, number| largest.max(number.abs()));
        let room = i32::MAX as usize / (128 * vector.len().max(1));
        let scale = largest / room.min(i16::MAX as usize) as f32;
        let numbers = vector.iter().map(|number| (number / scale) as i16).collect();
        Self { numbers, scale, kernel: fastest_kernel() }
    }

    /// The product with a row of 8-bit numbers that are to be multiplied with `row_scale`.
    pub(super) fn product(&self, row: &[u8], row_scale: f32) -> f32 {
        (self.kernel)(&self.numbers, row) as f32 * self.scale * row_scale
    }
}

fn fastest_kernel() -> Kernel {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        return with_avx2;
    }
    portable
}

/// Only handed out by [`fastest_kernel`] where the processor has AVX2.
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "the compiler cannot know that the processor was asked")]
fn with_avx2(query: &[i16], row: &[u8]) -> i32 {
    // SAFETY: `fastest_kernel` gives this function out only after it found the feature.
    unsafe { compiled_for_avx2(query, row) }
}

/// The same loop, which the compiler turns into sixteen products at a time.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn compiled_for_avx2(query: &[i16], row: &[u8]) -> i32 {
    sum_of_products(query, row)
}

fn portable(query: &[i16], row: &[u8]) -> i32 {
    sum_of_products(query, row)
}

#[inline(always)]
fn sum_of_products(query: &[i16], row: &[u8]) -> i32 {
    query
        .iter()
        .zip(row)
        .fold(0, |sum, (&number, &byte)| sum.wrapping_add(i32::from(number) * i32::from(byte.cast_signed())))
}

/// The product of a query with an exact vector in its stored form. Eight sums side by side, as one alone would have to
/// wait for each addition.
pub(super) fn exact_product(query: &[f32], blob: &[u8]) -> f32 {
    let mut sums = [0.0_f32; 8];
    for (numbers, bytes) in query.chunks(8).zip(blob.chunks(32)) {
        for ((sum, number), bytes) in sums.iter_mut().zip(numbers).zip(bytes.chunks_exact(4)) {
            *sum += number * f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
    }
    sums.iter().sum()
}

/// The vector at unit length; none if it has no direction.
pub(super) fn unit(vector: &[f32]) -> Option<Vec<f32>> {
    let length = vector.iter().map(|number| f64::from(*number).powi(2)).sum::<f64>().sqrt();
    (length.is_finite() && length > 0.0)
        .then(|| vector.iter().map(|number| (f64::from(*number) / length) as f32).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::chunk::to_blob;
    use super::*;

    fn slow_product(query: &[i16], row: &[u8]) -> i64 {
        query.iter().zip(row).map(|(&number, &byte)| i64::from(number) * i64::from(byte.cast_signed())).sum()
    }

    proptest! {
        #[test]
        fn kernels_agree(row in proptest::collection::vec(any::<u8>(), 0..800), seed in any::<i16>()) {
            let room = i32::MAX as usize / (128 * row.len().max(1));
            let bound = room.min(i16::MAX as usize) as i64;
            let query: Vec<i16> = (0..row.len() as i64).map(|i| (i * i64::from(seed) % bound) as i16).collect();
            let expected = slow_product(&query, &row);
            prop_assert_eq!(i64::from(portable(&query, &row)), expected);
            prop_assert_eq!(i64::from(fastest_kernel()(&query, &row)), expected);
        }

        #[test]
        fn exact_products_are_near_the_plain_sum(pairs in proptest::collection::vec((-1.0f32..1.0, -1.0f32..1.0), 0..100)) {
            let (query, stored): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
            let plain: f64 = query.iter().zip(&stored).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            prop_assert!((f64::from(exact_product(&query, &to_blob(&stored))) - plain).abs() < 1e-4);
        }
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        for dimension in [1, 384, 768, 4096] {
            let query = ScanQuery::new(&vec![1.0; dimension]);
            let row = vec![(-127_i8).cast_unsigned(); dimension];
            let product = query.product(&row, 1.0);
            assert!((product / (-127.0 * dimension as f32) - 1.0).abs() < 1e-2, "{dimension}: {product}");
        }
    }

    #[test]
    fn a_vector_without_direction_has_no_unit() {
        assert_eq!(unit(&[0.0, 0.0]), None);
        assert_eq!(unit(&[f32::NAN]), None);
        assert_eq!(unit(&[3.0, 4.0]), Some(vec![0.6, 0.8]));
    }
}
