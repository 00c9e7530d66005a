//! Which names stand in a formula.

/// Which of the named values a formula is made of, at any depth.
pub fn used(formula: &str, names: &[(String, String)]) -> Vec<bool> {
    let mut used = vec![false; names.len()];
    let mark = |text: &str, upto: usize, used: &mut Vec<bool>| {
        for k in 0..upto {
            used[k] |= mentions(text, &names[k].0);
        }
    };
    mark(formula, names.len(), &mut used);
    for k in (0..names.len()).rev() {
        if used[k] {
            mark(&names[k].1, k, &mut used);
        }
    }
    used
}

/// Whether a name stands in LaTeX by itself: `z_1` is not in `z_{12}` nor in `z_12`.
fn mentions(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(|c| c.is_alphabetic() || c == '\\')
            && !after.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}
