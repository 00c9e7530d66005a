use super::{Entry, Pool, Selection, owner, pile_up, unit};

pub(super) const ROW: Entry = Entry {
    name: "stochastic_universal",
    about: "roulette with one spin and as many pointers as parents: chance cannot pile up",
    formula: "mₖ = ⌊m P(k)⌋ or ⌈m P(k)⌉ of m parents,  P(k) = (ℓ_worst − ℓₖ) / Σⱼ (ℓ_worst − ℓⱼ)",
    paper: "Baker 1987, Reducing Bias and Inefficiency in the Selection Algorithm",
    make: |_| Box::new(StochasticUniversal),
};

/// Stochastic universal sampling, Baker 1987: a wheel as of [`Roulette`](super::Roulette), spun once, with m pointers
/// at equal distances; then the parents are put in random order, so that neighbours on the wheel do not mate.
///
/// ```text
/// mₖ = ⌊m P(k)⌋ or ⌈m P(k)⌉ of m parents,  P(k) = (ℓ_worst − ℓₖ) / Σⱼ (ℓ_worst − ℓⱼ)
/// ```
pub struct StochasticUniversal;

impl Selection for StochasticUniversal {
    fn select(&self, pool: &mut Pool, parents: &mut [u32]) {
        let total = pile_up(pool);
        let mut rng = pool.rng(0);
        let (spin, m) = (unit(&mut rng), parents.len() as f64);
        for (k, parent) in parents.iter_mut().enumerate() {
            *parent = owner(pool.shares, (k as f64 + spin) / m * total);
        }
        rng.shuffle(parents);
    }
}
