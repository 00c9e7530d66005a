//! Where a training has been: states to go back to.
//!
//! A state is θ, what the optimizer keeps, and where in the data it stands; random draws are keyed by those counters, so
//! a state is all there is, and going on from it gives the very bits it gave before. The last few states are kept all,
//! older ones at growing distances: from the nearest one before it every step can be computed again.

use std::collections::BTreeMap;

use super::training::Place;

/// A copy of all that decides what comes next.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Where it stands.
    pub place: Place,
    /// θ
    pub theta: Vec<f32>,
    /// What ops remember from batch to batch.
    pub memory: Vec<f32>,
    /// What the optimizer keeps, slot by slot, exact.
    pub slots: Vec<Vec<f64>>,
}

impl State {
    fn bytes(&self) -> usize {
        4 * (self.theta.len() + self.memory.len()) + 8 * self.slots.iter().map(Vec::len).sum::<usize>() + 128
    }
}

/// The states that are kept.
#[derive(Default)]
pub struct History {
    states: BTreeMap<u64, State>,
    /// Old states stand at multiples of this.
    stride: u64,
}

/// All of so many last steps are kept.
const RECENT: u64 = 64;
/// And so many older ones.
const OLDER: usize = 128;
/// But not more bytes than this.
const ROOM: usize = 12 << 20;

impl History {
    /// Whether the state after so many steps would be new to it.
    pub fn wants(&self, step: u64) -> bool {
        !self.states.contains_key(&step)
    }

    /// Keeps a state, and lets go of some that have become old.
    pub fn keep(&mut self, state: State) {
        let (step, most) = (state.place.step, (ROOM / state.bytes()).max(4));
        let recent = RECENT.min(most as u64 / 2);
        self.states.insert(step, state);
        let stride = self.stride.max(1);
        // The one that has just grown old; others have been looked at before.
        if let Some(old) = step.checked_sub(recent).filter(|old| old % stride != 0) {
            self.states.remove(&old);
        }
        if self.states.len() > (OLDER + recent as usize).min(most) {
            self.stride = stride.saturating_mul(2);
            let stride = self.stride;
            // Near to where the training is, and that may be long before where it has been.
            self.states.retain(|at, _| at % stride == 0 || at.abs_diff(step) < recent);
        }
    }

    /// The last state that is not after `step`.
    pub fn before(&self, step: u64) -> Option<&State> {
        self.states.range(..=step).next_back().map(|(_, state)| state)
    }

    /// How many states there are.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.states.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(step: u64, weights: usize) -> State {
        let place = Place { step, ..Place::default() };
        State { place, theta: vec![0.0; weights], memory: Vec::new(), slots: Vec::new() }
    }

    #[test]
    fn the_last_are_kept_all_and_older_ones_at_growing_distances() {
        let mut history = History::default();
        for step in 0..100_000 {
            history.keep(state(step, 10));
            assert!(history.len() <= OLDER + RECENT as usize);
        }
        for back in 0..RECENT {
            assert_eq!(history.before(99_999 - back).unwrap().place.step, 99_999 - back);
        }
        for step in (0..99_000).step_by(777) {
            let gap = step - history.before(step).unwrap().place.step;
            assert!(gap < 4096, "{gap} steps before {step}");
        }
        assert_eq!(history.before(0).unwrap().place.step, 0);
    }

    #[test]
    fn going_back_and_forth_forgets_no_more_than_going_on() {
        let mut history = History::default();
        let walk = |history: &mut History, from: u64, to: u64| {
            for step in (from..to).filter(|step| history.wants(*step)).collect::<Vec<_>>() {
                history.keep(state(step, 10));
                assert!(history.len() <= OLDER + RECENT as usize, "{} at {step}", history.len());
            }
        };
        walk(&mut history, 0, 20_000);
        for from in [0, 7_000, 19_000, 300, 0] {
            walk(&mut history, from, from + 900);
            for step in (0..20_000).step_by(333) {
                let gap = step - history.before(step).unwrap().place.step;
                assert!(gap < 2048, "{gap} steps before {step}");
            }
        }
        assert_eq!(history.before(899).unwrap().place.step, 899);
    }

    #[test]
    fn large_states_stay_few() {
        let mut history = History::default();
        let weights = ROOM / 4 / 10;
        (0..40).for_each(|step| history.keep(state(step, weights)));
        assert!(history.len() <= 10, "{}", history.len());
        assert_eq!(history.before(39).unwrap().place.step, 39);
        assert_eq!(history.before(0).unwrap().place.step, 0);
    }
}
