//! The encoder of a BERT model, for one text in a fresh process.
//!
//! ONNX Runtime needs 15 to 20 ms in every process before it computes anything, and then packs each matrix before it
//! multiplies: more than half of what a prompt took. This does the same arithmetic on weights that were packed when the
//! model was installed. [`super::BulkEmbedder`], which runs the model in ONNX Runtime, is the reference: a test holds
//! both to a cosine above 0.9999.

use std::path::Path;

use memmap2::Mmap;
use serde::{Deserialize, Serialize};
use zerocopy::FromBytes;

use super::matrix::{Blocks, COLUMNS, PanelRow, panels};
use super::{EmbedError, mapped, to_unit_length};

/// What has to be known of an encoder beside its weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EncoderShape {
    /// Numbers in a vector.
    pub width: usize,
    /// Layers, one after another.
    pub layers: usize,
    /// Heads of attention in a layer.
    pub heads: usize,
    /// Numbers in a vector between the two matrices of a feed-forward part.
    pub inner: usize,
    /// Added to a variance before its root is taken.
    pub epsilon: f32,
}

impl EncoderShape {
    /// Whether every matrix can be cut into whole panels, as the model's reader assumes.
    pub(super) fn is_even(&self) -> bool {
        let even = |number: usize| number > 0 && number.is_multiple_of(COLUMNS);
        even(self.width) && even(self.inner) && self.heads > 0 && self.width.is_multiple_of(self.heads)
    }

    /// How many numbers the weights are.
    fn numbers(&self) -> usize {
        let (norm, linear) = (2 * self.width, |inputs: usize, outputs: usize| (inputs + 1) * outputs);
        let attention = linear(self.width, 3 * self.width) + linear(self.width, self.width) + norm;
        let feed_forward = linear(self.width, self.inner) + linear(self.inner, self.width) + norm;
        norm + self.layers * (attention + feed_forward)
    }
}

/// Weights being written in the order in which [`Encoder`] reads them.
#[derive(Default)]
pub(super) struct PackedWeights(Vec<f32>);

impl PackedWeights {
    /// Scale and shift of a normalisation.
    pub(super) fn norm(&mut self, scale: &[f32], shift: &[f32]) {
        self.0.extend(scale.iter().chain(shift));
    }

    /// A linear layer; its matrix is `[outputs][inputs]`, as models are published.
    pub(super) fn linear(&mut self, matrix: &[f32], bias: &[f32]) {
        let inputs = matrix.len() / bias.len().max(1);
        self.0.extend(panels(inputs, bias.len(), |row, column| matrix[column * inputs + row]).as_flattened());
        self.0.extend(bias);
    }

    /// The file's bytes, in the byte order of this machine.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0.iter().flat_map(|number| number.to_ne_bytes()).collect()
    }
}

/// Turns a text's word vectors into the text's vector.
pub(super) struct Encoder {
    shape: EncoderShape,
    weights: Mmap,
}

impl Encoder {
    /// Maps the weights.
    pub(super) fn open(path: &Path, shape: &EncoderShape) -> Result<Self, EmbedError> {
        let weights = mapped::map_whole(path)?;
        let expected = shape.numbers() * size_of::<f32>();
        if !shape.is_even() || weights.len() != expected {
            return Err(EmbedError::damaged(path, format!("{} bytes instead of {expected}", weights.len())));
        }
        Ok(Self { shape: shape.clone(), weights })
    }

    /// The vector, of length one, of a text whose tokens have these vectors (word plus position, one after another).
    pub(super) fn encode(&self, tokens: Vec<f32>) -> Vec<f32> {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
            return self.encode_with_avx2(tokens);
        }
        self.forward::<{ cfg!(target_arch = "aarch64") }>(tokens)
    }

    /// Only called where the processor has both.
    #[cfg(target_arch = "x86_64")]
    #[expect(unsafe_code, reason = "the compiler cannot know that the processor was asked")]
    fn encode_with_avx2(&self, tokens: Vec<f32>) -> Vec<f32> {
        #[target_feature(enable = "avx2,fma")]
        fn forward(encoder: &Encoder, tokens: Vec<f32>) -> Vec<f32> {
            encoder.forward::<true>(tokens)
        }
        // SAFETY: `encode` found both features.
        unsafe { forward(self, tokens) }
    }

    /// Inlined, as all that it calls is, into functions that may use more of the processor.
    #[inline(always)]
    fn forward<const FUSED: bool>(&self, mut hidden: Vec<f32>) -> Vec<f32> {
        let EncoderShape { width, layers, heads, inner, epsilon } = self.shape;
        // The file was found to have the right size, and a mapping begins at a page.
        let mut weights = Weights(<[f32]>::ref_from_bytes(&self.weights).unwrap_or_default());
        weights.norm(width).apply(&mut hidden, epsilon);
        for _ in 0..layers {
            let projected = weights.linear(width, 3 * width).apply::<FUSED>(&hidden);
            let attended = attention::<FUSED>(&projected, width, heads);
            add(&mut hidden, &weights.linear(width, width).apply::<FUSED>(&attended));
            weights.norm(width).apply(&mut hidden, epsilon);
            let mut wide = weights.linear(width, inner).apply::<FUSED>(&hidden);
            wide.iter_mut().for_each(|number| *number = gelu(*number));
            add(&mut hidden, &weights.linear(inner, width).apply::<FUSED>(&wide));
            weights.norm(width).apply(&mut hidden, epsilon);
        }
        // The mean over the tokens has the same direction as their sum.
        let mut vector = vec![0.0; width];
        hidden.chunks_exact(width).for_each(|token| add(&mut vector, token));
        to_unit_length(&mut vector);
        vector
    }
}

/// The weights that are still to be read.
struct Weights<'a>(&'a [f32]);

impl<'a> Weights<'a> {
    #[inline(always)]
    fn take(&mut self, count: usize) -> &'a [f32] {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }

    #[inline(always)]
    fn norm(&mut self, width: usize) -> Norm<'a> {
        Norm { scale: self.take(width), shift: self.take(width) }
    }

    #[inline(always)]
    fn linear(&mut self, inputs: usize, outputs: usize) -> Linear<'a> {
        Linear { panels: self.take(inputs * outputs).as_chunks().0, bias: self.take(outputs), inputs }
    }
}

/// Brings each vector to mean 0 and variance 1, then scales and shifts it.
struct Norm<'a> {
    scale: &'a [f32],
    shift: &'a [f32],
}

impl Norm<'_> {
    #[inline(always)]
    fn apply(&self, hidden: &mut [f32], epsilon: f32) {
        let width = self.scale.len();
        for token in hidden.chunks_exact_mut(width) {
            let mean = sum(token.iter().copied()) / width as f32;
            let variance = sum(token.iter().map(|number| (number - mean) * (number - mean))) / width as f32;
            let factor = 1.0 / (variance + epsilon).sqrt();
            for ((number, scale), shift) in token.iter_mut().zip(self.scale).zip(self.shift) {
                *number = (*number - mean) * factor * scale + shift;
            }
        }
    }
}

/// A matrix and a bias.
struct Linear<'a> {
    panels: &'a [PanelRow],
    bias: &'a [f32],
    inputs: usize,
}

impl Linear<'_> {
    #[inline(always)]
    fn apply<const FUSED: bool>(&self, input: &[f32]) -> Vec<f32> {
        let outputs = self.bias.len();
        let blocks = Blocks::of(input.chunks_exact(self.inputs), self.inputs);
        let mut output = vec![0.0; input.len() / self.inputs * outputs];
        blocks.times::<FUSED>(self.panels, |row, column, sums| {
            let bias = &self.bias[column..][..COLUMNS];
            let place = &mut output[row * outputs + column..][..COLUMNS];
            for ((number, sum), bias) in place.iter_mut().zip(sums).zip(bias) {
                *number = sum + bias;
            }
        });
        output
    }
}

/// Each token's mixture of all tokens' values, head by head; `projected` holds query, key and value of a token.
#[inline(always)]
fn attention<const FUSED: bool>(projected: &[f32], width: usize, heads: usize) -> Vec<f32> {
    let (tokens, head_width) = (projected.len() / (3 * width), width / heads);
    let row = |token: usize, part: usize, head: usize| &projected[(3 * token + part) * width + head * head_width..];
    let padded = tokens.next_multiple_of(COLUMNS);
    let scale = 1.0 / (head_width as f32).sqrt();
    let (mut scores, mut mixed) = (vec![0.0; tokens * padded], vec![0.0; tokens * width]);
    for head in 0..heads {
        let queries = Blocks::of((0..tokens).map(|token| row(token, 0, head)), head_width);
        let keys = panels(head_width, tokens, |number, token| row(token, 1, head)[number]);
        queries.times::<FUSED>(&keys, |row, column, sums| {
            scores[row * padded + column..][..COLUMNS].copy_from_slice(sums);
        });
        scores.chunks_exact_mut(padded).for_each(|scores| softmax(&mut scores[..tokens], scale));
        let shares = Blocks::of(scores.chunks_exact(padded), tokens);
        let values = panels(tokens, head_width, |token, number| row(token, 2, head)[number]);
        shares.times::<FUSED>(&values, |row, column, sums| {
            let kept = COLUMNS.min(head_width - column);
            mixed[row * width + head * head_width + column..][..kept].copy_from_slice(&sums[..kept]);
        });
    }
    mixed
}

/// Shares that add up to one, from scores that are first multiplied with `scale`.
#[inline(always)]
fn softmax(scores: &mut [f32], scale: f32) {
    let largest = scores.iter().fold(f32::MIN, |largest, score| if *score > largest { *score } else { largest });
    scores.iter_mut().for_each(|score| *score = exp((*score - largest) * scale));
    let total = sum(scores.iter().copied());
    scores.iter_mut().for_each(|score| *score /= total);
}

/// Eight sums side by side, as one alone would have to wait for each addition.
#[inline(always)]
fn sum(numbers: impl ExactSizeIterator<Item = f32>) -> f32 {
    let mut sums = [0.0; 8];
    for (place, number) in numbers.enumerate() {
        sums[place % 8] += number;
    }
    sums.iter().sum()
}

#[inline(always)]
fn add(to: &mut [f32], numbers: &[f32]) {
    to.iter_mut().zip(numbers).for_each(|(to, number)| *to += number);
}

/// x · ½ · (1 + erf(x / √2)), the exact form that the models were trained with. The error function is formula 7.1.26 of
/// Abramowitz and Stegun, off by at most 1.5·10⁻⁷.
#[inline(always)]
fn gelu(number: f32) -> f32 {
    const FACTORS: [f32; 5] = [1.061_405_4, -1.453_152, 1.421_413_7, -0.284_496_74, 0.254_829_6];
    let x = (number * std::f32::consts::FRAC_1_SQRT_2).abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let polynomial = FACTORS.iter().fold(0.0, |sum, factor| (sum + factor) * t);
    let error = (1.0 - polynomial * exp(-x * x)).copysign(number);
    number * 0.5 * (1.0 + error)
}

/// e to the power of a number that is not above 0, to seven digits: 2 to a whole number, times the Taylor series of the
/// rest (at most ½ ln 2, so the seventh term is below 1.2·10⁻⁷). The standard library's is one number at a time.
#[inline(always)]
fn exp(number: f32) -> f32 {
    /// Adding it leaves no room for a fraction: it rounds.
    const ROUNDING: f32 = 12_582_912.0;
    /// The upper bits of ln 2, so that its products with small whole numbers are exact, and the rest.
    const LN_2: (f32, f32) = (0.693_359_4, -2.121_944_4e-4);
    let number = if number < -87.0 { -87.0 } else { number };
    let rounded = number * std::f32::consts::LOG2_E + ROUNDING;
    let whole = rounded - ROUNDING;
    let rest = number - whole * LN_2.0 - whole * LN_2.1;
    let series =
        [720.0, 120.0, 24.0, 6.0, 2.0, 1.0].iter().fold(0.0, |sum: f32, factor| (sum + 1.0 / factor) * rest) + 1.0;
    let exponent = rounded.to_bits().wrapping_sub(ROUNDING.to_bits()).wrapping_add(127);
    series * f32::from_bits(exponent << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_those_of_the_standard_library() {
        for step in 0..8_700 {
            let number = -(step as f32) / 100.0;
            let expected = f64::from(number).exp();
            assert!((f64::from(exp(number)) / expected - 1.0).abs() < 4e-7, "{number}");
        }
        assert!(exp(-1000.0) < 1e-37);
    }

    #[test]
    fn gelu_is_that_of_the_table() {
        // From the error function at 0.5, 1 and 2: 0.520499878, 0.842700793, 0.995322265.
        for (x, erf) in [(0.0, 0.0), (0.5, 0.520_499_9), (1.0, 0.842_700_8), (2.0, 0.995_322_3_f32)] {
            let number = x * std::f32::consts::SQRT_2;
            assert!((gelu(number) - number * 0.5 * (1.0 + erf)).abs() < 5e-7, "{x}");
            assert!((gelu(-number) + number * 0.5 * (1.0 - erf)).abs() < 5e-7, "-{x}");
        }
        assert!(gelu(-30.0).abs() < f32::EPSILON);
    }

    #[test]
    fn shares_add_up_to_one() {
        let mut scores = [1.0, 3.0, 2.0, -50.0];
        softmax(&mut scores, 0.5);
        assert!((scores.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert!((f64::from(scores[1] / scores[0]) - 1.0_f64.exp()).abs() < 1e-5);
    }

    #[test]
    fn a_file_of_another_size_is_refused() {
        let shape = EncoderShape { width: 16, layers: 1, heads: 1, inner: 32, epsilon: 1e-12 };
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut weights = PackedWeights::default();
        weights.norm(&[1.0; 16], &[0.0; 16]);
        for (inputs, outputs) in [(16, 48), (16, 16), (16, 32), (32, 16)] {
            weights.linear(&vec![0.1; inputs * outputs], &vec![0.0; outputs]);
        }
        weights.norm(&[1.0; 16], &[0.0; 16]);
        weights.norm(&[1.0; 16], &[0.0; 16]);
        let bytes = weights.into_bytes();
        std::fs::write(file.path(), &bytes).unwrap();
        let vector = Encoder::open(file.path(), &shape).unwrap().encode((0..32).map(|n| (n as f32).sin()).collect());
        assert!((vector.iter().map(|number| number * number).sum::<f32>() - 1.0).abs() < 1e-5);
        std::fs::write(file.path(), &bytes[4..]).unwrap();
        assert!(Encoder::open(file.path(), &shape).is_err());
    }
}
