//! Every computation that is not a loss, one per file. A new one: its file, its `mod` and `pub use` lines, its
//! reference in `tests/every_op.rs`.

mod dropout;
mod linear;

pub use dropout::Dropout;
pub use linear::Linear;
