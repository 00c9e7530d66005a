//! The bench of ideas: experiments of the page. Each is a module here (what is computed), a module in `page/bench/`
//! (what is seen), and a row in both tables ([`EXPERIMENTS`], `page/bench/index.js`).
//!
//! # The server's side of an experiment
//!
//! A module `bench/NAME.rs` (or folder) with one function for the table:
//!
//! ```text
//! /// Sets the experiment up as the page's address says.
//! pub fn open(state: &State) -> Result<Box<dyn Session>> { … }
//! ```
//!
//! - [`State`] holds the `key=value` pairs of the address: `state.get("noise")`, `state.number("noise", 0.1)?`. It alone sets
//!   the experiment up, so that an address can be sent to a friend.
//! - The [`Session`] it returns is the experiment at work (a network, an optimizer, …) and lives on the server.
//!   [`Session::answer`] takes a question of the page, any JSON the two have agreed on, and returns any JSON.
//! - All this runs on a worker thread, never on that of the server, and one question of a session at a time. `open` and
//!   `answer` must look at [`Deadline::passed`] in long loops and return what they have; the page asks for the next frame when
//!   it has drawn the last. A session that answers long after its deadline is given up.
//! - Errors are [`gradus::Error`]: the page shows their words. A panic ends the session alone.
//! - Sessions end by themselves: at most 32 live, the least recently used goes first, and all idle ones after ten minutes.
//!   The page then opens the state again, so it must hold all that matters.
//! - Grids and long curves go packed ([`crate::reply::packed`]), everything else as plain JSON.
//! - A row of [`EXPERIMENTS`] is all there is to registering it: the routes are the same for all.
//!
//! Over HTTP (what `api.js` does for the page's modules): `POST /api/bench/NAME` with `{"state": {"key": "value", …}}` answers
//! `{"session": id}`; `POST /api/bench/NAME/ID` with a question answers its answer; 404 if the session has ended;
//! 409 if its last question is still being answered.

pub mod averages;
pub mod descent;
pub mod evolution;
pub mod fields;
pub mod landscape;
pub mod limits;
pub mod playground;
pub mod reading;
pub mod small;
pub mod universal;
pub mod weight;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use gradus::{Error, Result};
use serde_json::Value;

/// A row of the table.
pub struct Experiment {
    /// As in the address `#/bench/NAME`.
    pub name: &'static str,
    /// Sets it up.
    pub open: fn(&State, &Deadline) -> Result<Box<dyn Session>>,
}

/// All experiments.
pub static EXPERIMENTS: &[Experiment] = &[
    Experiment { name: "playground", open: playground::open },
    Experiment { name: "weight", open: weight::open },
    Experiment { name: "descent", open: descent::open },
    Experiment { name: "landscape", open: landscape::open },
    Experiment { name: "universal", open: universal::open },
    Experiment { name: "averages", open: averages::open },
    Experiment { name: "evolution", open: evolution::open },
];

/// The experiment of a name.
pub fn find(name: &str) -> Option<&'static Experiment> {
    EXPERIMENTS.iter().find(|e| e.name == name)
}

/// An experiment at work.
pub trait Session: Send {
    /// Answers a question of the page.
    ///
    /// # Errors
    /// What is wrong with the question, in words for the person who typed it.
    fn answer(&mut self, question: &Value, deadline: &Deadline) -> Result<Value>;
}

/// When a question must be answered.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    /// So long from now.
    pub fn after(time: Duration) -> Deadline {
        Deadline(Instant::now() + time)
    }

    /// Whether it is over: return what there is.
    pub fn passed(&self) -> bool {
        Instant::now() >= self.0
    }

    /// The moment.
    pub fn at(&self) -> Instant {
        self.0
    }
}

/// The `key=value` pairs of an experiment's address.
#[derive(Clone, Debug, Default)]
pub struct State(pub BTreeMap<String, String>);

impl State {
    /// What a key is, if it is given.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// A number, or `default` if the key is not given.
    ///
    /// # Errors
    /// [`Error::Range`] if it is no finite number.
    pub fn number(&self, key: &str, default: f64) -> Result<f64> {
        self.parse(key, "a number")
            .map(|n| n.unwrap_or(default))
            .and_then(|n: f64| if n.is_finite() { Ok(n) } else { Err(Error::range(key, n, "a number")) })
    }

    /// A whole number, or `default` if the key is not given.
    ///
    /// # Errors
    /// [`Error::Range`] if it is none.
    pub fn count(&self, key: &str, default: u64) -> Result<u64> {
        self.parse(key, "a whole number").map(|n| n.unwrap_or(default))
    }

    fn parse<T: std::str::FromStr>(&self, key: &str, what: &'static str) -> Result<Option<T>> {
        self.get(key).map(|text| text.parse().map_err(|_| Error::range(key, text, what))).transpose()
    }
}
