use super::batch_norm::{EPSILON, scale_and_shift};
use super::{Entry, Layer};
use crate::Result;
use crate::graph::{Graph, Var};
use crate::ops::{GroupNorm, LayerNorm};
use crate::words::{Parameter, Values, Words};

pub(super) const ROW: Entry = Entry {
    name: "layer_norm",
    form: "[epsilon=1e-5]",
    formula: "y = γ (x − m) / √(v + ε) + β; m, v: of all numbers of an example",
    about: "each example gets mean 0 and variance 1, then each channel a scale and a shift that are learnt",
    paper: "Ba, Kiros & Hinton 2016, Layer Normalization, arXiv 1607.06450",
    parse,
};

const PARAMETERS: &[Parameter] = &[EPSILON];

/// Layer normalisation as a layer, [Ba, Kiros & Hinton 2016](https://arxiv.org/abs/1607.06450).
///
/// ```text
/// y = γ (x − m) / √(v + ε) + β; m, v: of all numbers of an example
/// ```
///
/// Of a matrix (batch × features) each row is an example, with a γ and a β for each feature, as PyTorch's
/// `LayerNorm(features)`. Of pictures all places and channels of a picture are taken together, with a γ and a β for each
/// channel: `group_norm 1`, PyTorch's `GroupNorm(1, channels)`. γ starts at one, β at zero.
pub struct LayerNormLayer(Values);

fn parse(words: &mut Words) -> Result<Box<dyn Layer>> {
    Ok(Box::new(LayerNormLayer(words.values(PARAMETERS)?)))
}

impl Layer for LayerNormLayer {
    fn kind(&self) -> &'static str {
        ROW.name
    }

    fn line(&self) -> String {
        format!("{}{}", ROW.name, self.0.written())
    }

    fn build(&self, graph: &mut Graph, x: Var) -> Result<Var> {
        let [scale, shift] = scale_and_shift(graph, x);
        let epsilon = self.0.get("epsilon");
        if graph.shape(x).dims().len() > 2 {
            return graph.apply(GroupNorm { groups: 1, epsilon }, &[x, scale, shift]);
        }
        graph.apply(LayerNorm { epsilon }, &[x, scale, shift])
    }
}
