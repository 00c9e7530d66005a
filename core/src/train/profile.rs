//! Where the time of a training went.

use super::feed::Feed;
use crate::plan::OpTime;

/// The seconds of all steps since [`Trainer::watch`](super::Trainer::watch), taken apart.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Steps that were watched.
    pub steps: u64,
    /// Seconds of all of them.
    pub seconds: f64,
    /// Seconds until the batches were there: read, changed, copied.
    pub reading: f64,
    /// Each op of the network and the loss, in the order of the way forward. A last batch that is shorter is counted in.
    pub ops: Vec<OpTime>,
}

impl Profile {
    pub(super) fn of(feed: &Feed, steps: u64, seconds: f64) -> Profile {
        let (reading, all) = feed.watched();
        let mut ops: Vec<OpTime> = Vec::new();
        for op in all {
            match ops.iter_mut().find(|o| o.alike(&op)) {
                Some(same) => same.join(&op),
                None => ops.push(op),
            }
        }
        Profile { steps, seconds, reading, ops }
    }

    /// Seconds of neither reading nor ops: the optimizer's, unless it changes weights on the ops' way back.
    pub fn rest(&self) -> f64 {
        let ops: f64 = self.ops.iter().map(|o| o.forward + o.back).sum();
        (self.seconds - self.reading - ops).max(0.0)
    }
}
