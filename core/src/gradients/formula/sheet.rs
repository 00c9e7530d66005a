//! Where expressions stand: each once.

use std::collections::HashMap;

use super::Expression;

/// A coefficient or constant, compared by its bits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Constant(pub f64);

impl PartialEq for Constant {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}
impl Eq for Constant {}
impl std::hash::Hash for Constant {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

/// What a formula is made of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    Number(Constant),
    /// A variable, by its place among them.
    Symbol(usize),
    /// Σ c e: several terms, or one with c ≠ 1. A constant is a multiple of the number 1.
    Sum(Vec<(Constant, Expression)>),
    /// Π eⁿ: several factors, or one with n ≠ 1. No numbers, and no sums of one term: their coefficients stand in the
    /// sum around.
    Product(Vec<(Expression, i32)>),
    Apply(Function, Expression),
    /// ln Σ eˣ, computed without overflow.
    LogSumExp(Vec<Expression>),
    /// e to one of several over the sum of e to each.
    Share(Vec<Expression>, usize),
    /// `then` where `condition` > 0, else `other`.
    Choice {
        condition: Expression,
        then: Expression,
        other: Expression,
    },
}

/// A function of one number that formulas know by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    /// eˣ
    Exp,
    /// ln x
    Ln,
    /// √x
    Sqrt,
    /// tanh x
    Tanh,
    /// σ(x) = 1 / (1 + e⁻ˣ)
    Sigmoid,
    /// ln(1 + eˣ)
    Softplus,
    /// sin x
    Sin,
    /// cos x
    Cos,
    /// |x|
    Abs,
    /// 1 above 0, −1 below, 0 at 0
    Sign,
}

/// What a variable or an intermediate value is called: a letter and a number, 0 for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    /// For example `w`.
    pub letter: &'static str,
    /// For example 3, for w₃.
    pub number: usize,
}

/// All expressions of a thread.
pub(crate) struct Sheet {
    nodes: Vec<Node>,
    /// By the node with its terms or factors in the order of their places.
    known: HashMap<Node, Expression>,
    names: HashMap<Expression, Name>,
    symbols: Vec<Name>,
    /// How often a letter has been given.
    given: HashMap<&'static str, usize>,
    limit: usize,
}

impl Sheet {
    pub const ZERO: Expression = Expression(0);
    pub const ONE: Expression = Expression(1);

    /// A clean one.
    pub fn new(limit: usize) -> Sheet {
        let (names, given) = (HashMap::new(), HashMap::new());
        let mut sheet =
            Sheet { nodes: Vec::new(), known: HashMap::new(), names, symbols: Vec::new(), given, limit };
        sheet.number(0.0);
        sheet.number(1.0);
        sheet
    }

    /// Whether there was no room for more.
    pub fn is_full(&self) -> bool {
        self.nodes.len() >= self.limit
    }

    /// How many formulas stand here.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn node(&self, e: Expression) -> &Node {
        &self.nodes[e.0 as usize]
    }

    /// Its place, from 0; what it is made of stands before it.
    pub fn place(&self, e: Expression) -> usize {
        e.0 as usize
    }

    /// How many variables there are.
    pub fn symbols(&self) -> usize {
        self.symbols.len()
    }

    pub fn symbol_name(&self, i: usize) -> Name {
        self.symbols[i]
    }

    pub fn name(&self, e: Expression) -> Option<Name> {
        self.names.get(&e).copied()
    }

    /// All named intermediate values, in the order in which they were written.
    pub fn named(&self) -> Vec<(Expression, Name)> {
        let mut all: Vec<(Expression, Name)> = self.names.iter().map(|(e, name)| (*e, *name)).collect();
        all.sort_by_key(|(e, _)| *e);
        all
    }

    /// The next number of a letter for `e`, unless it has a name or needs none.
    pub fn name_next(&mut self, e: Expression, letter: &'static str) {
        if self.names.contains_key(&e) || matches!(self.node(e), Node::Symbol(_) | Node::Number(_)) {
            return;
        }
        let number = self.given.entry(letter).or_default();
        *number += 1;
        self.names.insert(e, Name { letter, number: *number });
    }

    /// A name in place of the one that `e` may have.
    pub fn rename(&mut self, e: Expression, name: Name) {
        if !matches!(self.node(e), Node::Symbol(_) | Node::Number(_)) {
            self.names.insert(e, name);
        }
    }

    /// Whether it has a name, and so is taken as a whole.
    pub fn is_named(&self, e: Expression) -> bool {
        self.names.contains_key(&e)
    }

    /// Its value, if it is a number.
    pub fn constant(&self, e: Expression) -> Option<f64> {
        match self.node(e) {
            Node::Number(Constant(x)) => Some(*x),
            _ => None,
        }
    }

    pub fn number(&mut self, x: f64) -> Expression {
        // −0 is 0: there is one nought on the sheet.
        self.keep(Node::Number(Constant(x + 0.0)))
    }

    pub fn symbol(&mut self, name: Name) -> Expression {
        let place = self.symbols.iter().position(|n| *n == name).unwrap_or_else(|| {
            self.symbols.push(name);
            self.symbols.len() - 1
        });
        self.keep(Node::Symbol(place))
    }

    /// The expression of a node: the one that stands there, or a new one.
    pub fn keep(&mut self, node: Node) -> Expression {
        let mut key = node.clone();
        match &mut key {
            Node::Sum(terms) => terms.sort_by_key(|t| t.1),
            Node::Product(factors) => factors.sort(),
            _ => {}
        }
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        if self.is_full() {
            return Sheet::ZERO;
        }
        let new = Expression(self.nodes.len() as u32);
        self.nodes.push(node);
        self.known.insert(key, new);
        new
    }
}
