//! Every computation that is not a loss, one per file. A new one: its file, its `mod` and `pub use` lines, its
//! reference in `tests/every_op.rs`.

mod conv2d;
mod dropout;
mod linear;

pub use conv2d::Conv2d;
pub use dropout::Dropout;
pub use linear::Linear;
