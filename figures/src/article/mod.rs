//! The figures of the article on how networks learn, one per file, each drawn from what the library computes at that
//! moment. A new one: its file, its `mod` line, its row in the table.

mod averages;
mod batches;
mod descent;
mod generations;
mod gradient_costs;
mod network;
mod neuron;
mod ravine;
mod relu;
mod sigmoid;
mod tangents;
mod width;

use gradus::Result;
use gradus::activations::named;
use gradus::layout::Layout;
use gradus::optimizer::{Objective, Setup, Step};
use gradus::optimizers::Choice;
use gradus::threads::Threads;

use crate::{Axis, Chart, Dash, Lines, Series};

/// A figure that can be drawn.
pub struct Figure {
    /// The name of its files.
    pub name: &'static str,
    /// What it shows, in one line.
    pub about: &'static str,
    /// Whether it shows times, which differ from run to run.
    pub is_measured: bool,
    /// Computes and draws it.
    pub draw: fn(&Effort) -> Result<Box<dyn Chart>>,
}

/// What `gradus figures` draws, in the order of the article.
pub static FIGURES: &[Figure] = &[
    neuron::ROW,
    relu::ROW,
    sigmoid::ROW,
    network::ROW,
    tangents::ROW,
    descent::ROW,
    batches::ROW,
    gradient_costs::ROW,
    averages::ROW,
    ravine::ROW,
    generations::ROW,
    width::ROW,
];

/// How much is computed for a figure, and by whom.
pub struct Effort {
    /// Which share of the steps of a full figure is made, in (0, 1]: for a quick look.
    pub share: f64,
    /// Who may help; the figures do not depend on it.
    pub threads: Threads,
}

impl Effort {
    /// Everything, on so many threads.
    pub fn full(threads: usize) -> Effort {
        Effort { share: 1.0, threads: Threads::new(threads) }
    }

    /// Its share of `full` steps, at least 2.
    pub fn steps(&self, full: u64) -> u64 {
        ((full as f64 * self.share.clamp(0.0, 1.0)).ceil() as u64).max(2)
    }
}

/// Where an optimizer takes θ: the start, then θ after each step.
///
/// # Errors
/// If the line names no optimizer.
pub fn walk(
    optimizer: &str,
    learning_rate: f64,
    objective: &mut dyn Objective<f64>,
    start: &[f64],
    steps: u64,
) -> Result<Vec<Vec<f64>>> {
    let (layout, threads) = (Layout::of(start.len()), Threads::new(1));
    let mut optimizer = Choice::parse(optimizer)?.build_as::<f64>(&Setup::new(&layout, &threads));
    let mut theta = start.to_vec();
    let mut path = vec![theta.clone()];
    for t in 1..=steps {
        optimizer.step(Step { t, learning_rate }, &mut theta, objective);
        path.push(theta.clone());
    }
    Ok(path)
}

/// An activation and its slope, from the library's table.
fn curve(name: &str, title: &str, note: &str) -> Lines {
    let activation = named(name).expect("an activation of the table");
    // An odd number of points has one at 0, where relu turns.
    let xs = (-300..=300).map(|i| i as f64 / 50.0);
    let values: Vec<(f64, f64)> = xs.clone().map(|x| (x, (activation.value)(x))).collect();
    let mut slopes = Vec::new();
    for x in xs {
        let slope = (activation.slope)(x);
        // Where the slope leaps, so does its line.
        if slopes.last().is_some_and(|&(_, last): &(f64, f64)| (slope - last).abs() > 0.5) {
            slopes.push((x, f64::NAN));
        }
        slopes.push((x, slope));
    }
    Lines::new(title, Axis::linear("weighted sum x"), Axis::linear("result y = f(x), and its slope dy/dx"))
        .note(note)
        .series(Series::new("f(x)", values).width(2.5))
        .series(Series::new("slope f′(x)", slopes).dashed(Dash::Dashed))
}
