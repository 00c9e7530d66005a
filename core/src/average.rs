//! The exponentially weighted average: how momentum, RMSprop and Adam remember, and how noisy curves are smoothed.

use crate::{Error, Result};

/// The exponentially weighted average of what was seen, the newest counting most.
///
/// ```text
/// V ← β V + (1 − β) x        V starts at zero
/// V̂ = V / (1 − βᵗ)           with the correction for that start; t counts the values
/// ```
///
/// The value seen k values ago counts (1 − β) βᵏ: about 1 / (1 − β) values are remembered, as by then the weight has
/// fallen to about 1/e of the newest. Without the correction the first averages lie too near to zero; with it, the
/// weights of the values seen sum to 1 from the first on.
///
/// The average is that of [Roberts 1959](https://doi.org/10.1080/00401706.1959.10489860) (with λ = 1 − β); the
/// correction is that of [Kingma & Ba 2014](https://arxiv.org/abs/1412.6980), section 3.
///
/// ```
/// use gradus::average::ExponentialAverage;
///
/// let mut plain = ExponentialAverage::new(0.5)?;
/// assert_eq!([4.0, 4.0, 4.0].map(|x| plain.add(x)), [2.0, 3.0, 3.5]);
///
/// let corrected = ExponentialAverage::corrected(0.5)?;
/// assert_eq!(corrected.over([4.0, 4.0, 4.0]).collect::<Vec<_>>(), [4.0, 4.0, 4.0]);
/// # Ok::<(), gradus::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ExponentialAverage {
    beta: f64,
    correct: bool,
    v: f64,
    /// βᵗ: how much of the start is still in V.
    start: f64,
}

impl ExponentialAverage {
    /// V itself, which starts at zero. β in [0, 1): how much of the past is kept; 0 remembers only the newest value.
    ///
    /// # Errors
    /// [`Error::Range`] if β is outside [0, 1).
    pub fn new(beta: f64) -> Result<Self> {
        if !(0.0..1.0).contains(&beta) {
            return Err(Error::range("beta", beta, "a number from 0 and below 1"));
        }
        Ok(ExponentialAverage { beta, correct: false, v: 0.0, start: 1.0 })
    }

    /// V / (1 − βᵗ): unbiased from the first value on.
    ///
    /// # Errors
    /// [`Error::Range`] if β is outside [0, 1).
    pub fn corrected(beta: f64) -> Result<Self> {
        Ok(ExponentialAverage { correct: true, ..Self::new(beta)? })
    }

    /// The same average, with V starting at `value` instead of zero (then there is nothing to correct).
    pub fn starting_at(self, value: f64) -> Self {
        ExponentialAverage { correct: false, v: value, start: 1.0, ..self }
    }

    /// Takes the next value in; the average with it. A value that is not a number makes every later average so, too.
    pub fn add(&mut self, x: f64) -> f64 {
        self.v = self.beta * self.v + (1.0 - self.beta) * x;
        self.start *= self.beta;
        self.value()
    }

    /// The average of what was added; before the first value what it started at.
    pub fn value(&self) -> f64 {
        if self.correct && self.start < 1.0 { self.v / (1.0 - self.start) } else { self.v }
    }

    /// The averages along a sequence, one for each of its values.
    pub fn over<I: IntoIterator<Item = f64>>(mut self, values: I) -> impl Iterator<Item = f64> {
        values.into_iter().map(move |x| self.add(x))
    }

    /// 1 / (1 − β): about how many values are remembered.
    pub fn memory(&self) -> f64 {
        1.0 / (1.0 - self.beta)
    }

    /// The weights of the past without the correction, the newest value first: (1 − β), (1 − β) β, (1 − β) β², …
    ///
    /// ```
    /// use gradus::average::ExponentialAverage;
    ///
    /// let weights: Vec<f64> = ExponentialAverage::new(0.5)?.weights().take(3).collect();
    /// assert_eq!(weights, [0.5, 0.25, 0.125]);
    /// # Ok::<(), gradus::Error>(())
    /// ```
    pub fn weights(&self) -> impl Iterator<Item = f64> + use<> {
        let beta = self.beta;
        std::iter::successors(Some(1.0 - beta), move |weight| Some(weight * beta))
    }
}
