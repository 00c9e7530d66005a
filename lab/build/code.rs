//! Rust in colours: enough of its words for the short programs of the course.

const KEYWORDS: &[&str] =
    &["as", "else", "false", "fn", "for", "if", "in", "let", "mut", "return", "true", "use", "while"];

/// A program as HTML, its words in spans of classes: `k` keyword, `t` type, `m` macro, `n` number, `s` text.
///
/// Lines that only the compiler needs, those that begin with `# `, are left out, as rustdoc does.
pub fn rust(program: &str) -> String {
    let shown: String =
        program.lines().filter(|line| !line.starts_with("# ")).map(|line| format!("{line}\n")).collect();
    let (mut html, mut rest) = (String::new(), shown.as_str());
    while let Some(first) = rest.chars().next() {
        let (length, class) = word(rest, first);
        let (text, after) = rest.split_at(length);
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        match class {
            Some(class) => html.push_str(&format!("<span class=\"{class}\">{text}</span>")),
            None => html.push_str(&text),
        }
        rest = after;
    }
    html
}

/// How long the word at the start of `rest` is, and its class.
fn word(rest: &str, first: char) -> (usize, Option<&'static str>) {
    let until = |ends: &dyn Fn(usize, char) -> bool| {
        rest.char_indices().skip(1).find(|(i, c)| ends(*i, *c)).map_or(rest.len(), |(i, _)| i)
    };
    if first == '"' {
        return (until(&|_, c| c == '"').saturating_add(1).min(rest.len()), Some("s"));
    }
    if first.is_ascii_digit() {
        // The dot of 0.5 belongs to it, those of 0..10 and 0.1.sqrt() do not.
        let digit_after = |i: usize| rest[i + 1..].starts_with(|c: char| c.is_ascii_digit());
        let ends = |i: usize, c: char| !(c.is_alphanumeric() || c == '_' || c == '.' && digit_after(i));
        return (until(&ends), Some("n"));
    }
    if first.is_alphabetic() || first == '_' {
        let length = until(&|_, c| !(c.is_alphanumeric() || c == '_'));
        let class = match &rest[..length] {
            name if KEYWORDS.contains(&name) => Some("k"),
            _ if rest[length..].starts_with('!') && !rest[length..].starts_with("!=") => Some("m"),
            "f32" | "f64" | "str" | "u64" | "usize" => Some("t"),
            _ if first.is_uppercase() => Some("t"),
            _ => None,
        };
        return (length, class);
    }
    (first.len_utf8(), None)
}
