//! Functions that other frameworks compute too (`fixtures/line_search.py`), and what happened on them there:
//! `tests/fixtures/line_search.json`.
#![allow(dead_code, reason = "no user of it uses all of it")]

use gradus::layout::Layout;
use gradus::optimizer::{Objective, Optimizer, Setup, Step};
use gradus::optimizers::Choice;
use gradus::real::Number;
use gradus::threads::Threads;
use serde::Deserialize;

/// One walk by another framework on a function.
#[derive(Clone, Deserialize)]
pub struct Walk {
    pub line: String,
    pub framework: String,
    pub function: String,
    pub start: Vec<f64>,
    pub learning_rates: Vec<f64>,
    /// θ after each step.
    pub thetas: Vec<Vec<f64>>,
    /// The loss before each step.
    pub losses: Vec<f64>,
    /// Gradients asked for up to each step.
    pub asked: Vec<usize>,
}

#[derive(Deserialize)]
struct File {
    inputs: Vec<[f64; 2]>,
    targets: Vec<[f64; 2]>,
    cases: Vec<Walk>,
}

/// A function, and how often its gradient was asked for.
pub struct Valley {
    function: Function,
    pub asked: usize,
}

enum Function {
    /// Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²
    Rosenbrock,
    /// ½ Σ aᵢ (xᵢ − cᵢ)², aᵢ from 1 to 10⁴
    Quadratic,
    /// The mean of (tanh(x W + b) V + c − y)²: W is 2 × 3, V 3 × 2.
    Regression(Vec<[f64; 2]>, Vec<[f64; 2]>),
}

impl Valley {
    pub fn named(name: &str) -> Valley {
        let File { inputs, targets, .. } = file();
        let function = match name {
            "rosenbrock" => Function::Rosenbrock,
            "quadratic" => Function::Quadratic,
            "regression" => Function::Regression(inputs, targets),
            other => panic!("{other} is no function"),
        };
        Valley { function, asked: 0 }
    }

    /// The loss, and the gradient.
    pub fn at(&self, x: &[f64], g: &mut [f64]) -> f64 {
        g.fill(0.0);
        match &self.function {
            Function::Rosenbrock => rosenbrock(x, g),
            Function::Quadratic => quadratic(x, g),
            Function::Regression(inputs, targets) => regression(inputs, targets, x, g),
        }
    }
}

fn rosenbrock(x: &[f64], g: &mut [f64]) -> f64 {
    let mut loss = 0.0;
    for i in 0..x.len() - 1 {
        let (bend, rest) = (x[i + 1] - x[i] * x[i], 1.0 - x[i]);
        loss += 100.0 * bend * bend + rest * rest;
        g[i] += -400.0 * bend * x[i] - 2.0 * rest;
        g[i + 1] += 200.0 * bend;
    }
    loss
}

fn quadratic(x: &[f64], g: &mut [f64]) -> f64 {
    let n = x.len() as f64;
    let mut loss = 0.0;
    for (i, x) in x.iter().enumerate() {
        let scale = 10f64.powf(4.0 * i as f64 / (n - 1.0));
        let middle = if i % 2 == 0 { 1.0 } else { -1.0 } * (i as f64 + 1.0) / n;
        loss += 0.5 * scale * (x - middle).powi(2);
        g[i] = scale * (x - middle);
    }
    loss
}

fn regression(inputs: &[[f64; 2]], targets: &[[f64; 2]], x: &[f64], g: &mut [f64]) -> f64 {
    let mut loss = 0.0;
    let count = (2 * inputs.len()) as f64;
    for (input, target) in inputs.iter().zip(targets) {
        let hidden: Vec<f64> =
            (0..3).map(|j| (input[0] * x[j] + input[1] * x[3 + j] + x[6 + j]).tanh()).collect();
        let mut back = [0.0; 3];
        for (k, target) in target.iter().enumerate() {
            let output: f64 = (0..3).map(|j| hidden[j] * x[9 + 2 * j + k]).sum::<f64>() + x[15 + k];
            loss += (output - target).powi(2) / count;
            let slope = 2.0 * (output - target) / count;
            g[15 + k] += slope;
            for j in 0..3 {
                g[9 + 2 * j + k] += slope * hidden[j];
                back[j] += slope * x[9 + 2 * j + k];
            }
        }
        for j in 0..3 {
            let slope = back[j] * (1.0 - hidden[j] * hidden[j]);
            g[j] += slope * input[0];
            g[3 + j] += slope * input[1];
            g[6 + j] += slope;
        }
    }
    loss
}

impl<R: Number> Objective<R> for Valley {
    fn loss(&mut self, theta: &[R]) -> R {
        let x: Vec<f64> = theta.iter().map(|x| x.to_f64()).collect();
        R::of(self.at(&x, &mut vec![0.0; x.len()]))
    }
    fn gradient(&mut self, theta: &[R], grad: &mut [R]) -> R {
        self.asked += 1;
        let x: Vec<f64> = theta.iter().map(|x| x.to_f64()).collect();
        let mut g = vec![0.0; x.len()];
        let loss = self.at(&x, &mut g);
        grad.iter_mut().zip(g).for_each(|(to, g)| *to = R::of(g));
        R::of(loss)
    }
}

fn file() -> File {
    let path = format!("{}/tests/fixtures/line_search.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All walks whose line begins so.
pub fn walks(line: &str) -> Vec<Walk> {
    let mut walks = file().cases;
    walks.retain(|walk| walk.line.starts_with(line));
    assert!(!walks.is_empty(), "no walks by {line}");
    walks
}

/// An optimizer for a function of `weights` numbers.
pub fn made<R: Number>(line: &str, weights: usize) -> Box<dyn Optimizer<R>> {
    let (layout, threads) = (Layout::of(weights), Threads::new(1));
    Choice::parse(line).unwrap().build_as::<R>(&Setup::new(&layout, &threads))
}

impl Walk {
    /// Walks here, in `f64`: θ, losses and gradients asked for, as the fields are.
    pub fn walk(&self) -> (Vec<Vec<f64>>, Vec<f64>, Vec<usize>) {
        let mut valley = Valley::named(&self.function);
        let mut optimizer = made::<f64>(&self.line, self.start.len());
        let mut theta = self.start.clone();
        let mut walked = (Vec::new(), Vec::new(), Vec::new());
        for (t, rate) in self.learning_rates.iter().enumerate() {
            let at = Step { t: t as u64 + 1, learning_rate: *rate };
            walked.1.push(optimizer.step(at, &mut theta, &mut valley));
            walked.0.push(theta.clone());
            walked.2.push(valley.asked);
        }
        walked
    }

    /// That a walk here goes through the same points, by as many gradients.
    pub fn assert_same(&self) -> f64 {
        let (thetas, losses, asked) = self.walk();
        let what = format!("{} on {}, {}", self.line, self.function, self.framework);
        assert_eq!(asked, self.asked, "{what}: gradients asked for");
        let off = super::golden::deviation(&thetas, &self.thetas);
        assert!(off <= 1e-10, "{what}: {off:e} away");
        for (t, (got, want)) in losses.iter().zip(&self.losses).enumerate() {
            // A loss near zero is what rounding leaves of its terms.
            assert!((got - want).abs() <= 1e-9 * want.abs() + 1e-14, "{what}: loss {t}: {got}, not {want}");
        }
        off
    }
}
