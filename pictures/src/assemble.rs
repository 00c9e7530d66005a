//! From outcomes to training examples: the list, its parts, what is skipped and noted.

use std::collections::HashMap;
use std::path::Path;

use crate::folder::Survey;
use crate::index::{Outcome, Read};
use crate::load::{Everything, misnamed};
use crate::pictures::{Picture, Pictures};
use crate::{Error, Note, Noted, Part, Settings, Skipped, Split};

/// Lists what was read, divides it into parts, and refuses classes without pictures.
pub(crate) fn assemble(
    root: &Path,
    settings: &Settings,
    split: &Split,
    survey: Survey,
    everything: Everything,
) -> Result<Pictures, Error> {
    let Everything { outcomes, pixels, trouble, decoded } = everything;
    let Survey { classes, files, mut skipped, mut noted, own_validation, own_test, .. } = survey;
    let (mut list, mut slots, mut fixed) = (Vec::new(), Vec::new(), Vec::new());
    let mut lost: Vec<(usize, String)> = vec![(0, String::new()); classes.len()];
    for (found, outcome) in files.into_iter().zip(outcomes) {
        match outcome {
            Outcome::Skipped(reason) => {
                let (count, first) = &mut lost[found.class];
                *count += 1;
                if *count == 1 {
                    *first = format!("{}: {reason}", found.path.display());
                }
                skipped.push(Skipped { path: found.path, reason });
            }
            Outcome::Read(read) => {
                let Read { hash, slot, width, height, format, mut notes } = read;
                notes.extend(misnamed(&found.path, format));
                noted.extend(notes.iter().map(|n| Noted { path: found.path.clone(), what: n.clone() }));
                let (class, part) = (found.class, found.part.unwrap_or(Part::Train));
                let format = Some(format);
                list.push(Picture { path: found.path, class, hash, part, width, height, format, notes });
                slots.push(slot);
                fixed.push(found.part.is_some());
            }
        }
    }
    divide(&mut list, &fixed, split, own_validation, own_test);
    let (mut readable, mut trained) = (vec![false; classes.len()], vec![false; classes.len()]);
    for picture in &list {
        readable[picture.class] = true;
        trained[picture.class] |= picture.part == Part::Train;
    }
    for (class, name) in classes.iter().enumerate() {
        let (path, name) = (root.to_path_buf(), name.clone());
        if !readable[class] {
            let (count, first) = &lost[class];
            let why = if *count == 0 { String::new() } else { format!(" ({count} skipped; {first})") };
            return Err(Error::EmptyClass { path, class: name, why });
        }
        if !trained[class] && fixed.contains(&true) {
            return Err(Error::NotInTrain { path, class: name });
        }
    }
    noted.extend(copies(&list, &classes));
    if let Some(trouble) = &trouble {
        let path = settings.cache.clone().unwrap_or_default();
        noted.push(Noted { path, what: Note::Other(trouble.clone()) });
    }
    skipped.sort_by(|a, b| a.path.cmp(&b.path));
    noted.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Pictures {
        classes,
        list,
        skipped,
        noted,
        pixels,
        slots,
        width: settings.width,
        height: settings.height,
        channels: settings.channels(),
        decoded,
        cache_trouble: trouble,
    })
}

/// Gives a part to every picture that has none of the user's own.
fn divide(list: &mut [Picture], fixed: &[bool], split: &Split, own_validation: bool, own_test: bool) {
    let split = Split {
        validation: if own_validation { 0.0 } else { split.validation },
        test: if own_test { 0.0 } else { split.test },
        ..*split
    };
    let open: Vec<usize> = (0..list.len()).filter(|&i| !fixed[i]).collect();
    let contents: Vec<_> = open.iter().map(|&i| (list[i].class, list[i].hash)).collect();
    for (i, part) in open.into_iter().zip(split.assign(&contents)) {
        list[i].part = part;
    }
}

/// Notes about the same content in two classes or in two parts.
fn copies(list: &[Picture], classes: &[String]) -> Vec<Noted> {
    let mut first: HashMap<[u8; 32], &Picture> = HashMap::new();
    let mut notes = Vec::new();
    for picture in list {
        let Some(other) = first.get(&picture.hash) else {
            first.insert(picture.hash, picture);
            continue;
        };
        let what = if other.class != picture.class {
            let (a, b) = (&classes[other.class], &classes[picture.class]);
            format!("the same picture as {}: {b} here, {a} there", other.path.display())
        } else if other.part != picture.part {
            format!("the same picture as {}, in another part", other.path.display())
        } else {
            continue;
        };
        notes.push(Noted { path: picture.path.clone(), what: Note::Other(what) });
    }
    notes
}
