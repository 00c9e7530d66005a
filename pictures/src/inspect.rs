//! The doctor of a picture folder: looks at everything, changes nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use gradus::numerals::{grouped, many};
use rayon::prelude::*;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::decode::{Limit, decode_within};
use crate::folder::{Found, Survey, survey};
use crate::index::{Outcome, Read};
use crate::load::{self, Progress};
use crate::{Decoded, Error, Note, Noted, Part, Reason, Settings, Skipped, mnist};

/// A side shorter than this makes a picture tiny.
const TINY: u32 = 16;

/// What the doctor found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inspection {
    /// The folder looked at.
    pub folder: PathBuf,
    /// Readable pictures.
    pub pictures: usize,
    /// The classes, sorted by name.
    pub classes: Vec<ClassCount>,
    /// Sizes of the originals; `None` if nothing is readable.
    pub sizes: Option<SizeRange>,
    /// Readable pictures of each format, by its name.
    pub formats: BTreeMap<String, usize>,
    /// Files that cannot be read, with the reason.
    pub unreadable: Vec<Skipped>,
    /// Names that promise another format than the content is.
    pub misnamed: Vec<Noted>,
    /// Pictures that must be turned, by their EXIF orientation.
    pub rotated: Vec<Noted>,
    /// Animations, of which only the first frame counts.
    pub animated: Vec<Noted>,
    /// Other oddities: transparent, CMYK, repaired, links.
    pub odd: Vec<Noted>,
    /// Pictures that exist more than once, byte by byte.
    pub duplicates: Vec<Copies>,
    /// Pictures with a side below 16 pixels.
    pub tiny: Vec<PathBuf>,
    /// What keeps the folder from being trained on, and what would spoil the training.
    pub problems: Vec<String>,
}

/// A class and how many of its files are readable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClassCount {
    /// Name of the class.
    pub name: String,
    /// Readable pictures.
    pub pictures: usize,
    /// Files of it that cannot be read.
    pub unreadable: usize,
}

/// The sizes of the originals, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SizeRange {
    /// Smallest, middle and largest width.
    pub width: [u32; 3],
    /// Smallest, middle and largest height.
    pub height: [u32; 3],
}

/// Files with the same content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Copies {
    /// The files, sorted.
    pub paths: Vec<PathBuf>,
    /// The classes they lie in, sorted; more than one means contradictory labels.
    pub classes: Vec<String>,
    /// The user's own parts they lie in; more than one means that a test or validation picture is trained on.
    pub parts: Vec<Part>,
}

/// What reading a file gave: its hash, then the picture without its pixels.
type Looked = Result<([u8; 32], Decoded), Reason>;
/// With the file.
type Seen<'a> = (&'a Found, Looked);

/// Looks at every file of the folder and reports; nothing is changed, no cache is read or written.
///
/// # Errors
/// Only if the folder cannot be looked at (missing, a file, empty). Anything else is in the report, also what
/// [`Pictures::open`](crate::Pictures::open) would refuse.
pub fn inspect(folder: &Path, settings: &Settings, progress: Progress) -> Result<Inspection, Error> {
    settings.check().map_err(Error::Invalid)?;
    let (survey, results) = match mnist::find(folder)? {
        Some(set) => {
            let (survey, everything) = set.read(settings, progress)?;
            (survey, everything.outcomes.into_iter().map(known).collect())
        }
        None => look_at_files(folder, settings, progress)?,
    };
    let seen: Vec<Seen> = survey.files.iter().zip(results).collect();
    let mut report = Inspection {
        folder: folder.to_path_buf(),
        pictures: seen.iter().filter(|(_, r)| r.is_ok()).count(),
        classes: classes(&survey.classes, &seen),
        sizes: sizes(&seen),
        formats: BTreeMap::new(),
        unreadable: survey.skipped.clone(),
        misnamed: Vec::new(),
        rotated: Vec::new(),
        animated: Vec::new(),
        odd: survey.noted.clone(),
        duplicates: duplicates(&survey.classes, &seen),
        tiny: Vec::new(),
        problems: Vec::new(),
    };
    for (found, result) in &seen {
        match result {
            Ok((_, decoded)) => report.add(found, decoded),
            Err(reason) => {
                report.unreadable.push(Skipped { path: found.path.clone(), reason: reason.to_string() })
            }
        }
    }
    report.unreadable.sort_by(|a, b| a.path.cmp(&b.path));
    report.problems = problems(&report);
    Ok(report)
}

/// Reads every file of a folder, on all threads.
fn look_at_files(
    folder: &Path,
    settings: &Settings,
    progress: Progress,
) -> Result<(Survey, Vec<Looked>), Error> {
    let survey = survey(folder, settings.cache.as_deref())?;
    let limit = Limit::new(settings.max_pixels);
    let (total, done) = (survey.files.len(), Mutex::new(0));
    let look = |found: &Found| {
        let seen = load::read(&folder.join(&found.path), settings).and_then(|bytes| {
            let decoded = decode_within(&bytes, settings, &limit)?;
            Ok((Sha256::digest(&bytes).into(), Decoded { pixels: Vec::new(), ..decoded }))
        });
        let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
        *done += 1;
        progress(*done, total);
        seen
    };
    let results = load::pool(settings.threads)?.install(|| survey.files.par_iter().map(look).collect());
    Ok((survey, results))
}

/// What is known of a picture that was read already.
fn known(outcome: Outcome) -> Looked {
    match outcome {
        Outcome::Read(Read { hash, width, height, format, notes, .. }) => {
            Ok((hash, Decoded { pixels: Vec::new(), width, height, format, notes }))
        }
        Outcome::Skipped(reason) => Err(Reason::Io(reason)),
    }
}

impl Inspection {
    fn add(&mut self, found: &Found, decoded: &Decoded) {
        *self.formats.entry(decoded.format.name().to_owned()).or_default() += 1;
        if decoded.width.min(decoded.height) < TINY {
            self.tiny.push(found.path.clone());
        }
        for note in decoded.notes.iter().cloned().chain(load::misnamed(&found.path, decoded.format)) {
            let list = match note {
                Note::Misnamed { .. } => &mut self.misnamed,
                Note::Rotated(_) => &mut self.rotated,
                Note::Animated => &mut self.animated,
                _ => &mut self.odd,
            };
            list.push(Noted { path: found.path.clone(), what: note });
        }
    }
}

fn classes(names: &[String], seen: &[Seen]) -> Vec<ClassCount> {
    let mut counts: Vec<ClassCount> =
        names.iter().map(|name| ClassCount { name: name.clone(), pictures: 0, unreadable: 0 }).collect();
    for (found, result) in seen {
        let count = &mut counts[found.class];
        if result.is_ok() { count.pictures += 1 } else { count.unreadable += 1 }
    }
    counts
}

fn sizes(seen: &[Seen]) -> Option<SizeRange> {
    let range = |side: fn(&Decoded) -> u32| {
        let mut all: Vec<u32> =
            seen.iter().filter_map(|(_, r)| r.as_ref().ok()).map(|(_, d)| side(d)).collect();
        all.sort_unstable();
        Some([*all.first()?, all[all.len() / 2], *all.last()?])
    };
    Some(SizeRange { width: range(|d| d.width)?, height: range(|d| d.height)? })
}

fn duplicates(names: &[String], seen: &[Seen]) -> Vec<Copies> {
    let mut by_hash: BTreeMap<[u8; 32], Vec<&Found>> = BTreeMap::new();
    for (found, result) in seen {
        if let Ok((hash, _)) = result {
            by_hash.entry(*hash).or_default().push(found);
        }
    }
    let copies = |files: Vec<&Found>| {
        let mut classes: Vec<String> = files.iter().map(|f| names[f.class].clone()).collect();
        let mut parts: Vec<Part> = files.iter().filter_map(|f| f.own).collect();
        classes.sort();
        classes.dedup();
        parts.sort();
        parts.dedup();
        Copies { paths: files.into_iter().map(|f| f.path.clone()).collect(), classes, parts }
    };
    let mut all: Vec<Copies> = by_hash.into_values().filter(|f| f.len() > 1).map(copies).collect();
    all.sort_by(|a, b| a.paths.cmp(&b.paths));
    all
}

fn problems(report: &Inspection) -> Vec<String> {
    let mut problems = Vec::new();
    if report.classes.len() < 2 {
        let what = "at least two classes are needed: one sub-folder per class, or names like cat.0.jpg";
        problems.push(format!("{}; {what}", many(report.classes.len(), "class", "classes")));
    }
    for class in report.classes.iter().filter(|c| c.pictures == 0) {
        problems.push(format!("class {:?} has no readable picture", class.name));
    }
    let largest = report.classes.iter().map(|c| c.pictures).max().unwrap_or(0);
    for class in report.classes.iter().filter(|c| c.pictures > 0 && c.pictures * 10 < largest) {
        let (name, few) = (&class.name, grouped(class.pictures));
        problems.push(format!("class {name:?} has {few} pictures, the largest {}", grouped(largest)));
    }
    let torn = report.duplicates.iter().filter(|c| c.classes.len() > 1).count();
    if torn > 0 {
        problems.push(format!(
            "{} in several classes: labels contradict",
            many(torn, "picture is", "pictures are")
        ));
    }
    let leaked = report.duplicates.iter().filter(|c| c.parts.len() > 1).count();
    if leaked > 0 {
        let pictures = many(leaked, "picture is", "pictures are");
        problems.push(format!("{pictures} in several of train, validation and test: results would flatter"));
    }
    problems
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let classes = many(self.classes.len(), "class", "classes");
        writeln!(
            f,
            "{}: {} in {classes}",
            self.folder.display(),
            many(self.pictures, "picture", "pictures")
        )?;
        for class in &self.classes {
            write!(f, "  {:<24} {:>9}", class.name, grouped(class.pictures))?;
            match class.unreadable {
                0 => writeln!(f)?,
                lost => writeln!(f, "   ({} unreadable)", grouped(lost))?,
            }
        }
        if let Some(SizeRange { width, height }) = &self.sizes {
            let side =
                |name, [low, middle, high]: [u32; 3]| format!("{name} {low} to {high}, middle {middle}");
            writeln!(f, "sizes: {}; {}", side("width", *width), side("height", *height))?;
        }
        let formats: Vec<String> =
            self.formats.iter().map(|(name, n)| format!("{name} {}", grouped(*n))).collect();
        if !formats.is_empty() {
            writeln!(f, "formats: {}", formats.join(", "))?;
        }
        section(f, "unreadable", &self.unreadable)?;
        section(f, "misnamed", &self.misnamed)?;
        section(f, "to be turned upright (done when read)", &self.rotated)?;
        section(f, "animated", &self.animated)?;
        section(f, "otherwise odd", &self.odd)?;
        section(f, "copies", &self.duplicates)?;
        let tiny: Vec<_> = self.tiny.iter().map(|path| path.display()).collect();
        section(f, "tiny (a side below 16 pixels)", &tiny)?;
        section(f, "problems", &self.problems)?;
        if self.problems.is_empty() {
            writeln!(f, "ready to train on")?;
        }
        Ok(())
    }
}

impl fmt::Display for Copies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paths: Vec<String> = self.paths.iter().map(|p| p.display().to_string()).collect();
        f.write_str(&paths.join(" = "))?;
        if self.classes.len() > 1 {
            write!(f, "  (contradictory labels: {})", self.classes.join(", "))?;
        }
        if self.parts.len() > 1 {
            let parts: Vec<&str> = self.parts.iter().map(|p| p.name()).collect();
            write!(f, "  (in {})", parts.join(" and "))?;
        }
        Ok(())
    }
}

/// A heading with its count, and its first lines.
fn section<T: fmt::Display>(f: &mut fmt::Formatter<'_>, title: &str, items: &[T]) -> fmt::Result {
    const SHOWN: usize = 20;
    if items.is_empty() {
        return Ok(());
    }
    writeln!(f, "{title}: {}", grouped(items.len()))?;
    for item in items.iter().take(SHOWN) {
        writeln!(f, "  {item}")?;
    }
    if items.len() > SHOWN {
        writeln!(f, "  … and {} more", grouped(items.len() - SHOWN))?;
    }
    Ok(())
}
