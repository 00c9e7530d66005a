//! The bench of ideas against closed forms, definitions and the library's own runs; and what is hostile is refused.

mod averages;
mod descent;
mod evolution;
mod hostile;
mod offered;
mod universal;

use std::collections::BTreeMap;
use std::time::Duration;

use gradus_lab::bench::{Deadline, State};

/// As an address says it.
fn state(pairs: &[(&str, &str)]) -> State {
    State(pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect::<BTreeMap<_, _>>())
}

/// Time enough.
fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(600))
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * (1.0 + a.abs().max(b.abs()))
}
