//! The notation in which the library's tables state formulas, read into LaTeX.
//!
//! ```text
//! line      = part …                       parts stand side by side as they do in the text
//! part      = number, letter, word, group, √ part, ∂ part, Σ, Π, sign
//! scripts   = ₁ ᵢ _word ² ᵗ ^(…) ′ ̂        after a letter or a group
//! a / b     what is multiplied before the slash over the one part behind it; a/b, without spaces, one part over one
//! ```
//!
//! A word of several letters is a function (`exp`, `min`, `sign`), or else prose: `if`, `with probability`.

mod signs;
#[cfg(test)]
mod tests;
mod write;

use signs::{ABOVE, BELOW, BRACKETS, FUNCTIONS, HAT, SIGNS, of};
use write::{Part, written};

/// A line in LaTeX; none if it is not in this notation.
pub fn latex(line: &str) -> Option<String> {
    let mut reader = Reader { signs: line.chars().collect(), at: 0 };
    let parts = reader.until(None)?;
    Some(written(&parts))
}

struct Reader {
    signs: Vec<char>,
    at: usize,
}

impl Reader {
    fn next(&self) -> Option<char> {
        self.signs.get(self.at).copied()
    }

    fn before(&self) -> Option<char> {
        self.at.checked_sub(1).and_then(|at| self.signs.get(at)).copied()
    }

    fn take(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let from = self.at;
        while self.next().is_some_and(&wanted) {
            self.at += 1;
        }
        self.signs[from..self.at].iter().collect()
    }

    /// Parts up to a closing bracket, which is taken, or to the end.
    fn until(&mut self, close: Option<char>) -> Option<Vec<Part>> {
        let mut parts = Vec::new();
        loop {
            self.take(char::is_whitespace);
            let apart = self.before().is_some_and(char::is_whitespace);
            match self.next() {
                None => return close.is_none().then_some(parts),
                sign if sign == close => {
                    self.at += 1;
                    return Some(parts);
                }
                Some('/') => {
                    self.at += 1;
                    parts.push(Part::Slash { apart });
                }
                Some(sign @ ('Σ' | 'Π')) => {
                    self.at += 1;
                    let name = if sign == 'Σ' { "\\sum" } else { "\\prod" };
                    parts.push(Part::Sum(format!("{name}{} ", self.scripts()?)));
                }
                sign => match of(&SIGNS, sign) {
                    Some(sign) => {
                        self.at += 1;
                        let wide = sign == "," && self.signs[self.at..].starts_with(&[' ', ' ']);
                        parts.push(Part::Sign(if wide { ",\\quad " } else { sign }));
                    }
                    None => self.part(apart, &mut parts)?,
                },
            }
        }
    }

    /// A factor or a word of prose.
    fn part(&mut self, apart: bool, parts: &mut Vec<Part>) -> Option<()> {
        if self.next()?.is_ascii_alphabetic() {
            let word = self.word();
            let reads_on = matches!(parts.last(), Some(Part::Prose(_)));
            if let Some((_, set)) = FUNCTIONS.iter().find(|(name, _)| *name == word) {
                self.at += word.len();
                let latex = format!("{set}{} ", self.scripts()?);
                parts.push(Part::Factor { bare: latex.clone(), latex, apart });
                return Some(());
            }
            let is_name =
                word.chars().all(|c| c.is_ascii_uppercase()) || word.chars().all(|c| matches!(c, 'x' | 'y'));
            if word.len() > 1 && !is_name || word == "a" && self.is_article(reads_on) {
                self.at += word.chars().count();
                match parts.last_mut() {
                    Some(Part::Prose(words)) => words.extend([" ", &word]),
                    _ => parts.push(Part::Prose(word)),
                }
                return Some(());
            }
        }
        let (latex, bare) = self.factor()?;
        parts.push(Part::Factor { latex, bare, apart });
        Some(())
    }

    /// The letters that come, and what ties them to one word.
    fn word(&self) -> String {
        let rest = self.signs[self.at..].iter();
        rest.take_while(|c| c.is_ascii_alphabetic() || **c == '\'').collect()
    }

    /// Whether an `a` is a word, not a variable: prose goes on behind it, but not with a conjunction.
    fn is_article(&self, reads_on: bool) -> bool {
        let rest: String = self.signs[self.at + 1..].iter().collect();
        let Some(word) = rest.strip_prefix(' ') else { return false };
        let word: String = word.chars().take_while(char::is_ascii_alphabetic).collect();
        word.len() > 2 && (reads_on || !["for", "else", "and", "with"].contains(&word.as_str()))
    }

    /// A letter, a number, a group, a root, with its scripts: the LaTeX, and that without brackets around it.
    fn factor(&mut self) -> Option<(String, String)> {
        let sign = self.next()?;
        if let Some((_, close, left, right)) = BRACKETS.iter().find(|(open, ..)| *open == sign) {
            self.at += 1;
            let inside = written(&self.until(Some(*close))?);
            let (scripts, round) = (self.scripts()?, *left == "(");
            let latex = format!("\\left{left}{inside}\\right{right}{scripts}");
            let bare = if round && scripts.is_empty() { inside } else { latex.clone() };
            return Some((latex, bare));
        }
        self.at += 1;
        let name = match sign {
            '√' => {
                let (_, under) = self.factor()?;
                format!("\\sqrt{{{under}}}")
            }
            '∂' => format!("\\partial {}", self.factor()?.0),
            '½' => "\\tfrac{1}{2}".into(),
            '0'..='9' => {
                self.at -= 1;
                self.take(|c| c.is_ascii_digit() || c == '.')
            }
            c if c.is_alphabetic() || c == '∞' => self.letter(c),
            _ => return None,
        };
        let latex = format!("{name}{}", self.scripts()?);
        Some((latex.clone(), latex))
    }

    /// A letter, perhaps with a hat, or with a word as what Δmin has.
    fn letter(&mut self, letter: char) -> String {
        if letter == 'ẑ' {
            return "\\hat{z}".into();
        }
        if self.next() == Some(HAT) {
            self.at += 1;
            return format!("\\hat{{{letter}}}");
        }
        let word = self.word();
        if letter == 'Δ' && !word.is_empty() {
            self.at += word.len();
            return format!("{letter}_{{\\text{{{word}}}}}");
        }
        letter.to_string()
    }

    /// What stands below and above, if anything does.
    fn scripts(&mut self) -> Option<String> {
        let (mut below, mut above) = (String::new(), String::new());
        loop {
            let sign = self.next();
            if let Some(c) = of(&BELOW, sign) {
                self.at += 1;
                below.push(c);
            } else if let Some(c) = of(&ABOVE, sign) {
                self.at += 1;
                // eᶻᵏ: the power is z of k.
                let is_index = above.ends_with('z') && matches!(c, 'k' | 'j');
                if is_index { above.extend(["_", &c.to_string()]) } else { above.push(c) }
            } else if sign == Some('_') {
                self.at += 1;
                let word = self.take(char::is_alphabetic);
                // Above is what follows at once: `p_cᵀ`.
                let at = word.find(|c| of(&ABOVE, Some(c)).is_some()).unwrap_or(word.len());
                self.at -= word[at..].chars().count();
                let word = &word[..at];
                below.push_str(&if word.chars().count() > 1 {
                    format!("\\text{{{word}}}")
                } else {
                    word.into()
                });
            } else if sign == Some('^') {
                self.at += 1;
                above.push_str(&self.factor()?.1);
            } else {
                break;
            }
        }
        let script = |mark: &str, text: &str| {
            if text.is_empty() { String::new() } else { format!("{mark}{{{text}}}") }
        };
        Some(
            script("_", &below)
                + &script("^", &above.replace('′', "\\prime ").replace("\\tfrac{1}{2}", "1/2")),
        )
    }
}
