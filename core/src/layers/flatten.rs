use super::{Entry, Layer};
use crate::Result;
use crate::graph::{Graph, Var};
use crate::words::Words;

pub(super) const ROW: Entry = Entry {
    name: "flatten",
    form: "",
    formula: "y[(iy width + ix) channels + c] = x[iy, ix, c]",
    about: "a picture as a row of numbers; costs nothing. `dense` does it by itself",
    paper: "LeCun et al. 1998, Gradient-based learning applied to document recognition",
    parse,
};

/// A picture as a row of numbers: the same memory, seen in another shape.
///
/// ```text
/// y[(iy width + ix) channels + c] = x[iy, ix, c]
/// ```
pub struct Flatten;

fn parse(_: &mut Words) -> Result<Box<dyn Layer>> {
    Ok(Box::new(Flatten))
}

impl Layer for Flatten {
    fn kind(&self) -> &'static str {
        ROW.name
    }

    fn line(&self) -> String {
        ROW.name.into()
    }

    fn build(&self, graph: &mut Graph, x: Var) -> Result<Var> {
        Ok(graph.flat(x))
    }
}
