//! A network of n ReLUs at work: trained, and looked at on the way.

use gradus::Result;
use gradus::layout::Layout;
use gradus::losses::Loss;
use gradus::network::{Model, Network};
use gradus::optimizer::{Objective, Setup, Step};
use gradus::plan::Plan;
use gradus::rng::{Rng, Stream};
use gradus::threads::Threads;
use serde::Serialize;

use super::{Ask, Kinks, POINTS, Wanted, evenly};
use crate::bench::{Deadline, limits};

pub const PLACES: usize = 241;
const FRAMES: usize = 60;

/// A network at one moment.
#[derive(Clone, Debug, Serialize)]
pub struct Frame {
    /// Steps made.
    pub step: usize,
    /// Its mean squared error on the points.
    pub loss: f64,
    /// g at the places.
    pub answer: Vec<f64>,
    /// The terms of g.
    pub pieces: Vec<Piece>,
    /// c
    pub bias: f64,
}

/// One neuron's term v relu(w x + b).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Piece {
    /// Where it bends, if that is on the stretch.
    pub kink: Option<f64>,
    /// Its value at the least x.
    pub left: f64,
    /// Its value at the greatest x.
    pub right: f64,
}

/// A network of n ReLUs, with the points it learns from.
pub struct Bench {
    pub model: Model,
    threads: Threads,
    learning: Plan,
    using: Plan,
    answer: gradus::graph::Var,
    /// The places at which curves are told.
    pub xs: Vec<f64>,
    on: [f64; 2],
}

impl Bench {
    pub fn new(ask: &Ask, n: usize, wanted: &Wanted) -> Result<Bench> {
        let (threads, on) = (Threads::new(1), ask.on);
        let network = Network::parse(&format!("dense {n} relu, dense 1"))?;
        let model = Model::new(network, Loss::parse("squared_error")?, 1, 2)?;
        let mut learning = model.training_plan(POINTS, &threads)?;
        let points = evenly(on, POINTS);
        learning.data("weight").fill(1.0);
        learning.data("input").iter_mut().zip(&points).for_each(|(to, x)| *to = *x as f32);
        learning.data("target").iter_mut().zip(&points).for_each(|(to, x)| *to = wanted.at(*x) as f32);
        let xs = evenly(on, PLACES);
        let (mut using, answer) = model.inference_plan(PLACES, &threads)?;
        using.data("input").iter_mut().zip(&xs).for_each(|(to, x)| *to = *x as f32);
        Ok(Bench { model, threads, learning, using, answer, xs, on })
    }

    /// The network at about sixty moments, more at the beginning.
    pub fn train(&mut self, ask: &Ask, seed: u64, deadline: &Deadline) -> Result<Vec<Frame>> {
        let steps = limits::count("steps", ask.steps, (1, 20_000))?;
        limits::between("lr", ask.lr, (0.0, 1e3))?;
        let optimizer = limits::optimizer(&ask.optimizer)?;
        let setup = Setup::new(self.model.layout(), &self.threads).seed(seed);
        optimizer.check(&setup)?;
        let mut theta = self.model.layout().start(seed);
        if ask.kinks == Kinks::Spread {
            spread(self.model.layout(), self.on, seed, &mut theta);
        }
        let mut walker = optimizer.build(&setup);
        let (shown, mut answer) = (moments(steps), theta.clone());
        let mut frames = vec![self.frame(0, &theta)];
        for t in 1..=steps {
            let rate = ask.lr * (1.0 - (t - 1) as f64 / steps as f64);
            let loss = walker.step(Step { t: t as u64, learning_rate: rate }, &mut theta, &mut self.learning);
            let over = deadline.passed() || !loss.is_finite() || walker.ended().is_some() || t == steps;
            if over || shown.contains(&t) {
                walker.answer(&theta, &mut answer);
                frames.push(self.frame(t, &answer));
            }
            if over {
                break;
            }
        }
        Ok(frames)
    }

    pub fn frame(&mut self, step: usize, theta: &[f32]) -> Frame {
        let loss = self.learning.loss(theta) as f64;
        self.using.forward(theta);
        let answer = self.using.value(self.answer).iter().map(|y| *y as f64).collect();
        let (hidden, bias) = weights(self.model.layout(), theta);
        let pieces = hidden.map(|[w, b, v]| Piece::of(w, b, v, self.on)).collect();
        Frame { step, loss, answer, pieces, bias }
    }
}

impl Piece {
    fn of(w: f64, b: f64, v: f64, [low, high]: [f64; 2]) -> Piece {
        let at = |x: f64| v * (w * x + b).max(0.0);
        let kink = Some(-b / w).filter(|kink| (low..=high).contains(kink));
        Piece { kink, left: at(low), right: at(high) }
    }
}

/// w, b and v of each hidden neuron, and c.
fn weights<'a>(layout: &Layout, theta: &'a [f32]) -> (impl Iterator<Item = [f64; 3]> + use<'a>, f64) {
    let part = |k: usize| &theta[layout.parts()[k].range()];
    let (w, b, v, c) = (part(0), part(1), part(2), part(3));
    let each = w.iter().zip(b).zip(v).map(|((w, b), v)| [*w as f64, *b as f64, *v as f64]);
    (each, c[0] as f64)
}

/// Biases such that each kink −b / w lies anywhere on the stretch.
fn spread(layout: &Layout, [low, high]: [f64; 2], seed: u64, theta: &mut [f32]) {
    let mut rng = Rng::new(seed, Stream::Probe, 1);
    let (w, b) = (layout.parts()[0].range(), layout.parts()[1].range());
    for (w, b) in w.zip(b) {
        let kink = low + (high - low) * rng.uniform() as f64;
        theta[b] = (-theta[w] as f64 * kink) as f32;
    }
}

/// The steps after which the network is shown: a ratio apart, at least one.
fn moments(steps: usize) -> Vec<usize> {
    let ratio = (steps as f64).ln() / FRAMES as f64;
    let mut shown: Vec<usize> = (0..=FRAMES).map(|k| (ratio * k as f64).exp().round() as usize).collect();
    shown.dedup();
    shown
}
