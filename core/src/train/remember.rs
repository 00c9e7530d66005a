//! What ops remember from batch to batch (the running mean and variance of batch norm) is renewed once a step: by the
//! first gradient that is asked for, part by part, as it goes forward. No other question changes it: not the further
//! gradients of a step (a search along a line, SAM), not a loss, not a population. Where a step asks for no gradient
//! (evolution), the batch goes forward once more afterwards, with the weights that came of it ([`Asked::remember`]).

use super::feed::{Asked, Feed};
use crate::op::Moment;
use crate::plan::Plan;

impl Asked<'_, '_> {
    /// Takes the step's examples into the memory if no gradient has; whether it had to go forward for it.
    pub fn remember(&mut self, theta: &[f32]) -> bool {
        let due = std::mem::take(&mut self.due);
        if due {
            self.each_batch(|plan, memory| renew(plan, memory, Some(theta), None));
        }
        due
    }

    /// What would be remembered with other weights, as the mean over batches; `count` of them have been.
    fn average(&mut self, theta: &[f32], count: &mut u64) {
        self.due = false;
        self.each_batch(|plan, memory| {
            *count += 1;
            renew(plan, memory, Some(theta), Some(1.0 / *count as f64));
        });
    }

    /// Hands each part, with the memory, to `task`.
    fn each_batch(&mut self, mut task: impl FnMut(&mut Plan, &mut [f32])) {
        let mut memory = std::mem::take(&mut self.feed.memory);
        if self.has_parts() {
            self.each_part(|plan, _, _, _| task(plan, &mut memory));
        } else {
            task(self.whole().0, &mut memory);
        }
        self.feed.memory = memory;
    }
}

impl Feed<'_> {
    /// What would be remembered with other weights: the mean over the batches of `order`, at one moment. The memory stays as
    /// it is.
    pub fn means(&mut self, theta: &[f32], order: &[u32], moment: Moment, epoch: u64) -> Vec<f32> {
        let own = self.memory.clone();
        let (mut seen, mut count) = (0, 0);
        while seen < order.len() {
            let take = self.take(seen);
            self.ask(order, seen..seen + take, moment, epoch).average(theta, &mut count);
            seen += take;
        }
        std::mem::replace(&mut self.memory, own)
    }
}

/// Takes what a plan saw of its batch into the memory, after going forward at `theta` if it has not.
pub(super) fn renew(plan: &mut Plan, memory: &mut [f32], theta: Option<&[f32]>, share: Option<f64>) {
    if let Some(theta) = theta {
        plan.forward(theta);
    }
    plan.memory().copy_from_slice(memory);
    plan.remember(share);
    memory.copy_from_slice(plan.memory());
}
