//! How a population came to be, as the page is told: many numbers packed.

use gradus::evolution::Made;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::reply::packed;

fn short(numbers: &[f64]) -> Value {
    packed(&numbers.iter().map(|x| *x as f32).collect::<Vec<_>>())
}

/// Numbers, packed.
pub fn pack<S: Serializer>(numbers: &[f64], to: S) -> Result<S::Ok, S::Error> {
    short(numbers).serialize(to)
}

/// An account, by its kind.
pub fn told<S: Serializer>(made: &Made, to: S) -> Result<S::Ok, S::Error> {
    let value = match made {
        Made::Spread => json!({ "kind": "spread" }),
        Made::Drawn { mean, covariance, sigma, path } => json!({
            "kind": "drawn", "mean": mean, "covariance": covariance, "sigma": sigma, "path": path,
        }),
        Made::Mixed { members, losses, mixtures, mutants } => json!({
            "kind": "mixed", "from": short(members), "losses": losses, "mixtures": mixtures, "mutants": short(mutants),
        }),
        Made::Flown { from, best, leader, kept, own, social } => json!({
            "kind": "flown", "from": short(from), "best": short(best), "leader": leader,
            "kept": short(kept), "own": short(own), "social": short(social),
        }),
        Made::Stepped { from, losses, sigma, temperature } => json!({
            "kind": "stepped", "from": short(from), "losses": losses, "sigma": sigma, "temperature": temperature,
        }),
    };
    value.serialize(to)
}
