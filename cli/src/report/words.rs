//! Numbers and sentences as people read them.

use super::{EpochRow, Example, PartScore, Report, values};

/// What stands for a number that does not exist.
pub const NONE: &str = "–";

/// A share of 1 as a percentage with so many decimals, `–` where it is not a number.
pub fn percent(share: f64, decimals: usize) -> String {
    if share.is_finite() { format!("{:.decimals$}\u{a0}%", 100.0 * share) } else { NONE.into() }
}

/// A share as a whole percentage; with a decimal near 0 and 1, where rounding would say too much.
pub fn rough(share: f64) -> String {
    percent(share, if (0.01..=0.99).contains(&share) { 0 } else { 1 })
}

/// A share that may be undefined, with one decimal.
pub fn percent_or_none(share: Option<f64>) -> String {
    share.map_or(NONE.into(), |share| percent(share, 1))
}

/// A loss: four decimals, or powers of ten where four decimals would say nothing.
pub fn loss(value: f64) -> String {
    match value.abs() {
        _ if value.is_nan() => "NaN".into(),
        size if size.is_infinite() => if value > 0.0 { "∞" } else { "−∞" }.into(),
        size if size != 0.0 && !(1e-3..1e5).contains(&size) => format!("{value:.2e}"),
        _ => format!("{value:.4}"),
    }
}

/// A time in seconds, with a decimal where it matters.
pub fn seconds(value: f64) -> String {
    match value {
        v if !v.is_finite() => NONE.into(),
        v if v < 10.0 => format!("{v:.2}\u{a0}s"),
        v => format!("{v:.0}\u{a0}s"),
    }
}

/// The last part of a path.
pub fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or(path)
}

/// What the picture is and what it was called, for those who do not see it.
pub fn answer(report: &Report, example: &Example) -> String {
    let (truth, called) = (report.class(example.true_class), report.class(example.predicted));
    let sure = percent(example.probability, 1);
    if example.is_mistake() {
        format!("{}: {truth}, called {called} with {sure}", example.path)
    } else {
        format!("{}: {truth}, recognised with {sure}", example.path)
    }
}

/// The 95 % interval in words, as rough as it is wide.
pub fn between(low: f64, high: f64) -> String {
    let decimals = if high - low < 0.04 { 1 } else { 0 };
    let low = percent(low, decimals);
    format!("between {} and {}", low.trim_end_matches("\u{a0}%"), percent(high, decimals))
}

/// The answer that always giving it would be right as often as the score's majority baseline says.
pub fn majority_answer(report: &Report, score: &PartScore) -> Option<String> {
    let total = score.total() as f64;
    let distance = |&c: &usize| (score.row_total(c) as f64 / total - score.baseline_majority).abs();
    let class = (0..report.classes.len()).min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    (distance(&class) < 0.005).then(|| report.class(class))
}

/// How good the network is, in one sentence.
pub fn headline(report: &Report) -> String {
    if let Some((score, fit)) = report.main_score().and_then(|score| Some((score, score.fit.as_ref()?))) {
        return values::headline(report, score, fit);
    }
    let Some(score) = report.main_score().filter(|score| score.total() > 0) else {
        return "The run ended before the network could be measured.".into();
    };
    let examples = report.noun.count(score.total());
    let on = match score.part.as_str() {
        "test" => format!("On {examples} it had never seen"),
        "validation" => {
            format!("On {examples} it had not learned from (but by which its best epoch was chosen)")
        }
        other => format!("On {examples} of the part ‘{other}’"),
    };
    let answering = match majority_answer(report, score) {
        Some(class) => format!("always answering ‘{class}’"),
        None => "always giving the most frequent answer".into(),
    };
    let linear = match score.baseline_linear {
        Some(share) => format!(", a linear model {}", rough(share)),
        None => String::new(),
    };
    format!(
        "{on}, the network was right {} of the time ({}); {answering} would be right {}{linear}.",
        percent(score.accuracy, 1),
        between(score.accuracy_low, score.accuracy_high),
        rough(score.baseline_majority),
    )
}

/// What the loss curves show, for those who do not see them.
pub fn describe_losses(report: &Report) -> String {
    let training = course(report, "Training loss", |row| loss(row.train_loss));
    training + " " + &course(report, "Validation loss", |row| loss(row.validation_loss))
}

/// What the accuracy curve shows, for those who do not see it.
pub fn describe_accuracy(report: &Report) -> String {
    course(report, "Validation accuracy", |row| percent(row.validation_accuracy, 1))
}

/// What the curve of the learning rate shows, for those who do not see it.
pub fn describe_rates(report: &Report) -> String {
    course(report, "Learning rate", |row| rate(row.learning_rate))
}

/// A learning rate: three digits that count.
pub fn rate(rate: f64) -> String {
    let short = format!("{rate:.2e}").parse().unwrap_or(rate);
    if rate == 0.0 || (1e-4..1e4).contains(&rate.abs()) { format!("{short}") } else { format!("{short:e}") }
}

/// A value at the first, the best and the last epoch.
fn course(report: &Report, name: &str, value: impl Fn(&EpochRow) -> String) -> String {
    let best = report.epochs.iter().find(|row| Some(row.epoch) == report.best_epoch);
    let mut rows: Vec<&EpochRow> =
        report.epochs.first().into_iter().chain(best).chain(report.epochs.last()).collect();
    rows.dedup_by_key(|row| row.epoch);
    let at = |row: &&EpochRow| {
        let mark = if Some(row.epoch) == report.best_epoch { " (the best)" } else { "" };
        format!("{} at epoch {}{mark}", value(row), row.epoch)
    };
    format!("{name}: {}.", rows.iter().map(at).collect::<Vec<String>>().join(", "))
}
