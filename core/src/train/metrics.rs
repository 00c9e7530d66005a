//! How good predictions are.

use serde::{Deserialize, Serialize};

/// Scores of one class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassScore {
    /// Right among those predicted to be of the class; none if none was.
    pub precision: Option<f64>,
    /// Found among those that are of the class; none if none is.
    pub recall: Option<f64>,
    /// 2 · right / (predicted + actual); none if both are 0.
    pub f1: Option<f64>,
    /// Examples that are of the class.
    pub support: usize,
}

/// Scores over a set of examples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Mean loss.
    pub loss: f64,
    /// Share that is right; none where numbers are said.
    pub accuracy: Option<f64>,
    /// 95 % interval of the accuracy ([`wilson`]).
    pub accuracy_interval: Option<(f64, f64)>,
    /// Chance that a random example of a class gets a higher probability of it than a random other one: for two
    /// classes of the second, for more the mean over classes against the rest. None if a class has no example.
    pub auc: Option<f64>,
    /// `confusion[actual][predicted]`, in examples.
    pub confusion: Vec<Vec<usize>>,
    /// By class.
    pub classes: Vec<ClassScore>,
    /// Where numbers are said: how far they are from what is right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<Fit>,
}

/// How far numbers are from what is right.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// √(Σ (y − t)² / n)
    pub root_mean_squared_error: f64,
    /// Σ |y − t| / n
    pub mean_absolute_error: f64,
    /// 1 − Σ (y − t)² / Σ (t − t̄)²: the share of the variance that is explained; none if all t are the same.
    pub r_squared: Option<f64>,
    /// n
    pub examples: usize,
}

impl Fit {
    /// Of what was said and what is right, of each example.
    pub fn new(said: &[f64], right: &[f64]) -> Fit {
        let n = right.len().max(1) as f64;
        let mean = right.iter().sum::<f64>() / n;
        let errors = || said.iter().zip(right).map(|(y, t)| y - t);
        let squares = errors().map(|e| e * e).sum::<f64>();
        let variance = right.iter().map(|t| (t - mean) * (t - mean)).sum::<f64>();
        Fit {
            root_mean_squared_error: (squares / n).sqrt(),
            mean_absolute_error: errors().map(f64::abs).sum::<f64>() / n,
            r_squared: (variance > 0.0).then(|| 1.0 - squares / variance),
            examples: right.len(),
        }
    }

    /// The same of numbers `factor` times as large.
    pub fn times(self, factor: f64) -> Fit {
        Fit {
            root_mean_squared_error: factor * self.root_mean_squared_error,
            mean_absolute_error: factor * self.mean_absolute_error,
            ..self
        }
    }
}

impl Scores {
    /// Of numbers: what was said, what is right, and the mean loss.
    pub fn of_values(loss: f64, said: &[f64], right: &[f64]) -> Scores {
        Scores {
            loss,
            accuracy: None,
            accuracy_interval: None,
            auc: None,
            confusion: Vec::new(),
            classes: Vec::new(),
            fit: Some(Fit::new(said, right)),
        }
    }

    /// From the probabilities of every example (`classes` each), what is right, and the mean loss.
    pub fn new(loss: f64, probabilities: &[f64], actual: &[usize], classes: usize) -> Scores {
        let mut confusion = vec![vec![0; classes]; classes];
        for (p, actual) in probabilities.chunks_exact(classes).zip(actual) {
            confusion[*actual][most_likely(p)] += 1;
        }
        let right: usize = (0..classes).map(|k| confusion[k][k]).sum();
        let ratio = |a: usize, b: usize| (b > 0).then(|| a as f64 / b as f64);
        let by_class = (0..classes)
            .map(|k| {
                let support = confusion[k].iter().sum();
                let predicted: usize = confusion.iter().map(|row| row[k]).sum();
                ClassScore {
                    precision: ratio(confusion[k][k], predicted),
                    recall: ratio(confusion[k][k], support),
                    f1: ratio(2 * confusion[k][k], predicted + support),
                    support,
                }
            })
            .collect();
        let of_class = |k: usize| {
            let scores: Vec<(f64, bool)> =
                probabilities.chunks_exact(classes).zip(actual).map(|(p, a)| (p[k], *a == k)).collect();
            area_under_curve(scores)
        };
        let auc = if classes == 2 {
            of_class(1)
        } else {
            (0..classes).map(of_class).sum::<Option<f64>>().map(|sum| sum / classes as f64)
        };
        Scores {
            loss,
            accuracy: Some(right as f64 / actual.len().max(1) as f64),
            accuracy_interval: Some(wilson(right, actual.len())),
            auc,
            confusion,
            classes: by_class,
            fit: None,
        }
    }
}

/// The class of the greatest probability; the first of equals. Exactly ½ of two is the first.
pub fn most_likely(p: &[f64]) -> usize {
    (1..p.len()).fold(0, |best, k| if p[k] > p[best] { k } else { best })
}

/// Area under the ROC curve by ranks, ties counted half ([Hanley & McNeil 1982](https://doi.org/10.1148/radiology.143.1.7063747)):
/// AUC = (Σ ranks of the positives − p(p + 1)/2) / (p n).
fn area_under_curve(mut scores: Vec<(f64, bool)>) -> Option<f64> {
    scores.sort_by(|a, b| a.0.total_cmp(&b.0));
    let positives = scores.iter().filter(|s| s.1).count();
    let negatives = scores.len() - positives;
    let mut rank_sum = 0.0;
    let mut first = 0;
    for group in scores.chunk_by(|a, b| a.0 == b.0) {
        let mean_rank = first as f64 + (group.len() + 1) as f64 / 2.0;
        rank_sum += mean_rank * group.iter().filter(|s| s.1).count() as f64;
        first += group.len();
    }
    let least = (positives * (positives + 1)) as f64 / 2.0;
    (positives > 0 && negatives > 0).then(|| (rank_sum - least) / (positives as f64 * negatives as f64))
}

/// The 95 % interval of a share, [Wilson 1927](https://doi.org/10.1080/01621459.1927.10502953).
pub fn wilson(right: usize, of: usize) -> (f64, f64) {
    if of == 0 {
        return (0.0, 1.0);
    }
    const Z: f64 = 1.959_963_984_540_054;
    let (n, p) = (of as f64, right as f64 / of as f64);
    let middle = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}
