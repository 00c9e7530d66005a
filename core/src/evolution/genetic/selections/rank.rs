use super::{Entry, Pool, Selection, owner, unit};

pub(super) const ROW: Entry = Entry {
    name: "rank",
    about: "by rank alone, linearly: losses of any size give the same pressure",
    formula: "P(rank i) = (s − (2 s − 2) i / (n − 1)) / n,  i = 0 … n − 1",
    paper: "Baker 1985, Adaptive Selection Methods for Genetic Algorithms",
    make: |values| Box::new(Rank { pressure: values.get("pressure") }),
};

/// Linear ranking, Baker 1985.
///
/// ```text
/// P(rank i) = (s − (2 s − 2) i / (n − 1)) / n,  i = 0 … n − 1
/// ```
pub struct Rank {
    /// s in [1, 2]: how often the best is chosen where the average is chosen once.
    pub pressure: f64,
}

impl Selection for Rank {
    fn select(&self, pool: &mut Pool, parents: &mut [u32]) {
        let (n, s) = (pool.len(), self.pressure.clamp(1.0, 2.0));
        let mut sum = 0.0;
        for (i, share) in pool.shares.iter_mut().enumerate() {
            sum += s - (2.0 * s - 2.0) * i as f64 / (n - 1).max(1) as f64;
            *share = sum;
        }
        for (k, parent) in parents.iter_mut().enumerate() {
            *parent = pool.order[owner(pool.shares, unit(&mut pool.rng(k)) * sum) as usize];
        }
    }
}
