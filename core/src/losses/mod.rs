//! What training makes small, one loss per file. A new one: its file, its `mod` line, its row in the table.
//!
//! Every loss is an op with three inputs: the network's last value z (batch × outputs), the targets t, and one
//! weight w per example. Its reduction is the same everywhere: the mean over the outputs of each example, then the
//! mean over examples weighted by w,
//!
//! ```text
//! L = Σᵢ wᵢ ℓᵢ / Σᵢ wᵢ
//! ```
//!
//! Targets and weights are taken as given: no slope goes into them. With all weights 1 that is PyTorch's `reduction="mean"`. Sums are made in `f64`, in order.

mod absolute;
mod binary_cross_entropy;
mod huber;
mod pointwise;
mod softmax_cross_entropy;
mod squared_error;

pub use pointwise::{Pointwise, PointwiseLoss};
pub use softmax_cross_entropy::SoftmaxCrossEntropy;

use crate::message::Message;
use crate::op::{Gradient, Op};
use crate::words::{Parameter, Values, Words};
use crate::{Error, Result};

/// What turns the network's last value into a prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// The value is the prediction.
    Identity,
    /// p = 1 / (1 + e⁻ᶻ), each output by itself.
    Sigmoid,
    /// pₖ = eᶻᵏ / Σ eᶻʲ, over the outputs of an example.
    Softmax,
}

/// What the targets of a loss are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Targets {
    /// As many numbers as the network has outputs.
    Values,
    /// The number of the right class, 0 … outputs − 1. Where examples are mixed: a share for every class, of sum 1.
    Class,
}

/// A named loss.
pub struct Entry {
    /// As `--loss` writes it.
    pub name: &'static str,
    /// ℓ of one output or example.
    pub formula: &'static str,
    /// When to use it, and what it is called elsewhere.
    pub about: &'static str,
    /// Where it is from.
    pub paper: &'static str,
    /// What it computes from: the loss reads z, before this.
    pub link: Link,
    /// What it compares with.
    pub targets: Targets,
    /// Its numbers.
    pub parameters: &'static [Parameter],
    /// Makes the op.
    pub build: fn(&Values) -> Box<dyn Op>,
}

/// What `--loss` accepts.
pub static LOSSES: &[Entry] =
    &[squared_error::ROW, absolute::ROW, huber::ROW, binary_cross_entropy::ROW, softmax_cross_entropy::ROW];

/// A loss with its parameters, for example read from `huber delta=0.5`.
#[derive(Clone)]
pub struct Loss {
    /// Its row.
    pub entry: &'static Entry,
    values: Values,
}

impl Loss {
    /// Reads a line such as `binary_cross_entropy smoothing=0.1`.
    ///
    /// # Errors
    /// [`Error::Line`] at a word that is wrong.
    pub fn parse(line: &str) -> Result<Loss> {
        let mut words = Words::of(line);
        let name = words.need("the name of a loss", "for example binary_cross_entropy")?;
        let entry = LOSSES.iter().find(|e| e.name == name).ok_or_else(|| {
            words.wrong(
                Message::of("no loss is called `{name}`").with("name", name),
                crate::error::did_you_mean(name, names()),
            )
        })?;
        let values = words.values(entry.parameters)?;
        words.end()?;
        Ok(Loss { entry, values })
    }

    /// The op that computes it.
    pub fn op(&self) -> Box<dyn Op> {
        (self.entry.build)(&self.values)
    }

    /// The line that reads back to it, every default written out.
    pub fn line(&self) -> String {
        format!("{}{}", self.entry.name, self.values.written())
    }
}

fn names() -> impl Iterator<Item = &'static str> {
    LOSSES.iter().map(|e| e.name)
}

/// Targets and weights are taken as given: the slopes into them, where somebody wants them, are zero.
pub(crate) fn as_given(slopes: &mut [Option<Gradient>]) {
    for slope in slopes.iter_mut().flatten().filter(|slope| !slope.add) {
        slope.to.fill(0.0);
    }
}

/// Shapes of z, t and w that fit a loss.
pub(crate) fn check(op: &dyn Op, inputs: &[crate::op::Shape], targets: Targets) -> Result<crate::op::Shape> {
    let fits = match inputs {
        [z, t, w] => {
            let (rows, _) = z.matrix();
            let target = match targets {
                Targets::Values => t == z,
                Targets::Class => t.dims() == [rows] || t == z,
            };
            z.dims().len() == 2 && target && w.dims() == [rows]
        }
        _ => false,
    };
    if fits {
        return Ok(crate::op::Shape::new(&[1]));
    }
    let needs = match targets {
        Targets::Values => "z [batch, outputs], targets [batch, outputs] and weights [batch]",
        Targets::Class => "z [batch, outputs], targets [batch] or [batch, outputs] and weights [batch]",
    };
    Err(Error::Shape { op: op.name().into(), inputs: inputs.to_vec(), needs: needs.into() })
}
