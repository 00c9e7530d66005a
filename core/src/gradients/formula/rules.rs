//! Differentiation by the rules of school.
//!
//! ```text
//! (f + g)′ = f′ + g′        (f g)′ = f′ g + f g′        (fⁿ)′ = n fⁿ⁻¹ f′        f(g)′ = f′(g) g′
//! e′ = e    ln′x = 1/x    tanh′ = 1 − tanh²    σ′ = σ (1 − σ)    ln(1 + eˣ)′ = σ    |x|′ = sign x    sign′ = 0
//! sin′ = cos    cos′ = −sin
//! [a if c > 0, else b]′ = [a′ if c > 0, else b′]       so relu has slope 0 at 0
//! ∂/∂zₖ ln Σ eᶻʲ = pₖ = eᶻᵏ / Σ eᶻʲ                    ∂pₖ/∂zⱼ = pₖ ([k = j] − pⱼ)
//! ```

use std::collections::HashMap;

use super::Expression;
use super::sheet::{Function, Node, Sheet};

/// Differentiates by one variable after another; within one, each expression once.
pub(crate) struct Derivatives {
    /// By place: the variable it was made for, counted from 1, and the derivative.
    known: Vec<(u32, Expression)>,
    round: u32,
    /// What has been [`Derivatives::factored`].
    factored: HashMap<Expression, Expression>,
}

impl Derivatives {
    pub fn new() -> Self {
        Derivatives { known: Vec::new(), round: 0, factored: HashMap::new() }
    }

    /// ∂e/∂variable
    pub fn of(&mut self, sheet: &mut Sheet, e: Expression, variable: Expression) -> Expression {
        self.round += 1;
        self.walk(sheet, e, variable)
    }

    fn walk(&mut self, sheet: &mut Sheet, e: Expression, variable: Expression) -> Expression {
        if e == variable {
            return Sheet::ONE;
        }
        let place = sheet.place(e);
        if let Some((round, known)) = self.known.get(place)
            && *round == self.round
        {
            return *known;
        }
        let result = self.rule(sheet, e, variable);
        if self.known.len() <= place {
            self.known.resize(place + 1, (0, Sheet::ZERO));
        }
        self.known[place] = (self.round, result);
        result
    }

    fn rule(&mut self, sheet: &mut Sheet, e: Expression, variable: Expression) -> Expression {
        match sheet.node(e).clone() {
            Node::Number(_) | Node::Symbol(_) => Sheet::ZERO,
            Node::Sum(terms) => {
                let terms: Vec<(f64, Expression)> =
                    terms.iter().map(|(c, e)| (c.0, self.walk(sheet, *e, variable))).collect();
                sheet.sum(&terms)
            }
            Node::Product(factors) => {
                let mut terms = Vec::new();
                for (i, (f, n)) in factors.iter().enumerate() {
                    let inner = self.walk(sheet, *f, variable);
                    if inner == Sheet::ZERO {
                        continue;
                    }
                    let mut all = factors.clone();
                    all[i].1 = n - 1;
                    all.push((inner, 1));
                    terms.push((*n as f64, sheet.product(&all)));
                }
                sheet.sum(&terms)
            }
            Node::Apply(function, of) => {
                let inner = self.walk(sheet, of, variable);
                if inner == Sheet::ZERO {
                    return inner;
                }
                let outer = slope(sheet, function, e, of);
                sheet.product(&[(outer, 1), (inner, 1)])
            }
            Node::LogSumExp(of) => {
                let mut terms = Vec::new();
                for (k, z) in of.iter().enumerate() {
                    let inner = self.walk(sheet, *z, variable);
                    if inner != Sheet::ZERO {
                        let share = sheet.share(&of, k);
                        terms.push((1.0, sheet.product(&[(share, 1), (inner, 1)])));
                    }
                }
                sheet.sum(&terms)
            }
            Node::Share(of, k) => {
                let mut terms = Vec::new();
                for (j, z) in of.iter().enumerate() {
                    let inner = self.walk(sheet, *z, variable);
                    let share = sheet.share(&of, j);
                    let one = if j == k { 1.0 } else { 0.0 };
                    let outer = sheet.sum(&[(one, Sheet::ONE), (-1.0, share)]);
                    terms.push((1.0, sheet.product(&[(e, 1), (outer, 1), (inner, 1)])));
                }
                sheet.sum(&terms)
            }
            Node::Choice { condition, then, other } => {
                let then = self.walk(sheet, then, variable);
                let other = self.walk(sheet, other, variable);
                sheet.choose(condition, then, other)
            }
        }
    }
}

/// f′(of), where `e` = f(of).
fn slope(sheet: &mut Sheet, function: Function, e: Expression, of: Expression) -> Expression {
    match function {
        Function::Exp => e,
        Function::Ln => sheet.product(&[(of, -1)]),
        Function::Sqrt => {
            let inverse = sheet.product(&[(e, -1)]);
            sheet.sum(&[(0.5, inverse)])
        }
        Function::Tanh => {
            let square = sheet.product(&[(e, 2)]);
            sheet.sum(&[(1.0, Sheet::ONE), (-1.0, square)])
        }
        Function::Sigmoid => {
            let rest = sheet.sum(&[(1.0, Sheet::ONE), (-1.0, e)]);
            sheet.product(&[(e, 1), (rest, 1)])
        }
        Function::Softplus => sheet.apply(Function::Sigmoid, of),
        Function::Sin => sheet.apply(Function::Cos, of),
        Function::Cos => {
            let sin = sheet.apply(Function::Sin, of);
            sheet.sum(&[(-1.0, sin)])
        }
        Function::Abs => sheet.apply(Function::Sign, of),
        Function::Sign => Sheet::ZERO,
    }
}

impl Derivatives {
    /// The same with what terms of a sum have in common written once: first of terms that differ in their first factor
    /// only, then of all.
    pub fn factored(&mut self, sheet: &mut Sheet, e: Expression) -> Expression {
        if sheet.is_named(e) {
            return e;
        }
        if let Some(known) = self.factored.get(&e) {
            return *known;
        }
        let result = match sheet.node(e).clone() {
            Node::Sum(terms) => {
                let terms: Vec<(f64, Expression)> =
                    terms.iter().map(|(c, e)| (c.0, self.factored(sheet, *e))).collect();
                factored_sum(sheet, &terms)
            }
            Node::Product(factors) => {
                let factors: Vec<(Expression, i32)> =
                    factors.iter().map(|(e, n)| (self.factored(sheet, *e), *n)).collect();
                sheet.product(&factors)
            }
            _ => e,
        };
        self.factored.insert(e, result);
        result
    }
}

fn factored_sum(sheet: &mut Sheet, terms: &[(f64, Expression)]) -> Expression {
    let terms = with_first_factors_together(sheet, terms);
    let common = common_factors(sheet, &terms);
    if common.is_empty() || terms.len() == 1 {
        return sheet.sum(&terms);
    }
    let c = if terms.iter().all(|t| t.0 == terms[0].0) { terms[0].0 } else { 1.0 };
    let inverse: Vec<(Expression, i32)> = common.iter().map(|(f, n)| (*f, -n)).collect();
    let rest: Vec<(f64, Expression)> =
        terms.iter().map(|(k, e)| (k / c, sheet.product(&[&[(*e, 1)], &inverse[..]].concat()))).collect();
    let rest = sheet.sum(&rest);
    let product = sheet.product(&[&[(rest, 1)], &common[..]].concat());
    sheet.sum(&[(c, product)])
}

/// p a b − t a b becomes (p − t) a b.
fn with_first_factors_together(sheet: &mut Sheet, terms: &[(f64, Expression)]) -> Vec<(f64, Expression)> {
    type Group = (Vec<(Expression, i32)>, Vec<(f64, Expression)>);
    let mut groups: Vec<Group> = Vec::new();
    for (c, e) in terms {
        let (k, factors) = sheet.factors(*e);
        let (first, rest) = match factors.split_first() {
            Some((first, rest)) => (*first, rest.to_vec()),
            None => ((Sheet::ONE, 1), Vec::new()),
        };
        let first = sheet.product(&[first]);
        match groups.iter_mut().find(|(known, _)| !rest.is_empty() && *known == rest) {
            Some((_, firsts)) => firsts.push((c * k, first)),
            None => groups.push((rest, vec![(c * k, first)])),
        }
    }
    let mut together = |(rest, firsts): Group| match firsts[..] {
        [(c, first)] => (c, sheet.product(&[&[(first, 1)], &rest[..]].concat())),
        _ => {
            let size = firsts[0].0.abs();
            let c = if firsts.iter().all(|f| f.0.abs() == size) { size } else { 1.0 };
            let first = sheet.sum(&firsts.iter().map(|(k, e)| (k / c, *e)).collect::<Vec<_>>());
            (c, sheet.product(&[&[(first, 1)], &rest[..]].concat()))
        }
    };
    groups.into_iter().map(&mut together).filter(|(_, e)| *e != Sheet::ZERO).collect()
}

/// What every term can be divided by.
fn common_factors(sheet: &Sheet, terms: &[(f64, Expression)]) -> Vec<(Expression, i32)> {
    let mut common: Vec<(Expression, i32)> = Vec::new();
    for (i, (_, e)) in terms.iter().enumerate() {
        let factors = sheet.factors(*e).1;
        if i == 0 {
            common = factors;
        } else {
            for (f, n) in &mut common {
                *n = (*n).min(factors.iter().find(|(g, _)| g == f).map_or(0, |(_, m)| *m));
            }
        }
        common.retain(|f| f.1 > 0);
    }
    common
}
