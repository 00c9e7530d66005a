//! Cells as people write them: numbers, and what stands for nothing.

/// A finite number. With `comma`, `3,14` is one.
pub(crate) fn number(cell: &str, comma: bool) -> Option<f64> {
    // `inf`, `nan` and `infinity` would parse.
    if !cell.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | ',')) {
        return None;
    }
    let parsed = if comma && cell.contains(',') && !cell.contains('.') {
        cell.replacen(',', ".", 1).parse()
    } else {
        cell.parse::<f64>()
    };
    parsed.ok().filter(|x| x.is_finite())
}

/// Whether a cell says that there is nothing in it.
pub(crate) fn is_missing(cell: &str) -> bool {
    const NOTHING: [&str; 8] = ["?", "na", "n/a", "nan", "null", "none", "-", "."];
    cell.len() <= 4 && (cell.is_empty() || NOTHING.iter().any(|nothing| cell.eq_ignore_ascii_case(nothing)))
}

/// Whether a cell of labels says that there is none: where they are words, `none`, `NA` and `-` may be classes.
pub(crate) fn is_unlabelled(cell: &str) -> bool {
    matches!(cell, "" | "?")
}

/// Whether `1,234` may be meant as 1234, and is read as 1.234.
pub(crate) fn may_be_thousands(cell: &str) -> bool {
    let Some((before, after)) = cell.split_once(',') else { return false };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    (1..=3).contains(&before.len())
        && !before.starts_with('0')
        && digits(before)
        && after.len() == 3
        && digits(after)
}

/// At most `most` letters of a cell.
pub(crate) fn short(cell: &str, most: usize) -> String {
    if cell.chars().count() <= most {
        return cell.into();
    }
    cell.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_finite_and_written_in_digits() {
        let read = |cell| number(cell, false);
        assert_eq!(
            [read("3"), read("-.5"), read("+1e3"), read("007")],
            [Some(3.0), Some(-0.5), Some(1e3), Some(7.0)]
        );
        for cell in ["", "inf", "NaN", "1e999", "12a", "1,5", "1 2", "-", "."] {
            assert_eq!(read(cell), None, "{cell}");
        }
        assert_eq!(
            [number("1,5", true), number("1.5", true), number("1.000,5", true)],
            [Some(1.5), Some(1.5), None]
        );
    }

    #[test]
    fn nothing_has_many_names() {
        assert!(["", "?", "NA", "n/a", "NaN", "null", "None"].iter().all(|cell| is_missing(cell)));
        assert!(!["0", "no", "nation"].iter().any(|cell| is_missing(cell)));
    }
}
