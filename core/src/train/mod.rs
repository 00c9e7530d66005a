//! The loop: batches in, weights improved, and what is told to whoever watches.

mod advice;
mod baseline;
mod batches;
mod checkpoint;
mod evaluate;
mod event;
mod feed;
mod files;
mod finder;
mod loader;
mod metrics;
mod mixup;
mod model_file;
mod outcome;
mod reader;
mod remember;
mod settings;
mod trainer;
mod verdict;
mod way;

pub use advice::{Advice, Trouble};
pub use baseline::{linear_baseline, majority_baseline};
pub use batches::{Parts, Samples};
pub use checkpoint::{checkpoint_path, previous_path};
pub use evaluate::{Evaluation, Evaluator};
pub use event::{EpochRecord, Event, GradientCheck, Watcher};
pub use files::write_whole;
pub use finder::{Finding, Sweep, find_rate};
pub use metrics::{ClassScore, Scores, most_likely, wilson};
pub use model_file::{ModelFile, model_hash, theta_hash};
pub use outcome::{Outcome, Stopped};
pub(crate) use reader::write_target;
pub use settings::{Batch, ClassWeights, Monitor, Settings};
pub use trainer::Trainer;
pub use verdict::Verdict;
