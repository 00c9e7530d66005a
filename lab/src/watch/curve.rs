//! What the curves are drawn from: every step in few numbers, however many there are.
//!
//! Up to [`LIMIT`] stretches of equally many steps are kept: one step each at first; when they are full, each two become
//! one. Of a stretch its mean loss, the least and greatest, and the rate and the time of its last step are known.

use serde::Serialize;

/// Stretches at most: about as many as a screen has columns.
pub const LIMIT: usize = 2048;

/// Columns, a number in each for every stretch.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Columns {
    /// The last step.
    pub step: Vec<u64>,
    /// Mean loss of the steps.
    pub loss: Vec<f32>,
    /// The least.
    pub low: Vec<f32>,
    /// The greatest.
    pub high: Vec<f32>,
    /// The rate of the last step.
    pub rate: Vec<f64>,
    /// Seconds of training at the last step.
    pub seconds: Vec<f32>,
}

impl Columns {
    fn push(&mut self, s: &Stretch) {
        self.step.push(s.step);
        self.loss.push(s.loss as f32);
        self.low.push(s.low);
        self.high.push(s.high);
        self.rate.push(s.rate);
        self.seconds.push(s.seconds);
    }

    fn from(&self, at: usize) -> Columns {
        Columns {
            step: self.step[at..].to_vec(),
            loss: self.loss[at..].to_vec(),
            low: self.low[at..].to_vec(),
            high: self.high[at..].to_vec(),
            rate: self.rate[at..].to_vec(),
            seconds: self.seconds[at..].to_vec(),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Stretch {
    step: u64,
    loss: f64,
    low: f32,
    high: f32,
    rate: f64,
    seconds: f32,
    steps: u64,
}

/// A curve that grows step by step.
#[derive(Debug, Default)]
pub struct Curve {
    columns: Columns,
    /// The stretch that is not full yet.
    open: Option<Stretch>,
    /// Steps of a stretch: 2 to the power of this.
    halvings: u32,
}

/// How much of a curve somebody has.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Known {
    halvings: u32,
    stretches: usize,
}

/// What of a curve somebody has not.
#[derive(Debug, PartialEq, Serialize)]
pub struct News {
    /// How many of the stretches he has to keep: 0 if all are new.
    pub keep: usize,
    /// Steps of a stretch.
    pub stride: u64,
    /// What comes behind those.
    pub columns: Columns,
}

impl Curve {
    /// Adds a step.
    pub fn add(&mut self, step: u64, loss: f32, rate: f64, seconds: f64) {
        let one = Stretch {
            step,
            loss: loss as f64,
            low: loss,
            high: loss,
            rate,
            seconds: seconds as f32,
            steps: 1,
        };
        let open = match self.open.take() {
            Some(open) => joined(open, one),
            None => one,
        };
        if open.steps < 1 << self.halvings {
            self.open = Some(open);
            return;
        }
        self.columns.push(&open);
        if self.columns.step.len() == LIMIT {
            self.halve();
        }
    }

    /// Each two stretches become one.
    fn halve(&mut self) {
        let all = std::mem::take(&mut self.columns);
        let steps = 1 << self.halvings;
        let stretch = |i: usize| Stretch {
            step: all.step[i],
            loss: all.loss[i] as f64,
            low: all.low[i],
            high: all.high[i],
            rate: all.rate[i],
            seconds: all.seconds[i],
            steps,
        };
        for i in (0..LIMIT).step_by(2) {
            self.columns.push(&joined(stretch(i), stretch(i + 1)));
        }
        self.halvings += 1;
    }

    /// What is new since `known`, which then knows it.
    pub fn news(&self, known: &mut Known) -> Option<News> {
        let same = known.halvings == self.halvings;
        let keep = if same { known.stretches } else { 0 };
        if same && keep == self.columns.step.len() {
            return None;
        }
        *known = Known { halvings: self.halvings, stretches: self.columns.step.len() };
        Some(News { keep, stride: 1 << self.halvings, columns: self.columns.from(keep) })
    }
}

fn joined(a: Stretch, b: Stretch) -> Stretch {
    let (n, m) = (a.steps as f64, b.steps as f64);
    Stretch {
        step: b.step,
        loss: (a.loss * n + b.loss * m) / (n + m),
        low: a.low.min(b.low),
        high: a.high.max(b.high),
        rate: b.rate,
        seconds: b.seconds,
        steps: a.steps + b.steps,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However long, it stays short; nothing is lost: the mean over all stretches is that of all steps.
    #[test]
    fn a_long_curve_is_thinned_and_keeps_its_mean_and_extremes() {
        let (mut curve, n) = (Curve::default(), 100_000u64);
        for step in 1..=n {
            curve.add(step, if step == 777 { 50.0 } else { (step % 7) as f32 }, 0.1, step as f64);
        }
        let columns = &curve.columns;
        assert!(columns.step.len() < LIMIT && columns.step.len() >= LIMIT / 2);
        let stride = 1u64 << curve.halvings;
        assert!(columns.step.iter().enumerate().all(|(i, step)| *step == (i as u64 + 1) * stride));
        assert_eq!(columns.high.iter().fold(0f32, |a, b| a.max(*b)), 50.0);
        let counted = *columns.step.last().unwrap();
        let want: f64 = (1..=counted).map(|s| if s == 777 { 50.0 } else { (s % 7) as f64 }).sum();
        let got: f64 = columns.loss.iter().map(|l| *l as f64 * stride as f64).sum();
        assert!((got - want).abs() < 1e-6 * want, "{got} {want}");
    }

    /// Whoever asks often and whoever comes late have the same.
    #[test]
    fn news_add_up_to_the_whole() {
        let (mut curve, mut known, mut have) = (Curve::default(), Known::default(), Columns::default());
        for step in 1..=10_000 {
            curve.add(step, step as f32, 0.1, 0.0);
            if step % 37 == 0
                && let Some(news) = curve.news(&mut known)
            {
                let mut all = news.columns;
                if news.keep > 0 {
                    have.step.truncate(news.keep);
                    have.step.append(&mut all.step);
                    (all.loss, have.loss) =
                        (Vec::new(), [have.loss[..news.keep].to_vec(), all.loss].concat());
                } else {
                    have = all;
                }
            }
        }
        assert!(curve.news(&mut known).is_some());
        assert!(curve.news(&mut known).is_none());
        let late = curve.news(&mut Known::default()).unwrap();
        assert_eq!(late.keep, 0);
        let shared = have.step.len();
        assert_eq!(
            (&late.columns.step[..shared], &late.columns.loss[..shared]),
            (&have.step[..], &have.loss[..])
        );
    }
}
