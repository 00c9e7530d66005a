//! f22, Gallagher's 21 peaks, placed at random; the best one is narrow.
//!
//! ```text
//! f(x) = T_osz(10 − maxᵢ wᵢ exp(−1/(2D) (x − yᵢ)ᵀ Qᵀ Cᵢ Q (x − yᵢ)))² + f_pen + f_opt
//! ```
//!
//! As f21 with p = 21 and α₁ = 1000.

use super::instance::Instance;
use super::{Entry, gallagher_101, row};

pub(super) const ROW: Entry = row(
    "bbob_gallagher_21",
    &["f22"],
    "f22: 21 peaks placed at random, the best one narrow",
    "f(x) = T_osz(10 − maxᵢ wᵢ exp(−1/(2D) (x − yᵢ)ᵀ Qᵀ Cᵢ Q (x − yᵢ)))² + f_pen + f_opt",
    |values| gallagher_101::build(&Instance::of(22, values), 21, 1000.0, 9.8),
);
