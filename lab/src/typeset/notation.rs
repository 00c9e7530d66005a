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

/// A line in LaTeX; none if it is not in this notation.
pub fn latex(line: &str) -> Option<String> {
    let mut reader = Reader { signs: line.chars().collect(), at: 0 };
    let parts = reader.until(None)?;
    Some(written(&parts))
}

/// What stands side by side.
enum Part {
    /// What can be multiplied or divided: its LaTeX, and the same without the brackets around all of it.
    Factor {
        latex: String,
        bare: String,
        apart: bool,
    },
    /// What names a sum or a product over all that is multiplied behind it.
    Sum(String),
    /// A sign between factors.
    Sign(&'static str),
    /// A slash, with space around it or not.
    Slash {
        apart: bool,
    },
    Prose(String),
}

/// Words that are functions, and how they are set.
const FUNCTIONS: [(&str, &str); 13] = [
    ("exp", "\\exp"),
    ("ln", "\\ln"),
    ("cos", "\\cos"),
    ("sin", "\\sin"),
    ("max", "\\max"),
    ("min", "\\min"),
    ("argmin", "\\operatorname{argmin}"),
    ("sign", "\\operatorname{sign}"),
    ("clamp", "\\operatorname{clamp}"),
    ("orthogonal", "\\operatorname{orthogonal}"),
    ("relu", "\\operatorname{relu}"),
    ("diag", "\\operatorname{diag}"),
    ("tr", "\\operatorname{tr}"),
];

const SIGNS: [(char, &str); 22] = [
    ('+', "+"),
    ('−', "-"),
    ('-', "-"),
    ('±', "\\pm "),
    ('·', "\\cdot "),
    ('=', "="),
    ('←', "\\leftarrow "),
    ('→', "\\to "),
    ('~', "\\sim "),
    ('≤', "\\le "),
    ('≥', "\\ge "),
    ('<', "<"),
    ('>', ">"),
    ('…', "\\ldots "),
    (':', ":"),
    ('∈', "\\in "),
    (',', ","),
    (';', ";"),
    ('.', "."),
    ('≠', "\\ne "),
    ('≈', "\\approx "),
    ('∘', "\\circ "),
];

/// Brackets: open, close, and as LaTeX calls them.
const BRACKETS: [(char, char, &str, &str); 8] = [
    ('(', ')', "(", ")"),
    ('[', ']', "[", "]"),
    ('{', '}', "\\{", "\\}"),
    ('⟨', '⟩', "\\langle ", "\\rangle "),
    ('⌊', '⌋', "\\lfloor ", "\\rfloor "),
    ('⌈', '⌉', "\\lceil ", "\\rceil "),
    ('|', '|', "|", "|"),
    ('‖', '‖', "\\|", "\\|"),
];

const BELOW: [(char, char); 22] = [
    ('₀', '0'),
    ('₁', '1'),
    ('₂', '2'),
    ('₃', '3'),
    ('₄', '4'),
    ('₅', '5'),
    ('₆', '6'),
    ('₇', '7'),
    ('₈', '8'),
    ('₉', '9'),
    ('₊', '+'),
    ('₋', '-'),
    ('ᵢ', 'i'),
    ('ⱼ', 'j'),
    ('ₖ', 'k'),
    ('ₙ', 'n'),
    ('ₜ', 't'),
    ('ₘ', 'm'),
    ('ₓ', 'x'),
    ('∞', '∞'),
    ('ₚ', 'p'),
    ('ₐ', 'a'),
];

const ABOVE: [(char, char); 24] = [
    ('⁰', '0'),
    ('¹', '1'),
    ('²', '2'),
    ('³', '3'),
    ('⁴', '4'),
    ('⁵', '5'),
    ('⁶', '6'),
    ('⁷', '7'),
    ('⁸', '8'),
    ('⁹', '9'),
    ('⁺', '+'),
    ('⁻', '-'),
    ('ᵗ', 't'),
    ('ᵏ', 'k'),
    ('ᵐ', 'm'),
    ('ⁿ', 'n'),
    ('ʲ', 'j'),
    ('ʳ', 'r'),
    ('ᵖ', 'p'),
    ('ᵀ', 'T'),
    ('ᶻ', 'z'),
    ('ⁱ', 'i'),
    ('ˣ', 'x'),
    ('′', '′'),
];

const HAT: char = '\u{302}';

fn of<T: Copy>(table: &[(char, T)], sign: Option<char>) -> Option<T> {
    table.iter().find(|(c, _)| Some(*c) == sign).map(|(_, to)| *to)
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

/// Writes all side by side, slashes as fractions.
fn written(parts: &[Part]) -> String {
    let (mut out, mut rest) = (String::new(), parts);
    // What is multiplied, and waits for a slash.
    let mut product: Vec<(String, String)> = Vec::new();
    while let Some((part, after)) = rest.split_first() {
        rest = after;
        match part {
            Part::Factor { latex, bare, apart } => {
                let space = if *apart && !product.is_empty() { "\\," } else { "" };
                product.push((format!("{space}{latex}"), bare.clone()));
            }
            Part::Slash { apart } => {
                let from = if *apart { 0 } else { product.len().saturating_sub(1) };
                let above = joined(product.split_off(from));
                let below = denominator(&mut rest, *apart);
                let fraction = format!("\\frac{{{above}}}{{{below}}}");
                product.push((fraction.clone(), fraction));
            }
            Part::Sum(name) => {
                flush(&mut product, &mut out);
                out.push_str(name);
            }
            Part::Sign(sign) => {
                flush(&mut product, &mut out);
                out.push_str(sign);
            }
            Part::Prose(words) => {
                flush(&mut product, &mut out);
                out.push_str(&format!("\\;\\text{{{words}}}\\;"));
            }
        }
    }
    flush(&mut product, &mut out);
    out
}

/// A product as it stands; a single bracket around all of it is left out.
fn joined(product: Vec<(String, String)>) -> String {
    match &product[..] {
        [(_, bare)] => bare.clone(),
        _ => product.into_iter().map(|(latex, _)| latex).collect(),
    }
}

fn flush(product: &mut Vec<(String, String)>, out: &mut String) {
    out.extend(product.drain(..).map(|(latex, _)| latex));
}

/// What a slash divides by: one factor, with what it is a function of; a sum with all that it is over; a word.
fn denominator(rest: &mut &[Part], apart: bool) -> String {
    let mut below = Vec::new();
    let is_sum = matches!(rest.first(), Some(Part::Sum(_)));
    while let Some((part, after)) = rest.split_first() {
        match part {
            Part::Factor { apart: stands_apart, .. } if !below.is_empty() && !is_sum => {
                let is_argument = apart && !stands_apart && below.len() == 1;
                if !is_argument {
                    break;
                }
            }
            Part::Factor { .. } => {}
            Part::Sum(_) | Part::Prose(_) if below.is_empty() => {}
            _ => break,
        }
        below.push(part);
        *rest = after;
    }
    match below[..] {
        [Part::Factor { bare, .. }] => bare.clone(),
        [Part::Prose(words)] => format!("\\text{{{words}}}"),
        _ => below
            .iter()
            .map(|part| match part {
                Part::Factor { latex, .. } => latex.clone(),
                Part::Sum(name) => name.clone(),
                _ => String::new(),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::latex;

    #[track_caller]
    fn reads(text: &str, wanted: &str) {
        assert_eq!(latex(text).as_deref(), Some(wanted), "{text}");
    }

    #[test]
    fn rules_are_read() {
        reads("θ ← θ − η m̂ / (√v̂ + ε)", "θ\\leftarrow θ-\\frac{η\\,\\hat{m}}{\\sqrt{\\hat{v}}+ε}");
        reads("η / (1 − β₁ᵗ) · m / (u + ε)", "\\frac{η}{1-β_{1}^{t}}\\cdot \\frac{m}{u+ε}");
        reads("θ − η / (1 − β₁ᵗ) r u", "θ-\\frac{η}{1-β_{1}^{t}}\\,r\\,u");
        reads("g ← ∂L/∂θ(θ + e)", "g\\leftarrow \\frac{\\partial L}{\\partial θ}\\left(θ+e\\right)");
        reads("eᶻᵏ / Σⱼ eᶻʲ, q", "\\frac{e^{z_k}}{\\sum_{j} e^{z_j}},q");
        reads("u / max(‖u‖, ε)", "\\frac{u}{\\max \\left(\\left\\|u\\right\\|,ε\\right)}");
        reads("Σ uₖ (sₖ² − 1)", "\\sum u_{k}\\,\\left(s_{k}^{2}-1\\right)");
        reads("c₁ p_c p_cᵀ + h_σ", "c_{1}\\,p_{c}\\,p_{c}^{T}+h_{σ}");
        reads("C^(−½) y, γ^(t / T)", "C^{-1/2}\\,y,γ^{\\frac{t}{T}}");
        reads(
            "xₖ ← u if L(u) ≤ L(xₖ)",
            "x_{k}\\leftarrow u\\;\\text{if}\\;L\\left(u\\right)\\le L\\left(x_{k}\\right)",
        );
    }

    #[test]
    fn an_article_is_prose_and_a_variable_is_none() {
        reads("t = a step length", "t=\\;\\text{a step length}\\;");
        reads("crossover of a, b", "\\;\\text{crossover of}\\;a,b");
        reads("x_a + F (x_b − x_c)", "x_{a}+F\\,\\left(x_{b}-x_{c}\\right)");
    }

    #[test]
    fn what_is_not_closed_or_not_known_is_not_read() {
        for wrong in ["(a + b", "a)", "|x", "a € b", "√", "a^"] {
            assert_eq!(latex(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_formula_of_the_library_is_read() {
        use gradus::{functions, losses, optimizers, schedules, wrappers};
        let rules = optimizers::OPTIMIZERS.iter().flat_map(|o| o.dialects.iter().map(|d| d.formula));
        let others = wrappers::WRAPPERS.iter().map(|w| w.formula);
        let losses = losses::LOSSES.iter().map(|l| l.formula);
        let functions = functions::all().map(|f| f.formula);
        let schedules = schedules::SCHEDULES.iter().map(|s| s.formula);
        let all: Vec<&str> = rules.chain(others).chain(losses).chain(functions).chain(schedules).collect();
        assert!(all.len() > 120, "{}", all.len());
        for line in all.iter().flat_map(|formula| formula.lines()) {
            let latex = latex(line).unwrap_or_else(|| panic!("cannot be read: {line}"));
            let drawn = crate::typeset::mathml(&latex);
            assert!(drawn.starts_with("<math") && !drawn.contains("merror"), "{line}\n{latex}\n{drawn}");
            let is_a_fraction = line.contains('/');
            assert_eq!(is_a_fraction, drawn.contains("<mfrac"), "{line}\n{drawn}");
        }
    }
}
