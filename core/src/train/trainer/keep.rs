//! What a training leaves in checkpoints, and how it goes on from them.

use std::path::Path;

use super::Trainer;
use crate::real::Slot;
use crate::train::checkpoint;
use crate::{Error, Result};

impl Trainer<'_> {
    /// Goes back to where the run's newest whole checkpoint was written.
    ///
    /// # Errors
    /// [`Error::Damaged`] if there is none, or it belongs to other data or settings.
    pub fn restore(&mut self, run: &Path) -> Result<()> {
        let contents = checkpoint::load(run)?;
        let foreign = |what: &str| Error::Damaged {
            kind: "checkpoint",
            path: checkpoint::checkpoint_path(run),
            reason: format!("{what} are not those of this run"),
            mend: "resume with the data and the run.toml it was started with".into(),
        };
        if contents.progress.fingerprint != self.progress.fingerprint {
            return Err(foreign("its data or settings"));
        }
        let mut places = self.kept();
        let found = |name: &str, place: &Slot| {
            contents.tensors.iter().find(|(n, t)| n == name && t.fits(place)).map(|(_, t)| t)
        };
        // All or nothing: what does not fit changes nothing.
        if contents.tensors.len() != places.len() || places.iter().any(|(n, p)| found(n, p).is_none()) {
            return Err(foreign("its weights"));
        }
        for (name, place) in &mut places {
            found(name, place).expect("just found").put(place);
        }
        self.progress = contents.progress;
        // Asked to stop is not an end, and the limits may have been moved since.
        self.progress.ended = self.limit_reached().or(self.epoch_limit_reached());
        self.shuffle();
        Ok(())
    }

    pub(super) fn save(&mut self, run: &Path) -> Result<()> {
        let progress = self.progress.clone();
        checkpoint::save(run, &progress, &self.kept())
    }

    /// All numbers that a checkpoint keeps, by name.
    fn kept(&mut self) -> Vec<(String, Slot<'_>)> {
        let mut kept = vec![
            ("theta".into(), Slot::Single(&mut self.theta)),
            ("best_theta".into(), Slot::Single(&mut self.best_theta)),
        ];
        if !self.best_memory.is_empty() {
            kept.push(("memory".into(), Slot::Single(&mut self.feed.memory)));
            kept.push(("best_memory".into(), Slot::Single(&mut self.best_memory)));
        }
        kept.extend(self.optimizer.state().into_iter().map(|(name, s)| (format!("optimizer.{name}"), s)));
        kept
    }
}
