use super::{Entry, Pool, Selection, owner, pile_up, unit};

pub(super) const ROW: Entry = Entry {
    name: "roulette",
    about: "in proportion to how much better than the worst; spun anew for each parent",
    formula: "P(k) = (ℓ_worst − ℓₖ) / Σⱼ (ℓ_worst − ℓⱼ)",
    paper: "Holland 1975, Adaptation in Natural and Artificial Systems; Goldberg 1989, Genetic Algorithms",
    make: |_| Box::new(Roulette),
};

/// Roulette wheel, Holland 1975, with the worst loss as the zero of fitness (Goldberg 1989 calls it windowing). The
/// worst is never chosen; if all losses are equal, all are equally likely.
///
/// ```text
/// P(k) = (ℓ_worst − ℓₖ) / Σⱼ (ℓ_worst − ℓⱼ)
/// ```
pub struct Roulette;

impl Selection for Roulette {
    fn select(&self, pool: &mut Pool, parents: &mut [u32]) {
        let total = pile_up(pool);
        for (k, parent) in parents.iter_mut().enumerate() {
            *parent = owner(pool.shares, unit(&mut pool.rng(k)) * total);
        }
    }
}
