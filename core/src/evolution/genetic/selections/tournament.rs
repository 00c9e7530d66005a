use super::{Entry, Pool, Selection};

pub(super) const ROW: Entry = Entry {
    name: "tournament",
    about: "the best of a few drawn at random; the greater the tournament, the harder the pressure",
    formula: "P(rank i) = ((n − i)ᵏ − (n − i − 1)ᵏ) / nᵏ,  i = 0 … n − 1",
    paper: "Goldberg & Deb 1991, A Comparative Analysis of Selection Schemes Used in Genetic Algorithms",
    make: |values| Box::new(Tournament { size: values.whole("tournament") }),
};

/// Tournament, [Goldberg & Deb 1991](https://doi.org/10.1016/B978-0-08-050684-5.50008-2): `k` members are drawn, with
/// replacement, and the best of them becomes a parent.
///
/// ```text
/// P(rank i) = ((n − i)ᵏ − (n − i − 1)ᵏ) / nᵏ,  i = 0 … n − 1
/// ```
pub struct Tournament {
    /// k ≥ 1; 1 is no selection at all.
    pub size: usize,
}

impl Selection for Tournament {
    fn select(&self, pool: &mut Pool, parents: &mut [u32]) {
        for (k, parent) in parents.iter_mut().enumerate() {
            let mut rng = pool.rng(k);
            let best = (0..self.size.max(1)).map(|_| rng.below(pool.len())).min();
            *parent = pool.order[best.unwrap_or(0)];
        }
    }
}
