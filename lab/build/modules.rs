//! What the page's files import: so that a browser can ask for all it needs at once, and not for one after another has come.

use std::collections::BTreeSet;
use std::path::Path;

/// The module that every view needs.
const FRAME: &str = "app.js";

/// For each section that `app.js` loads: its module, and all modules it needs, those of the frame included.
pub fn sections(page: &Path) -> Vec<(String, Vec<String>)> {
    let frame = read(page, FRAME);
    let loaded = frame.split("import('./").skip(1).filter_map(|rest| rest.split_once('\''));
    loaded.map(|(name, _)| (name.to_string(), needed(page, &[FRAME, name]))).collect()
}

/// Modules, and all that they import, and so on.
fn needed(page: &Path, from: &[&str]) -> Vec<String> {
    let mut found: BTreeSet<String> = BTreeSet::new();
    let mut open: Vec<String> = from.iter().map(|name| name.to_string()).collect();
    while let Some(name) = open.pop() {
        if found.insert(name.clone()) {
            let text = read(page, &name);
            let imports = text.split(" from '").skip(1).filter_map(|rest| rest.split_once('\''));
            open.extend(
                imports.filter(|(path, _)| path.starts_with('.')).map(|(path, _)| resolve(&name, path)),
            );
        }
    }
    found.into_iter().collect()
}

/// A path as a module of that name writes it, from the page's folder.
fn resolve(name: &str, path: &str) -> String {
    let mut parts: Vec<&str> = name.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// A style sheet of the page's folder with what it imports (`@import url("…");`, a line each) in its place.
pub fn styles(page: &Path, text: &str) -> String {
    let line = |line: &str| {
        let imported = line.strip_prefix("@import url(\"").and_then(|rest| rest.strip_suffix("\");"));
        imported.map_or_else(|| format!("{line}\n"), |name| read(page, name))
    };
    text.lines().map(line).collect()
}

fn read(page: &Path, name: &str) -> String {
    std::fs::read_to_string(page.join(name)).unwrap_or_else(|e| panic!("{name}, which the page imports: {e}"))
}
