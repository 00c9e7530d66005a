//! The line that counts everything.

use gradus::numerals::{grouped, many};

use crate::{Note, Part, Pictures};

/// As [`Pictures::summary_line`].
pub(crate) fn line(pictures: &Pictures) -> String {
    let list = pictures.list();
    let per_class = |class: usize| list.iter().filter(|p| p.class == class).count();
    let names = pictures.classes();
    let mut classes: Vec<String> = names
        .iter()
        .enumerate()
        .take(8)
        .map(|(i, name)| format!("{name} {}", grouped(per_class(i))))
        .collect();
    if names.len() > 8 {
        classes.push("…".into());
    }
    let part = |part: Part| list.iter().filter(|p| p.part == part).count();
    let parts = Part::ALL.map(|p| format!("{} {}", p.name(), grouped(part(p)))).join(", ");
    let colour = if pictures.channels() == 1 { "grey" } else { "RGB" };
    let mut line = format!(
        "{} of {} ({}); {parts}; {} × {} {colour}",
        many(list.len(), "picture", "pictures"),
        many(names.len(), "class", "classes"),
        classes.join(", "),
        pictures.width(),
        pictures.height(),
    );
    let noted = |test: fn(&Note) -> bool| pictures.noted().iter().filter(|n| test(&n.what)).count();
    let misnamed = noted(|n| matches!(n, Note::Misnamed { .. }));
    let rotated = noted(|n| matches!(n, Note::Rotated(_)));
    let other = pictures.noted().len() - misnamed - rotated;
    let counts = [
        (pictures.skipped().len(), "skipped"),
        (misnamed, "misnamed"),
        (rotated, "turned upright"),
        (other, "otherwise noted"),
    ];
    for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
        line += &format!("; {} {what}", grouped(count));
    }
    let from_cache = list.len().saturating_sub(pictures.decoded());
    if from_cache > 0 && list.iter().any(|p| p.format.is_some()) {
        line += &format!("; {} from the cache", grouped(from_cache));
    }
    line
}
