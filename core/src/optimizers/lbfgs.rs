use super::{Dialect, Entry, Family, Make, Maker, positive};
use crate::around::{Around, Slopes};
use crate::evolution::in_words;
use crate::line_search::{Limits, Point, SLOTS, strong_wolfe};
use crate::message::Message;
use crate::optimizer::{Objective, Optimizer, Reason, Setup, Step};
use crate::pieces::Pieces;
use crate::real::{Number, Slot};
use crate::words::{Parameter, Values};
use crate::{Error, Result};

pub(super) const ROW: Entry = Entry {
    name: "lbfgs",
    about: "a curved bowl fitted to past slopes, and a search along the way to its bottom: for smooth losses over all data",
    paper: "Liu & Nocedal 1989, On the limited memory BFGS method for large scale optimization",
    family: Family::LineSearch,
    dialects: &[Dialect {
        name: "pytorch",
        about: "torch.optim.LBFGS(line_search_fn=\"strong_wolfe\"): a step is up to 20 iterations, each of several gradients; \
                clipping does nothing, as a search needs the slopes of the very loss it measures",
        formula: "s = θ − θ′\ny = g − g′\nd = −H g\nt = a step length that satisfies Wolfe's strong conditions\nθ ← θ + t d",
        learning_rate: 1.0,
        parameters: &[
            Parameter::whole("iterations", "n", 20, (1, 1_000_000), "at most so many in a step"),
            Parameter::whole(
                "evaluations",
                "e",
                0,
                (0, 1_000_000),
                "at most so many gradients in a step; 0: 5 n / 4",
            ),
            Parameter::whole(
                "history",
                "m",
                100,
                (1, 10_000),
                "pairs (s, y) kept: 2 m numbers a weight, in checkpoints too",
            ),
            positive("tolerance_grad", "τ_g", 1e-7, "ends when no slope is greater"),
            positive("tolerance_change", "τ_c", 1e-9, "ends when loss or weights change less"),
        ],
        make: Maker::of::<Lbfgs>(),
    }],
};

/// L-BFGS, [Liu & Nocedal 1989](https://doi.org/10.1007/BF01589116), with a search along the line by Wolfe's strong
/// conditions. H, the inverse of the curvature, is never written down: it is what the last m pairs (s, y) say of it.
///
/// ```text
/// s = θ − θ′                                    what the last iteration changed
/// y = g − g′
/// H = (yᵀs / yᵀy) I, corrected by each pair     kept if yᵀs > 10⁻¹⁰
/// d = −H g                                      −g at first
/// t = a step length that satisfies Wolfe's strong conditions
/// θ ← θ + t d
/// ```
///
/// The search starts at t = η, at first at η min(1, 1 / Σ|g|). A step is up to n iterations or e gradients, and ends with a
/// reason if no slope is greater than τ_g, or if the loss or all weights change by less than τ_c.
/// L2 and L1 are part of the loss that is searched, decoupled decay follows the step.
struct Lbfgs<R: Number = f32> {
    iterations: usize,
    evaluations: usize,
    history: usize,
    flat: f64,
    still: f64,
    weights: usize,
    penalties: Around,
    slopes: Slopes<R>,
    pieces: Pieces,
    /// Gradients at the points of a search.
    gradients: [Vec<R>; SLOTS],
    /// Where a search starts.
    origin: Vec<R>,
    /// αᵢ of the two loops.
    alphas: Vec<f64>,
    // From here on what is kept between steps.
    /// d
    direction: Vec<R>,
    /// g′
    last_gradient: Vec<R>,
    /// All y, and all s, a ring.
    differences: Vec<R>,
    moves: Vec<R>,
    /// 1 / yᵀs
    rho: Vec<f64>,
    counts: [f64; COUNTS],
}

/// What is counted between steps, by place.
const COUNTS: usize = 6;
/// Iterations so far.
const ITERATION: usize = 0;
/// Pairs kept, and where in the ring the oldest is.
const PAIRS: usize = 1;
const OLDEST: usize = 2;
/// yᵀs / yᵀy
const SCALE: usize = 3;
/// t
const LENGTH: usize = 4;
/// Why the last step ended: a place in `REASONS`, from 1.
const ENDED: usize = 5;
const REASONS: [Reason; 4] = [Reason::Flat, Reason::NoDescent, Reason::TinySteps, Reason::Stalled];

/// Bytes that the pairs of a network may take.
const ROOM: f64 = 2e9;

impl Make for Lbfgs {
    fn check(values: &Values, setup: &Setup) -> Result<()> {
        let (history, weights) = (values.get("history"), setup.weights() as f64);
        let needs = 8.0 * history * weights;
        if needs <= ROOM {
            return Ok(());
        }
        let fits = (ROOM / (8.0 * weights)).floor();
        Err(Error::Settings {
            message: Message::of("lbfgs with {history} pairs of {weights} weights would take {needs}")
                .with("history", history)
                .with("weights", weights)
                .with("needs", in_words(needs)),
            mend: if fits >= 1.0 {
                Message::of("keep fewer pairs (history={pairs})").with("pairs", fits.min(10.0))
            } else {
                "use a smaller network".into()
            },
        })
    }

    fn make<R: Number>(values: &Values, setup: &Setup) -> Box<dyn Optimizer<R>> {
        let (iterations, history) = (values.whole("iterations"), values.whole("history"));
        let evaluations = match values.whole("evaluations") {
            0 => iterations * 5 / 4,
            some => some,
        };
        let weights = setup.weights();
        let zeros = |n: usize| vec![R::of(0.0); n];
        let penalties = Around { l1: setup.around.l1, l2: setup.around.l2, ..Around::default() };
        let decay = Around { weight_decay: setup.around.weight_decay, ..penalties };
        Box::new(Lbfgs {
            iterations,
            evaluations,
            history,
            flat: values.get("tolerance_grad"),
            still: values.get("tolerance_change"),
            weights,
            penalties,
            slopes: Slopes::new(&setup.around(decay)),
            pieces: Pieces::new(setup),
            gradients: std::array::from_fn(|_| zeros(weights)),
            origin: zeros(weights),
            alphas: vec![0.0; history],
            direction: zeros(weights),
            last_gradient: zeros(weights),
            differences: zeros(weights * history),
            moves: zeros(weights * history),
            rho: vec![0.0; history],
            counts: [0.0; COUNTS],
        })
    }
}

impl<R: Number> Lbfgs<R> {
    /// The place in the ring of the i-th pair, the oldest first.
    fn place(&self, i: usize) -> usize {
        (self.counts[OLDEST] as usize + i) % self.history
    }

    fn pair(&self, place: usize) -> std::ops::Range<usize> {
        place * self.weights..(place + 1) * self.weights
    }

    /// Takes the last iteration into the memory.
    fn remember(&mut self, gradient: usize) {
        // The new pair waits where the next one belongs; if there is no room, that is where the oldest is.
        let kept = self.counts[PAIRS] as usize;
        let full = kept == self.history;
        let (place, length) = (self.place(kept), R::of(self.counts[LENGTH]));
        let range = self.pair(place);
        let (g, last, d) = (&self.gradients[gradient], &self.last_gradient, &self.direction);
        // A curvature that is not positive must leave the oldest pair as it is: it is taken before anything is written.
        let ys = self.pieces.sum(|piece| {
            let y = g[piece.clone()].iter().zip(&last[piece.clone()]).map(|(g, last)| *g - *last);
            y.zip(&d[piece]).map(|(y, d)| y.to_f64() * (*d * length).to_f64()).sum()
        });
        if ys > 1e-10 {
            self.pieces.write(&mut self.differences[range.clone()], |piece, y| {
                let both = g[piece.clone()].iter().zip(&last[piece]);
                y.iter_mut().zip(both).for_each(|(y, (g, last))| *y = *g - *last);
            });
            self.pieces.write(&mut self.moves[range.clone()], |piece, s| {
                s.iter_mut().zip(&d[piece]).for_each(|(s, d)| *s = *d * length);
            });
            let y = &self.differences[range];
            self.counts[SCALE] = ys / self.pieces.dot(y, y);
            self.rho[place] = 1.0 / ys;
            if full {
                self.counts[OLDEST] = self.place(1) as f64;
            } else {
                self.counts[PAIRS] += 1.0;
            }
        }
    }

    /// d = −H g, by the two loops over the pairs.
    fn aim(&mut self, gradient: usize) {
        let first = self.counts[ITERATION] == 1.0;
        let g = &self.gradients[gradient];
        self.pieces.write(&mut self.direction, |piece, d| {
            d.iter_mut().zip(&g[piece]).for_each(|(d, g)| *d = -*g);
        });
        if first {
            return;
        }
        let pairs = self.counts[PAIRS] as usize;
        for i in (0..pairs).rev() {
            let (place, range) = (self.place(i), self.pair(self.place(i)));
            let alpha = self.pieces.dot(&self.moves[range.clone()], &self.direction) * self.rho[place];
            self.alphas[i] = alpha;
            add(&self.pieces, &mut self.direction, -alpha, &self.differences[range]);
        }
        let scale = R::of(self.counts[SCALE]);
        self.pieces.write(&mut self.direction, |_, d| d.iter_mut().for_each(|d| *d = *d * scale));
        for i in 0..pairs {
            let (place, range) = (self.place(i), self.pair(self.place(i)));
            let beta = self.pieces.dot(&self.differences[range.clone()], &self.direction) * self.rho[place];
            add(&self.pieces, &mut self.direction, self.alphas[i] - beta, &self.moves[range]);
        }
    }
}

/// a ← a + share b
fn add<R: Number>(pieces: &Pieces, a: &mut [R], share: f64, b: &[R]) {
    let share = R::of(share);
    pieces.write(a, |piece, a| a.iter_mut().zip(&b[piece]).for_each(|(a, b)| *a = *a + share * *b));
}

fn largest<R: Number>(numbers: &[R]) -> f64 {
    numbers.iter().fold(0.0, |most, x| x.to_f64().abs().max(most))
}

impl<R: Number> Lbfgs<R> {
    /// The loss at θ, and the same with its penalties; the gradient into a slot.
    fn ask(&mut self, theta: &[R], objective: &mut dyn Objective<R>, slot: usize) -> (R, f64) {
        let loss = self.slopes.ask(theta, objective);
        std::mem::swap(&mut self.slopes.grad, &mut self.gradients[slot]);
        let Around { l1, l2, .. } = self.penalties;
        let mut whole = loss.to_f64();
        if l2 != 0.0 {
            whole += 0.5 * l2 * self.pieces.dot(theta, theta);
        }
        if l1 != 0.0 {
            whole += l1 * self.pieces.sum(|piece| theta[piece].iter().map(|w| w.to_f64().abs()).sum());
        }
        (loss, whole)
    }

    /// One iteration from θ, whose loss and gradient are those of `here`; why there is no use in another.
    fn iterate(
        &mut self,
        eta: f64,
        theta: &mut [R],
        objective: &mut dyn Objective<R>,
        here: &mut Point,
        asked: &mut usize,
    ) -> Option<Reason> {
        self.counts[ITERATION] += 1.0;
        let first = self.counts[ITERATION] == 1.0;
        if !first {
            self.remember(here.slot);
        }
        self.aim(here.slot);
        self.last_gradient.copy_from_slice(&self.gradients[here.slot]);
        let g = &self.gradients[here.slot];
        let sum = self.pieces.sum(|piece| g[piece].iter().map(|g| g.to_f64().abs()).sum());
        self.counts[LENGTH] = if first { (1.0 / sum).min(1.0) * eta } else { eta };
        here.step = 0.0;
        here.slope = self.pieces.dot(g, &self.direction);
        if !here.slope.is_finite() || !largest(&self.direction).is_finite() {
            // The curvature it remembers is beyond its numbers: it forgets, and goes straight down next time.
            (self.counts[ITERATION], self.counts[PAIRS]) = (0.0, 0.0);
            return Some(Reason::NoDescent);
        }
        if here.slope > -self.still {
            return Some(Reason::Flat);
        }
        self.origin.copy_from_slice(theta);
        let farthest = largest(&self.direction);
        let limits =
            Limits { tries: self.evaluations.saturating_sub(*asked), bracket: self.still / farthest };
        let (before, length) = (here.loss, self.counts[LENGTH]);
        *here = strong_wolfe(*here, length, limits, &mut |t, slot| {
            *asked += 1;
            self.go(t, theta);
            let (_, loss) = self.ask(theta, objective, slot);
            (loss, self.pieces.dot(&self.gradients[slot], &self.direction))
        });
        self.go(here.step, theta);
        self.counts[LENGTH] = here.step;
        if largest(&self.gradients[here.slot]) <= self.flat {
            Some(Reason::Flat)
        } else if here.step == 0.0 {
            Some(Reason::NoDescent)
        } else if farthest * here.step <= self.still {
            Some(Reason::TinySteps)
        } else if (here.loss - before).abs() < self.still {
            Some(Reason::Stalled)
        } else {
            None
        }
    }

    /// θ ← origin + t d
    fn go(&self, t: f64, theta: &mut [R]) {
        let (t, from, d) = (R::of(t), &self.origin, &self.direction);
        self.pieces.write(theta, |piece, theta| {
            let both = from[piece.clone()].iter().zip(&d[piece]);
            theta.iter_mut().zip(both).for_each(|(w, (from, d))| *w = *from + t * *d);
        });
    }
}

impl<R: Number> Optimizer<R> for Lbfgs<R> {
    fn step(&mut self, at: Step, theta: &mut [R], objective: &mut dyn Objective<R>) -> R {
        let (seen, loss) = self.ask(theta, objective, 0);
        if !seen.is_finite() {
            return seen;
        }
        let mut here = Point { step: 0.0, loss, slope: 0.0, slot: 0 };
        let mut ended = (largest(&self.gradients[0]) <= self.flat).then_some(Reason::Flat);
        let (mut made, mut asked) = (0, 1);
        while ended.is_none() && made < self.iterations && (made == 0 || asked < self.evaluations) {
            ended = self.iterate(at.learning_rate, theta, objective, &mut here, &mut asked);
            made += 1;
        }
        self.slopes.decay(at.learning_rate, theta);
        let place = ended.and_then(|reason| REASONS.iter().position(|r| *r == reason));
        self.counts[ENDED] = place.map_or(0.0, |place| place as f64 + 1.0);
        seen
    }

    fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        let vectors = [
            ("direction", &mut self.direction),
            ("last_gradient", &mut self.last_gradient),
            ("differences", &mut self.differences),
            ("moves", &mut self.moves),
        ];
        let numbers = [("rho", self.rho.as_mut_slice()), ("counts", self.counts.as_mut_slice())];
        let vectors = vectors.into_iter().map(|(name, v)| (name.to_string(), R::slot(v)));
        vectors.chain(numbers.into_iter().map(|(name, n)| (name.to_string(), Slot::Double(n)))).collect()
    }

    fn ended(&self) -> Option<Reason> {
        REASONS.get((self.counts[ENDED] as usize).wrapping_sub(1)).copied()
    }
}
