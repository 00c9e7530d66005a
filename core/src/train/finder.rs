//! Which learning rate? Tried out on a copy, by a sweep over all sizes of rates.
//!
//! ```text
//! ηₖ = a (b / a)^(k / (n − 1))           k = 0 … n − 1, a step each: Smith's range test
//! dₖ = L(θₖ₊₁; next batch) − L(θ₀; the same batch)
//! cₖ = mean of L(θ₀) + d̂ₖ                d̂: the corrected exponentially weighted average of d
//! ```
//!
//! [Smith 2015](https://arxiv.org/abs/1506.01186), section 3.3. The loss after a step is compared with the loss of the
//! untrained copy on the same examples: what is left is what the rate did, not which examples came. The sweep is repeated
//! with several seeds (other orders of the examples, other dropouts); what is said is said of their median.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use serde::Serialize;

use super::advice::{Advice, advise};
use super::batches::Samples;
use super::feed::Feed;
use super::settings::Settings;
use crate::average::ExponentialAverage;
use crate::elementary::pow64;
use crate::network::Model;
use crate::op::Moment;
use crate::optimizer::{Objective, Setup, Step};
use crate::optimizers::Choice;
use crate::rng::{Rng, Stream};
use crate::threads::Threads;
use crate::{Error, Result};

/// Which rates are tried, and how often.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sweep {
    /// a > 0: the first and smallest rate.
    pub from: f64,
    /// b > a: the last and greatest.
    pub to: f64,
    /// n ≥ 20: how many are tried, a step each.
    pub rates: usize,
    /// How many times the sweep is made, from 1; the band is as wide as they differ.
    pub seeds: u64,
    /// β in [0, 1) of the average that smooths the curves.
    pub smoothing: f64,
}

impl Default for Sweep {
    fn default() -> Self {
        Sweep { from: 1e-7, to: 100.0, rates: 135, seeds: 5, smoothing: 0.8 }
    }
}

impl Sweep {
    /// Checks every range.
    ///
    /// # Errors
    /// [`Error::Range`] for the first value outside its range.
    pub fn check(&self) -> Result<()> {
        let fine = |fine: bool, name: &str, value: f64, range: &'static str| match fine {
            true => Ok(()),
            false => Err(Error::range(name, value, range)),
        };
        fine(self.from > 0.0 && self.from.is_finite(), "from", self.from, "a number above 0")?;
        fine(self.to > self.from && self.to.is_finite(), "to", self.to, "a number above `from`")?;
        fine(
            (20..=100_000).contains(&self.rates),
            "rates",
            self.rates as f64,
            "a whole number from 20 to 100000",
        )?;
        fine((1..=1000).contains(&self.seeds), "seeds", self.seeds as f64, "a whole number from 1 to 1000")?;
        fine((0.0..1.0).contains(&self.smoothing), "smoothing", self.smoothing, "a number from 0 and below 1")
    }

    /// ηₖ
    pub fn rate(&self, k: usize) -> f64 {
        self.from * pow64(self.to / self.from, k as f64 / (self.rates - 1) as f64)
    }
}

/// What a sweep showed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// ηₖ
    pub rates: Vec<f64>,
    /// cₖ of each seed, as far as it went: it ends where the loss is no number, or far above where it began.
    pub curves: Vec<Vec<f64>>,
    /// The median over the seeds; none where half of them have ended.
    pub median: Vec<Option<f64>>,
    /// The least of the seeds.
    pub low: Vec<Option<f64>>,
    /// The greatest; none where one has ended.
    pub high: Vec<Option<f64>>,
    /// The loss of the untrained network.
    pub start: f64,
    /// Which rate has the lowest median.
    pub lowest: Option<usize>,
    /// From which rate on the median is back where it started, or none.
    pub diverges: Option<usize>,
    /// What to do.
    pub advice: Advice,
}

/// Sweeps over rates for a network and the examples `train`, and says what to make of it. `settings` decide the optimizer,
/// the batch and all else but the rate, the schedule and when to stop. All is done to copies, and all that is random is
/// drawn from [`Stream::Probe`] and from seeds drawn from it: a training before or after is the same to the bit.
///
/// # Errors
/// If a setting is out of range, there is nothing to train on, or `stop` became true.
pub fn find_rate(
    model: &Model,
    data: &dyn Samples,
    train: &[u32],
    settings: &Settings,
    sweep: &Sweep,
    threads: &Threads,
    stop: &AtomicBool,
) -> Result<Finding> {
    settings.check()?;
    sweep.check()?;
    let mut probe = Probe {
        feed: Feed::new(model, data, train, settings, threads)?,
        start: model.layout().start(settings.seed),
        choice: Choice::parse(&settings.optimizer)?,
        model,
        train,
        settings,
        sweep,
        threads,
        stop,
    };
    let tracks = (0..sweep.seeds).map(|seed| probe.sweep(seed)).collect::<Result<Vec<Track>>>()?;
    let start = tracks.iter().map(|t| t.start).sum::<f64>() / tracks.len() as f64;
    let curve = |track: &Track| track.changes.iter().map(|change| start + change).collect();
    let rates = (0..sweep.rates).map(|k| sweep.rate(k)).collect();
    Ok(judge(rates, start, tracks.iter().map(curve).collect()))
}

/// All that a sweep needs.
struct Probe<'a> {
    feed: Feed<'a>,
    /// θ₀
    start: Vec<f32>,
    choice: Choice,
    model: &'a Model,
    train: &'a [u32],
    settings: &'a Settings,
    sweep: &'a Sweep,
    threads: &'a Threads,
    stop: &'a AtomicBool,
}

/// One sweep: d̂ₖ as far as it went, and the mean of L(θ₀).
struct Track {
    changes: Vec<f64>,
    start: f64,
}

/// A sweep ends when the loss has risen by so many times what it was.
const FAR: f64 = 3.0;

impl Probe<'_> {
    fn sweep(&mut self, number: u64) -> Result<Track> {
        let mut rng = Rng::new(self.settings.seed, Stream::Probe, number);
        let seed = (rng.bits() as u64) << 32 | rng.bits() as u64;
        let setup = Setup::new(self.model.layout(), self.threads).around(self.settings.around()).seed(seed);
        let mut optimizer = self.choice.build(&setup);
        let (mut theta, mut answer) = (self.start.clone(), self.start.clone());
        let mut average = ExponentialAverage::corrected(self.sweep.smoothing)?;
        let mut order = self.train.to_vec();
        let (mut epoch, mut seen) = (0, order.len());
        let (mut starts, mut changes) = (0.0, Vec::new());
        for k in 0..=self.sweep.rates {
            if self.stop.load(Relaxed) {
                return Err(Error::Settings {
                    message: "the search for a learning rate was stopped".into(),
                    mend: "start it again: it keeps nothing".into(),
                });
            }
            if seen == order.len() {
                (epoch, seen) = (epoch + 1, 0);
                order.copy_from_slice(self.train);
                Rng::new(seed, Stream::Probe, epoch).shuffle(&mut order);
            }
            let batch = seen..seen + self.feed.take(seen);
            seen = batch.end;
            let moment = Moment { training: true, seed, step: k as u64 + 1, ..Moment::default() };
            let mut asked = self.feed.ask(&order, batch, moment, epoch);
            let untrained = asked.loss(&self.start) as f64;
            starts += untrained;
            if k > 0 {
                optimizer.answer(&theta, &mut answer);
                let change = average.add(asked.loss(&answer) as f64 - untrained);
                // Also where it is no number.
                if change.is_nan() || change > FAR * untrained.abs() {
                    break;
                }
                changes.push(change);
            }
            if k < self.sweep.rates {
                optimizer.step(
                    Step { t: k as u64 + 1, learning_rate: self.sweep.rate(k) },
                    &mut theta,
                    &mut asked,
                );
            }
        }
        let asked = (changes.len() + 2).min(self.sweep.rates + 1) as f64;
        Ok(Track { changes, start: starts / asked })
    }
}

/// What sweeps over `rates` say together: cₖ of each, and the loss they began with.
pub(super) fn judge(rates: Vec<f64>, start: f64, curves: Vec<Vec<f64>>) -> Finding {
    let at = |k: usize| {
        // A sweep that has ended is above all others.
        let mut losses: Vec<f64> =
            curves.iter().map(|c| c.get(k).copied().unwrap_or(f64::INFINITY)).collect();
        losses.sort_by(f64::total_cmp);
        let n = losses.len();
        [0.5 * (losses[(n - 1) / 2] + losses[n / 2]), losses[0], losses[n - 1]]
            .map(|x| Some(x).filter(|x| x.is_finite()))
    };
    let bands: Vec<[Option<f64>; 3]> = (0..rates.len()).map(at).collect();
    let [median, low, high] = [0, 1, 2].map(|i| bands.iter().map(|band| band[i]).collect::<Vec<_>>());
    let lowest = lowest(&median);
    let diverges =
        lowest.and_then(|from| (from..rates.len()).find(|k| median[*k].is_none_or(|loss| loss >= start)));
    let mut finding = Finding {
        rates,
        curves,
        median,
        low,
        high,
        start,
        lowest,
        diverges,
        advice: Advice::Take { learning_rate: f64::NAN, reason: String::new() },
    };
    finding.advice = advise(&finding);
    finding
}

/// Where a curve is lowest: the first such place.
fn lowest(curve: &[Option<f64>]) -> Option<usize> {
    let known = curve.iter().enumerate().filter_map(|(k, loss)| loss.map(|loss| (k, loss)));
    known.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(k, _)| k)
}
