//! How near a network comes, against the number of its neurons.

use gradus::Result;
use serde::Serialize;

use super::bench::Bench;
use super::{Ask, WIDEST, Wanted, constructed};
use crate::bench::Deadline;

/// The error against the number of neurons.
#[derive(Clone, Debug, Serialize)]
pub struct Widths {
    /// n, ascending.
    pub n: Vec<usize>,
    /// The error of the weights written down, for each n.
    pub constructed: Vec<f64>,
    /// The errors after training, one for each of three seeds, for each n.
    pub trained: Vec<Vec<f64>>,
    /// Whether time was over before all were trained.
    pub cut_short: bool,
}

/// Trains networks of 1, 2, 4, … neurons, as `ask` says otherwise.
///
/// # Errors
/// As for [`super::approximate`].
pub fn widths(ask: &Ask, deadline: &Deadline) -> Result<Widths> {
    let wanted = Wanted::of(ask)?;
    let mut found = Widths { n: Vec::new(), constructed: Vec::new(), trained: Vec::new(), cut_short: false };
    for n in (0..).map(|k| 1 << k).take_while(|n| *n <= WIDEST) {
        let mut bench = Bench::new(ask, n, &wanted)?;
        let mut errors = Vec::new();
        for seed in ask.seed..ask.seed.saturating_add(3) {
            let frames = bench.train(ask, seed, deadline)?;
            errors.extend(frames.last().map(|frame| frame.loss));
        }
        if deadline.passed() {
            found.cut_short = true;
            break;
        }
        let theta = constructed::weights(bench.model.layout(), n, ask.on, &wanted);
        found.n.push(n);
        found.constructed.push(bench.frame(0, &theta).loss);
        found.trained.push(errors);
    }
    Ok(found)
}
