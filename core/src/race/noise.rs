//! Which differences between optimizers are more than the noise of the seeds.
//!
//! Seed by seed both started from the same weights and saw the same data in the same order, so their results are
//! compared pair by pair (Student 1908): with dᵢ = aᵢ − bᵢ over n seeds,
//!
//! ```text
//! d̄ ± t₀.₉₇₅(n − 1) · s / √n,     s² = Σ (dᵢ − d̄)² / (n − 1)
//! ```
//!
//! If this interval holds 0 the difference is within the noise. It takes the differences as drawn from a normal
//! distribution; with few seeds the interval is wide, and that is what it should say.

use serde::Serialize;

/// The difference of two results over the same seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// d̄: how much greater the first is.
    pub mean: f64,
    /// Where its 95 % interval begins.
    pub low: f64,
    /// Where it ends.
    pub high: f64,
}

impl Difference {
    /// Of `a` and `b`, seed by seed. With fewer than two seeds the interval is all numbers.
    ///
    /// ```
    /// use gradus::race::Difference;
    /// // Student's own data (1908): extra hours of sleep by two drugs, ten patients each.
    /// let a = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
    /// let b = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
    /// let d = Difference::of(&a, &b);
    /// assert!((d.mean - 1.58).abs() < 1e-9 && (d.low - 0.7001).abs() < 1e-3 && (d.high - 2.4599).abs() < 1e-3);
    /// assert!(d.is_beyond_noise());
    /// ```
    ///
    /// # Panics
    /// If there are more of one than of the other.
    pub fn of(a: &[f64], b: &[f64]) -> Difference {
        assert_eq!(a.len(), b.len(), "results are compared seed by seed");
        let n = a.len() as f64;
        let differences = || a.iter().zip(b).map(|(a, b)| a - b);
        let mean = differences().sum::<f64>() / n;
        if a.len() < 2 {
            return Difference { mean, low: f64::NEG_INFINITY, high: f64::INFINITY };
        }
        let variance = differences().map(|d| (d - mean) * (d - mean)).sum::<f64>() / (n - 1.0);
        let reach = student(a.len() - 1) * (variance / n).sqrt();
        Difference { mean, low: mean - reach, high: mean + reach }
    }

    /// Whether 0 lies outside the interval.
    pub fn is_beyond_noise(self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }
}

/// t₀.₉₇₅ of Student's distribution with so many degrees of freedom, within 0.001 from 1 to 30 by table, beyond by the
/// expansion of Cornish & Fisher 1938.
fn student(freedom: usize) -> f64 {
    const TABLE: [f64; 30] = [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145,
        2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048,
        2.045, 2.042,
    ];
    const Z: f64 = 1.959_964;
    match freedom {
        1..=30 => TABLE[freedom - 1],
        n => {
            let (n, z2) = (n as f64, Z * Z);
            Z + Z * (z2 + 1.0) / (4.0 * n) + Z * (5.0 * z2 * z2 + 16.0 * z2 + 3.0) / (96.0 * n * n)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_difference_is_certain_and_chance_is_not() {
        assert!(Difference::of(&[2.0, 3.0, 4.0], &[1.0, 2.0, 3.0]).is_beyond_noise());
        assert!(!Difference::of(&[2.0, 3.0, 4.0], &[3.0, 2.0, 4.1]).is_beyond_noise());
        assert!(!Difference::of(&[5.0], &[1.0]).is_beyond_noise(), "one seed proves nothing");
    }

    #[test]
    fn the_table_goes_on_smoothly() {
        assert!((student(31) - 2.040).abs() < 1e-3 && (student(100) - 1.984).abs() < 1e-3);
        assert!((1..200).all(|n| student(n) > student(n + 1)));
    }
}
