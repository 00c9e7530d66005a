//! Every computation that is not a loss, one per file. A new one: its file, its `mod` and `pub use` lines, its
//! reference in `tests/every_op/` or `tests/every_norm.rs`.

mod add;
mod average_pool;
mod batch_norm;
mod conv2d;
mod dropout;
mod global_average_pool;
mod group_norm;
mod layer_norm;
mod linear;
mod max_pool;
mod scale_shift;
mod upsample;

pub use add::Add;
pub use average_pool::AveragePool;
pub use batch_norm::BatchNorm;
pub use conv2d::Conv2d;
pub use dropout::Dropout;
pub use global_average_pool::GlobalAveragePool;
pub use group_norm::GroupNorm;
pub use layer_norm::LayerNorm;
pub use linear::Linear;
pub use max_pool::MaxPool;
pub use scale_shift::ScaleShift;
pub use upsample::Upsample;
