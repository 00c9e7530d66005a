//! A function from its formula: typed by somebody, or written by the function itself.
//!
//! Gradient and curvature are derived symbolically, by [the rules of school](crate::gradients::formula).

use std::sync::Arc;

use super::{Function, Least, Noise};
use crate::gradients::Style;
use crate::gradients::formula::{Derivatives, Expression, Name, Sheet, Tape, is_known, on_clean_sheet, read};
use crate::real::Dual;
use crate::{Error, Result};

/// What the variables are called; with more than these: x₁, x₂, …
const VARIABLES: [&str; 2] = ["x", "y"];
/// More formulas than this are of no use to anybody.
const MOST_FORMULAS: usize = 5000;
/// As is one of more letters.
const MOST_WRITTEN: usize = 3000;
/// More variables than this are not written out.
const MOST_VARIABLES: usize = 10;

/// A function with its formula, and those of its slopes.
///
/// ```
/// use gradus::functions::{Function, Written};
///
/// let f = Written::read("(x - 1)^2 + 3x*y").unwrap();
/// assert_eq!(f.formula(false), Some("(x − 1)² + 3·x·y"));
/// assert_eq!(f.slope(0, false), Some("2·x − 2 + 3·y"));
/// assert_eq!(f.slope(1, true), Some("3\\,x"));
/// assert_eq!(f.curvature(&[5.0, 7.0]), [2.0, 3.0, 3.0, 0.0]);
/// assert_eq!(f.value(&[2.0, 1.0], &mut vec![0.0; f.room()]), 7.0);
/// ```
pub struct Written {
    dimension: usize,
    value: Tape,
    slopes: Tape,
    second: Tape,
    /// The formula, then those of its slopes, where they are in the memory of an evaluation.
    places: Vec<usize>,
    /// ∂²f/∂xᵢ∂xⱼ, row by row.
    second_places: Vec<usize>,
    /// The formula and its slopes, as text and in LaTeX.
    texts: Vec<[Option<String>; 2]>,
    room: usize,
}

impl Written {
    /// A function of x, or of x and y if there is a y in it. Known are `+ - * / ^`, brackets, `|…|`, numbers, `pi`, `e`,
    /// `sin cos tan exp ln sqrt abs tanh sigmoid softplus relu` of one number, `max min` of two; `2x` is `2*x`. A power that
    /// is neither a whole number nor a half is e^(b ln a), and so has no value where a < 0.
    ///
    /// # Errors
    /// [`Error::Line`] at what is wrong; the formula may have 400 letters.
    pub fn read(text: &str) -> Result<Written> {
        let write = || {
            // In this order they are given to a tape.
            let variables = VARIABLES.map(|letter| Expression::symbol(Name { letter, number: 0 })).to_vec();
            Ok((read(text, &VARIABLES)?, variables))
        };
        let (written, sheet) = on_clean_sheet(MOST_FORMULAS, write);
        let (formula, mut variables) = written?;
        if !Tape::new(&sheet, [formula]).asks(variables[1]) {
            variables.truncate(1);
        }
        Written::derive(sheet, formula, &variables).ok_or_else(|| Error::Line {
            line: text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect(),
            at: 0..text.len(),
            message: "the slopes of this formula would be too long".into(),
            mend: "write a shorter one".into(),
        })
    }

    /// The formula of a function of so many variables; none if it cannot be written, or not shortly.
    ///
    /// ```
    /// use gradus::functions::{Choice, Written};
    ///
    /// let valley = Choice::parse("rosenbrock").unwrap();
    /// let written = Written::of(&*valley.function(), 2).unwrap();
    /// assert_eq!(written.formula(false), Some("100·(y − x²)² + (1 − x)²"));
    /// ```
    pub fn of(function: &dyn Function, dimension: usize) -> Option<Written> {
        if dimension > MOST_VARIABLES {
            return None;
        }
        let name = |i: usize| match dimension {
            1 | 2 => Name { letter: VARIABLES[i], number: 0 },
            _ => Name { letter: VARIABLES[0], number: i + 1 },
        };
        let (written, sheet) = on_clean_sheet(MOST_FORMULAS, || {
            let variables: Vec<Expression> = (0..dimension).map(|i| Expression::symbol(name(i))).collect();
            (function.expression(&variables), variables)
        });
        Written::derive(sheet, written.0?, &written.1)
    }

    fn derive(mut sheet: Sheet, formula: Expression, variables: &[Expression]) -> Option<Written> {
        let mut derivatives = Derivatives::new();
        let mut shown = vec![formula];
        let mut second = Vec::new();
        for (i, x) in variables.iter().enumerate() {
            let slope = derivatives.of(&mut sheet, formula, *x);
            for y in &variables[..=i] {
                second.push(derivatives.of(&mut sheet, slope, *y));
            }
            shown.push(derivatives.factored(&mut sheet, slope));
        }
        if sheet.is_full() {
            return None;
        }
        let text = |e: &Expression, latex| sheet.write(*e, Style { latex, named: true }, None, MOST_WRITTEN);
        let n = variables.len();
        // Only one half of the symmetric matrix was derived.
        let half = |i: usize, j: usize| second[i.max(j) * (i.max(j) + 1) / 2 + i.min(j)];
        let second_places = (0..n * n).map(|k| sheet.place(half(k / n, k % n))).collect();
        Some(Written {
            dimension: n,
            value: Tape::new(&sheet, [formula]),
            slopes: Tape::new(&sheet, shown.iter().copied()),
            second: Tape::new(&sheet, second.iter().copied()),
            places: shown.iter().map(|e| sheet.place(*e)).collect(),
            second_places,
            texts: shown.iter().map(|e| [text(e, false), text(e, true)]).collect(),
            room: sheet.len(),
        })
    }

    /// How many numbers it takes.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// f, simplified, as text or in LaTeX; none if it is longer than anybody would read.
    pub fn formula(&self, latex: bool) -> Option<&str> {
        self.texts[0][usize::from(latex)].as_deref()
    }

    /// ∂f/∂xᵢ, i from 0, likewise.
    pub fn slope(&self, i: usize, latex: bool) -> Option<&str> {
        self.texts.get(i + 1)?[usize::from(latex)].as_deref()
    }

    /// ∂²f/∂xᵢ∂xⱼ at `x`, row by row. Another number of coordinates than the function takes has none: NaN.
    pub fn curvature(&self, x: &[f64]) -> Vec<f64> {
        if x.len() != self.dimension {
            return vec![f64::NAN; self.dimension * self.dimension];
        }
        let mut room = vec![0.0; self.room];
        self.second.run(x, &mut room);
        self.second_places.iter().map(|place| room[*place]).collect()
    }
}

impl Function for Written {
    fn room(&self) -> usize {
        self.room
    }
    fn value(&self, x: &[f64], room: &mut [f64]) -> f64 {
        self.value.run(x, room);
        room[self.places[0]]
    }
    fn gradient(&self, x: &[f64], grad: &mut [f64], room: &mut [f64]) -> f64 {
        self.slopes.run(x, room);
        grad.iter_mut().zip(&self.places[1..]).for_each(|(slope, place)| *slope = room[*place]);
        room[self.places[0]]
    }
    fn dual(&self, _: &[Dual]) -> Option<Dual> {
        None
    }
    fn expression(&self, _: &[Expression]) -> Option<Expression> {
        None
    }
    fn least(&self) -> Option<Least> {
        None
    }
    fn noise(&self) -> Noise {
        Noise::default()
    }
}

impl Function for Arc<Written> {
    fn room(&self) -> usize {
        (**self).room()
    }
    fn value(&self, x: &[f64], room: &mut [f64]) -> f64 {
        (**self).value(x, room)
    }
    fn gradient(&self, x: &[f64], grad: &mut [f64], room: &mut [f64]) -> f64 {
        (**self).gradient(x, grad, room)
    }
    fn dual(&self, x: &[Dual]) -> Option<Dual> {
        (**self).dual(x)
    }
    fn expression(&self, x: &[Expression]) -> Option<Expression> {
        (**self).expression(x)
    }
    fn least(&self) -> Option<Least> {
        (**self).least()
    }
    fn noise(&self) -> Noise {
        (**self).noise()
    }
}

/// Whether a line is a formula, rather than a name that nobody knows: it has a sign that no name has, or each of its
/// words means something in a formula.
pub(super) fn is_formula(line: &str) -> bool {
    let mut words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let signs = line.contains(['+', '*', '/', '^', '(', '|', '·', '²', '³', '√', 'π']);
    signs
        || words
            .all(|w| w.is_empty() || w.starts_with(|c: char| c.is_ascii_digit()) || is_known(w, &VARIABLES))
}
