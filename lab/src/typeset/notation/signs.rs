//! What the signs of the notation are in LaTeX.

/// Words that are functions, and how they are set.
pub const FUNCTIONS: [(&str, &str); 13] = [
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

/// Signs between factors.
pub const SIGNS: [(char, &str); 23] = [
    ('⊗', "\\otimes "),
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
pub const BRACKETS: [(char, char, &str, &str); 8] = [
    ('(', ')', "(", ")"),
    ('[', ']', "[", "]"),
    ('{', '}', "\\{", "\\}"),
    ('⟨', '⟩', "\\langle ", "\\rangle "),
    ('⌊', '⌋', "\\lfloor ", "\\rfloor "),
    ('⌈', '⌉', "\\lceil ", "\\rceil "),
    ('|', '|', "|", "|"),
    ('‖', '‖', "\\|", "\\|"),
];

/// Letters and digits below.
pub const BELOW: [(char, char); 22] = [
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

/// Letters and digits above.
pub const ABOVE: [(char, char); 24] = [
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

/// Stands behind the letter that wears it.
pub const HAT: char = '\u{302}';

/// What a table says of a sign.
pub fn of<T: Copy>(table: &[(char, T)], sign: Option<char>) -> Option<T> {
    table.iter().find(|(c, _)| Some(*c) == sign).map(|(_, to)| *to)
}
