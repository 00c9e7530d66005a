//! The lab: a page where a training is watched and steered, and where the ideas behind it can be tried.
//!
//! Everything on the page is computed by the library `gradus`, in this process; no request leaves the machine.

pub mod bench;
