//! Every computation that is not a loss, one per file. A new one: its file, its `mod` and `pub use` lines, its
//! reference in `tests/every_op.rs`.

mod add;
mod average_pool;
mod conv2d;
mod dropout;
mod global_average_pool;
mod linear;
mod max_pool;
mod upsample;

pub use add::Add;
pub use average_pool::AveragePool;
pub use conv2d::Conv2d;
pub use dropout::Dropout;
pub use global_average_pool::GlobalAveragePool;
pub use linear::Linear;
pub use max_pool::MaxPool;
pub use upsample::Upsample;
