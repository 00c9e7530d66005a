//! Every computation that is not a loss, one per file. A new one: its file, its `mod` and `pub use` lines, its
//! reference in `tests/every_op.rs` or `tests/every_norm.rs`.

mod batch_norm;
mod dropout;
mod group_norm;
mod layer_norm;
mod linear;
mod scale_shift;

pub use batch_norm::BatchNorm;
pub use dropout::Dropout;
pub use group_norm::GroupNorm;
pub use layer_norm::LayerNorm;
pub use linear::Linear;
pub use scale_shift::ScaleShift;
