//! Numbers as people read them.

/// A count with commas between its thousands.
///
/// ```
/// assert_eq!(gradus::numerals::grouped(48_842), "48,842");
/// ```
pub fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count and the word in its number.
///
/// ```
/// use gradus::numerals::many;
/// assert_eq!([many(1, "row", "rows"), many(2000, "row", "rows")], ["1 row", "2,000 rows"]);
/// ```
pub fn many(count: usize, one: &str, more: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { more })
}

/// A number of which `count` digits are shown, at least 1; with a power of ten where it is below 10⁻⁴ or above 10⁹.
///
/// ```
/// use gradus::numerals::digits;
/// assert_eq!([digits(0.522382, 4), digits(120.0, 4), digits(1e-9, 4)], ["0.5224", "120", "1e-9"]);
/// ```
pub fn digits(x: f64, count: usize) -> String {
    let short: f64 = format!("{x:.*e}", count.max(1) - 1).parse().unwrap_or(x);
    if x == 0.0 || (1e-4..1e9).contains(&x.abs()) { format!("{short}") } else { format!("{short:e}") }
}
