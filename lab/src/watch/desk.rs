//! Where wishes of a person, and of the thread that looks, wait for the trainer to come by between two steps.

use gradus::train::{Between, Order};
use serde::Deserialize;

/// What a person wants.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Wish {
    /// Wait before the next step.
    Pause,
    /// Make one step, and wait again.
    Step,
    /// Go on.
    Go,
    /// Multiply the rates of settings and schedule with `factor`.
    Rate {
        /// Above 0.
        factor: f64,
    },
    /// Write a checkpoint.
    Save,
    /// End.
    Stop,
}

/// A copy of the weights, between two steps.
#[derive(Clone, Debug, Default)]
pub struct Copy {
    /// Steps made.
    pub step: u64,
    /// θ
    pub theta: Vec<f32>,
    /// What ops remember.
    pub memory: Vec<f32>,
}

/// The desk.
#[derive(Debug, Default)]
pub struct Desk {
    paused: bool,
    /// Steps that may be made although it is paused.
    steps: u64,
    order: Order,
    ended: bool,
    /// A copy is wanted: of this step, and one of the next.
    wanted: bool,
    copies: [Copy; 2],
    /// How many of the two are there.
    copied: usize,
}

impl Desk {
    /// Takes a wish.
    pub fn wish(&mut self, wish: Wish) {
        match wish {
            Wish::Pause => self.paused = true,
            Wish::Step => (self.paused, self.steps) = (true, self.steps + 1),
            Wish::Go => (self.paused, self.steps) = (false, 0),
            Wish::Rate { factor } => self.order.rate = Some(factor),
            Wish::Save => self.order.save = true,
            Wish::Stop => self.order.stop = true,
        }
    }

    /// Whether the training may make its next step.
    pub fn goes_on(&self) -> bool {
        !self.paused || self.steps > 0 || self.order.stop
    }

    /// What is to be done before the next step; none if there shall be no next step yet.
    pub fn order(&mut self) -> Option<Order> {
        if !self.goes_on() {
            return None;
        }
        self.steps = self.steps.saturating_sub(1);
        Some(std::mem::take(&mut self.order))
    }

    /// Whether the trainer must come by again after its next step.
    pub fn wants_attention(&self) -> bool {
        self.paused || self.wanted
    }

    /// Copies the weights, if they are wanted.
    pub fn hand_over(&mut self, here: &Between) {
        if !self.wanted || (self.copied == 1 && self.copies[0].step == here.step) {
            return;
        }
        let copy = &mut self.copies[self.copied];
        copy.step = here.step;
        copy.theta.clear();
        copy.theta.extend_from_slice(here.theta);
        copy.memory.clear();
        copy.memory.extend_from_slice(here.memory);
        self.copied += 1;
        self.wanted = self.copied < 2;
    }

    /// Asks for copies of the weights before and after a step.
    pub fn want(&mut self) {
        (self.wanted, self.copied) = (true, 0);
    }

    /// The copies, once both are there, or one if the training waits; they go back by [`Desk::give_back`].
    pub fn take(&mut self) -> Option<([Copy; 2], usize)> {
        let there = self.copied == 2 || (self.copied == 1 && !self.goes_on());
        if !there || self.ended {
            return None;
        }
        let copied = std::mem::take(&mut self.copied);
        self.wanted = false;
        Some((std::mem::take(&mut self.copies), copied))
    }

    /// Room for the next copies.
    pub fn give_back(&mut self, copies: [Copy; 2]) {
        self.copies = copies;
    }

    /// The training is over.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// Whether it is.
    pub fn has_ended(&self) -> bool {
        self.ended
    }
}
