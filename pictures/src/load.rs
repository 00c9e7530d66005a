//! From a folder to training examples: survey, cache, decode, split.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::assemble::assemble;
use crate::cache::{Cache, HEAD, Hold, Kept, unwritable};
use crate::decode::{Limit, decode_within};
use crate::folder::{Found, Survey, survey};
use crate::index::{Index, Outcome, Read, Source};
use crate::pictures::Pictures;
use crate::sniff::sniff;
use crate::store::{self, Finished, Pixels, Sink};
use crate::{Error, Format, Note, Reason, Settings, Split, mnist, names};

/// Called with (done, total).
pub(crate) type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// As [`Pictures::open`].
pub(crate) fn open(
    root: &Path,
    settings: &Settings,
    split: &Split,
    progress: Progress,
) -> Result<Pictures, Error> {
    settings.check().and_then(|()| split.check()).map_err(Error::Invalid)?;
    if let Some(set) = mnist::find(root)? {
        let (survey, everything) = set.read(settings, progress)?;
        check_classes(root, &survey)?;
        return assemble(root, settings, split, survey, everything);
    }
    let survey = survey(root, settings.cache.as_deref())?;
    check_classes(root, &survey)?;
    let cache = settings.cache.as_deref().map(|folder| Cache::new(folder, root, settings));
    let (kept, damage) = kept(cache.as_ref(), Hold::Mapped);
    let work = Work { root, settings, survey: &survey, kept: kept.as_ref() };
    if let Some(outcomes) = work.all_kept() {
        progress(survey.files.len(), survey.files.len());
        let pixels = kept.map_or(Pixels::Memory(Vec::new()), |kept| kept.pixels);
        let everything = Everything { outcomes, pixels, trouble: None, decoded: 0 };
        return assemble(root, settings, split, survey, everything);
    }
    let mut everything = work.read_all(cache.as_ref(), progress)?;
    everything.trouble = joined(damage, everything.trouble);
    assemble(root, settings, split, survey, everything)
}

/// What a cache kept, and what is wrong with it.
pub(crate) fn kept(cache: Option<&Cache>, hold: Hold) -> (Option<Kept>, Option<String>) {
    match cache.map(|cache| cache.read(hold)) {
        None => (None, None),
        Some(Ok(kept)) => (kept, None),
        Some(Err(damage)) => (None, Some(damage)),
    }
}

/// One sentence of two.
pub(crate) fn joined(one: Option<String>, other: Option<String>) -> Option<String> {
    match (one, other) {
        (Some(one), Some(other)) => Some(format!("{one}; {other}")),
        (one, other) => one.or(other),
    }
}

/// Fewer than two classes is an error before anything is decoded.
fn check_classes(root: &Path, survey: &Survey) -> Result<(), Error> {
    let path = root.to_path_buf();
    match survey.classes.as_slice() {
        [] => Err(Error::NoClasses { path, files: survey.files.len() + survey.skipped.len() }),
        [class] => {
            let inner = root.join(class);
            let hint = match survey.folders.as_slice() {
                [only] if only == class && has_folders(&inner) => {
                    format!(" (is {} the folder you mean?)", inner.display())
                }
                _ => String::new(),
            };
            Err(Error::OneClass { path, class: class.clone(), hint })
        }
        _ => Ok(()),
    }
}

fn has_folders(path: &Path) -> bool {
    path.read_dir().is_ok_and(|entries| entries.flatten().filter(|e| e.path().is_dir()).nth(1).is_some())
}

/// The reading of one folder.
struct Work<'a> {
    root: &'a Path,
    settings: &'a Settings,
    survey: &'a Survey,
    kept: Option<&'a Kept>,
}

/// All that reading the files gave.
pub(crate) struct Everything {
    /// Of every file, in their order.
    pub outcomes: Vec<Outcome>,
    pub pixels: Pixels,
    /// What went wrong with the cache, if anything.
    pub trouble: Option<String>,
    /// How many were decoded.
    pub decoded: usize,
}

impl Work<'_> {
    /// What the cache knows of a file whose length and time are as they were.
    fn known(&self, place: usize, found: &Found) -> Option<&Outcome> {
        let (source, outcome) = self.kept?.find(place, found.path.to_str()?)?;
        (source.length == found.length && source.modified == found.modified).then_some(outcome)
    }

    /// All outcomes, if the cache knows every file.
    fn all_kept(&self) -> Option<Vec<Outcome>> {
        self.survey.files.iter().enumerate().map(|(place, found)| self.known(place, found).cloned()).collect()
    }

    /// Reads what is new or changed, on all threads; the rest is copied from the old cache.
    fn read_all(&self, cache: Option<&Cache>, progress: Progress) -> Result<Everything, Error> {
        let files = &self.survey.files;
        let stride = self.settings.stride();
        let length = (files.len() * stride) as u64;
        let (draft, mut trouble) = match cache.map(|c| c.begin(length).and_then(|d| Ok((d.open()?, d)))) {
            None => (None, None),
            Some(Ok(pair)) => (Some(pair), None),
            Some(Err(e)) => (None, Some(e.to_string())),
        };
        let (file, draft) = draft.unzip();
        let sink = Sink::new(files.len(), stride, file);
        let limit = Limit::new(self.settings.max_pixels);
        let done = Mutex::new(0);
        let one = |(slot, found): (usize, &Found)| {
            let (outcome, lasting, decoded) = self.one(slot, found, &sink, &limit);
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            *done += 1;
            progress(*done, files.len());
            (outcome, lasting, decoded)
        };
        let pool = pool(self.settings.threads)?;
        let results: Vec<_> = pool.install(|| files.par_iter().enumerate().map(one).collect());
        let decoded = results.iter().filter(|(_, _, decoded)| *decoded).count();
        let index = || {
            let lasting = files.iter().zip(&results).filter(|(_, (_, lasting, _))| *lasting);
            let entry = |(found, (outcome, ..)): (&Found, &(Outcome, bool, bool))| {
                let path = found.path.to_str()?.to_owned();
                let (length, modified) = (found.length, found.modified);
                Some((Source { path, length, modified }, outcome.clone()))
            };
            let (sources, outcomes) = lasting.filter_map(entry).unzip();
            Index { sources, outcomes }
        };
        let pixels =
            match sink.finish().map_err(|e| Error::System(format!("pictures cannot be held: {e}")))? {
                Finished::Memory(pixels, failed) => {
                    trouble = trouble.or(failed);
                    Pixels::Memory(pixels)
                }
                Finished::File(file) => {
                    let committed = match (cache, draft) {
                        (Some(cache), Some(draft)) => cache.commit(&draft, &file, &index()),
                        _ => Err(std::io::Error::other("no cache")),
                    };
                    match committed {
                        Ok(pixels) => pixels,
                        Err(e) => {
                            trouble = Some(e.to_string());
                            Pixels::Memory(whole(&file, length)?)
                        }
                    }
                }
            };
        let outcomes = results.into_iter().map(|(outcome, ..)| outcome).collect();
        let trouble = trouble.map(|e| unwritable(&e, "the pictures are held in memory"));
        Ok(Everything { outcomes, pixels, trouble, decoded })
    }

    /// One file: its outcome, whether that holds until the file changes, and whether it was decoded.
    fn one(&self, slot: usize, found: &Found, sink: &Sink, limit: &Limit) -> (Outcome, bool, bool) {
        if let Some(known) = self.known(slot, found) {
            return (self.keep(known, slot, sink), true, false);
        }
        let bytes = match read(&self.root.join(&found.path), self.settings) {
            Ok(bytes) => bytes,
            Err(reason) => {
                return (Outcome::Skipped(reason.to_string()), !matches!(reason, Reason::Io(_)), false);
            }
        };
        let hash: [u8; 32] = Sha256::digest(&bytes).into();
        if let Some(read) = self.kept.and_then(|kept| kept.of_content(&hash)) {
            return (self.keep(&Outcome::Read(read.clone()), slot, sink), true, false);
        }
        match decode_within(&bytes, self.settings, limit) {
            Ok(decoded) => {
                sink.put(slot, &decoded.pixels);
                let (width, height) = (decoded.width, decoded.height);
                let (format, notes) = (decoded.format, decoded.notes);
                (Outcome::Read(Read { hash, slot, width, height, format, notes }), true, true)
            }
            Err(reason) => (Outcome::Skipped(reason.to_string()), true, false),
        }
    }

    /// An old outcome in its new slot.
    fn keep(&self, known: &Outcome, slot: usize, sink: &Sink) -> Outcome {
        match (known, self.kept) {
            (Outcome::Read(read), Some(kept)) => {
                let stride = self.settings.stride();
                sink.put(slot, kept.pixels.slot(read.slot, stride));
                Outcome::Read(Read { slot, ..read.clone() })
            }
            _ => known.clone(),
        }
    }
}

/// The bytes of a file that begins like a picture; other files are not read to their end.
pub(crate) fn read(path: &Path, settings: &Settings) -> Result<Vec<u8>, Reason> {
    let io = |e: std::io::Error| Reason::Io(e.to_string());
    let mut file = File::open(path).map_err(io)?;
    let mut bytes = Vec::with_capacity(1 << 16);
    file.by_ref().take(1 << 16).read_to_end(&mut bytes).map_err(io)?;
    sniff(&bytes)?;
    let most = settings.max_pixels.saturating_mul(8).saturating_add(16 << 20);
    let length = file.metadata().map_err(io)?.len();
    if length > most {
        return Err(Reason::TooManyBytes { length });
    }
    bytes.reserve((length as usize).saturating_sub(bytes.len()) + 1);
    file.take(most).read_to_end(&mut bytes).map_err(io)?;
    Ok(bytes)
}

/// A pool of `threads` workers; 0 means one per core.
pub(crate) fn pool(threads: usize) -> Result<rayon::ThreadPool, Error> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map_err(|e| Error::System(format!("threads cannot be started: {e}")))
}

/// The note that a file's name promises another format.
pub(crate) fn misnamed(path: &Path, format: Format) -> Option<Note> {
    let name = path.file_name()?.to_string_lossy().into_owned();
    let extension = names::extension(&name)?;
    let promised = Format::of_extension(extension);
    let other_kind = promised.is_none() && names::is_side_file(&name);
    (promised.is_some_and(|p| p != format) || other_kind)
        .then(|| Note::Misnamed { extension: extension.to_owned(), format })
}

fn whole(file: &File, length: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let fail = |e: std::io::Error| Error::System(format!("pictures cannot be held in memory: {e}"));
    bytes.try_reserve_exact(length as usize).map_err(|e| fail(std::io::Error::other(e.to_string())))?;
    bytes.resize(length as usize, 0);
    store::read_at(file, &mut bytes, HEAD as u64).map_err(fail)?;
    Ok(bytes)
}
