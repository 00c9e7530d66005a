//! When a search distribution has nothing more to find, by the losses it was told: appendix B.3 of
//! [Hansen 2016](https://arxiv.org/abs/1604.00772).

use crate::real::{Number, Slot};

/// ```text
/// flat         the least losses of the last 10 + ⌈30 n / λ⌉ generations are one number
/// tolfun       they, and all losses of the last generation, lie within tolfun
/// stagnation   over the last fifth of all generations, at least 120 + 30 n / λ and at most 20000, the median of the
///              last 30 % is not below that of the first 30 %: both of the least and of the median losses
/// ```
///
/// For the last, every fifth generation is remembered: that is 64 kilobytes.
pub(crate) struct Stops {
    weights: usize,
    tolfun: f64,
    /// The least loss of each of the last generations: generation g at place g mod length.
    recent: Vec<f64>,
    /// The least and the median loss of every fifth generation, likewise.
    least: Vec<f64>,
    median: Vec<f64>,
    /// Generations told.
    told: [f64; 1],
    spare: Vec<f64>,
}

const STRIDE: usize = 5;
const MOST: usize = 20_000;

impl Stops {
    /// For populations of at least `lambda`, at most `most`.
    pub fn new(tolfun: f64, weights: usize, lambda: usize, most: usize) -> Self {
        let kept = vec![0.0; MOST / STRIDE];
        let spare = vec![0.0; most.max(kept.len())];
        let recent = vec![0.0; window(weights, lambda)];
        Stops { weights, tolfun, recent, least: kept.clone(), median: kept, told: [0.0], spare }
    }

    /// Forgets all.
    pub fn begin(&mut self) {
        self.told = [0.0];
        self.recent.fill(0.0);
        self.least.fill(0.0);
        self.median.fill(0.0);
    }

    /// Takes the losses of a generation, `order` from the best to the worst; whether to end.
    pub fn tell<R: Number>(&mut self, losses: &[R], order: &[u32]) -> bool {
        let (lambda, g) = (losses.len(), self.told[0] as usize);
        let at = |rank: usize| losses[order[rank] as usize].to_f64();
        self.told[0] += 1.0;
        let length = self.recent.len();
        self.recent[g % length] = at(0);
        let mut stagnates = false;
        if g.is_multiple_of(STRIDE) {
            let place = g / STRIDE % self.least.len();
            self.least[place] = at(0);
            self.median[place] = 0.5 * (at((lambda - 1) / 2) + at(lambda / 2));
            stagnates = self.stagnates(g / STRIDE + 1, lambda);
        }
        stagnates || self.is_flat(g + 1, at(lambda - 1) - at(0), lambda)
    }

    /// `range`: of the losses of the last generation; not finite if one of them is not.
    fn is_flat(&self, told: usize, range: f64, lambda: usize) -> bool {
        let window = window(self.weights, lambda).min(self.recent.len());
        if told < window {
            return false;
        }
        let last = (told - window..told).map(|g| self.recent[g % self.recent.len()]);
        let (low, high) = last.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
        high == low || (high - low < self.tolfun && range < self.tolfun)
    }

    fn stagnates(&mut self, kept: usize, lambda: usize) -> bool {
        let least = 120 + (30 * self.weights).div_ceil(lambda);
        let span = (kept / 5).max(least.div_ceil(STRIDE) + 1).min(self.least.len());
        if kept < span {
            return false;
        }
        let third = span * 3 / 10;
        let worsens = |of: &[f64], spare: &mut [f64]| {
            let mut median = |from: usize| {
                let some = &mut spare[..third];
                some.iter_mut().zip(from..).for_each(|(x, k)| *x = of[k % of.len()]);
                *some.select_nth_unstable_by(third / 2, f64::total_cmp).1
            };
            median(kept - third) >= median(kept - span)
        };
        worsens(&self.least, &mut self.spare) && worsens(&self.median, &mut self.spare)
    }

    /// For checkpoints.
    pub fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        vec![
            ("recent_losses".into(), Slot::Double(&mut self.recent)),
            ("least_losses".into(), Slot::Double(&mut self.least)),
            ("median_losses".into(), Slot::Double(&mut self.median)),
            ("generations_of_run".into(), Slot::Double(&mut self.told)),
        ]
    }
}

/// 10 + ⌈30 n / λ⌉
fn window(weights: usize, lambda: usize) -> usize {
    10 + (30 * weights).div_ceil(lambda)
}
