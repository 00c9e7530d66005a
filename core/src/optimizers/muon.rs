use std::ops::Range;

use super::{Dialect, Entry, Family, Make, Maker, decay, positive, word};
use crate::around::Slopes;
use crate::elementary::power;
use crate::fading;
use crate::optimizer::{Objective, Optimizer, Setup, Step};
use crate::orthogonal::Orthogonal;
use crate::pieces::Pieces;
use crate::real::{Number, Slot};
use crate::threads::Threads;
use crate::words::{Parameter, Values};

pub(super) const ROW: Entry = Entry {
    name: "muon",
    about: "momentum whose matrices are made orthogonal, so that all directions count alike; biases go by AdamW",
    paper: "Jordan et al. 2024, Muon: An optimizer for hidden layers in neural networks; Liu et al. 2025, arXiv 2502.16982",
    family: Family::Rule,
    dialects: &[
        Dialect {
            name: "pytorch",
            about: "torch.optim.Muon, which computes in bfloat16 where this does in θ's own numbers; biases by \
                    torch.optim.AdamW",
            formula: "B ← μ B + (1 − μ) g\nu = μ B + (1 − μ) g\nO = orthogonal(u / max(‖u‖, ε))\nθ ← (1 − η λ) θ − η s O",
            learning_rate: 0.001,
            parameters: &parameters(0.1, 1e-7, 0, 1e-8, 0.01),
            make: Maker::of::<PyTorch>(),
        },
        Dialect {
            name: "keras",
            about: "keras.optimizers.Muon: the velocity is no average; decay 0.004; steps as large as AdamW's; biases by Adam \
                    with Keras' ε̂",
            formula: "B ← μ B + g\nu = μ B + g\nO = orthogonal(u / (‖u‖ + ε))\nθ ← (1 − η λ) θ − η s O",
            learning_rate: 0.001,
            parameters: &parameters(0.004, 1e-7, 1, 1e-7, 0.004),
            make: Maker::of::<Keras>(),
        },
        Dialect {
            name: "optax",
            about: "optax.contrib.muon: the velocity is corrected for its start at zero, nothing decays; biases by Nesterov's \
                    AdamW",
            formula: "B ← μ B + (1 − μ) g\nu = μ B / (1 − μᵗ⁺¹) + (1 − μ) g / (1 − μᵗ)\nO = orthogonal(u / (‖u‖ + ε))\nθ ← (1 − η λ) θ − η s O",
            learning_rate: 0.001,
            parameters: &parameters(0.0, 1e-8, 0, 1e-8, 0.0),
            make: Maker::of::<Optax>(),
        },
    ],
};

/// The parameters, and what differs among dialects: λ, ε, the scale, and ε and λ of AdamW.
const fn parameters(
    weight_decay: f64,
    epsilon: f64,
    scale: usize,
    adam_epsilon: f64,
    adam_weight_decay: f64,
) -> [Parameter; 11] {
    [
        decay("momentum", "μ", 0.95, "how much of the last velocity is kept"),
        Parameter::flag("nesterov", true, "u as it stands; else u is B, with its correction if it has one"),
        positive("weight_decay", "λ", weight_decay, "decay of matrices"),
        positive("epsilon", "ε", epsilon, "the least norm"),
        Parameter::whole("iterations", "k", 5, (0, 99), "of Newton and Schulz"),
        word("scale", SCALES, scale, "s: how far a matrix of A × B goes"),
        positive("adam_rate", "ρ", 1.0, "the rate of biases, as a share of η"),
        decay("adam_beta1", "β₁", 0.9, "memory of past gradients of biases"),
        decay("adam_beta2", "β₂", 0.999, "memory of their squares"),
        positive("adam_epsilon", "ε₂", adam_epsilon, "added to the root"),
        positive("adam_weight_decay", "λ₂", adam_weight_decay, "decay of biases"),
    ]
}

/// For a layer of A inputs and B units, whose matrix is A × B here and B × A in PyTorch.
const SCALES: &[&str] = &["original", "match_rms_adamw", "spectral_unclamped", "none"];

/// In what the frameworks differ.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    PyTorch,
    Keras,
    Optax,
}

/// Muon, [Jordan et al. 2024](https://kellerjordan.github.io/posts/muon/): the velocity of every matrix is made
/// orthogonal by k iterations of Newton and Schulz. All else, biases first of all, goes by AdamW at the rate ρ η.
///
/// ```text
/// B ← μ B + (1 − μ) g
/// u = μ B + (1 − μ) g                            nesterov; else B
/// O = orthogonal(u / max(‖u‖, ε))
/// θ ← (1 − η λ) θ − η s O
///
/// s = √max(1, B / A)                             scale: original
/// s = 0.2 √max(A, B)                             match_rms_adamw
/// s = √(B / A)                                   spectral_unclamped
///
/// B ← μ B + g                                    keras
/// u = μ B + g
/// O = orthogonal(u / (‖u‖ + ε))
///
/// u = μ B / (1 − μᵗ⁺¹) + (1 − μ) g / (1 − μᵗ)    optax; without nesterov B / (1 − μᵗ)
///
/// θ ← (1 − ρ η λ₂) θ − ρ η m̂ / (√v̂ + ε₂)         biases; by β₁ and β₂ as AdamW has it; keras: 1 − η λ₂
/// ```
struct Muon<R: Number> {
    form: Form,
    momentum: f64,
    nesterov: bool,
    weight_decay: f64,
    epsilon: f64,
    iterations: usize,
    adam: Adam,
    /// The gradient; of matrices then u, then O.
    slopes: Slopes<R>,
    /// B of matrices, m of all else.
    velocity: Vec<R>,
    /// v of all else, one part behind another.
    squares: Vec<R>,
    matrices: Vec<Matrix>,
    /// Where in θ all else is.
    rest: Vec<Range<usize>>,
    orthogonal: Orthogonal<R>,
    threads: Threads,
}

/// A part of θ that is a matrix.
struct Matrix {
    range: Range<usize>,
    shape: (usize, usize),
    /// s
    scale: f64,
    pieces: Pieces,
}

/// What all else goes by.
#[derive(Clone, Copy)]
struct Adam {
    rate: f64,
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    weight_decay: f64,
}

impl<R: Number> Muon<R> {
    fn new(form: Form, values: &Values, setup: &Setup) -> Self {
        let scale = |(a, b): (usize, usize)| match (values.word("scale"), a as f64, b as f64) {
            ("original", a, b) => (b / a).max(1.0).sqrt(),
            ("match_rms_adamw", a, b) => 0.2 * a.max(b).sqrt(),
            ("spectral_unclamped", a, b) => (b / a).sqrt(),
            _ => 1.0,
        };
        let (mut matrices, mut rest) = (Vec::new(), Vec::new());
        for (number, part) in setup.layout.parts().iter().enumerate() {
            let range = part.range();
            match *part.shape.dims() {
                [a, b] => matrices.push(Matrix {
                    range,
                    shape: (a, b),
                    scale: scale((a, b)),
                    pieces: Pieces::of(setup, |part| part == number),
                }),
                _ => rest.push(range),
            }
        }
        let shapes: Vec<(usize, usize)> = matrices.iter().map(|m| m.shape).collect();
        Muon {
            form,
            momentum: values.get("momentum"),
            nesterov: values.is("nesterov"),
            weight_decay: values.get("weight_decay"),
            epsilon: values.get("epsilon"),
            iterations: values.whole("iterations"),
            adam: Adam {
                rate: values.get("adam_rate"),
                beta1: values.get("adam_beta1"),
                beta2: values.get("adam_beta2"),
                epsilon: values.get("adam_epsilon"),
                weight_decay: values.get("adam_weight_decay"),
            },
            slopes: Slopes::new(setup),
            velocity: vec![R::of(0.0); setup.weights()],
            squares: vec![R::of(0.0); rest.iter().map(Range::len).sum()],
            matrices,
            rest,
            orthogonal: Orthogonal::new(&shapes, setup.threads),
            threads: setup.threads.clone(),
        }
    }

    /// κ of B ← μ B + κ g, and p and q of u = p B + q g.
    fn mixing(&self, t: u64) -> [R; 3] {
        let mu = self.momentum;
        let (of_b, of_g) = match (self.form, self.nesterov) {
            (Form::PyTorch, true) => (mu, 1.0 - mu),
            (Form::Keras, true) => (mu, 1.0),
            (Form::Optax, true) => (mu / (1.0 - power(mu, t + 1)), (1.0 - mu) / (1.0 - power(mu, t))),
            (Form::Optax, false) => (1.0 / (1.0 - power(mu, t)), 0.0),
            (_, false) => (1.0, 0.0),
        };
        [if self.form == Form::Keras { 1.0 } else { 1.0 - mu }, of_b, of_g].map(R::of)
    }

    fn move_matrices(&mut self, at: Step, theta: &mut [R]) {
        let ([kappa, of_b, of_g], mu) = (self.mixing(at.t), R::of(self.momentum));
        let keep = self.slopes.keep(at.learning_rate) * R::of(1.0 - at.learning_rate * self.weight_decay);
        for Matrix { range, shape, scale, pieces } in &mut self.matrices {
            let (velocity, slopes) = (&mut self.velocity, &mut self.slopes.grad);
            pieces.write(velocity, |piece, b| {
                b.iter_mut().zip(&slopes[piece]).for_each(|(b, g)| *b = mu * *b + kappa * *g);
            });
            pieces.write(slopes, |piece, g| {
                g.iter_mut().zip(&velocity[piece]).for_each(|(g, b)| *g = of_b * *b + of_g * *g);
            });
            let norm = pieces.norm(slopes);
            let norm = match self.form {
                Form::PyTorch => norm.max(self.epsilon),
                _ => norm + self.epsilon,
            };
            // A matrix of zeros stays one, also where ε is zero.
            let norm = R::of(if norm > 0.0 { norm } else { 1.0 });
            pieces.write(slopes, |_, u| u.iter_mut().for_each(|u| *u = *u / norm));
            self.orthogonal.apply(&mut slopes[range.clone()], *shape, self.iterations);
            let rate = R::of(at.learning_rate * *scale);
            pieces.write(theta, |piece, theta| {
                theta.iter_mut().zip(&slopes[piece]).for_each(|(w, o)| *w = *w * keep - rate * *o);
            });
        }
    }

    fn move_rest(&mut self, at: Step, theta: &mut [R]) {
        let Adam { rate, beta1, beta2, epsilon, weight_decay } = self.adam;
        let rate = rate * at.learning_rate;
        let (rest1, rest2) = (1.0 - power(beta1, at.t), 1.0 - power(beta2, at.t));
        let (of_m, of_g, root) = match (self.form, self.nesterov) {
            (Form::Keras, _) => (rest2.sqrt() / rest1, 0.0, 1.0),
            (Form::Optax, true) => {
                (beta1 / (1.0 - power(beta1, at.t + 1)), (1.0 - beta1) / rest1, 1.0 / rest2.sqrt())
            }
            _ => (1.0 / rest1, 0.0, 1.0 / rest2.sqrt()),
        };
        let decayed = if self.form == Form::Keras { at.learning_rate } else { rate };
        let keep = self.slopes.keep(at.learning_rate) * R::of(1.0 - decayed * weight_decay);
        let [of_m, of_g, root, epsilon] = [rate * of_m, rate * of_g, root, epsilon].map(R::of);
        let [beta1, new1, beta2, new2] = [beta1, 1.0 - beta1, beta2, 1.0 - beta2].map(R::of);
        // Biases are few: one thread does them.
        for (i, v) in self.rest.iter().cloned().flatten().zip(&mut self.squares) {
            let (g, m) = (self.slopes.grad[i], &mut self.velocity[i]);
            *m = beta1 * *m + new1 * g;
            *v = beta2 * *v + new2 * g * g;
            theta[i] = theta[i] * keep - (of_m * *m + of_g * g) / (v.sqrt() * root + epsilon);
        }
    }
}

impl<R: Number> Optimizer<R> for Muon<R> {
    fn step(&mut self, at: Step, theta: &mut [R], objective: &mut dyn Objective<R>) -> R {
        let loss = self.slopes.ask(theta, objective);
        if loss.is_finite() {
            self.move_matrices(at, theta);
            self.move_rest(at, theta);
            for numbers in [theta, &mut self.velocity, &mut self.squares] {
                fading::settle(at.t, &self.threads, numbers, R::LEAST);
            }
        }
        loss
    }

    fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        vec![("velocity".into(), R::slot(&mut self.velocity)), ("v".into(), R::slot(&mut self.squares))]
    }
}

/// Makes PyTorch's way of it.
struct PyTorch;
/// Makes Keras'.
struct Keras;
/// Makes Optax'.
struct Optax;

impl Make for PyTorch {
    fn make<R: Number>(values: &Values, setup: &Setup) -> Box<dyn Optimizer<R>> {
        Box::new(Muon::new(Form::PyTorch, values, setup))
    }
}

impl Make for Keras {
    fn make<R: Number>(values: &Values, setup: &Setup) -> Box<dyn Optimizer<R>> {
        Box::new(Muon::new(Form::Keras, values, setup))
    }
}

impl Make for Optax {
    fn make<R: Number>(values: &Values, setup: &Setup) -> Box<dyn Optimizer<R>> {
        Box::new(Muon::new(Form::Optax, values, setup))
    }
}
