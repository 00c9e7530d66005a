//! What a training holds, what it leaves in checkpoints, and how it goes on from them.

use std::path::Path;

use super::Trainer;
use crate::network::Held;
use crate::real::Slot;
use crate::train::checkpoint;
use crate::train::notice::Notices;
use crate::{Error, Result};

impl Trainer<'_> {
    /// What it holds beside weights, in bytes.
    pub fn held(&mut self) -> Held {
        let weights = self.theta.len();
        // Where there is no way back to take slopes on, they are asked for as a whole; where parts are summed up, so are those of a part.
        let numbers = match (self.feed.grad.len(), self.feed.plans[0].2.goes_forward()) {
            _ if self.evolves => 0,
            (0, true) => self.optimizer.slopes_in_memory(weights),
            (0, false) => weights,
            (of_part, _) => weights + of_part,
        };
        let state = |(_, slot): (String, Slot)| match slot {
            Slot::Single(numbers) => size_of_val(numbers),
            Slot::Double(numbers) => size_of_val(numbers),
        };
        let optimizer = self.optimizer.state().into_iter().map(state).sum();
        Held { gradient: size_of::<f32>() * numbers, optimizer, activations: self.feed.any_plan().bytes() }
    }

    /// The weights and the memory of the last step, and those of the best epoch: of all that a training holds, what outlives it.
    pub fn into_weights(self) -> [(Vec<f32>, Vec<f32>); 2] {
        [(self.theta, self.feed.memory), (self.best_theta, self.best_memory)]
    }

    /// Goes back to where the run's newest whole checkpoint was written.
    ///
    /// # Errors
    /// [`Error::Damaged`] if there is none, or it belongs to other data or settings; [`Error::File`] if it cannot be read, and
    /// then the weights are undefined.
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
        let found =
            |name: &str, place: &Slot| contents.file.tensors.iter().find(|t| t.name == name && t.fits(place));
        // What does not fit changes nothing. (If the disk fails while numbers are read, the trainer is of no use any more.)
        if contents.file.tensors.len() != places.len() || places.iter().any(|(n, p)| found(n, p).is_none()) {
            return Err(foreign("its weights"));
        }
        for (name, place) in &mut places {
            let tensor = found(name, place).expect("just found");
            contents.file.put(tensor, place)?;
        }
        self.progress = contents.progress;
        // Asked to stop is not an end, and the limits may have been moved since.
        self.progress.ended = self.limit_reached().or(self.epoch_limit_reached());
        self.notices = Notices::of(&self.progress.history);
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
