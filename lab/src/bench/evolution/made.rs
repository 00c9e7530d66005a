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

#[cfg(test)]
mod tests {
    use super::*;
    use gradus::evolution::Mixture;

    fn value(made: &Made) -> Value {
        told(made, serde_json::value::Serializer).unwrap()
    }

    /// Each list of an account goes to the page under its own name.
    #[test]
    fn every_list_is_told_under_its_name() {
        let list = |x: f64| vec![x, x + 0.5];
        let p = |x: f32| packed(&[x, x + 0.5]);
        let flown = Made::Flown {
            from: list(1.0),
            best: list(2.0),
            leader: 1,
            kept: list(3.0),
            own: list(4.0),
            social: list(5.0),
        };
        let want = json!({ "kind": "flown", "from": p(1.0), "best": p(2.0), "leader": 1, "kept": p(3.0), "own": p(4.0), "social": p(5.0) });
        assert_eq!(value(&flown), want);

        let mixtures = vec![Mixture { base: 3, towards: None, plus: 1, minus: 2 }];
        let mixed = Made::Mixed { members: list(1.0), losses: list(2.0), mixtures, mutants: list(3.0) };
        let mixtures = json!([{ "base": 3, "towards": null, "plus": 1, "minus": 2 }]);
        let want = json!({ "kind": "mixed", "from": p(1.0), "losses": [2.0, 2.5], "mixtures": mixtures, "mutants": p(3.0) });
        assert_eq!(value(&mixed), want);

        let drawn =
            Made::Drawn { mean: list(1.0), covariance: list(2.0), sigma: Some(3.0), path: Some(list(4.0)) };
        let want = json!({ "kind": "drawn", "mean": [1.0, 1.5], "covariance": [2.0, 2.5], "sigma": 3.0, "path": [4.0, 4.5] });
        assert_eq!(value(&drawn), want);

        let stepped = Made::Stepped { from: list(1.0), losses: list(2.0), sigma: 3.0, temperature: 4.0 };
        let want = json!({ "kind": "stepped", "from": p(1.0), "losses": [2.0, 2.5], "sigma": 3.0, "temperature": 4.0 });
        assert_eq!(value(&stepped), want);
    }
}
