//! Everything needed to go on, in one file: θ, the best θ, the optimizer's state, and where the training stands.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::event::EpochRecord;
use super::model_file::hex;
use super::tensors::{self, Named, Numbers, Tensors};
use crate::real::Slot;
use crate::schedules::Seen;
use crate::{Error, Result};

/// Where a training stands. All random numbers are keyed by seed and step, so these counters are their state too.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Progress {
    /// Steps made.
    pub step: u64,
    /// Epochs ended.
    pub epoch: u64,
    /// Examples seen of the epoch that is under way.
    pub seen: usize,
    /// Sum of the batch losses of the epoch under way, each times its examples.
    pub loss_sum: f64,
    /// Seconds of training.
    pub seconds: f64,
    /// What the optimizer has asked for.
    #[serde(default)]
    pub cost: crate::cost::Cost,
    /// Seconds spent in the epoch under way.
    pub epoch_seconds: f64,
    /// The epoch of the best weights, its loss and accuracy.
    pub best: Option<(u64, f64, f64)>,
    /// What the schedule has seen.
    #[serde(default)]
    pub schedule: Seen,
    /// What the rates of settings and schedule are multiplied with.
    #[serde(default = "as_set")]
    pub rate: f64,
    /// Why it has ended, if it has.
    pub ended: Option<super::Stopped>,
    /// All epochs.
    pub history: Vec<EpochRecord>,
    /// What the settings and the data were: a checkpoint goes on only with the same.
    pub fingerprint: String,
}

/// The rate's factor of a training that nobody steered.
fn as_set() -> f64 {
    1.0
}

impl Progress {
    /// Before the first step.
    pub fn new(fingerprint: &str) -> Progress {
        Progress { fingerprint: fingerprint.into(), rate: as_set(), ..Progress::default() }
    }
}

/// The checkpoint of a run.
pub fn checkpoint_path(run: &Path) -> PathBuf {
    run.join("checkpoint.safetensors")
}

/// The checkpoint before that.
pub fn previous_path(run: &Path) -> PathBuf {
    run.join("checkpoint.previous.safetensors")
}

/// Writes a checkpoint, whole or not at all, and keeps the one before. The numbers go to the file from where they are.
pub(super) fn save(run: &Path, progress: &Progress, numbers: &[(String, Slot)]) -> Result<()> {
    let json = serde_json::to_string(progress).expect("numbers and text");
    let tensors: Vec<Named> =
        numbers.iter().map(|(name, s)| (name.as_str(), vec![s.len()], Numbers::of(s))).collect();
    let digests =
        tensors.iter().map(|(name, _, n)| (*name, Said { kind: n.kind(), len: n.len(), digest: n.digest() }));
    let text = BTreeMap::from([
        ("gradus".to_string(), "checkpoint 1".to_string()),
        ("sha256".into(), checksum(&json, digests.collect())),
        ("progress".into(), json),
    ]);
    tensors::write(&checkpoint_path(run), tensors, &text, Some(&previous_path(run)))
}

/// A checkpoint that is whole; its numbers are still in the file.
pub(super) struct Contents {
    pub progress: Progress,
    pub file: Tensors,
}

/// Opens the newest whole checkpoint of a run: the last, else the one before.
///
/// # Errors
/// [`Error::Damaged`] or [`Error::File`] if neither is usable: what is wrong with the last.
pub(super) fn load(run: &Path) -> Result<Contents> {
    read(&checkpoint_path(run)).or_else(|error| read(&previous_path(run)).map_err(|_| error))
}

/// What is said of a tensor.
struct Said {
    kind: &'static str,
    len: usize,
    digest: [u8; 32],
}

/// SHA-256 over all a checkpoint says: where the training stands, and the name, length and numbers of each tensor.
/// A file keeps its tensors in an order of its own: here they are taken by name.
fn checksum(progress: &str, tensors: BTreeMap<&str, Said>) -> String {
    let mut sha = Sha256::new_with_prefix(progress);
    for (name, Said { kind, len, digest }) in tensors {
        sha.update(format!("\n{name} {kind} {len}\n"));
        sha.update(digest);
    }
    hex(&sha.finalize())
}

fn read(path: &Path) -> Result<Contents> {
    let damaged = |reason: String| Error::Damaged {
        kind: "checkpoint",
        path: path.into(),
        reason,
        mend: "start the training again with `gradus train` and the run.toml beside it".into(),
    };
    let file = Tensors::open(path, damaged)?;
    if file.text.get("gradus").map(String::as_str) != Some("checkpoint 1") {
        return Err(damaged("it was not written by this version of gradus".into()));
    }
    let progress = file.text.get("progress").map_or("", String::as_str);
    let mut said = BTreeMap::new();
    for t in &file.tensors {
        said.insert(t.name.as_str(), Said { kind: t.kind(), len: t.len(), digest: file.digest(t)? });
    }
    let sum = checksum(progress, said);
    if file.text.get("sha256") != Some(&sum) {
        return Err(damaged("its numbers are not those that were written".into()));
    }
    let progress = serde_json::from_str(progress).map_err(|e| damaged(format!("its progress: {e}")))?;
    Ok(Contents { progress, file })
}
