//! Trained networks as [ONNX](https://onnx.ai) files, which onnxruntime and other programs run in many languages.
//!
//! ```
//! use gradus::{losses::Loss, network::{Model, Network}, onnx::Scaling};
//! let network = Network::parse("dense 8 relu, dense 3 softmax").unwrap();
//! let model = Model::new(network, Loss::parse("softmax_cross_entropy").unwrap(), 4, 3).unwrap();
//! let theta = model.layout().start(1);
//! let portable = model.onnx(&theta, &[], Scaling::default()).unwrap();
//! let about = gradus_onnx::About { name: "flowers", text: "", metadata: vec![("classes".into(), "[…]".into())] };
//! let bytes = gradus_onnx::bytes(&portable, about).unwrap();
//! assert!(bytes.len() > 4 * theta.len());
//! ```

mod proto;

use gradus::message::Message as Sentence;
use gradus::onnx::{Attribute, Constant, Node, Numbers, OPSET, Port, Portable};
use gradus::{Error, Result};
use prost::Message;

/// The format's version that goes with these operators (ONNX 1.12, 2022).
const IR: i64 = 8;
/// No message may be longer: its readers count in 31 bits.
const MOST: usize = i32::MAX as usize;

/// What a file says beside the network.
#[derive(Clone, Debug, Default)]
pub struct About<'a> {
    /// Of the graph.
    pub name: &'a str,
    /// For people.
    pub text: &'a str,
    /// For programs: name and value.
    pub metadata: Vec<(String, String)>,
}

/// The bytes of a file. The same network gives the same bytes.
///
/// # Errors
/// [`Error::Settings`] if there would be more than the format can hold: 2 GiB.
pub fn bytes(network: &Portable, about: About) -> Result<Vec<u8>> {
    let graph = proto::Graph {
        node: network.nodes.iter().map(node).collect(),
        name: about.name.into(),
        initializer: network.constants.iter().map(tensor).collect(),
        input: vec![port(
            &network.input,
            "one example after another; a picture's rows, its columns, its channels",
        )],
        output: vec![port(&network.output, "for each example a probability of each class")],
    };
    let entry = |(key, value): (String, String)| proto::Entry { key, value };
    let model = proto::Model {
        ir_version: IR,
        producer_name: "gradus".into(),
        producer_version: env!("CARGO_PKG_VERSION").into(),
        doc_string: about.text.into(),
        graph: Some(graph),
        opset_import: vec![proto::OperatorSet { domain: String::new(), version: OPSET }],
        metadata_props: about.metadata.into_iter().map(entry).collect(),
    };
    let length = model.encoded_len();
    if length > MOST {
        return Err(Error::Settings {
            message: Sentence::of("the network takes {length} bytes, and an ONNX file holds at most {most}")
                .with("length", length)
                .with("most", MOST),
            mend: "train a smaller network, or use its model.safetensors".into(),
        });
    }
    Ok(model.encode_to_vec())
}

fn node(node: &Node) -> proto::Node {
    proto::Node {
        input: node.inputs.iter().map(|value| value.name().into()).collect(),
        output: vec![node.output.name().into()],
        name: node.output.name().into(),
        op_type: node.op.into(),
        attribute: node.attributes.iter().map(|(name, how)| attribute(name, how)).collect(),
    }
}

fn attribute(name: &str, how: &Attribute) -> proto::Attribute {
    let empty = proto::Attribute { name: name.into(), ..Default::default() };
    match how {
        Attribute::Int(i) => proto::Attribute { i: Some(*i), kind: proto::Attribute::INT, ..empty },
        Attribute::Ints(ints) => {
            proto::Attribute { ints: ints.clone(), kind: proto::Attribute::INTS, ..empty }
        }
        Attribute::Float(f) => proto::Attribute { f: Some(*f), kind: proto::Attribute::FLOAT, ..empty },
        Attribute::Word(word) => {
            proto::Attribute { s: Some(word.as_bytes().into()), kind: proto::Attribute::STRING, ..empty }
        }
    }
}

fn tensor(constant: &Constant) -> proto::Tensor {
    let (data_type, raw_data) = match &constant.numbers {
        Numbers::Floats(all) => (proto::Tensor::FLOAT, all.iter().flat_map(|x| x.to_le_bytes()).collect()),
        Numbers::Ints(all) => (proto::Tensor::INT64, all.iter().flat_map(|x| x.to_le_bytes()).collect()),
    };
    let dims = constant.dims.iter().map(|n| *n as i64).collect();
    proto::Tensor { dims, data_type, name: constant.value.name().into(), raw_data }
}

fn port(port: &Port, text: &str) -> proto::ValueInfo {
    let batch = proto::Length::Named("batch".into());
    let lengths = port.dims.iter().map(|n| proto::Length::Known(*n as i64));
    let dim = std::iter::once(batch).chain(lengths).map(|value| proto::Dimension { value: Some(value) });
    let tensor = proto::TensorKind {
        elem_type: if port.bytes { proto::Tensor::UINT8 } else { proto::Tensor::FLOAT },
        shape: Some(proto::Shape { dim: dim.collect() }),
    };
    let kind = Some(proto::Kind { tensor_type: Some(tensor) });
    proto::ValueInfo { name: port.value.name().into(), kind, doc_string: text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus::losses::Loss;
    use gradus::network::{Model, Network};
    use gradus::onnx::Scaling;

    #[test]
    fn a_file_reads_back_as_what_was_written() {
        let network =
            Network::parse("average_pool 2, conv 2 3x3 norm leaky_relu, upsample 2, dense 1 sigmoid")
                .unwrap();
        let model = Model::new(network, Loss::parse("binary_cross_entropy").unwrap(), [4, 4, 3], 2).unwrap();
        let (theta, memory) = (model.layout().start(1), model.layout().memory().to_vec());
        let portable = model.onnx(&theta, &memory, Scaling::default()).unwrap();
        let about =
            || About { name: "cats", text: "and dogs", metadata: vec![("classes".into(), "[]".into())] };
        let bytes = bytes(&portable, about()).unwrap();
        assert_eq!(bytes, super::bytes(&portable, about()).unwrap());

        let read = proto::Model::decode(&*bytes).unwrap();
        assert_eq!((read.ir_version, read.opset_import[0].version), (IR, OPSET));
        assert_eq!((&*read.metadata_props[0].key, &*read.metadata_props[0].value), ("classes", "[]"));
        let graph = read.graph.unwrap();
        let [x] = &*graph.input else { panic!("one input") };
        let kind = x.kind.as_ref().unwrap().tensor_type.as_ref().unwrap();
        assert_eq!((kind.elem_type, kind.shape.as_ref().unwrap().dim.len()), (proto::Tensor::FLOAT, 4));
        let find = |op: &str| graph.node.iter().find(|node| node.op_type == op).unwrap();
        let counted = &find("AveragePool").attribute.iter().find(|a| a.name == "count_include_pad").unwrap();
        assert_eq!((counted.i, counted.kind), (Some(0), proto::Attribute::INT), "0 is written too");
        assert_eq!(find("LeakyRelu").attribute[0].f, Some(0.01));
        assert_eq!(find("Resize").attribute[0].s.as_deref(), Some(&b"nearest"[..]));
        assert_eq!(find("Resize").input[1], "", "left out, and its place kept");
        let (weight, wrote) = (&graph.initializer, &portable.constants);
        assert_eq!(weight.len(), wrote.len());
        for (read, wrote) in weight.iter().zip(wrote) {
            assert_eq!(
                read.dims.iter().map(|n| *n as usize).collect::<Vec<_>>(),
                wrote.dims,
                "{}",
                read.name
            );
            if let Numbers::Floats(numbers) = &wrote.numbers {
                let first = f32::from_le_bytes(*read.raw_data.first_chunk().unwrap());
                assert_eq!((first, read.raw_data.len()), (numbers[0], 4 * numbers.len()), "{}", read.name);
            }
        }
    }
}
