//! The lab: a page where a training is watched and steered, and where the ideas behind it can be tried.
//!
//! Everything on the page is computed by the library `gradus`, in this process; no request leaves the machine.
//!
//! - [`Server`]: one thread that answers the page, and only the page ([`guard`])
//! - [`assets`]: the page's files, carried in the program
//! - [`watch`]: a training under way, seen and steered
//! - [`drawing`]: which networks are drawn neuron by neuron
//! - [`runs`]: runs on the disk, side by side
//! - [`typeset`]: formulas as a browser draws them
//! - [`mod@bench`]: the experiments, each a row of a table; [`sessions`] keeps those that are open

pub mod assets;
pub mod bench;
pub mod drawing;
pub mod guard;
mod patience;
pub mod reply;
pub mod runs;
mod server;
pub mod sessions;
pub mod typeset;
pub mod watch;

pub use server::{Options, Server};

/// The programs of the course: doc tests. Those of the other language are the same (`tests/course.rs`).
#[cfg(doctest)]
mod book {
    #[doc = include_str!("../../book/en/01-neuron.md")]
    mod neuron {}
    #[doc = include_str!("../../book/en/02-layers.md")]
    mod layers {}
    #[doc = include_str!("../../book/en/03-pictures.md")]
    mod pictures {}
    #[doc = include_str!("../../book/en/04-loss.md")]
    mod loss {}
    #[doc = include_str!("../../book/en/05-training.md")]
    mod training {}
    #[doc = include_str!("../../book/en/06-descent.md")]
    mod descent {}
    #[doc = include_str!("../../book/en/07-rate.md")]
    mod rate {}
    #[doc = include_str!("../../book/en/08-slopes.md")]
    mod slopes {}
    #[doc = include_str!("../../book/en/09-backpropagation.md")]
    mod backpropagation {}
    #[doc = include_str!("../../book/en/10-batches.md")]
    mod batches {}
    #[doc = include_str!("../../book/en/11-averages.md")]
    mod averages {}
    #[doc = include_str!("../../book/en/12-momentum.md")]
    mod momentum {}
    #[doc = include_str!("../../book/en/13-adam.md")]
    mod adam {}
    #[doc = include_str!("../../book/en/14-evolution.md")]
    mod evolution {}
    #[doc = include_str!("../../book/en/15-approximation.md")]
    mod approximation {}
    #[doc = include_str!("../../book/en/16-cats-and-dogs.md")]
    mod cats_and_dogs {}
}
