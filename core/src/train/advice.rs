//! What to make of a sweep over learning rates.

use serde::Serialize;

use super::finder::Finding;

/// A rate with its reason, or why there is none.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "advice", rename_all = "snake_case")]
pub enum Advice {
    /// Use this.
    Take {
        /// η
        learning_rate: f64,
        /// Why this one.
        reason: String,
    },
    /// No rate can be named.
    Nothing {
        /// In one word.
        trouble: Trouble,
        /// In words, with the numbers.
        reason: String,
        /// What to do.
        mend: String,
    },
}

/// Why a sweep names no rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// The loss is no number before the first step.
    NotFinite,
    /// It hardly falls at any rate.
    NeverFalls,
    /// It does not rise again within the range: there is no upper bound to keep away from.
    NeverDiverges,
    /// Each sweep would name another.
    SeedsDisagree,
}

/// A fall by less than this share of where it started is no fall.
const FALL: f64 = 0.005;

/// Sweeps that would name rates further apart than this factor disagree.
const APART: f64 = 10.0;

/// The rule: where the median has made half of its fall, at most a tenth of where it is back at its start.
///
/// On the axis of log η the loss falls like a step with round edges. Half way down is where it falls fastest, but unlike
/// the steepest slope it hardly moves with the noise.
pub(super) fn advise(found: &Finding) -> Advice {
    let nothing =
        |trouble, reason: String, mend: &str| Advice::Nothing { trouble, reason, mend: mend.into() };
    let (start, rate) = (found.start, |k: usize| short(found.rates[k]));
    let (first, last) = (found.rates[0], found.rates[found.rates.len() - 1]);
    if !start.is_finite() {
        return nothing(
            Trouble::NotFinite,
            "the loss of the untrained network is no number".into(),
            "train with any rate: the verdict names the layer, or the data, where it begins",
        );
    }
    let fall = |loss: f64| (start - loss) / start.abs();
    // The median may owe its fall to some sweeps: there must be a rate at which all have fallen.
    let all = found.high.iter().flatten().map(|loss| fall(*loss)).fold(0.0, f64::max);
    let Some(bottom) = found.lowest.filter(|_| all >= FALL) else {
        return nothing(
            Trouble::NeverFalls,
            format!(
                "at no rate from {} to {} do all sweeps have a lower loss than before: from {start:.4} it falls by {:.2} % at best",
                short(first),
                short(last),
                100.0 * all,
            ),
            "try a greater --to, more --rates, larger batches, another network or optimizer; see whether the labels are right",
        );
    };
    let Some(diverges) = found.diverges else {
        return nothing(
            Trouble::NeverDiverges,
            format!(
                "up to {} the loss does not rise again to where it started: there is nothing to keep away from",
                short(last)
            ),
            "try greater rates: a --to a hundred times as large",
        );
    };
    let halfway = |curve: &[f64]| {
        let least = curve.iter().copied().fold(start, f64::min);
        curve.iter().position(|loss| *loss <= 0.5 * (start + least)).unwrap_or(0)
    };
    let each: Vec<f64> = found.curves.iter().map(|curve| found.rates[halfway(curve)]).collect();
    let (least, most) = each.iter().fold((f64::INFINITY, 0.0f64), |(a, b), x| (a.min(*x), b.max(*x)));
    if most > APART * least {
        return nothing(
            Trouble::SeedsDisagree,
            format!("one sweep would take {}, another {}", short(least), short(most)),
            "try more --seeds, more --rates or larger batches",
        );
    }
    let median: Vec<f64> = found.median.iter().map(|loss| loss.unwrap_or(f64::INFINITY)).collect();
    let (half, bound) = (halfway(&median), found.rates[diverges] / 10.0);
    let seen = format!(
        "the loss is half way down at {}, lowest at {} and back where it started at {}",
        rate(half),
        rate(bottom),
        rate(diverges)
    );
    let (learning_rate, reason) = match found.rates[half] {
        rate if rate <= bound => (rate, format!("{seen}; half way down, where it falls fastest, is taken")),
        _ => (bound, format!("{seen}; a tenth of the last is taken, as half way down is nearer to it")),
    };
    Advice::Take { learning_rate: round(learning_rate), reason }
}

/// To two digits: more would say more than was found.
fn round(rate: f64) -> f64 {
    format!("{rate:.1e}").parse().unwrap_or(rate)
}

/// As people write it.
fn short(rate: f64) -> String {
    let rounded = round(rate);
    if (1e-4..1e4).contains(&rounded) { rounded.to_string() } else { format!("{rounded:e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Five sweeps over 1e-5 … 1: the loss falls from 2 to 1 around each `falls`, and is back at 2 around `diverges`.
    fn found(falls: [f64; 5], diverges: f64) -> Finding {
        let rates: Vec<f64> = (0..=100).map(|k| 10f64.powf(-5.0 + k as f64 / 20.0)).collect();
        let loss = |at: f64, rate: f64| 1.0 + 1.0 / (1.0 + (rate / at).powi(2)) + (rate / diverges).powi(4);
        let curves = falls.map(|at| rates.iter().map(|rate| loss(at, *rate)).collect());
        super::super::finder::judge(rates, 2.0, curves.into())
    }

    fn taken(found: &Finding) -> (f64, &str) {
        let Advice::Take { learning_rate, reason } = &found.advice else { panic!("{:?}", found.advice) };
        (*learning_rate, reason)
    }

    fn trouble(found: &Finding) -> Trouble {
        let Advice::Nothing { trouble, .. } = found.advice else { panic!("{:?}", found.advice) };
        trouble
    }

    #[test]
    fn half_way_down_is_taken_unless_it_is_near_to_where_it_diverges() {
        let (rate, reason) = (1e-3, "half way down, where it falls fastest, is taken");
        let all = found([rate; 5], 0.5);
        assert_eq!(taken(&all).0, 0.001);
        assert!(taken(&all).1.ends_with(reason), "{}", taken(&all).1);
        let near = found([0.1; 5], 0.5);
        assert_eq!(taken(&near).0, round(near.rates[near.diverges.unwrap()] / 10.0));
        assert!(taken(&near).1.contains("a tenth of the last"), "{}", taken(&near).1);
        // One sweep that is early and one that is late do not move the median.
        assert_eq!(taken(&found([3e-4, 1e-3, 1e-3, 1e-3, 2.5e-3], 0.5)).0, 0.001);
    }

    #[test]
    fn every_trouble_is_told_from_the_others() {
        assert_eq!(trouble(&found([1e-3; 5], 1e3)), Trouble::NeverDiverges);
        assert_eq!(trouble(&found([1e3; 5], 1e3)), Trouble::NeverFalls);
        assert_eq!(trouble(&found([1e-3, 1e-3, 1e-3, 1e-3, 1e3], 2.0)), Trouble::NeverFalls);
        assert_eq!(trouble(&found([1e-4, 1e-3, 1e-3, 1e-3, 1e-2], 0.5)), Trouble::SeedsDisagree);
        let rates = vec![1e-3, 1e-2];
        assert_eq!(trouble(&super::super::finder::judge(rates, f64::NAN, vec![vec![]])), Trouble::NotFinite);
    }
}
