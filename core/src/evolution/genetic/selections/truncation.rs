use super::{Entry, Pool, Selection};

pub(super) const ROW: Entry = Entry {
    name: "truncation",
    about: "any of the best share of the population",
    formula: "P(rank i) = 1 / ⌈q n⌉ for i < ⌈q n⌉, else 0",
    paper: "Mühlenbein & Schlierkamp-Voosen 1993, Predictive Models for the Breeder Genetic Algorithm",
    make: |values| Box::new(Truncation { share: values.get("share") }),
};

/// Truncation, [Mühlenbein & Schlierkamp-Voosen 1993](https://doi.org/10.1162/evco.1993.1.1.25).
///
/// ```text
/// P(rank i) = 1 / ⌈q n⌉ for i < ⌈q n⌉, else 0
/// ```
pub struct Truncation {
    /// q in (0, 1]: the share that may become parents.
    pub share: f64,
}

impl Selection for Truncation {
    fn select(&self, pool: &mut Pool, parents: &mut [u32]) {
        let best = ((self.share * pool.len() as f64).ceil() as usize).clamp(1, pool.len());
        for (k, parent) in parents.iter_mut().enumerate() {
            *parent = pool.order[pool.rng(k).below(best)];
        }
    }
}
