//! What lies in the folder: files, their classes and parts, by names alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::time::UNIX_EPOCH;

use walkdir::WalkDir;

use crate::{Error, Note, Noted, Part, Skipped, names, sniff};

/// A file that may be a picture.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// Below the folder.
    pub path: PathBuf,
    pub class: usize,
    /// The user's own folder it lies in: train, validation or test.
    pub own: Option<Part>,
    /// Its part; `None` where the split decides.
    pub part: Option<Part>,
    pub length: u64,
    /// Nanoseconds since 1970.
    pub modified: i64,
}

/// All that the names tell.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// Sorted by name.
    pub classes: Vec<String>,
    /// Sorted by path.
    pub files: Vec<Found>,
    pub skipped: Vec<Skipped>,
    pub noted: Vec<Noted>,
    /// The user's own parts: what is not split off any more.
    pub own_validation: bool,
    pub own_test: bool,
    /// Sub-folders at the top, to suggest one.
    pub folders: Vec<String>,
}

/// A file seen, not yet given a class: its names from the folder down.
struct Seen {
    names: Vec<String>,
    found: Found,
}

/// Walks through `root` and gives every file its class and part. `cache` is left out if it lies within.
pub(crate) fn survey(root: &Path, cache: Option<&Path>) -> Result<Survey, Error> {
    let path = || root.to_path_buf();
    match fs::metadata(root) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(Error::Missing { path: path() }),
        Err(source) => return Err(Error::Unreadable { path: path(), source }),
        Ok(meta) if !meta.is_dir() => return Err(Error::NotAFolder { path: path() }),
        Ok(_) => {}
    }
    fs::read_dir(root).map_err(|source| Error::Unreadable { path: path(), source })?;
    let mut survey = Survey::default();
    let mut folders = BTreeSet::new();
    let mut seen = walk(root, cache, &mut survey, &mut folders);
    seen.sort_by(|a, b| a.found.path.cmp(&b.found.path));
    survey.folders = folders.iter().filter(|f| f.len() == 1).map(|f| f[0].clone()).collect();
    if seen.is_empty() && survey.folders.is_empty() && survey.skipped.is_empty() {
        return Err(Error::Empty { path: path() });
    }
    let labels = label(root, seen, &folders, &mut survey)?;
    let classes: BTreeSet<String> = labels.iter().map(|(class, _)| class.clone()).collect();
    // An empty class folder is a class too, so that its emptiness is an error and no silence.
    survey.classes = classes.into_iter().collect();
    for (class, found) in labels {
        if let Some(mut found) = found {
            found.class = survey.classes.binary_search(&class).unwrap_or_default();
            survey.files.push(found);
        }
    }
    survey.files.sort_by(|a, b| a.path.cmp(&b.path));
    survey.skipped.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(survey)
}

/// All files that may be pictures; folders are collected by their names from the root down.
fn walk(
    root: &Path,
    cache: Option<&Path>,
    survey: &mut Survey,
    folders: &mut BTreeSet<Vec<String>>,
) -> Vec<Seen> {
    let cache = cache.and_then(|c| fs::canonicalize(c).ok());
    let mut seen = Vec::new();
    let visible = |entry: &walkdir::DirEntry| {
        let is_cache = || cache.is_some() && fs::canonicalize(entry.path()).ok() == cache;
        entry.depth() == 0
            || !(names::is_hidden(&entry.file_name().to_string_lossy())
                || entry.file_type().is_dir() && is_cache())
    };
    for entry in WalkDir::new(root).follow_links(true).into_iter().filter_entry(visible) {
        let below = |path: &Path| path.strip_prefix(root).unwrap_or(path).to_path_buf();
        let entry = match entry {
            Ok(entry) => entry,
            Err(e) => {
                let path = e.path().map(below).unwrap_or_default();
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                if e.loop_ancestor().is_some() {
                    let what = Note::Other("a link back to a folder above it: not followed".into());
                    survey.noted.push(Noted { path, what });
                } else if !names::is_hidden(&name) {
                    let cause = e.io_error().map_or_else(|| e.to_string(), ToString::to_string);
                    survey.skipped.push(Skipped { path, reason: format!("cannot be opened: {cause}") });
                }
                continue;
            }
        };
        let path = below(entry.path());
        let names = components(&path);
        if entry.file_type().is_dir() {
            folders.insert(names);
        } else if !entry.file_type().is_file() {
            survey.skipped.push(Skipped { path, reason: "not a file with content".into() });
        } else if !names::is_side_file(names.last().map_or("", |n| n)) || is_picture(entry.path()) {
            let meta = entry.metadata();
            let length = meta.as_ref().map_or(0, Metadata::len);
            let modified = meta.map_or(0, |m| modified(&m));
            seen.push(Seen {
                names,
                found: Found { path, class: 0, own: None, part: None, length, modified },
            });
        }
    }
    folders.remove(&Vec::new());
    seen
}

fn components(path: &Path) -> Vec<String> {
    let normal = path.components().filter(|c| matches!(c, Component::Normal(_)));
    normal.map(|c| c.as_os_str().to_string_lossy().into_owned()).collect()
}

/// When a file was last changed, in nanoseconds since 1970; 0 if that is not known.
pub(crate) fn modified(meta: &Metadata) -> i64 {
    let Ok(time) = meta.modified() else { return 0 };
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_nanos() as i64,
        Err(before) => -(before.duration().as_nanos() as i64),
    }
}

fn is_picture(path: &Path) -> bool {
    let mut head = [0; 64];
    let read = fs::File::open(path).and_then(|mut f| f.read(&mut head)).unwrap_or(0);
    sniff::sniff(&head[..read]).is_ok()
}

/// A class by name, with a file of it (none for a folder without files).
type Label = (String, Option<Found>);

/// Gives files their classes, and parts where the folder has `train` and the like.
fn label(
    root: &Path,
    seen: Vec<Seen>,
    folders: &BTreeSet<Vec<String>>,
    survey: &mut Survey,
) -> Result<Vec<Label>, Error> {
    let tops: Vec<(&String, Option<Part>)> =
        survey.folders.iter().map(|name| (name, names::part(name))).collect();
    let parts: BTreeSet<Part> = tops.iter().filter_map(|(_, part)| *part).collect();
    let all_parts = !tops.is_empty() && tops.iter().all(|(_, part)| part.is_some());
    let has_train = parts.contains(&Part::Train);
    if all_parts && !has_train {
        let found = tops[0].0.clone();
        return Err(Error::NoTrain { path: root.to_path_buf(), found });
    }
    if !(has_train && (all_parts || parts.len() > 1)) {
        return classify(seen, 0, folders.iter(), survey).map(|labels| labels.unwrap_or_default());
    }
    let mut groups: BTreeMap<Part, Vec<Seen>> = BTreeMap::new();
    for file in seen {
        match names::part(&file.names[0]).filter(|_| file.names.len() > 1) {
            Some(part) => groups.entry(part).or_default().push(file),
            None => {
                let reason = "lies beside the train, validation and test folders".into();
                survey.skipped.push(Skipped { path: file.found.path, reason });
            }
        }
    }
    let mut labels = Vec::new();
    for (part, files) in groups {
        let within = folders.iter().filter(|f| names::part(&f[0]) == Some(part));
        let first = PathBuf::from(&files[0].names[0]);
        let count = files.len();
        let Some(labelled) = classify(files, 1, within, survey)? else {
            let what = Note::Other(format!("{count} files without a class are left out"));
            survey.noted.push(Noted { path: first, what });
            continue;
        };
        survey.own_validation |= part == Part::Validation;
        survey.own_test |= part == Part::Test;
        let own = |found| Found { own: Some(part), part: Some(part), ..found };
        labels.extend(labelled.into_iter().map(|(class, found)| (class, found.map(own))));
    }
    let split = !(survey.own_validation && survey.own_test);
    for found in labels.iter_mut().filter_map(|(_, found)| found.as_mut()) {
        if split && found.part == Some(Part::Train) {
            found.part = None;
        }
    }
    Ok(labels)
}

/// The classes of `files`, by folder or by name; the first `depth` names of each belong to the part.
/// `None` if nothing tells a class.
fn classify<'a>(
    files: Vec<Seen>,
    depth: usize,
    folders: impl Iterator<Item = &'a Vec<String>>,
    survey: &mut Survey,
) -> Result<Option<Vec<Label>>, Error> {
    let of_name = |file: &Seen| file.names.last().and_then(|n| names::class(n)).map(str::to_owned);
    let direct = || files.iter().filter(|f| f.names.len() == depth + 1);
    let flat: BTreeSet<String> = direct().filter_map(of_name).collect();
    let nested: BTreeSet<&String> =
        files.iter().filter(|f| f.names.len() > depth + 1).map(|f| &f.names[depth]).collect();
    let by_folder = nested.len() > 1 || flat.len() < 2 && !nested.is_empty();
    let mut labels: Vec<Label> = Vec::new();
    if by_folder || (flat.is_empty() && depth == 0) {
        let empty = folders.filter(|f| f.len() == depth + 1).map(|f| (f[depth].clone(), None));
        labels.extend(empty);
    }
    if !by_folder && flat.is_empty() {
        for file in &files {
            let path = file.found.path.clone();
            let reason = "no class in its name (wanted: a name like cat.0.jpg)".into();
            if depth == 0 {
                survey.skipped.push(Skipped { path, reason });
            }
        }
        return Ok((!labels.is_empty()).then_some(labels));
    }
    for file in files {
        let class = if !by_folder {
            of_name(&file).ok_or("no class in its name (wanted: a name like cat.0.jpg)")
        } else if file.names.len() > depth + 1 {
            Ok(file.names[depth].clone())
        } else {
            Err("lies beside the class folders, so it has no class")
        };
        match class {
            Ok(class) => labels.push((class, Some(file.found))),
            Err(reason) => survey.skipped.push(Skipped { path: file.found.path, reason: reason.into() }),
        }
    }
    Ok(Some(labels))
}
