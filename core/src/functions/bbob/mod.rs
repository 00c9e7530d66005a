//! The 24 noiseless functions of the Black-Box Optimization Benchmark, as the COCO platform defines them.
//!
//! Hansen, Finck, Ros & Auger 2009, *Real-Parameter Black-Box Optimization Benchmarking 2009: Noiseless Functions
//! Definitions*, INRIA RR-6829. Optimizers are compared on them all over the world, so the numbers must be the same: each
//! instance has its own place and value of the minimum and its own rotations, drawn by the generator of the original.
//! Where paper and program differ, this follows the program.
//!
//! ```text
//! f(x) = raw(z) + f_opt,  z made from x − x_opt
//! ```
//!
//! Written here as there, z runs through some of:
//!
//! ```text
//! Λ^α     : zᵢ α^(½ tᵢ),  tᵢ = (i − 1) / (D − 1)
//! T_osz   : sign(zᵢ) exp(u + 0.049 (sin c₁u + sin c₂u)),  u = ln |zᵢ|;  c = 10 and 7.9 if zᵢ > 0, else 5.5 and 3.1
//! T_asy^β : zᵢ^(1 + β tᵢ √zᵢ) where zᵢ > 0
//! R, Q    : rotations
//! f_pen   : Σ max(0, |xᵢ| − 5)²
//! ```
//!
//! The box is [−5, 5]ᴰ, D from 2. The functions use the platform's `exp`, `ln`, `sin`, `cos` and `powf`: unlike the rest of
//! the library, their last bits may differ from one platform to another. Their gradients are central differences,
//! (f(x + h) − f(x − h)) / 2h with h = 2⁻²⁰ max(1, |xᵢ| / 8): 2 D evaluations, some nine right digits where the function
//! is smooth, few where it is rugged (f16, f19, f23).

mod attractive_sector;
mod bent_cigar;
mod bueche_rastrigin;
mod different_powers;
mod discus;
mod ellipsoid;
mod ellipsoid_rotated;
mod gallagher_101;
mod gallagher_21;
mod griewank_rosenbrock;
mod instance;
mod katsuura;
mod linear_slope;
mod lunacek;
mod rastrigin;
mod rastrigin_rotated;
mod rosenbrock;
mod rosenbrock_rotated;
mod schaffers;
mod schaffers_ill;
mod schwefel;
mod sharp_ridge;
mod sphere;
mod step_ellipsoid;
mod transform;
mod weierstrass;

use super::{Dimension, Entry, Function, Least, Noise};
use crate::gradients::Expression;
use crate::real::Dual;
use crate::words::{Parameter, Values};
use instance::Instance;

/// The functions f1 to f24, in their order.
pub static BBOB: &[Entry] = &[
    sphere::ROW,
    ellipsoid::ROW,
    rastrigin::ROW,
    bueche_rastrigin::ROW,
    linear_slope::ROW,
    attractive_sector::ROW,
    step_ellipsoid::ROW,
    rosenbrock::ROW,
    rosenbrock_rotated::ROW,
    ellipsoid_rotated::ROW,
    discus::ROW,
    bent_cigar::ROW,
    sharp_ridge::ROW,
    different_powers::ROW,
    rastrigin_rotated::ROW,
    weierstrass::ROW,
    schaffers::ROW,
    schaffers_ill::ROW,
    griewank_rosenbrock::ROW,
    schwefel::ROW,
    gallagher_101::ROW,
    gallagher_21::ROW,
    katsuura::ROW,
    lunacek::ROW,
];

const PARAMETERS: &[Parameter] = &[
    Parameter::whole("dim", "D", 2, (2, 1000), "how many numbers it takes"),
    Parameter::whole("instance", "i", 1, (1, 1_000_000), "which place, value and rotations"),
];

/// A row: what the 24 have in common, filled in.
const fn row(
    name: &'static str,
    number: &'static [&'static str; 1],
    about: &'static str,
    formula: &'static str,
    build: fn(&Values) -> Box<dyn Function>,
) -> Entry {
    Entry {
        name,
        aliases: number,
        about,
        formula,
        paper: "Hansen, Finck, Ros & Auger 2009, Real-Parameter Black-Box Optimization Benchmarking 2009, INRIA RR-6829",
        dimension: Dimension::Any,
        parameters: PARAMETERS,
        start: |dim| vec![0.0; dim],
        within: (-5.0, 5.0),
        noisy: false,
        build,
    }
}

/// What one of the 24 adds to the rest.
trait Shape: Send + Sync + 'static {
    /// f(x) − f_opt. `z` comes as x − shift; both it and `room`, as long, may be written to.
    fn value(&self, x: &[f64], z: &mut [f64], room: &mut [f64]) -> f64;
}

/// A function of the 24, with all that its instance says.
struct Bbob {
    f_opt: f64,
    /// Where it is least.
    place: Vec<f64>,
    /// What is taken off x to begin with: mostly the same.
    shift: Vec<f64>,
    shape: Box<dyn Shape>,
}

impl Bbob {
    /// Least at `place`, from which z is measured.
    fn around(at: &Instance, place: Vec<f64>, shape: impl Shape) -> Box<dyn Function> {
        Box::new(Bbob { f_opt: at.f_opt(), shift: place.clone(), place, shape: Box::new(shape) })
    }

    /// Least at `place`, but z begins as x.
    fn unshifted(at: &Instance, place: Vec<f64>, shape: impl Shape) -> Box<dyn Function> {
        Box::new(Bbob { f_opt: at.f_opt(), shift: vec![0.0; place.len()], place, shape: Box::new(shape) })
    }

    /// f(x) − f_opt; NaN if any coordinate is.
    fn above(&self, x: &[f64], room: &mut [f64]) -> f64 {
        if x.iter().any(|x| x.is_nan()) {
            return f64::NAN;
        }
        let (z, room) = room[..2 * x.len()].split_at_mut(x.len());
        z.iter_mut().zip(x).zip(&self.shift).for_each(|((z, x), shift)| *z = x - shift);
        self.shape.value(x, z, room)
    }
}

impl Function for Bbob {
    fn room(&self) -> usize {
        // For z, for the shape, and for the neighbours that a gradient asks.
        3 * self.place.len()
    }

    fn value(&self, x: &[f64], room: &mut [f64]) -> f64 {
        self.above(x, room) + self.f_opt
    }

    fn gradient(&self, x: &[f64], grad: &mut [f64], room: &mut [f64]) -> f64 {
        let (near, room) = room.split_at_mut(x.len());
        near.copy_from_slice(x);
        for i in 0..x.len() {
            // Small, as some functions have waves of 10⁻⁴; x ± h are exact in most of the box.
            let step = (1.0 / 1_048_576.0) * (x[i].abs() / 8.0).max(1.0);
            near[i] = x[i] + step;
            let (above, right) = (self.above(near, room), near[i]);
            near[i] = x[i] - step;
            grad[i] = (above - self.above(near, room)) / (right - near[i]);
            near[i] = x[i];
        }
        self.above(x, room) + self.f_opt
    }

    fn dual(&self, _: &[Dual]) -> Option<Dual> {
        None
    }

    fn expression(&self, _: &[Expression]) -> Option<Expression> {
        None
    }

    fn least(&self) -> Option<Least> {
        Least::at(self.place.clone(), self.f_opt)
    }

    fn noise(&self) -> Noise {
        Noise::default()
    }
}
