//! Who is better, and how far apart a population is.

use std::cmp::Ordering;
use std::ops::Range;

use crate::kernels::{Loop, widest};
use crate::real::Number;
use crate::threads::{Shared, Threads};

/// Lower first; what is not finite last; equals are equal.
fn compare<R: Number>(a: R, b: R) -> Ordering {
    match (a.is_finite(), b.is_finite()) {
        (true, true) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
        (a, b) => b.cmp(&a),
    }
}

/// The members in `order`, best first; equals by their place, what is not finite last. Allocates nothing.
///
/// ```
/// let mut order = [0; 4];
/// gradus::evolution::rank(&[3.0, f64::NAN, 1.0, 1.0], &mut order);
/// assert_eq!(order, [2, 3, 0, 1]);
/// ```
pub fn rank<R: Number>(losses: &[R], order: &mut [u32]) {
    order.iter_mut().zip(0..).for_each(|(o, i)| *o = i);
    order.sort_unstable_by(|a, b| compare(losses[*a as usize], losses[*b as usize]).then(a.cmp(b)));
}

/// The first member of the least finite loss; none if no loss is finite.
pub fn least<R: Number>(losses: &[R]) -> Option<usize> {
    let finite = (0..losses.len()).filter(|i| losses[*i].is_finite());
    finite.min_by(|a, b| compare(losses[*a], losses[*b]).then(a.cmp(b)))
}

/// Measures how far apart a population is.
pub struct Diversity {
    /// Of each stretch of genes.
    squares: Vec<f64>,
    threads: Threads,
}

/// Genes that one task measures: as many as a small page holds of a member.
const GENES: usize = 1024;

impl Diversity {
    /// For θ of so many weights.
    pub fn new(weights: usize, threads: &Threads) -> Self {
        Diversity { squares: vec![0.0; weights.div_ceil(GENES)], threads: threads.clone() }
    }

    /// The root mean square distance of a gene from the population's mean: √(Σ (xₖᵢ − x̄ᵢ)² / (members · weights)).
    pub fn of<R: Number>(&mut self, population: &[R], weights: usize) -> f64 {
        let (members, squares) = (population.len() / weights.max(1), Shared::of(&mut self.squares));
        if members == 0 {
            return 0.0;
        }
        self.threads.for_each(weights.div_ceil(GENES), &|block| {
            let genes = block * GENES..weights.min((block + 1) * GENES);
            let square = widest(Block { population, weights, genes });
            // SAFETY: each block has one number, written by one task.
            unsafe { squares.slice(block..block + 1)[0] = square }
        });
        (self.squares.iter().sum::<f64>() / (members * weights) as f64).sqrt()
    }
}

/// Σ (xₖᵢ − x̄ᵢ)² of at most [`GENES`] genes, in one pass: with d = x − x₁, Σ d² − (Σ d)² / n of each. As the first d is 0, that is
/// never less than Σ d² / n, so of 16 digits no more are lost than n has.
struct Block<'a, R> {
    population: &'a [R],
    weights: usize,
    genes: Range<usize>,
}

impl<'a, R: Number> Loop for Block<'a, R> {
    type Out = f64;
    #[inline(always)]
    fn run(self) -> f64 {
        let genes = |theta: &'a [R]| &theta[self.genes.clone()];
        let first = genes(self.population);
        let (mut sums, mut squares) = ([0.0; GENES], [0.0; GENES]);
        // Four at a time: memory answers them together.
        let fours = self.population.chunks_exact(4 * self.weights);
        for one in fours.remainder().chunks_exact(self.weights).map(genes) {
            for (((sum, square), x), first) in sums.iter_mut().zip(&mut squares).zip(one).zip(first) {
                let d = x.to_f64() - first.to_f64();
                (*sum, *square) = (*sum + d, *square + d * d);
            }
        }
        for four in fours {
            let member = |k: usize| genes(&four[k * self.weights..]);
            let others = member(0).iter().zip(member(1)).zip(member(2).iter().zip(member(3)));
            for (((sum, square), ((x, y), (z, w))), first) in
                sums.iter_mut().zip(&mut squares).zip(others).zip(first)
            {
                let first = first.to_f64();
                let [x, y, z, w] = [x, y, z, w].map(|x| x.to_f64() - first);
                *sum += (x + y) + (z + w);
                *square += (x * x + y * y) + (z * z + w * w);
            }
        }
        let members = self.population.chunks_exact(self.weights);
        let count = members.len() as f64;
        sums.iter().zip(&squares).map(|(sum, square)| square - sum * sum / count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranking_is_by_loss_then_place_and_garbage_is_last() {
        let losses = [2.0f32, f32::NAN, -1.0, f32::INFINITY, 2.0, f32::NEG_INFINITY, -1.0];
        let mut order = [0; 7];
        rank(&losses, &mut order);
        assert_eq!(order, [2, 6, 0, 4, 1, 3, 5]);
        assert_eq!(least(&losses), Some(2));
        assert_eq!(least(&[f32::NAN, f32::INFINITY]), None);
        assert_eq!(least::<f32>(&[]), None);
    }

    #[test]
    fn diversity_is_its_formula_on_any_number_of_threads() {
        let (members, weights) = (7, 150);
        let x: Vec<f64> = (0..members * weights).map(|i| ((i * 37) % 101) as f64 / 10.0).collect();
        let mut sum = 0.0;
        for i in 0..weights {
            let gene = || (0..members).map(|k| x[k * weights + i]);
            let mean = gene().sum::<f64>() / members as f64;
            sum += gene().map(|x| (x - mean) * (x - mean)).sum::<f64>();
        }
        let want = (sum / (members * weights) as f64).sqrt();
        let got = |threads| Diversity::new(weights, &Threads::new(threads)).of(&x, weights);
        assert!((got(1) - want).abs() < 1e-12, "{} {want}", got(1));
        assert_eq!([got(2), got(3), got(8)], [got(1); 3]);
        assert_eq!(Diversity::new(2, &Threads::new(1)).of(&[0.1, 0.7].repeat(99), 2), 0.0);
        // The first member far from all others, and from zero: the others' spread is 0.
        for (first, rest, members) in [(1e8, 1e8 + 3.0, 250), (-1e9, 1.0, 7), (0.1, 0.1 + 1e-9, 101)] {
            let mut far = vec![rest; members];
            far[0] = first;
            let (n, apart): (f64, f64) = (members as f64, rest - first);
            let (got, want) = (Diversity::new(1, &Threads::new(1)).of(&far, 1), apart * (n - 1.0).sqrt() / n);
            assert!((got / want - 1.0).abs() < 1e-12, "{got} {want}");
        }
    }
}
