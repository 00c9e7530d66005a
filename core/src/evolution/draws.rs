//! Random numbers of evolution, keyed by (seed, generation, purpose, member).

use crate::elementary::{above_zero, ln, turn32};
use crate::kernels::{Loop, widest};
use crate::real::Number;
use crate::rng::{Rng, Stream};

/// What a number is drawn for. Numbers for different purposes never meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A first population.
    Start = 0,
    /// Who becomes a parent.
    Select = 1,
    /// How parents are joined.
    Cross = 2,
    /// How children change.
    Mutate = 3,
    /// Noise around a mean, steps of a walk.
    Noise = 4,
    /// Whether something is accepted; pulls of a swarm.
    Accept = 5,
}

/// The random numbers of one evolution.
#[derive(Clone, Copy, Debug)]
pub struct Draws {
    seed: u64,
}

impl Draws {
    /// Those of `seed`.
    pub fn of(seed: u64) -> Draws {
        Draws { seed }
    }

    /// Those of one member (below 2²⁷) of a generation: 2³⁷ draws of 32 bits, to be made in order.
    ///
    /// ```
    /// use gradus::evolution::{Draws, Purpose};
    /// let draw = |member| Draws::of(1).at(7, Purpose::Mutate, member).uniform();
    /// assert_eq!(draw(3), draw(3));
    /// assert_ne!(draw(3), draw(4));
    /// ```
    pub fn at(&self, generation: u64, purpose: Purpose, member: usize) -> Rng {
        let mut rng = Rng::new(self.seed, Stream::Population, generation * 8 + purpose as u64);
        rng.seek((member as u64) << 36);
        rng
    }

    /// A seed for each member of a generation: for what draws by seed itself.
    pub fn seed(&self, generation: u64, member: usize) -> u64 {
        let mut rng = self.at(generation, Purpose::Start, member);
        (rng.bits() as u64) << 32 | rng.bits() as u64
    }
}

/// Fills `into` with normal numbers, mean 0 and deviation 1 (Box & Muller 1958), many at a time. Of `2n − 1` numbers it
/// makes as many draws as of `2n`.
pub fn normals<R: Number>(rng: &mut Rng, into: &mut [R]) {
    for block in into.chunks_mut(2 * PAIRS) {
        let pairs = block.len().div_ceil(2);
        let mut draws = [[0; 2]; PAIRS];
        rng.fill(draws[..pairs].as_flattened_mut());
        let (mut a, mut b) = ([0.0; PAIRS], [0.0; PAIRS]);
        widest(BoxMuller { draws: &draws, a: &mut a, b: &mut b });
        for (two, (a, b)) in block.chunks_mut(2).zip(a.iter().zip(&b)) {
            two[0] = R::of(*a as f64);
            if let Some(second) = two.get_mut(1) {
                *second = R::of(*b as f64);
            }
        }
    }
}

const PAIRS: usize = 64;

/// √(−2 ln u) (cos 2πv, sin 2πv)
struct BoxMuller<'a> {
    draws: &'a [[u32; 2]; PAIRS],
    a: &'a mut [f32; PAIRS],
    b: &'a mut [f32; PAIRS],
}

impl Loop for BoxMuller<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        for i in 0..PAIRS {
            let [u, v] = self.draws[i];
            let (sin, cos) = turn32(v);
            let radius = (-2.0 * ln(above_zero(u))).sqrt();
            (self.a[i], self.b[i]) = (radius * cos, radius * sin);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_purposes_and_generations_differ() {
        let first = |g, p, m| Draws::of(1).at(g, p, m).bits();
        let base = first(5, Purpose::Cross, 2);
        for other in [first(6, Purpose::Cross, 2), first(5, Purpose::Mutate, 2), first(5, Purpose::Cross, 3)]
        {
            assert_ne!(base, other);
        }
        assert_ne!(first(0, Purpose::Select, (1 << 27) - 1), first(0, Purpose::Select, (1 << 27) - 2));
    }

    #[test]
    fn normals_have_the_moments_and_the_tails_of_a_normal() {
        let mut x = vec![0.0f64; 400_001];
        normals(&mut Draws::of(3).at(0, Purpose::Noise, 0), &mut x);
        let moment = |p: i32| x.iter().map(|x| x.powi(p)).sum::<f64>() / x.len() as f64;
        assert!(moment(1).abs() < 0.006, "{}", moment(1));
        assert!((moment(2) - 1.0).abs() < 0.01, "{}", moment(2));
        assert!(moment(3).abs() < 0.025 && (moment(4) - 3.0).abs() < 0.07, "{} {}", moment(3), moment(4));
        // P(|x| > 1, 2, 3) of a normal.
        for (beyond, share) in [(1.0, 0.317_311), (2.0, 0.045_500), (3.0, 0.002_700)] {
            let got = x.iter().filter(|x| x.abs() > beyond).count() as f64 / x.len() as f64;
            assert!((got - share).abs() < 5.0 * (share / x.len() as f64).sqrt(), "{beyond}: {got}");
        }
        let neighbours = x.windows(2).map(|w| w[0] * w[1]).sum::<f64>() / x.len() as f64;
        assert!(neighbours.abs() < 0.01, "{neighbours}");
    }

    #[test]
    fn a_shorter_stretch_is_the_beginning_of_a_longer_one() {
        let drawn = |n: usize| {
            let mut x = vec![0.0f32; n];
            normals(&mut Draws::of(9).at(4, Purpose::Noise, 8), &mut x);
            x
        };
        let all = drawn(1000);
        for n in [1, 2, 127, 128, 129, 500, 999] {
            assert_eq!(drawn(n), all[..n]);
        }
    }
}
