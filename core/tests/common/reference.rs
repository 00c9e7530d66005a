//! Our evolution strategies beside those that made `fixtures/evolution.json`: the same functions, starts, first deviations
//! and budgets. What the file says of itself stands in its notes.
#![allow(dead_code, reason = "shared by a test and an example, neither of which uses all of it")]

use gradus::functions;
use gradus::layout::Layout;
use gradus::optimizer::{Objective, Setup, Step};
use gradus::optimizers::Choice;
use gradus::threads::Threads;
use serde_json::Value;

/// One comparison: a strategy on a function.
pub struct Row {
    pub by: String,
    pub run: String,
    pub function: String,
    pub dim: usize,
    /// Ours, in one line.
    pub line: String,
    learning_rate: f64,
    /// The most evaluations.
    pub budget: u64,
    pub theirs: Results,
}

/// How several seeds went.
pub enum Results {
    /// The evaluation that was the first at most 10⁻⁸ above the minimum; none if there was none.
    Met(Vec<Option<u64>>),
    /// The least value above the minimum after fractions of the budget.
    Best(Vec<Vec<f64>>),
}

pub const TARGET: f64 = 1e-8;
/// How many more evaluations ours may need.
pub const MORE: f64 = 1.2;

/// Ours for a run of the file, and its learning rate; none for what we do not have.
fn ours(by: &str, run: &str) -> Option<(String, f64)> {
    let line = match (by, run) {
        ("pycma", "cma") => "cma_es sigma=2 target=1e-8",
        ("pycma", "sep_cma") => "sep_cma_es sigma=2 target=1e-8",
        ("pycma", "bipop") => "cma_es sigma=2 target=1e-8 restarts=bipop",
        ("evosax", "snes") => "snes sigma=2 tolfun=0 tolx=0",
        ("evosax", "snes_32") => "snes sigma=2 population=32 tolfun=0 tolx=0",
        ("evosax", "open_es") => "openai_es sigma=0.1 population=32 over adam",
        ("evosax", "open_es_sgd") => "openai_es sigma=0.1 population=32 over sgd",
        ("evosax", "pgpe_adam") => "pgpe sigma=2 population=32 over adam",
        ("evotorch", "xnes") => "xnes sigma=2 tolfun=0 tolx=0",
        ("evotorch", "xnes_32") => "xnes sigma=2 population=32 tolfun=0 tolx=0",
        _ => return None,
    };
    Some((line.into(), 0.1))
}

/// All that can be compared.
pub fn rows(file: &Value) -> Vec<Row> {
    let parts = ["pycma", "bbob", "evosax", "evotorch"];
    let found = parts.iter().flat_map(|part| file[*part].as_array().expect("a list"));
    let text = |row: &Value, name: &str| row[name].as_str().expect("a text").to_string();
    let of = |row: &Value| {
        let (by, run) = (text(row, "by"), text(row, "run"));
        let (line, learning_rate) = ours(&by, &run)?;
        let list = |value: &Value| -> Vec<Value> { value.as_array().cloned().unwrap_or_default() };
        let (budget, theirs) = match row["most"].as_u64() {
            Some(most) => (most, Results::Met(list(&row["evaluations"]).iter().map(Value::as_u64).collect())),
            None => {
                let numbers = |v: &Value| list(v).iter().map(|x| x.as_f64().expect("a number")).collect();
                (row["budget"].as_u64()?, Results::Best(list(&row["best_at"]).iter().map(numbers).collect()))
            }
        };
        let (function, dim) = (text(row, "function"), row["dim"].as_u64()? as usize);
        Some(Row { by, run, function, dim, line, learning_rate, budget, theirs })
    };
    found.filter_map(of).collect()
}

/// Counts, and remembers the best and when the target was met.
struct Watch<F> {
    height: F,
    count: u64,
    best: f64,
    met: Option<u64>,
    /// The best after so many evaluations.
    after: Vec<(u64, f64)>,
}

impl<F: Fn(&[f64]) -> f64> Objective<f64> for Watch<F> {
    fn loss(&mut self, theta: &[f64]) -> f64 {
        let value = (self.height)(theta);
        self.count += 1;
        self.best = self.best.min(value);
        if value <= TARGET && self.met.is_none() {
            self.met = Some(self.count);
        }
        for (count, best) in &mut self.after {
            if self.count <= *count {
                *best = self.best;
            }
        }
        value
    }
    fn gradient(&mut self, _: &[f64], _: &mut [f64]) -> f64 {
        panic!("evolution asks for no gradient")
    }
}

/// Ours, with so many seeds, from the starts of the file in turn. Where values at the end of a budget are compared it is
/// `more` times as large.
pub fn run(file: &Value, row: &Row, seeds: u64, more: f64) -> Results {
    let threads = Threads::new(1);
    let layout = Layout::of(row.dim);
    let number = |x: &Value| x.as_f64().expect("a number");
    let starts = file["starts"][row.dim.to_string()].as_array().expect("starts");
    let fractions: Vec<f64> = file["fractions"].as_array().expect("fractions").iter().map(number).collect();
    let height = functions::Choice::parse(&format!("{} dim={}", row.function, row.dim)).expect(&row.function);
    let met = matches!(row.theirs, Results::Met(_));
    let budget = if met { row.budget } else { (more * row.budget as f64) as u64 };
    let one = |seed: u64| {
        let mut theta: Vec<f64> = starts[(seed as usize - 1) % starts.len()]
            .as_array()
            .expect("a start")
            .iter()
            .map(number)
            .collect();
        let choice = Choice::parse(&row.line).expect(&row.line);
        let mut optimizer = choice.build_as::<f64>(&Setup::new(&layout, &threads).seed(seed));
        let after = fractions.iter().map(|f| ((f * budget as f64) as u64, f64::INFINITY)).collect();
        let mut watch = Watch { height: height.height(), count: 0, best: f64::INFINITY, met: None, after };
        for t in 1.. {
            let spent = watch.count;
            if optimizer.ended().is_some() || spent >= budget || (met && watch.met.is_some()) {
                break;
            }
            optimizer.step(Step { t, learning_rate: row.learning_rate }, &mut theta, &mut watch);
        }
        let best = watch.best;
        (watch.met, watch.after.iter().map(|(_, x)| if x.is_finite() { *x } else { best }).collect())
    };
    let (met_at, best): (Vec<_>, Vec<Vec<f64>>) = (1..=seeds).map(one).unzip();
    if met { Results::Met(met_at) } else { Results::Best(best) }
}

/// The middle one; a failure is worse than any success.
pub fn median(met: &[Option<u64>]) -> Option<u64> {
    let mut sorted: Vec<u64> = met.iter().map(|m| m.unwrap_or(u64::MAX)).collect();
    sorted.sort();
    Some(sorted[sorted.len() / 2]).filter(|m| *m < u64::MAX)
}

pub fn successes(met: &[Option<u64>]) -> usize {
    met.iter().filter(|m| m.is_some()).count()
}

/// The middle one of each column.
pub fn medians(best: &[Vec<f64>]) -> Vec<f64> {
    let column = |k: usize| {
        let mut column: Vec<f64> = best.iter().map(|row| row[k]).collect();
        column.sort_by(f64::total_cmp);
        column[column.len() / 2]
    };
    (0..best[0].len()).map(column).collect()
}

/// How probable it is that, of `a` + `b` runs with `x` + `y` successes in all, at most `x` fall among the `a` by chance
/// (Fisher's exact test, one side).
pub fn fisher((x, a): (usize, usize), (y, b): (usize, usize)) -> f64 {
    let choose =
        |n: usize, k: usize| -> f64 { (0..k).map(|i| ((n - i) as f64 / (k - i) as f64).ln()).sum::<f64>() };
    let total = choose(a + b, x + y);
    let least = (x + y).saturating_sub(b);
    (least..=x).map(|i| (choose(a, i) + choose(b, x + y - i) - total).exp()).sum()
}

/// By how many deviations of chance ours are later than `more` times theirs (Mann & Whitney 1947); a failure is later than
/// any success, and failures are equal.
pub fn later(ours: &[Option<u64>], theirs: &[Option<u64>], more: f64) -> f64 {
    let number = |m: &Option<u64>, by: f64| m.map_or(f64::INFINITY, |m| m as f64 * by);
    let wins = |a: f64, b: f64| f64::from(u8::from(a > b)) + 0.5 * f64::from(u8::from(a == b));
    let pairs = ours.iter().flat_map(|a| theirs.iter().map(move |b| wins(number(a, 1.0), number(b, more))));
    let (m, n) = (ours.len() as f64, theirs.len() as f64);
    (pairs.sum::<f64>() / (m * n) - 0.5) / ((m + n + 1.0) / (12.0 * m * n)).sqrt()
}
