//! What names mean: of files that are no pictures, of parts, of classes.

use crate::{Format, Part};

/// Files and folders that systems and unpackers leave behind: ignored without a word, like all hidden ones.
pub(crate) fn is_hidden(name: &str) -> bool {
    const LEFT_BEHIND: [&str; 7] =
        ["thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", "@eadir", "__pycache__"];
    name.starts_with('.') || LEFT_BEHIND.contains(&name.to_lowercase().as_str())
}

/// Files that are known to lie beside pictures (lists, licences, notes): ignored unless their content is a picture.
pub(crate) fn is_side_file(name: &str) -> bool {
    const ENDINGS: [&str; 16] = [
        "txt", "md", "rst", "csv", "tsv", "json", "jsonl", "xml", "yaml", "yml", "toml", "ini", "log",
        "sha256", "md5", "py",
    ];
    const NAMES: [&str; 6] = ["readme", "license", "licence", "copying", "makefile", "sha256sums"];
    let name = name.to_lowercase();
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|e| ENDINGS.contains(&e)) || NAMES.contains(&name.as_str())
}

/// The part that a folder of this name holds.
pub(crate) fn part(name: &str) -> Option<Part> {
    match name.to_lowercase().as_str() {
        "train" | "training" => Some(Part::Train),
        "validation" | "val" | "valid" => Some(Part::Validation),
        "test" | "testing" | "test1" => Some(Part::Test),
        _ => None,
    }
}

/// The ending of a file's name, without the dot.
pub(crate) fn extension(name: &str) -> Option<&str> {
    name.rsplit_once('.').map(|(_, ending)| ending).filter(|e| !e.is_empty())
}

/// The class in a flat file name: what stands before `.`, `_`, `-` or a space and the number.
/// `cat.0.jpg` → `cat`, `american_bulldog_12.jpg` → `american_bulldog`, `portrait.jpg` → none.
pub(crate) fn class(name: &str) -> Option<&str> {
    let stem = match name.rsplit_once('.') {
        Some((stem, ending)) if Format::of_extension(ending).is_some() => stem,
        Some((stem, ending)) if !ending.chars().all(|c| c.is_ascii_digit()) => stem,
        _ => name,
    };
    let before = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    let class = before.trim_end_matches(['.', '_', '-', ' ']);
    (before.len() < stem.len() && class.len() < before.len() && !class.is_empty()).then_some(class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_flat_names() {
        for (name, expected) in [
            ("cat.0.jpg", Some("cat")),
            ("dog_12.png", Some("dog")),
            ("a-b-7.gif", Some("a-b")),
            ("american_bulldog_100.JPG", Some("american_bulldog")),
            ("cat.3", Some("cat")),
            ("cat.17.dat", Some("cat")),
            ("cat.jpg", None),
            ("17.jpg", None),
            (".5.jpg", None),
            ("photo12.jpg", None),
        ] {
            assert_eq!(class(name), expected, "{name}");
        }
    }
}
