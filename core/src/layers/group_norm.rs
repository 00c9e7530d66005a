use super::batch_norm::{EPSILON, scale_and_shift};
use super::{Entry, Layer};
use crate::graph::{Graph, Var};
use crate::message::Message;
use crate::ops::GroupNorm;
use crate::words::{Parameter, Values, Words};
use crate::{Error, Result};

pub(super) const ROW: Entry = Entry {
    name: "group_norm",
    form: "GROUPS [epsilon=1e-5]",
    formula: "y = γ (x − m) / √(v + ε) + β; m, v: of a group of channels of an example",
    about: "the channels of each example in groups, each brought to mean 0 and variance 1; then a learnt scale and shift",
    paper: "Wu & He 2018, Group Normalization, arXiv 1803.08494",
    parse,
};

const PARAMETERS: &[Parameter] = &[EPSILON];

/// Group normalisation as a layer, [Wu & He 2018](https://arxiv.org/abs/1803.08494). It needs no batch, and does the same
/// while training and in use.
///
/// ```text
/// y = γ (x − m) / √(v + ε) + β; m, v: of a group of channels of an example
/// ```
///
/// A channel is a number of the last dimension; GROUPS must divide their number. γ starts at one, β at zero.
pub struct GroupNormLayer {
    groups: usize,
    values: Values,
}

fn parse(words: &mut Words) -> Result<Box<dyn Layer>> {
    let range = "a whole number from 1 to 1000000, a divisor of the number of channels";
    let groups = words.number("the number of groups", range, |n| (1..=1_000_000).contains(n))?;
    Ok(Box::new(GroupNormLayer { groups, values: words.values(PARAMETERS)? }))
}

impl Layer for GroupNormLayer {
    fn kind(&self) -> &'static str {
        ROW.name
    }

    fn line(&self) -> String {
        format!("{} {}{}", ROW.name, self.groups, self.values.written())
    }

    fn build(&self, graph: &mut Graph, x: Var) -> Result<Var> {
        let (_, channels) = graph.shape(x).matrix();
        if !channels.is_multiple_of(self.groups) {
            let divisors: Vec<String> = (1..=channels)
                .filter(|n| channels.is_multiple_of(*n))
                .take(8)
                .map(|n| n.to_string())
                .collect();
            return Err(Error::Settings {
                message: Message::of(
                    "group_norm: {channels} channels cannot be divided among {groups} groups",
                )
                .with("channels", channels)
                .with("groups", self.groups),
                mend: Message::of("write a divisor of {channels}, for example one of {divisors}")
                    .with("channels", channels)
                    .with("divisors", divisors.join(", ")),
            });
        }
        let [scale, shift] = scale_and_shift(graph, x);
        let op = GroupNorm { groups: self.groups, epsilon: self.values.get("epsilon") };
        graph.apply(op, &[x, scale, shift])
    }
}
