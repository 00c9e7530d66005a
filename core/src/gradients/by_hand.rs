//! The gradient derived by hand: the closed formula of every slope, and its value.
//!
//! ```text
//! L = (y − t)²,  y = σ(z₃),  z₃ = w₅ a₁ + w₆ a₂,  a₁ = relu(z₁),  z₁ = w₁ x₁ + w₂ x₂, …
//! ∂L/∂w₁ = 2 (y − t) y (1 − y) w₅ [z₁ > 0] x₁
//! ```
//!
//! The formulas are those of one example; the slope of a batch is their mean, weighted as the loss weighs. Weights are
//! numbered unit by unit: first all that lead into the first neuron.
//!
//! For a few weights that is the clearest way. But every formula is derived and computed for itself, and each holds
//! one product for every path from its weight to the loss: the work grows with the square of the
//! network where backpropagation, which shares what paths have in common, needs about two losses' time for all.

use super::formula::{Derivatives, Expression, Name, Sheet, Style, Tape, on_clean_sheet, write_name};
use crate::graph::{Graph, Source, Var};
use crate::losses::{Link, Targets};
use crate::message::Message;
use crate::network::Model;
use crate::optimizer::Objective;
use crate::plan::Plan;
use crate::real::Real;
use crate::{Error, Result};

/// Weights, and formulas and their parts, that are still derived.
const MOST_WEIGHTS: usize = 4_000;
const MOST_FORMULAS: usize = 400_000;

/// The closed formulas of a model's loss and of all its slopes; as an [`Objective`], the mean over a batch of them.
///
/// ```
/// use gradus::gradients::{ByHand, Style};
/// use gradus::losses::Loss;
/// use gradus::network::{Model, Network};
/// let network = Network::parse("dense 2 relu bias=no, dense 1 sigmoid bias=no").unwrap();
/// let model = Model::new(network, Loss::parse("squared_error").unwrap(), 2, 2).unwrap();
/// let by_hand = ByHand::new(&model, 1, true).unwrap();
/// let text = by_hand.slope(0, Style { latex: false, named: true }).unwrap();
/// assert_eq!(text, "2·(y − t)·y·(1 − y)·w₅·[z₁ > 0]·x₁");
/// ```
pub struct ByHand {
    sheet: Sheet,
    loss: Expression,
    slopes: Vec<Expression>,
    loss_tape: Tape,
    all_tape: Tape,
    weights: Vec<Expression>,
    /// Whether the target is the number of a class, written as a 1 among zeros.
    one_hot: Option<usize>,
    inputs: usize,
    batch: Batch,
    /// θ, inputs and targets of an example.
    symbols: Vec<f64>,
    values: Vec<f64>,
}

/// What the formulas are evaluated on.
struct Batch {
    input: Vec<f32>,
    target: Vec<f32>,
    weight: Vec<f32>,
}

impl ByHand {
    /// Derives the slopes of `model`, to be evaluated on batches of `batch` examples. `training`: whether
    /// dropout drops.
    ///
    /// # Errors
    /// [`Error::Settings`] if a layer cannot be written as a formula, or if there are too many to be of use.
    pub fn new(model: &Model, batch: usize, training: bool) -> Result<ByHand> {
        let too_long = |weights: usize| Error::Settings {
            message: Message::of("{weights} weights are too many to derive their slopes by hand")
                .with("weights", weights),
            mend: "take a network of a few hundred weights, or another way to the gradient".into(),
        };
        let (weights, inputs) = (model.layout().weights(), model.inputs);
        if weights > MOST_WEIGHTS {
            return Err(too_long(weights));
        }
        let (graph, z, loss) = model.graph(1)?;
        let (written, mut sheet) = on_clean_sheet(MOST_FORMULAS, || write(model, &graph, z, loss, training));
        let (loss, weights_written) = written?;
        let mut derivatives = Derivatives::new();
        let mut slopes = Vec::with_capacity(weights);
        for w in &weights_written {
            let slope = derivatives.of(&mut sheet, loss, *w);
            slopes.push(derivatives.factored(&mut sheet, slope));
            if sheet.is_full() {
                return Err(too_long(weights));
            }
        }
        let targets = model.targets();
        Ok(ByHand {
            loss_tape: Tape::new(&sheet, [loss]),
            all_tape: Tape::new(&sheet, slopes.iter().copied().chain([loss])),
            symbols: vec![0.0; sheet.symbols()],
            values: vec![0.0; sheet.len()],
            batch: Batch {
                input: vec![0.0; batch * inputs],
                target: vec![0.0; batch * targets],
                weight: vec![1.0; batch],
            },
            one_hot: (model.loss.entry.targets == Targets::Class).then_some(model.outputs),
            weights: weights_written,
            sheet,
            loss,
            slopes,
            inputs,
        })
    }

    /// Takes over the batch of a plan of the same model.
    ///
    /// # Panics
    /// If its batch has another size.
    pub fn follow(&mut self, plan: &mut Plan) {
        self.batch.input.copy_from_slice(plan.data("input"));
        self.batch.target.copy_from_slice(plan.data("target"));
        self.batch.weight.copy_from_slice(plan.data("weight"));
    }

    /// What weight `i` of θ is called in the formulas.
    pub fn name(&self, i: usize, latex: bool) -> String {
        match self.sheet.node(self.weights[i]) {
            super::formula::Node::Symbol(s) => write_name(self.sheet.symbol_name(*s), latex),
            _ => unreachable!("weights are symbols"),
        }
    }

    /// The intermediate values, name and formula, each made of those before it.
    pub fn definitions(&self, latex: bool) -> Vec<(String, String)> {
        let style = Style { latex, named: true };
        let written = |(e, name): (Expression, Name)| {
            let formula = self.sheet.write(e, style, None, LONGEST)?;
            Some((write_name(name, latex), formula))
        };
        self.sheet.named().into_iter().filter_map(written).collect()
    }

    /// The loss of an example; none if nobody would read it to its end.
    pub fn loss_formula(&self, style: Style) -> Option<String> {
        self.sheet.write(self.loss, style, None, LONGEST)
    }

    /// ∂L/∂θᵢ of an example; none if nobody would read it to its end.
    pub fn slope(&self, i: usize, style: Style) -> Option<String> {
        self.sheet.write(self.slopes[i], style, None, LONGEST)
    }

    /// ∂L/∂θᵢ with the numbers of example `example` of the batch put in, and its value.
    pub fn slope_in_numbers(
        &mut self,
        theta: &[f64],
        i: usize,
        example: usize,
        latex: bool,
    ) -> (Option<String>, f64) {
        self.evaluate(theta, example, true);
        let style = Style { latex, named: true };
        let value = self.values[self.sheet.place(self.slopes[i])];
        (self.sheet.write(self.slopes[i], style, Some(&self.values), LONGEST), value)
    }

    /// The intermediate values of an example, in the order of [`ByHand::definitions`].
    pub fn values(&mut self, theta: &[f64], example: usize) -> Vec<f64> {
        self.evaluate(theta, example, true);
        let named = self.sheet.named();
        let tape = Tape::new(&self.sheet, named.iter().map(|(e, _)| *e));
        tape.run(&self.symbols, &mut self.values);
        named.iter().map(|(e, _)| self.values[self.sheet.place(*e)]).collect()
    }

    fn evaluate(&mut self, theta: &[f64], example: usize, slopes: bool) {
        let (weights, rest) = self.symbols.split_at_mut(theta.len());
        weights.copy_from_slice(theta);
        let (inputs, targets) = rest.split_at_mut(self.inputs);
        let from = &self.batch.input[example * self.inputs..];
        inputs.iter_mut().zip(from).for_each(|(to, x)| *to = *x as f64);
        match self.one_hot {
            Some(_) => {
                let class = self.batch.target[example];
                for (k, t) in targets.iter_mut().enumerate() {
                    *t = if class == k as f32 { 1.0 } else { 0.0 };
                }
            }
            None => {
                let from = &self.batch.target[example * targets.len()..];
                targets.iter_mut().zip(from).for_each(|(to, t)| *to = *t as f64);
            }
        }
        let tape = if slopes { &self.all_tape } else { &self.loss_tape };
        tape.run(&self.symbols, &mut self.values);
    }

    fn mean(&mut self, theta: &[f64], mut grad: Option<&mut [f64]>) -> f64 {
        assert_eq!(theta.len(), self.weights.len(), "θ must be as long as the layout says");
        let (mut loss, mut sum) = (0.0, 0.0);
        if let Some(grad) = &mut grad {
            grad.fill(0.0);
        }
        for example in 0..self.batch.weight.len() {
            let weight = self.batch.weight[example] as f64;
            self.evaluate(theta, example, grad.is_some());
            loss += weight * self.values[self.sheet.place(self.loss)];
            sum += weight;
            for (g, slope) in grad.iter_mut().flat_map(|g| g.iter_mut()).zip(&self.slopes) {
                *g += weight * self.values[self.sheet.place(*slope)];
            }
        }
        grad.into_iter().flatten().for_each(|g| *g /= sum);
        loss / sum
    }
}

/// Bytes of a formula that is still written out.
const LONGEST: usize = 20_000;

impl Objective<f64> for ByHand {
    fn loss(&mut self, theta: &[f64]) -> f64 {
        self.mean(theta, None)
    }
    fn gradient(&mut self, theta: &[f64], grad: &mut [f64]) -> f64 {
        self.mean(theta, Some(grad))
    }
}

/// Writes the loss of one example on this thread's sheet; it, and the weights in the order of θ.
fn write(
    model: &Model,
    graph: &Graph,
    last: Var,
    loss: Var,
    training: bool,
) -> Result<(Expression, Vec<Expression>)> {
    let weights = weights(model);
    let data = |letter, count: usize| -> Vec<Expression> {
        let number = |i| if count == 1 && letter == "t" { 0 } else { i + 1 };
        (0..count).map(|i| Expression::symbol(Name { letter, number: number(i) })).collect()
    };
    let (inputs, targets) = (data("x", model.inputs), data("t", model.outputs));
    let mut values: Vec<Vec<Expression>> = Vec::new();
    for (i, node) in graph.nodes.iter().enumerate() {
        let value = match &node.source {
            Source::Data("input") => inputs.clone(),
            Source::Data("target") => targets.clone(),
            Source::Data(_) => vec![Expression::of(1.0)],
            Source::Weight { at } => weights[*at..at + node.shape.size()].to_vec(),
            Source::View { of } => values[of.0].clone(),
            // In use only: what is written is the training.
            Source::Memory { .. } => Vec::new(),
            Source::Op { op, inputs, .. } => {
                let inputs: Vec<&[Expression]> = inputs.iter().map(|v| values[v.0].as_slice()).collect();
                op.formula(&inputs, training).map_err(|reason| Error::Settings {
                    message: Message::of("the network cannot be derived by hand: {reason} (in {layer})")
                        .with("reason", reason)
                        .with("layer", &node.scope),
                    mend: "leave that layer out, or take another way to the gradient".into(),
                })?
            }
        };
        values.push(value);
        if i == last.0 {
            name_prediction(model, &values[i]);
        }
    }
    Ok((values[loss.0][0], weights))
}

/// Gives the prediction its name: y, or y₁, y₂, ….
fn name_prediction(model: &Model, z: &[Expression]) {
    let prediction: Vec<Expression> = match model.loss.entry.link {
        Link::Identity => z.to_vec(),
        Link::Sigmoid => z.iter().map(|z| z.sigmoid()).collect(),
        Link::Softmax => (0..z.len()).map(|k| Expression::share(z, k)).collect(),
    };
    for (k, y) in prediction.iter().enumerate() {
        y.renamed(Name { letter: "y", number: if z.len() == 1 { 0 } else { k + 1 } });
    }
}

/// A variable for every weight, in the order of θ, numbered unit by unit.
fn weights(model: &Model) -> Vec<Expression> {
    let (mut w, mut b) = (0, 0);
    let mut names = Vec::with_capacity(model.layout().weights());
    for part in model.layout().parts() {
        let (letter, last) = if part.name.ends_with("bias") { ("b", &mut b) } else { ("w", &mut w) };
        let (rows, columns) = part.shape.matrix();
        for place in 0..part.shape.size() {
            let (row, column) = (place / columns, place % columns);
            names.push(Name { letter, number: *last + column * rows + row + 1 });
        }
        *last += part.shape.size();
    }
    names.into_iter().map(Expression::symbol).collect()
}
