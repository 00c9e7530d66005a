use super::{Entry, Made, Schedule, Seen};
use crate::Result;

pub(super) const ROW: Entry = Entry {
    name: "constant",
    about: "the rate stays as it is",
    formula: "s = 1",
    paper: "Robbins & Monro 1951 show what it cannot do: with noise it does not settle",
    times: None,
    parameters: &[],
    wraps: false,
    make,
};

/// The rate stays as it is. With noisy gradients θ then does not settle
/// ([Robbins & Monro 1951](https://doi.org/10.1214/aoms/1177729586)).
///
/// ```text
/// s = 1
/// ```
struct Constant;

fn make(_: Made) -> Result<Box<dyn Schedule>> {
    Ok(Box::new(Constant))
}

impl Schedule for Constant {
    fn factor(&self, _: u64, _: &Seen) -> f64 {
        1.0
    }
}
