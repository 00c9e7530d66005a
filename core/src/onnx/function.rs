//! Functions of one number: by ONNX's own name where it has one that a runtime joins to the node before, else node by node as
//! the formula says, so that a new activation needs no line here.

use super::{Attribute, Sketch, Value};
use crate::activations::{self, Activation};
use crate::gradients::formula::{Expression, Function, Name, Node, Sheet, on_clean_sheet};

/// Formulas of one activation: far more than any has.
const LIMIT: usize = 10_000;

impl Sketch {
    /// y = f(x), number by number.
    ///
    /// # Errors
    /// If the formula is not one of a single number.
    pub fn function(&mut self, f: &Activation, x: Value) -> Result<Value, String> {
        if f.is_identity() {
            return Ok(x);
        }
        // Those of the table: one of a user's own may have the name of another.
        let known = activations::named(f.name).is_some_and(|known| std::ptr::eq(known, f));
        let own = match f.name {
            _ if !known => None,
            "relu" => Some(("Relu", None)),
            "sigmoid" => Some(("Sigmoid", None)),
            "tanh" => Some(("Tanh", None)),
            "softplus" => Some(("Softplus", None)),
            "elu" => Some(("Elu", Some(1.0))),
            "leaky_relu" => Some(("LeakyRelu", Some(0.01))),
            _ => None,
        };
        if let Some((op, alpha)) = own {
            let alpha = alpha.map(|alpha| ("alpha", Attribute::Float(alpha)));
            return Ok(self.node(op, &[&x], alpha.into_iter().collect()));
        }
        self.formula(f, x)
    }

    /// y = f(x) as the formula of f says.
    pub(super) fn formula(&mut self, f: &Activation, x: Value) -> Result<Value, String> {
        let of_x = || (f.written)(Expression::symbol(Name { letter: "x", number: 0 }));
        let (y, sheet) = on_clean_sheet(LIMIT, of_x);
        Written { to: self, sheet: &sheet, x, known: vec![None; sheet.len()] }
            .value(y)
            .map_err(|what| format!("the function `{}` {what}", f.name))
    }
}

struct Written<'a> {
    to: &'a mut Sketch,
    sheet: &'a Sheet,
    x: Value,
    /// What is written already, by its place on the sheet.
    known: Vec<Option<Value>>,
}

impl Written<'_> {
    fn value(&mut self, e: Expression) -> Result<Value, String> {
        let place = self.sheet.place(e);
        if let Some(known) = &self.known[place] {
            return Ok(known.clone());
        }
        let sheet = self.sheet;
        let value = match sheet.node(e) {
            Node::Number(c) => self.to.number("number", c.0 as f32),
            Node::Symbol(_) => self.x.clone(),
            Node::Sum(terms) => {
                let term = |this: &mut Self, c: f64, e: Expression| {
                    if c == 1.0 {
                        return this.value(e);
                    }
                    let factor = this.to.number("factor", c as f32);
                    if e == Sheet::ONE {
                        return Ok(factor);
                    }
                    let e = this.value(e)?;
                    Ok(this.to.node("Mul", &[&e, &factor], vec![]))
                };
                let mut values =
                    terms.iter().map(|(c, e)| term(self, c.0, *e)).collect::<Result<Vec<_>, String>>()?;
                let first = values.remove(0);
                values.iter().fold(first, |sum, value| self.to.node("Add", &[&sum, value], vec![]))
            }
            Node::Product(factors) => {
                let mut product: Option<Value> = None;
                for (e, power) in factors {
                    let mut factor = self.value(*e)?;
                    if *power < 0 {
                        factor = self.to.node("Reciprocal", &[&factor], vec![]);
                    }
                    for _ in 0..power.unsigned_abs() {
                        product = Some(match product {
                            Some(product) => self.to.node("Mul", &[&product, &factor], vec![]),
                            None => factor.clone(),
                        });
                    }
                }
                product.ok_or("has a product of nothing in its formula")?
            }
            Node::Apply(function, e) => {
                let e = self.value(*e)?;
                self.to.node(name(*function), &[&e], vec![])
            }
            Node::Choice { condition, then, other } => {
                let [condition, then, other] =
                    [self.value(*condition)?, self.value(*then)?, self.value(*other)?];
                let zero = self.to.number("zero", 0.0);
                let positive = self.to.node("Greater", &[&condition, &zero], vec![]);
                self.to.node("Where", &[&positive, &then, &other], vec![])
            }
            Node::LogSumExp(_) | Node::Share(..) => return Err("takes several numbers together".into()),
        };
        self.known[place] = Some(value.clone());
        Ok(value)
    }
}

fn name(function: Function) -> &'static str {
    match function {
        Function::Exp => "Exp",
        Function::Ln => "Log",
        Function::Sqrt => "Sqrt",
        Function::Tanh => "Tanh",
        Function::Sigmoid => "Sigmoid",
        Function::Softplus => "Softplus",
        Function::Sin => "Sin",
        Function::Cos => "Cos",
        Function::Abs => "Abs",
        Function::Sign => "Sign",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::activations::{ACTIVATIONS, Curve, Keeps};
    use crate::onnx::{Node as Step, Numbers};
    use crate::real::Real;

    /// Runs the nodes on one number.
    fn run(sketch: &Sketch, x: f64) -> f64 {
        let mut known = HashMap::from([("x".to_string(), x)]);
        for constant in &sketch.constants {
            let Numbers::Floats(numbers) = &constant.numbers else {
                panic!("no function reads whole numbers")
            };
            known.insert(constant.value.name().into(), f64::from(numbers[0]));
        }
        let mut last = x;
        for Step { op, inputs, output, .. } in &sketch.nodes {
            let x: Vec<f64> = inputs.iter().map(|value| known[value.name()]).collect();
            last = match *op {
                "Add" => x[0] + x[1],
                "Mul" => x[0] * x[1],
                "Reciprocal" => 1.0 / x[0],
                "Greater" => f64::from(x[0] > x[1]),
                "Where" => [x[2], x[1]][x[0] as usize],
                "Exp" => x[0].exp(),
                "Tanh" => x[0].tanh(),
                "Sigmoid" => 1.0 / (1.0 + (-x[0]).exp()),
                "Softplus" => x[0].exp().ln_1p(),
                other => panic!("{other} is not known to this test"),
            };
            known.insert(output.name().into(), last);
        }
        last
    }

    /// x / (1 + x²), or 3 where x ≤ −1: has what no activation of the table has.
    struct Odd;
    impl Curve for Odd {
        const KEEPS: Keeps = Keeps::Input;
        fn value<R: Real>(x: R) -> R {
            (x / (R::of(1.0) + x * x)).where_positive(x + R::of(1.0), R::of(3.0))
        }
        fn slope<R: Real>(x: R) -> R {
            x
        }
    }

    #[test]
    fn nodes_compute_what_the_formula_says() {
        let odd = Activation::of::<Odd>("odd", "", "", "");
        for f in ACTIVATIONS.iter().chain([&odd]) {
            let mut sketch = Sketch::default();
            let x = sketch.fresh("x");
            sketch.formula(f, x).unwrap();
            for x in [-7.5, -1.0, -0.3, 0.0, 0.4, 1.0, 6.0] {
                let (found, want) = (run(&sketch, x), (f.value)(x));
                assert!(
                    (found - want).abs() <= 1e-6 * want.abs().max(1.0),
                    "{} at {x}: {found}, not {want}",
                    f.name
                );
            }
        }
    }

    #[test]
    fn a_function_of_a_users_own_is_not_the_one_of_the_same_name() {
        let own = Activation::of::<Odd>("elu", "", "", "");
        let mut sketch = Sketch::default();
        let x = sketch.fresh("x");
        sketch.function(&own, x).unwrap();
        assert!(
            sketch.nodes.iter().all(|node| node.op != "Elu") && run(&sketch, -2.0) == 3.0,
            "{:?}",
            sketch.nodes
        );
    }

    #[test]
    fn functions_that_onnx_knows_are_one_node() {
        for f in ACTIVATIONS {
            let mut sketch = Sketch::default();
            let x = sketch.fresh("x");
            sketch.function(f, x).unwrap();
            let own = !matches!(f.name, "identity" | "silu" | "gelu");
            assert!(!own || sketch.nodes.len() == 1, "{}: {:?}", f.name, sketch.nodes);
        }
    }
}
