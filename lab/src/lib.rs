//! The lab: a page where a training is watched and steered, and where the ideas behind it can be tried.
//!
//! Everything on the page is computed by the library `gradus`, in this process; no request leaves the machine.
//!
//! - [`Server`]: one thread that answers the page, and only the page ([`guard`])
//! - [`assets`]: the page's files, carried in the program
//! - [`watch`]: a training under way, seen and steered
//! - [`runs`]: runs on the disk, side by side
//! - [`bench`]: the experiments, each a row of a table; [`sessions`] keeps those that are open

pub mod assets;
pub mod bench;
pub mod guard;
mod patience;
pub mod reply;
pub mod runs;
mod server;
pub mod sessions;
pub mod watch;

pub use server::{Options, Server};
