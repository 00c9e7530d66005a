//! f18, Schaffer's F7 with condition 1000.
//!
//! ```text
//! f(x) = (1/(D − 1) Σ √sᵢ (1 + sin²(50 sᵢ^0.2)))² + 10 f_pen + f_opt,  sᵢ = √(zᵢ² + zᵢ₊₁²)
//! z = Λ^1000 Q T_asy^0.5(R (x − x_opt))
//! ```

use super::instance::Instance;
use super::{Entry, row, schaffers};

pub(super) const ROW: Entry = row(
    "bbob_schaffers_f7_ill",
    &["f18"],
    "f18: as f17, with condition 1000",
    "f(x) = (1/(D − 1) Σ √sᵢ (1 + sin²(50 sᵢ^0.2)))² + 10 f_pen + f_opt,  sᵢ = √(zᵢ² + zᵢ₊₁²)",
    |values| schaffers::build(&Instance::of(18, values), 1000.0),
);
