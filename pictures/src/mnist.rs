//! The MNIST family (MNIST, Fashion-MNIST, KMNIST …): a folder that holds for each part one IDX file of grey pictures and
//! one of their labels, and perhaps `labels.txt` with a name a line.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::cache::{Cache, Hold, unwritable};
use crate::folder::{Found, Survey, modified};
use crate::idx::{self, Idx, MOST};
use crate::index::{Index, Outcome, Read, Source};
use crate::load::{Everything, Progress, joined, kept, pool};
use crate::resize::Raster;
use crate::store::Pixels;
use crate::{Error, Format, Part, Settings};

/// How the files of a part begin, in the order of their names.
const PARTS: [(&str, Part); 4] =
    [("t10k", Part::Test), ("test", Part::Test), ("train", Part::Train), ("validation", Part::Validation)];

/// The names of `labels.txt` are for people; more of them than labels can be is no such file.
const LABELS: usize = 256;

/// The files of one part.
struct Pair {
    part: Part,
    pictures: PathBuf,
    labels: PathBuf,
}

/// The files of a folder.
pub(crate) struct Set {
    root: PathBuf,
    sources: Vec<Pair>,
}

/// The size of the pictures in a folder of the MNIST family: width and height. `None` for any other folder. All
/// pictures of such a folder are grey and of one size.
///
/// # Errors
/// [`Error::Idx`] if files are missing, or begin as none of their kind does.
pub fn stored_size(folder: &Path) -> Result<Option<(u32, u32)>, Error> {
    find(folder)?.map(|set| set.size()).transpose()
}

/// The pictures of one IDX file, such as `t10k-images-idx3-ubyte.gz`, resized and coloured as `settings` ask. `None` if
/// the file begins as none of these does.
///
/// # Errors
/// [`Error::Idx`] if the file is damaged.
pub fn idx_pictures(file: &Path, settings: &Settings) -> Result<Option<Vec<Vec<u8>>>, Error> {
    settings.check().map_err(Error::Invalid)?;
    if !idx::holds_pictures(file) {
        return Ok(None);
    }
    let of = idx::read::<3>(file)?;
    check_size(file, of.dims, settings.max_pixels)?;
    (0..of.dims[0] as usize)
        .map(|i| fitted(picture(&of, i), of.dims, settings))
        .collect::<Result<_, _>>()
        .map(Some)
}

/// The IDX files of pictures in a folder of the MNIST family; none in any other folder.
///
/// # Errors
/// [`Error::Idx`] if one file of a pair is missing.
pub fn idx_files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    Ok(find(folder)?.map_or_else(Vec::new, |set| set.sources.into_iter().map(|s| s.pictures).collect()))
}

/// The set in a folder, if there is one.
pub(crate) fn find(root: &Path) -> Result<Option<Set>, Error> {
    let one = |part: &str, what: &str| {
        let names = ["-", "."].map(|dot| format!("{part}-{what}").replacen("?", dot, 1));
        let all = names.iter().flat_map(|name| [root.join(name), root.join(format!("{name}.gz"))]);
        all.into_iter().find(|path| path.is_file())
    };
    let mut sources = Vec::new();
    for (name, part) in PARTS {
        match (one(name, "images?idx3-ubyte"), one(name, "labels?idx1-ubyte")) {
            (None, None) => {}
            (Some(pictures), Some(labels)) => sources.push(Pair { part, pictures, labels }),
            (Some(path), None) => return Err(alone(path, &format!("{name}-labels-idx1-ubyte"))),
            (None, Some(path)) => return Err(alone(path, &format!("{name}-images-idx3-ubyte"))),
        }
    }
    if sources.first().is_some_and(|_| sources.iter().all(|s| s.part != Part::Train)) {
        return Err(alone(sources.remove(0).pictures, "train-images-idx3-ubyte"));
    }
    Ok((!sources.is_empty()).then(|| Set { root: root.to_path_buf(), sources }))
}

fn alone(path: PathBuf, missing: &str) -> Error {
    Error::Idx { path, what: format!("there is no {missing} (or {missing}.gz) beside it; fetch it too") }
}

impl Set {
    /// Width and height of the pictures of every part.
    fn size(&self) -> Result<(u32, u32), Error> {
        let mut sizes = Vec::new();
        for source in &self.sources {
            let dims = idx::dims::<3>(&source.pictures)?;
            check_size(&source.pictures, dims, u64::MAX)?;
            sizes.push((dims[2], dims[1]));
        }
        match sizes.iter().position(|size| *size != sizes[0]) {
            None => Ok(sizes[0]),
            Some(other) => {
                let ((w, h), (first_w, first_h)) = (sizes[other], sizes[0]);
                let first = self.sources[0].pictures.display();
                let what = format!("its pictures are {w} × {h}, those of {first} {first_w} × {first_h}");
                let path = self.sources[other].pictures.clone();
                Err(Error::Idx {
                    path,
                    what: format!("{what}; put sets of different sizes into folders of their own"),
                })
            }
        }
    }

    /// Every picture with its class and part, and its pixels as `settings` ask.
    pub fn read(&self, settings: &Settings, progress: Progress) -> Result<(Survey, Everything), Error> {
        self.size()?;
        let mut labels = Vec::new();
        for source in &self.sources {
            let (dims, of) = (idx::dims::<3>(&source.pictures)?, idx::read::<1>(&source.labels)?);
            if dims[0] != of.dims[0] {
                // Whether the file is whole is told first: if not, it is not the count that is wrong.
                idx::read::<3>(&source.pictures)?;
                let (pictures, n) = (source.pictures.display(), dims[0]);
                let what = format!("{} labels for the {n} pictures of {pictures}", of.dims[0]);
                let path = source.labels.clone();
                return Err(Error::Idx {
                    path,
                    what: format!("{what}; are they of the same set? fetch both again"),
                });
            }
            check_size(&source.pictures, dims, settings.max_pixels)?;
            labels.push(of.bytes);
        }
        let survey = self.survey(&labels)?;
        let total = survey.files.len();
        let cache = settings.cache.as_deref().map(|folder| Cache::new(folder, &self.root, settings));
        let sources: Vec<_> = self.sources.iter().map(|source| as_it_is(&source.pictures)).collect();
        let (kept, damage) = kept(cache.as_ref(), Hold::InMemory);
        let same = |index: &Index| index.sources == sources && index.outcomes.len() == total;
        if let Some(kept) = kept.filter(|kept| same(&kept.index)) {
            progress(total, total);
            let (outcomes, pixels) = (kept.index.outcomes, kept.pixels);
            return Ok((survey, Everything { outcomes, pixels, trouble: None, decoded: 0 }));
        }
        let (outcomes, pixels) = self.decode(total, settings, progress)?;
        let index = Index { sources, outcomes };
        let failed = cache.and_then(|cache| cache.keep(&pixels, &index).err());
        let failed = failed.map(|e| unwritable(&e.to_string(), "the next start reads all again"));
        let (outcomes, pixels) = (index.outcomes, Pixels::Memory(pixels));
        Ok((survey, Everything { outcomes, pixels, trouble: joined(damage, failed), decoded: total }))
    }

    /// Every picture's name, class and part.
    fn survey(&self, labels: &[Vec<u8>]) -> Result<Survey, Error> {
        let occurring: BTreeSet<u8> = labels.iter().flatten().copied().collect();
        let own = |part| self.sources.iter().any(|source| source.part == part);
        let mut survey = Survey {
            classes: self.names(&occurring)?,
            own_validation: own(Part::Validation),
            own_test: own(Part::Test),
            ..Survey::default()
        };
        let splits = !(survey.own_validation && survey.own_test);
        let classes: Vec<u8> = occurring.into_iter().collect();
        for (source, labels) in self.sources.iter().zip(labels) {
            let name = source.pictures.file_name().unwrap_or_default().to_string_lossy();
            let digits = labels.len().saturating_sub(1).to_string().len();
            for (i, label) in labels.iter().enumerate() {
                survey.files.push(Found {
                    path: format!("{name}[{i:0digits$}]").into(),
                    class: classes.binary_search(label).unwrap_or_default(),
                    own: Some(source.part),
                    part: Some(source.part).filter(|part| !splits || *part != Part::Train),
                    length: 0,
                    modified: 0,
                });
            }
        }
        Ok(survey)
    }

    /// The pictures of all files, and their pixels as `settings` ask.
    fn decode(
        &self,
        total: usize,
        settings: &Settings,
        progress: Progress,
    ) -> Result<(Vec<Outcome>, Vec<u8>), Error> {
        let (mut outcomes, mut pixels) = (Vec::with_capacity(total), Vec::new());
        let bytes = (total as u64).saturating_mul(settings.stride() as u64);
        if bytes > MOST || pixels.try_reserve_exact(bytes as usize).is_err() {
            let what = format!("{total} pictures of {} × {} pixels", settings.width, settings.height);
            return Err(Error::Invalid(format!("{what} need {bytes} bytes of memory; ask for smaller ones")));
        }
        let pool = pool(settings.threads)?;
        for source in &self.sources {
            let of = idx::read::<3>(&source.pictures)?;
            // As many at a time as make a worthwhile task for every thread.
            let all: Vec<usize> = (0..of.dims[0] as usize).collect();
            for some in all.chunks(4096) {
                let one = |&i: &usize| {
                    let stored = picture(&of, i);
                    Ok((<[u8; 32]>::from(Sha256::digest(stored)), fitted(stored, of.dims, settings)?))
                };
                let done: Vec<_> = pool.install(|| some.par_iter().map(one).collect::<Result<_, Error>>())?;
                for (hash, made) in done {
                    let [_, height, width] = of.dims;
                    let (slot, format, notes) = (outcomes.len(), Format::Idx, Vec::new());
                    outcomes.push(Outcome::Read(Read { hash, slot, width, height, format, notes }));
                    pixels.extend_from_slice(&made);
                }
                progress(outcomes.len(), total);
            }
        }
        Ok((outcomes, pixels))
    }

    /// The classes' names: of `labels.txt`, else the labels themselves.
    fn names(&self, occurring: &BTreeSet<u8>) -> Result<Vec<String>, Error> {
        let path = self.root.join("labels.txt");
        if !path.is_file() {
            return Ok(occurring.iter().map(u8::to_string).collect());
        }
        let wrong = |what: String| Error::Idx { path: path.clone(), what };
        let text = fs::read_to_string(&path)
            .map_err(|e| wrong(format!("cannot be read ({e}); write it as UTF-8 text, a name a line")))?;
        let lines: Vec<&str> = text.lines().map(str::trim).take(LABELS).collect();
        let named = |label: &u8| {
            let name = lines.get(usize::from(*label)).filter(|name| !name.is_empty());
            let line = usize::from(*label) + 1;
            let missing = || wrong(format!("no name for label {label}; write it in line {line}"));
            name.map(|name| name.to_string()).ok_or_else(missing)
        };
        let names: Vec<String> = occurring.iter().map(named).collect::<Result<_, _>>()?;
        let mut seen = BTreeSet::new();
        match names.iter().find(|name| !seen.insert(*name)) {
            Some(twice) => {
                Err(wrong(format!("{twice:?} stands for two labels; give each a name of its own")))
            }
            None => Ok(names),
        }
    }
}

/// A file as it is now.
fn as_it_is(path: &Path) -> Source {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (length, modified) = fs::metadata(path).map_or((0, 0), |meta| (meta.len(), modified(&meta)));
    Source { path: name, length, modified }
}

/// The stored pixels of one picture.
fn picture(of: &Idx<3>, index: usize) -> &[u8] {
    let stride = of.dims[1] as usize * of.dims[2] as usize;
    &of.bytes[index * stride..(index + 1) * stride]
}

/// Those pixels in the size and the channels asked for.
fn fitted(stored: &[u8], [_, height, width]: [u32; 3], settings: &Settings) -> Result<Vec<u8>, Error> {
    let raster = Raster { width, height, channels: 1, pixels: stored.to_vec() };
    let raster = raster.resized(settings.width, settings.height).map_err(Error::Invalid)?;
    Ok(if settings.grey { raster.pixels } else { raster.to_rgb().pixels })
}

fn check_size(path: &Path, [_, height, width]: [u32; 3], limit: u64) -> Result<(), Error> {
    let what = match u64::from(width) * u64::from(height) {
        0 => format!("its pictures are {width} × {height} pixels: there is nothing to see; fetch it again"),
        pixels if pixels > limit => format!(
            "its pictures are {width} × {height} pixels, more than the limit of {limit}; \
             if they really are, raise the limit"
        ),
        _ => return Ok(()),
    };
    Err(Error::Idx { path: path.to_path_buf(), what })
}
