//! Formulas as values: written by the same lines of code that compute numbers, simplified, differentiated, printed,
//! evaluated, and read as people type them.
//!
//! An [`Expression`] is a [`crate::real::Real`]: what is written over `Real`, an activation or a loss, writes its own
//! formula when it is given expressions. All expressions of a thread stand on its sheet; the same formula
//! stands there once, so that comparing two is comparing two numbers, and what several formulas share is shared.

mod number;
mod read;
mod rules;
mod sheet;
mod simplify;
mod tape;
mod tokens;
mod write;

use std::cell::RefCell;

pub(crate) use read::{is_known, read};
pub(crate) use rules::Derivatives;
pub use sheet::{Function, Name};
pub(crate) use sheet::{Node, Sheet};
pub(crate) use tape::Tape;
pub use write::Style;
pub(crate) use write::write_name;

/// A formula on the sheet of this thread. It means nothing on another thread's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Expression(u32);

thread_local! {
    static SHEET: RefCell<Sheet> = RefCell::new(Sheet::new(usize::MAX));
}

/// Does something with this thread's sheet.
fn with<T>(work: impl FnOnce(&mut Sheet) -> T) -> T {
    SHEET.with(|sheet| work(&mut sheet.borrow_mut()))
}

/// Lets `work` write on a clean sheet of at most `limit` formulas; the sheet. What was on the thread's own is there
/// again afterwards.
pub(crate) fn on_clean_sheet<T>(limit: usize, work: impl FnOnce() -> T) -> (T, Sheet) {
    let own = with(|sheet| std::mem::replace(sheet, Sheet::new(limit)));
    let result = work();
    (result, with(|sheet| std::mem::replace(sheet, own)))
}

impl Expression {
    /// A variable: a weight, an input, a target.
    pub fn symbol(name: Name) -> Expression {
        with(|sheet| sheet.symbol(name))
    }

    /// The sum of many, simplified once.
    pub fn total(terms: impl IntoIterator<Item = Expression>) -> Expression {
        let terms: Vec<(f64, Expression)> = terms.into_iter().map(|e| (1.0, e)).collect();
        with(|sheet| sheet.sum(&terms))
    }

    /// ln Σ eˣ of several.
    pub fn log_sum_exp(of: &[Expression]) -> Expression {
        with(|sheet| sheet.log_sum_exp(of))
    }

    /// e to the k-th of several, over the sum of e to each: softmax.
    pub fn share(of: &[Expression], k: usize) -> Expression {
        with(|sheet| sheet.share(of, k))
    }

    /// Gives an intermediate value this name, in place of the one it may have.
    pub fn renamed(self, name: Name) -> Expression {
        with(|sheet| sheet.rename(self, name));
        self
    }

    /// Gives an intermediate value a name, `letter` and the next number: formulas print the name. What has a name, or
    /// needs none (a variable, a number), stays as it is.
    pub fn named(self, letter: &'static str) -> Expression {
        with(|sheet| sheet.name_next(self, letter));
        self
    }
}

#[cfg(test)]
mod tests;
