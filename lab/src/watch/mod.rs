//! Watching a training: events in, what pages do not have yet out.
//!
//! The trainer's thread calls [`Hub::see`] and [`Hub::between`], which put numbers where they belong and return; they wait for
//! nobody, unless a person has paused the training. A page is never sent a queue: ten times a second it gets the
//! difference between what it has and what there is ([`Hub::news`]), so one that is slow, or comes late, gets less often,
//! and more at once. What is costly (histograms, answers on pictures) is computed by [`look`] on a thread of its own, from a
//! copy of the weights, only while a page is open.

pub mod curve;
mod desk;
pub mod look;
mod scene;
mod state;
mod stream;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use gradus::train::{Between, Change, EpochRecord, Event, Order};
use serde_json::Value;

use desk::Desk;
pub use desk::Wish;
pub use scene::{Scene, Wall};
use state::State;
pub use state::{Cursor, Ended};
pub use stream::routes;

/// Where a training and its pages meet. A copy is another handle of the same.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

struct Inner {
    scene: Scene,
    state: Mutex<State>,
    desk: Mutex<Desk>,
    /// Tells those who wait at the desk: a paused training, and the thread that looks.
    changed: Condvar,
    /// Whether the desk has anything for the trainer: read at every step.
    attention: AtomicBool,
    pages: AtomicUsize,
}

impl Hub {
    /// For a training of this scene. Its looks are taken as long as the hub has not ended.
    pub fn new(scene: Scene) -> Hub {
        let inner = Inner {
            state: Mutex::new(State::new(&scene)),
            scene,
            desk: Mutex::default(),
            changed: Condvar::new(),
            attention: AtomicBool::new(false),
            pages: AtomicUsize::new(0),
        };
        Hub(Arc::new(inner))
    }

    /// What is trained, and on what.
    pub fn scene(&self) -> &Scene {
        &self.0.scene
    }

    /// Takes an event.
    pub fn see(&self, event: &Event) {
        self.state().see(event);
    }

    /// Called by the trainer before every step: hands over what it is asked for, waits while it is paused, and returns what
    /// a person wants done.
    pub fn between(&self, here: &Between) -> Order {
        if !self.0.attention.load(Relaxed) {
            return Order::default();
        }
        let mut desk = self.desk();
        loop {
            desk.hand_over(here);
            self.0.changed.notify_all();
            if let Some(order) = desk.order() {
                self.0.attention.store(desk.wants_attention(), Relaxed);
                return order;
            }
            if here.stop.load(Relaxed) {
                return Order::default();
            }
            self.state().paused(true);
            // Now and then it looks whether it shall end.
            let tenth = Duration::from_millis(100);
            desk = self.0.changed.wait_timeout(desk, tenth).expect("nothing panics while it is held").0;
            if desk.goes_on() {
                self.state().paused(false);
            }
        }
    }

    /// What a person wants.
    pub fn wish(&self, wish: Wish) {
        let mut desk = self.desk();
        desk.wish(wish);
        self.state().paused(!desk.goes_on());
        self.0.attention.store(true, Relaxed);
        self.0.changed.notify_all();
    }

    /// Epochs of an earlier start of the run.
    pub fn history(&self, epochs: &[EpochRecord]) {
        self.state().history(epochs);
    }

    /// All that was changed by hand so far.
    pub fn changes(&self, changes: &[Change]) {
        self.state().changes(changes);
    }

    /// The training is over, and why: the last that pages hear.
    pub fn end(&self, ended: Ended) {
        self.state().end(ended);
        self.close();
    }

    /// Nobody looks any more.
    pub fn close(&self) {
        self.desk().end();
        self.0.changed.notify_all();
    }

    /// What a page does not have yet; `cursor` says what it has, and is moved on.
    pub fn news(&self, cursor: &mut Cursor) -> Option<Value> {
        self.state().news(cursor)
    }

    /// How many pages are open.
    pub fn pages(&self) -> usize {
        self.0.pages.load(Relaxed)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().expect("nothing panics while it is held")
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.0.desk.lock().expect("nothing panics while it is held")
    }
}
