//! Where a first population lies.

use super::{Draws, Purpose, normals};
use crate::layout::Layout;
use crate::optimizer::Setup;
use crate::real::Number;
use crate::rng::MANY;
use crate::rng::{Rng, Stream};
use crate::words::{Parameter, Values};

/// Where a first population lies. Member 0 is θ itself (but for `box`); the others:
///
/// | `spread` | a gene starts at |
/// |---|---|
/// | `init` | what its part's initializer draws; where that is zero (biases, functions): θ + σ N(0, 1) |
/// | `sigma` | θ + σ N(0, 1) |
/// | `box` | U(lower, upper) |
///
/// So by default a network's members are as different as networks of different seeds, and those of a function lie
/// around its start.
#[derive(Clone)]
pub struct Spread {
    how: How,
    sigma: f64,
    lower: f64,
    upper: f64,
    layout: Layout,
    draws: Draws,
}

#[derive(Clone, Copy, PartialEq)]
enum How {
    Init,
    Sigma,
    Box,
}

/// Its parameters, beside `sigma`.
pub(crate) const SPREAD: Parameter = Parameter::word(
    "spread",
    &["init", "sigma", "box"],
    "where the first population lies: drawn as weights start, around θ, or in a box",
);
pub(crate) const LOWER: Parameter = Parameter::number(
    "lower",
    "lower",
    -1.0,
    (f64::NEG_INFINITY, f64::INFINITY),
    "the least value of a gene in the box",
);
pub(crate) const UPPER: Parameter = Parameter::number(
    "upper",
    "upper",
    1.0,
    (f64::NEG_INFINITY, f64::INFINITY),
    "the greatest value of a gene in the box",
);

impl Spread {
    /// As the parameters `spread`, `sigma`, `lower` and `upper` say.
    pub fn of(values: &Values, setup: &Setup) -> Spread {
        let how = match values.word("spread") {
            "init" => How::Init,
            "sigma" => How::Sigma,
            _ => How::Box,
        };
        let (a, b) = (values.get("lower"), values.get("upper"));
        Spread {
            how,
            sigma: values.get("sigma"),
            lower: a.min(b),
            upper: a.max(b),
            layout: setup.layout.clone(),
            draws: Draws::of(setup.seed),
        }
    }

    /// The bounds of the box, if it is one.
    pub fn bounds(&self) -> Option<(f64, f64)> {
        (self.how == How::Box).then_some((self.lower, self.upper))
    }

    /// Writes member `k` of the population that starts at `generation`.
    pub fn member<R: Number>(&self, theta: &[R], generation: u64, k: usize, into: &mut [R]) {
        into.copy_from_slice(theta);
        if self.how == How::Box {
            let (mut rng, mut draws) = (self.draws.at(generation, Purpose::Start, k), [0.0; MANY]);
            let width = self.upper - self.lower;
            for into in into.chunks_mut(MANY) {
                rng.uniforms(&mut draws[..into.len()]);
                into.iter_mut().zip(&draws).for_each(|(x, u)| *x = R::of(self.lower + width * *u as f64));
            }
        } else if k > 0 {
            normals(&mut self.draws.at(generation, Purpose::Noise, k), into);
            let sigma = R::of(self.sigma);
            into.iter_mut().zip(theta).for_each(|(x, w)| *x = *w + sigma * *x);
            if self.how == How::Init {
                self.as_weights_start(generation, k, into);
            }
        }
    }

    /// What [`Layout::start`] gives with the member's own seed, part by part.
    fn as_weights_start<R: Number>(&self, generation: u64, k: usize, into: &mut [R]) {
        let seed = self.draws.seed(generation, k);
        for (p, part) in self.layout.parts().iter().enumerate() {
            let mut rng = Rng::new(seed, Stream::Init, p as u64);
            // Weights are drawn in order, so they can be drawn a few at a time.
            for piece in into[part.range()].chunks_mut(PIECE) {
                let mut drawn = [0.0; PIECE];
                let drawn = &mut drawn[..piece.len()];
                part.start.fill(part.fan, drawn, &mut rng);
                // A part that always starts at zero keeps its noise around θ.
                if drawn.iter().any(|w| *w != 0.0) {
                    piece.iter_mut().zip(drawn).for_each(|(x, w)| *x = R::of(*w as f64));
                }
            }
        }
    }
}

const PIECE: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::initializers::{self, Fan};
    use crate::op::Shape;
    use crate::threads::Threads;

    fn spread(how: f64, layout: &Layout) -> Spread {
        let at = |p: Parameter, default| Parameter { default, ..p };
        let sigma = crate::evolution::sigma(0.5, "");
        let values = Values::defaults(&[at(SPREAD, how), sigma, at(LOWER, -2.0), at(UPPER, 3.0)]);
        Spread::of(&values, &Setup::new(layout, &Threads::new(1)).seed(4))
    }

    /// 600 weights that start at random, 300 biases that start at zero.
    fn network() -> Layout {
        let mut layout = Layout::default();
        let fan = Fan { inputs: 2, outputs: 300 };
        layout.push("w".into(), Shape::new(&[2, 300]), initializers::named("he_normal").unwrap(), fan);
        layout.push("b".into(), Shape::new(&[300]), initializers::named("zeros").unwrap(), fan);
        layout
    }

    fn deviation(x: &[f32], from: &[f32]) -> f64 {
        let squares = x.iter().zip(from).map(|(x, w)| (*x as f64 - *w as f64).powi(2));
        (squares.sum::<f64>() / x.len() as f64).sqrt()
    }

    #[test]
    fn init_draws_weights_as_they_start_and_puts_noise_around_biases() {
        let (layout, theta) = (network(), vec![7.0f32; 900]);
        let spread = spread(0.0, &layout);
        let mut x = vec![0.0; 900];
        spread.member(&theta, 0, 0, &mut x);
        assert_eq!(x, theta, "member 0 is θ");
        spread.member(&theta, 0, 5, &mut x);
        assert_eq!(x[..600], layout.start(Draws::of(4).seed(0, 5))[..600], "as Layout::start");
        assert!((deviation(&x[600..], &theta[600..]) - 0.5).abs() < 0.05);
        let five = x.clone();
        spread.member(&theta, 0, 6, &mut x);
        assert!(x[..600] != five[..600] && x[600..] != five[600..]);
        spread.member(&theta, 9, 5, &mut x);
        assert!(x[..600] != five[..600], "a later start is another");
    }

    #[test]
    fn sigma_lies_around_theta_and_a_box_within_its_bounds() {
        let (layout, theta) = (network(), vec![7.0f32; 900]);
        let mut x = vec![0.0; 900];
        spread(1.0, &layout).member(&theta, 0, 1, &mut x);
        assert!((deviation(&x, &theta) - 0.5).abs() < 0.04);
        let boxed = spread(2.0, &layout);
        boxed.member(&theta, 0, 0, &mut x);
        assert!(x.iter().all(|x| (-2.0..=3.0).contains(x)));
        let (least, most) = x.iter().fold((9.0f32, -9.0f32), |(a, b), x| (a.min(*x), b.max(*x)));
        assert!(least < -1.95 && most > 2.95, "{least} {most}: the box is filled");
        assert_eq!(boxed.bounds(), Some((-2.0, 3.0)));
    }
}
