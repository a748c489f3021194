//! Writes ONNX models: the few messages of `onnx.proto` that a graph of float tensors needs.

/// A protocol-buffer message being written.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn integer(mut self, field: u64, value: i64) -> Self {
        self.varint(field << 3);
        self.varint(value.cast_unsigned());
        self
    }

    fn float(mut self, field: u64, value: f32) -> Self {
        self.varint(field << 3 | 5);
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    fn bytes(mut self, field: u64, value: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    fn text(self, field: u64, value: &str) -> Self {
        self.bytes(field, value.as_bytes())
    }

    fn message(self, field: u64, value: &Self) -> Self {
        self.bytes(field, &value.0)
    }
}

/// An attribute of a node.
#[derive(Clone, Copy, Debug)]
pub(super) enum Attribute<'a> {
    /// A number.
    Integer(&'a str, i64),
    /// A list of numbers.
    Integers(&'a str, &'a [i64]),
    /// A fraction.
    Float(&'a str, f32),
}

impl Attribute<'_> {
    fn encode(self) -> Message {
        match self {
            Self::Float(name, value) => Message::default().text(1, name).float(2, value).integer(20, 1),
            Self::Integer(name, value) => Message::default().text(1, name).integer(3, value).integer(20, 2),
            Self::Integers(name, values) => {
                let list = values.iter().fold(Message::default().text(1, name), |list, value| list.integer(8, *value));
                list.integer(20, 7)
            }
        }
    }
}

/// What a tensor holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Element {
    /// `f32`.
    Float = 1,
    /// `i64`.
    Integer = 7,
}

/// A size of an input or output: fixed, or any, under a name.
#[derive(Clone, Copy, Debug)]
pub(super) enum Size<'a> {
    /// Always this.
    Fixed(usize),
    /// Known when the model runs.
    Any(&'a str),
}

/// A value in the graph, by name.
pub(super) type Value = String;

/// A graph being built: nodes in the order they run in.
#[derive(Default)]
pub(super) struct Graph {
    nodes: Vec<Message>,
    constants: Vec<Message>,
    inputs: Vec<Message>,
    outputs: Vec<Message>,
    values: usize,
}

impl Graph {
    /// An input of the model.
    pub(super) fn input(&mut self, name: &str, element: Element, shape: &[Size<'_>]) -> Value {
        self.inputs.push(declaration(name, element, shape));
        name.to_owned()
    }

    /// Gives `value` out under `name`.
    pub(super) fn output(&mut self, value: &str, name: &str, shape: &[Size<'_>]) {
        self.push_node("Identity", &[value], name, &[]);
        self.outputs.push(declaration(name, Element::Float, shape));
    }

    /// A tensor of floats that is part of the model.
    pub(super) fn floats(&mut self, shape: &[usize], values: &[f32]) -> Value {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(shape, Element::Float, &bytes)
    }

    /// A list of integers that is part of the model.
    pub(super) fn integers(&mut self, values: &[i64]) -> Value {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(&[values.len()], Element::Integer, &bytes)
    }

    fn constant(&mut self, shape: &[usize], element: Element, bytes: &[u8]) -> Value {
        let name = self.fresh("constant");
        let tensor = shape.iter().fold(Message::default(), |tensor, size| tensor.integer(1, *size as i64));
        self.constants.push(tensor.integer(2, element as i64).text(8, &name).bytes(9, bytes));
        name
    }

    /// A standard operator.
    pub(super) fn node(&mut self, operator: &str, inputs: &[&str], attributes: &[Attribute<'_>]) -> Value {
        let output = self.fresh("value");
        self.push_node(operator, inputs, &output, attributes);
        output
    }

    fn push_node(&mut self, operator: &str, inputs: &[&str], output: &str, attributes: &[Attribute<'_>]) {
        let node = inputs.iter().fold(Message::default(), |node, input| node.text(1, input));
        let node = node.text(2, output).text(3, &self.fresh(operator)).text(4, operator);
        let node = attributes.iter().fold(node, |node, attribute| node.message(5, &attribute.encode()));
        self.nodes.push(node);
    }

    fn fresh(&mut self, stem: &str) -> String {
        self.values += 1;
        format!("{stem}{}", self.values)
    }

    /// The finished model: IR version 9, operator set 17 (the first with `LayerNormalization`).
    pub(super) fn into_model(self, name: &str) -> Vec<u8> {
        let mut graph = Message::default();
        for node in &self.nodes {
            graph = graph.message(1, node);
        }
        graph = graph.text(2, name);
        for constant in &self.constants {
            graph = graph.message(5, constant);
        }
        for input in &self.inputs {
            graph = graph.message(11, input);
        }
        for output in &self.outputs {
            graph = graph.message(12, output);
        }
        let standard = Message::default().text(1, "").integer(2, 17);
        let model = Message::default().integer(1, 9).text(2, "memory-lane").message(7, &graph);
        model.message(8, &standard).0
    }
}

fn declaration(name: &str, element: Element, shape: &[Size<'_>]) -> Message {
    let shape = shape.iter().fold(Message::default(), |shape, size| {
        let size = match size {
            Size::Fixed(size) => Message::default().integer(1, *size as i64),
            Size::Any(name) => Message::default().text(2, name),
        };
        shape.message(1, &size)
    });
    let tensor = Message::default().integer(1, element as i64).message(2, &shape);
    Message::default().text(1, name).message(2, &Message::default().message(1, &tensor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_groups_of_seven_bits() {
        let check =
            |value: i64, expected: &[u8]| assert_eq!(Message::default().integer(1, value).0, expected, "{value}");
        check(0, &[0x08, 0]);
        check(127, &[0x08, 0x7f]);
        check(300, &[0x08, 0xac, 0x02]);
        check(-1, &[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
        assert_eq!(Message::default().integer(20, 1).0, [0xa0, 0x01, 0x01]);
        assert_eq!(Message::default().text(2, "ab").0, [0x12, 2, b'a', b'b']);
        assert_eq!(Message::default().float(2, 1.0).0, [0x15, 0, 0, 0x80, 0x3f]);
    }

    #[test]
    fn the_same_graph_gives_the_same_bytes() {
        let build = || {
            let mut graph = Graph::default();
            let input = graph.input("text", Element::Float, &[Size::Any("batch"), Size::Fixed(2)]);
            let bias = graph.floats(&[2], &[1.0, -1.0]);
            let sum = graph.node("Add", &[&input, &bias], &[]);
            graph.output(&sum, "vector", &[Size::Any("batch"), Size::Fixed(2)]);
            graph.into_model("sum")
        };
        assert_eq!(build(), build());
        assert!(!build().is_empty());
    }
}
