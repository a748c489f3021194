//! BERT encoders, straight from their weights: as a graph for ONNX Runtime, and packed for [`super::encoder`].
//!
//! [`standard_encoder`] has standard operators only and takes ids and a mask; [`packed_encoder`] is what a hook reads.
//! That they were written independently is what makes their agreement a test of both.

use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;

use super::EmbedError;
use super::encoder::{EncoderShape, PackedWeights};
use super::onnx_graph::{Attribute, Element, Graph, Size, Value};

const WORDS: &str = "embeddings.word_embeddings.weight";
const POSITIONS: &str = "embeddings.position_embeddings.weight";
const TYPES: &str = "embeddings.token_type_embeddings.weight";
const FIRST_NORM: &str = "embeddings.LayerNorm";

/// The part of a model's `config.json` that gives it its shape.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Architecture {
    /// Numbers in a vector.
    pub(super) hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    layer_norm_eps: f32,
    vocab_size: usize,
    max_position_embeddings: usize,
    type_vocab_size: usize,
    hidden_act: String,
    model_type: String,
}

impl Architecture {
    /// Reads `config.json`; refuses models that these graphs do not describe.
    pub(super) fn parse(config: &[u8]) -> Result<Self, EmbedError> {
        let parsed: Self = serde_json::from_slice(config)
            .map_err(|error| EmbedError::Source { reason: format!("config.json: {error}") })?;
        if parsed.model_type != "bert" || parsed.hidden_act != "gelu" {
            let reason =
                format!("only bert with gelu can be built, not {} with {}", parsed.model_type, parsed.hidden_act);
            return Err(EmbedError::Source { reason });
        }
        Ok(parsed)
    }

    /// What the hook's encoder has to know.
    pub(super) fn encoder(&self) -> EncoderShape {
        EncoderShape {
            width: self.hidden_size,
            layers: self.num_hidden_layers,
            heads: self.num_attention_heads,
            inner: self.intermediate_size,
            epsilon: self.layer_norm_eps,
        }
    }

    fn epsilon(&self) -> Attribute<'static> {
        Attribute::Float("epsilon", self.layer_norm_eps)
    }
}

/// The trained numbers of a model.
pub(super) struct Weights<'a> {
    tensors: SafeTensors<'a>,
    shape: &'a Architecture,
}

impl<'a> Weights<'a> {
    /// Reads the index of a `model.safetensors`.
    pub(super) fn new(bytes: &'a [u8], shape: &'a Architecture) -> Result<Self, EmbedError> {
        let tensors = SafeTensors::deserialize(bytes)
            .map_err(|error| EmbedError::Source { reason: format!("model.safetensors: {error}") })?;
        Ok(Self { tensors, shape })
    }

    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, EmbedError> {
        let tensor = self
            .tensors
            .tensor(name)
            .map_err(|error| EmbedError::Source { reason: format!("model.safetensors: {name}: {error}") })?;
        if tensor.dtype() != Dtype::F32 || tensor.shape() != shape {
            let reason = format!("{name} is {:?} {:?}, expected F32 {shape:?}", tensor.dtype(), tensor.shape());
            return Err(EmbedError::Source { reason });
        }
        Ok(tensor.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }

    /// A linear layer's matrix as `[inputs][outputs]`; on disk it is the other way round.
    fn matrix(&self, name: &str, inputs: usize, outputs: usize) -> Result<Vec<f32>, EmbedError> {
        let stored = self.tensor(&format!("{name}.weight"), &[outputs, inputs])?;
        let column = |input: usize| stored.iter().skip(input).step_by(inputs);
        Ok((0..inputs).flat_map(column).copied().collect())
    }

    fn bias(&self, name: &str, outputs: usize) -> Result<Vec<f32>, EmbedError> {
        self.tensor(&format!("{name}.bias"), &[outputs])
    }

    fn pack_norm(&self, packed: &mut PackedWeights, name: &str) -> Result<(), EmbedError> {
        let width = [self.shape.hidden_size];
        let part = |part: &str| self.tensor(&format!("{name}.{part}"), &width);
        packed.norm(&part("weight")?, &part("bias")?);
        Ok(())
    }

    /// Linear layers with the same input as one.
    fn pack_linear(
        &self,
        packed: &mut PackedWeights,
        names: &[&str],
        inputs: usize,
        outputs: usize,
    ) -> Result<(), EmbedError> {
        let (mut matrix, mut bias) = (Vec::new(), Vec::new());
        for name in names {
            matrix.extend(self.tensor(&format!("{name}.weight"), &[outputs, inputs])?);
            bias.extend(self.bias(name, outputs)?);
        }
        packed.linear(&matrix, &bias);
        Ok(())
    }

    /// The vectors of all words.
    pub(super) fn words(&self) -> Result<Vec<f32>, EmbedError> {
        self.tensor(WORDS, &[self.shape.vocab_size, self.shape.hidden_size])
    }

    fn positions(&self) -> Result<Vec<f32>, EmbedError> {
        self.tensor(POSITIONS, &[self.shape.max_position_embeddings, self.shape.hidden_size])
    }

    fn types(&self) -> Result<Vec<f32>, EmbedError> {
        self.tensor(TYPES, &[self.shape.type_vocab_size, self.shape.hidden_size])
    }

    /// The vectors of all positions, with that of the first token type added: a single text has no other.
    pub(super) fn positions_with_type(&self) -> Result<Vec<f32>, EmbedError> {
        let first_type = self.types()?;
        let types = first_type[..self.shape.hidden_size].iter().cycle();
        Ok(self.positions()?.iter().zip(types).map(|(position, kind)| position + kind).collect())
    }
}

/// The places of one layer's weights.
struct Layer {
    query: String,
    key: String,
    value: String,
    attention_out: String,
    attention_norm: String,
    widen: String,
    narrow: String,
    norm: String,
}

impl Layer {
    fn all(shape: &Architecture) -> impl Iterator<Item = Self> {
        (0..shape.num_hidden_layers).map(|number| {
            let name = |rest: &str| format!("encoder.layer.{number}.{rest}");
            Self {
                query: name("attention.self.query"),
                key: name("attention.self.key"),
                value: name("attention.self.value"),
                attention_out: name("attention.output.dense"),
                attention_norm: name("attention.output.LayerNorm"),
                widen: name("intermediate.dense"),
                narrow: name("output.dense"),
                norm: name("output.LayerNorm"),
            }
        })
    }
}

/// The bytes of the hook's encoder. Query, key and value are one matrix: one multiplication instead of three.
pub(super) fn packed_encoder(weights: &Weights<'_>) -> Result<Vec<u8>, EmbedError> {
    let shape = weights.shape;
    let (width, inner) = (shape.hidden_size, shape.intermediate_size);
    if !shape.encoder().is_even() {
        let reason = format!("{width} and {inner} numbers in {} heads cannot be packed", shape.num_attention_heads);
        return Err(EmbedError::Source { reason });
    }
    let mut packed = PackedWeights::default();
    weights.pack_norm(&mut packed, FIRST_NORM)?;
    for layer in Layer::all(shape) {
        weights.pack_linear(&mut packed, &[&layer.query, &layer.key, &layer.value], width, width)?;
        weights.pack_linear(&mut packed, &[&layer.attention_out], width, width)?;
        weights.pack_norm(&mut packed, &layer.attention_norm)?;
        weights.pack_linear(&mut packed, &[&layer.widen], width, inner)?;
        weights.pack_linear(&mut packed, &[&layer.narrow], inner, width)?;
        weights.pack_norm(&mut packed, &layer.norm)?;
    }
    Ok(packed.into_bytes())
}

/// Ids, mask and types of a padded batch in, the vector of each token out.
pub(super) fn standard_encoder(weights: &Weights<'_>) -> Result<Vec<u8>, EmbedError> {
    let mut builder = Builder { graph: Graph::default(), weights, shape: weights.shape };
    let sizes = [Size::Any("batch"), Size::Any("tokens")];
    let ids = builder.graph.input("input_ids", Element::Integer, &sizes);
    let mask = builder.graph.input("attention_mask", Element::Integer, &sizes);
    let types = builder.graph.input("token_type_ids", Element::Integer, &sizes);
    let summed = builder.summed_embeddings(&ids, &types)?;
    let mut hidden = builder.norm(&summed, FIRST_NORM)?;
    let bias = builder.mask_bias(&mask);
    for layer in Layer::all(builder.shape) {
        hidden = builder.standard_layer(&hidden, &bias, &layer)?;
    }
    let mut graph = builder.graph;
    let width = Size::Fixed(weights.shape.hidden_size);
    graph.output(&hidden, "last_hidden_state", &[Size::Any("batch"), Size::Any("tokens"), width]);
    Ok(graph.into_model("standard"))
}

struct Builder<'a> {
    graph: Graph,
    weights: &'a Weights<'a>,
    shape: &'a Architecture,
}

impl Builder<'_> {
    /// A vector of the model's width, `name.weight` or `name.bias`.
    fn vector(&mut self, name: &str) -> Result<Value, EmbedError> {
        let width = self.shape.hidden_size;
        let values = self.weights.tensor(name, &[width])?;
        Ok(self.graph.floats(&[width], &values))
    }

    fn matrix(&mut self, name: &str, inputs: usize, outputs: usize) -> Result<Value, EmbedError> {
        let values = self.weights.matrix(name, inputs, outputs)?;
        Ok(self.graph.floats(&[inputs, outputs], &values))
    }

    fn bias(&mut self, name: &str, outputs: usize) -> Result<Value, EmbedError> {
        let values = self.weights.bias(name, outputs)?;
        Ok(self.graph.floats(&[outputs], &values))
    }

    fn norm(&mut self, input: &str, name: &str) -> Result<Value, EmbedError> {
        let (scale, bias) = (self.vector(&format!("{name}.weight"))?, self.vector(&format!("{name}.bias"))?);
        let attributes = [Attribute::Integer("axis", -1), self.shape.epsilon()];
        Ok(self.graph.node("LayerNormalization", &[input, &scale, &bias], &attributes))
    }

    fn summed_embeddings(&mut self, ids: &str, types: &str) -> Result<Value, EmbedError> {
        let shape = self.shape;
        let words = self.graph.floats(&[shape.vocab_size, shape.hidden_size], &self.weights.words()?);
        let positions =
            self.graph.floats(&[shape.max_position_embeddings, shape.hidden_size], &self.weights.positions()?);
        let kinds = self.graph.floats(&[shape.type_vocab_size, shape.hidden_size], &self.weights.types()?);
        let graph = &mut self.graph;
        let word = graph.node("Gather", &[&words, ids], &[]);
        let kind = graph.node("Gather", &[&kinds, types], &[]);
        // A slice, not a gather over a range: the optimiser of some versions turns that into a slice which fails.
        let (start, axis) = (graph.integers(&[0]), graph.integers(&[0]));
        let length = graph.node("Shape", &[ids], &[Attribute::Integer("start", 1)]);
        let position = graph.node("Slice", &[&positions, &start, &length, &axis], &[]);
        let sum = graph.node("Add", &[&word, &kind], &[]);
        Ok(graph.node("Add", &[&sum, &position], &[]))
    }

    /// Zero where there is text, −10,000 where there is padding, as it is added before the softmax.
    fn mask_bias(&mut self, mask: &str) -> Value {
        let graph = &mut self.graph;
        let mask = graph.node("Cast", &[mask], &[Attribute::Integer("to", Element::Float as i64)]);
        let axes = graph.integers(&[1, 2]);
        let mask = graph.node("Unsqueeze", &[&mask, &axes], &[]);
        let (one, factor) = (graph.floats(&[], &[1.0]), graph.floats(&[], &[-10_000.0]));
        let padding = graph.node("Sub", &[&one, &mask], &[]);
        graph.node("Mul", &[&padding, &factor], &[])
    }

    fn standard_layer(&mut self, input: &str, mask: &str, layer: &Layer) -> Result<Value, EmbedError> {
        let (width, wide) = (self.shape.hidden_size, self.shape.intermediate_size);
        let attended = self.standard_attention(input, mask, layer)?;
        let mixed = self.linear(&attended, &layer.attention_out, width, width)?;
        let sum = self.graph.node("Add", &[&mixed, input], &[]);
        let hidden = self.norm(&sum, &layer.attention_norm)?;
        let widened = self.linear(&hidden, &layer.widen, width, wide)?;
        let active = self.gelu(&widened);
        let narrowed = self.linear(&active, &layer.narrow, wide, width)?;
        let sum = self.graph.node("Add", &[&narrowed, &hidden], &[]);
        self.norm(&sum, &layer.norm)
    }

    fn linear(&mut self, input: &str, name: &str, inputs: usize, outputs: usize) -> Result<Value, EmbedError> {
        let (matrix, bias) = (self.matrix(name, inputs, outputs)?, self.bias(name, outputs)?);
        let product = self.graph.node("MatMul", &[input, &matrix], &[]);
        Ok(self.graph.node("Add", &[&product, &bias], &[]))
    }

    fn standard_attention(&mut self, input: &str, mask: &str, layer: &Layer) -> Result<Value, EmbedError> {
        let (width, heads) = (self.shape.hidden_size, self.shape.num_attention_heads);
        let query = self.heads(input, &layer.query, &[0, 2, 1, 3])?;
        let key = self.heads(input, &layer.key, &[0, 2, 3, 1])?;
        let value = self.heads(input, &layer.value, &[0, 2, 1, 3])?;
        let graph = &mut self.graph;
        let scale = graph.floats(&[], &[((width / heads) as f32).sqrt()]);
        let scores = graph.node("MatMul", &[&query, &key], &[]);
        let scores = graph.node("Div", &[&scores, &scale], &[]);
        let scores = graph.node("Add", &[&scores, mask], &[]);
        let shares = graph.node("Softmax", &[&scores], &[Attribute::Integer("axis", -1)]);
        let mixed = graph.node("MatMul", &[&shares, &value], &[]);
        let mixed = graph.node("Transpose", &[&mixed], &[Attribute::Integers("perm", &[0, 2, 1, 3])]);
        let joined = graph.integers(&[0, 0, width as i64]);
        Ok(graph.node("Reshape", &[&mixed, &joined], &[]))
    }

    /// A projection, cut into heads.
    fn heads(&mut self, input: &str, name: &str, order: &[i64]) -> Result<Value, EmbedError> {
        let (width, heads) = (self.shape.hidden_size, self.shape.num_attention_heads);
        let projected = self.linear(input, name, width, width)?;
        let cut = self.graph.integers(&[0, 0, heads as i64, (width / heads) as i64]);
        let cut = self.graph.node("Reshape", &[&projected, &cut], &[]);
        Ok(self.graph.node("Transpose", &[&cut], &[Attribute::Integers("perm", order)]))
    }

    /// x · ½ · (1 + erf(x / √2)), the exact form the model was trained with.
    fn gelu(&mut self, input: &str) -> Value {
        let graph = &mut self.graph;
        let root = graph.floats(&[], &[std::f32::consts::SQRT_2]);
        let (one, half) = (graph.floats(&[], &[1.0]), graph.floats(&[], &[0.5]));
        let scaled = graph.node("Div", &[input, &root], &[]);
        let error = graph.node("Erf", &[&scaled], &[]);
        let share = graph.node("Add", &[&error, &one], &[]);
        let product = graph.node("Mul", &[input, &share], &[]);
        graph.node("Mul", &[&product, &half], &[])
    }
}
