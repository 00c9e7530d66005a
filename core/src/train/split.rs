//! Which examples are trained on, validated on and tested on.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What an example is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The weights are changed by it.
    Train,
    /// It tells, while training, how good the weights are.
    Validation,
    /// It tells how good they are, once, at the end.
    Test,
}

impl Part {
    /// All three, in their order.
    pub const ALL: [Part; 3] = [Part::Train, Part::Validation, Part::Test];

    /// The name: `train`, `validation` or `test`.
    pub fn name(self) -> &'static str {
        match self {
            Part::Train => "train",
            Part::Validation => "validation",
            Part::Test => "test",
        }
    }
}

/// How examples are divided into training, validation and test part.
///
/// The part of an example depends on nothing but its content (the bytes of a picture's file, the cells of a row) and these
/// three numbers: their SHA-256, read as a number in [0, 1), is below `test`, below `test + validation`, or above. So the
/// parts stay as they are when examples are added, renamed or taken away, and copies lie in one part, in whatever class.
///
/// The price is that the fractions hold only on average: of *n* examples of a class about
/// *n f* ± 2 √(*n f* (1 − *f*)) get into a part of fraction *f* (1,000 ± 60 of 10,000 for *f* = 0.1). One exception
/// serves small data: where a part that was asked for would be empty in a class of at least 3 different
/// examples, that of the smallest number is moved into it from the class's fullest part. It may move back when others are
/// added.
///
/// ```
/// use gradus::train::{Part, Split};
/// let contents: Vec<(usize, [u8; 32])> = (0..100).map(|i| (i % 2, [i as u8; 32])).collect();
/// let parts = Split { validation: 0.2, test: 0.0, seed: 0 }.assign(&contents);
/// let validation = parts.iter().filter(|part| **part == Part::Validation).count();
/// assert!((10..30).contains(&validation));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Split {
    /// Fraction of the examples to validate on: at least 0, below 1.
    pub validation: f64,
    /// Fraction of the examples to test on: at least 0, and below 1 together with `validation`.
    pub test: f64,
    /// Another number gives another division.
    pub seed: u64,
}

impl Default for Split {
    /// 15 % to validate on, 15 % to test on.
    fn default() -> Split {
        Split { validation: 0.15, test: 0.15, seed: 0 }
    }
}

impl Split {
    /// That something is left to train on.
    ///
    /// # Errors
    /// What is wrong with these fractions.
    pub fn check(&self) -> Result<(), String> {
        let fine = |f: f64| (0.0..1.0).contains(&f);
        if fine(self.validation) && fine(self.test) && self.validation + self.test < 1.0 {
            return Ok(());
        }
        Err(format!(
            "a split of {} for validation and {} for test leaves nothing to train on; \
             both must be at least 0, and together below 1",
            self.validation, self.test
        ))
    }

    /// The part of each of `examples` (class, SHA-256 of the content). Of a class with 3 different ones or more, no part that
    /// was asked for is empty.
    pub fn assign(&self, examples: &[(usize, [u8; 32])]) -> Vec<Part> {
        let parts: Vec<Part> = examples.iter().map(|(_, content)| self.part(self.number(content))).collect();
        let classes: BTreeSet<usize> = examples.iter().map(|(class, _)| *class).collect();
        let found: BTreeSet<(usize, Part)> =
            examples.iter().zip(&parts).map(|((class, _), part)| (*class, *part)).collect();
        let is_complete = |class: &usize| self.asked().all(|part| found.contains(&(*class, part)));
        if classes.iter().all(is_complete) { parts } else { self.filled(examples) }
    }

    /// The same where a part may be empty in a class.
    fn filled(&self, examples: &[(usize, [u8; 32])]) -> Vec<Part> {
        let mut contents: BTreeMap<[u8; 32], (u64, Part)> = BTreeMap::new();
        let mut classes: BTreeMap<usize, BTreeSet<[u8; 32]>> = BTreeMap::new();
        let mut owners: BTreeMap<[u8; 32], BTreeSet<usize>> = BTreeMap::new();
        for &(class, content) in examples {
            contents.entry(content).or_insert_with(|| {
                let number = self.number(&content);
                (number, self.part(number))
            });
            classes.entry(class).or_default().insert(content);
            owners.entry(content).or_default().insert(class);
        }
        for members in classes.values().filter(|m| m.len() >= 3) {
            for wanted in self.asked() {
                let count = |part| members.iter().filter(|c| contents[*c].1 == part).count();
                if count(wanted) > 0 {
                    continue;
                }
                let fullest = Part::ALL.into_iter().rev().max_by_key(|&part| count(part));
                // Contents of one class only go first: moving a shared one moves it in the other class too.
                let from = members.iter().filter(|c| Some(contents[*c].1) == fullest);
                let moved = from.min_by_key(|c| (owners[*c].len(), contents[*c].0)).copied();
                if let Some(entry) = moved.and_then(|content| contents.get_mut(&content)) {
                    entry.1 = wanted;
                }
            }
        }
        examples.iter().map(|(_, content)| contents[content].1).collect()
    }

    fn asked(&self) -> impl Iterator<Item = Part> {
        let asked =
            [(Part::Train, true), (Part::Validation, self.validation > 0.0), (Part::Test, self.test > 0.0)];
        asked.into_iter().filter(|(_, asked)| *asked).map(|(part, _)| part)
    }

    /// The number of a content: 64 bits of the hash of the seed and it.
    fn number(&self, content: &[u8; 32]) -> u64 {
        let hash = Sha256::new().chain_update(self.seed.to_le_bytes()).chain_update(content).finalize();
        hash.iter().take(8).fold(0, |number, &byte| number << 8 | u64::from(byte))
    }

    fn part(&self, number: u64) -> Part {
        let place = (number >> 11) as f64 / (1u64 << 53) as f64;
        if place < self.test {
            Part::Test
        } else if place < self.test + self.validation {
            Part::Validation
        } else {
            Part::Train
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where no part is empty in a class there is nothing to fill, and the short way gives what the long one gives.
    #[test]
    fn the_short_way_is_the_long_one() {
        let mut short = 0;
        for case in 0..600u64 {
            let count = 1 + case as usize % 60;
            let content = |i: usize| -> [u8; 32] {
                // Some contents come twice, also in two classes.
                let i = if i % 7 == 3 { i - 1 } else { i };
                Sha256::digest([case.to_le_bytes(), (i as u64).to_le_bytes()].concat()).into()
            };
            let examples: Vec<_> = (0..count).map(|i| (i % (1 + case as usize % 4), content(i))).collect();
            let fraction = |k: u64| (case / k % 4) as f64 * 0.11;
            let split = Split { validation: fraction(1), test: fraction(4), seed: case };
            let (quick, filled) = (split.assign(&examples), split.filled(&examples));
            assert_eq!(quick, filled, "case {case}");
            let plain = examples.iter().map(|(_, content)| split.part(split.number(content)));
            short += usize::from(plain.eq(filled));
        }
        assert!((100..600).contains(&short), "both ways are gone: {short}");
    }
}
