//! What can be typed: every command and option, with the words `--help` prints.

mod check;
mod lab;
mod looks;
mod race;
mod table;
mod values;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use gradus::gradients::Way;
use gradus::train::{Batch, ClassWeights, Monitor};
use gradus_pictures::Part;

pub use check::{CheckArgs, CheckGradientArgs};
pub use lab::{LabArgs, WatchArgs};
pub use looks::LookArgs;
pub use race::RaceArgs;
pub use table::{TableArgs, none_of};
pub use values::Rate;
use values::{parse_class_weights, parse_monitor, parse_part, parse_size};

/// Trains neural networks and shows every step: from a folder of pictures or a table to a trained model in one command.
#[derive(Parser)]
#[command(name = "gradus", version, max_term_width = 110, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  gradus train                                   the built-in cats and dogs
  gradus train pets/                             a folder with one folder per class, or cat.0.jpg, dog.1.jpg …
  gradus train adult.csv --label income          a table: which class, or what number, is a row of?
  gradus train pets/ --net 'dense 256 relu, dropout 0.3, dense 1 sigmoid' --optimizer 'adam beta1=0.8' --lr 3e-4
  gradus predict runs/pets-1 new.jpg             which is it, and how sure?
  gradus export runs/pets-1                      the same network for onnxruntime
  gradus resume runs/pets-1                      goes on where it was stopped or killed
  gradus list optimizers adam                    formula, parameters, paper";

#[derive(Subcommand)]
pub enum Command {
    /// Train a network on a folder of pictures, on a table, on the built-in cats and dogs, or again as a run.toml says.
    Train(Box<TrainArgs>),
    /// Go on with a run that was stopped or killed; it ends with the same weights as if it never had been.
    Resume(ResumeArgs),
    /// Measure a trained network on labelled pictures, or rows.
    Evaluate(EvaluateArgs),
    /// Name what is on pictures, or what rows are, with probabilities; or say their numbers.
    Predict(PredictArgs),
    /// Write a trained network as an ONNX file, which onnxruntime and other programs run: pixels in, probabilities out.
    Export(ExportArgs),
    /// Check that things are what they should be: that the gradient is the slope of the loss.
    Check {
        #[command(subcommand)]
        what: CheckArgs,
    },
    /// The doctor of a picture folder: classes, sizes, unreadable, misnamed, rotated, duplicates. And of a table: what its
    /// columns are, and what of it cannot be used. Changes nothing.
    Inspect(InspectArgs),
    /// Try learning rates of all sizes on a copy of the network, and suggest one with its reason. Takes the options of
    /// train; writes only to --out, and changes no training.
    FindRate(Box<FindRateArgs>),
    /// Optimizers side by side: same network, start and data, equal budgets, several seeds; what is more than noise?
    Race(Box<RaceArgs>),
    /// What there is to choose from: layers, activations, losses, optimizers, schedules, initializers, functions, figures.
    List(ListArgs),
    /// The live page: runs side by side, and experiments with the ideas behind training, computed on this machine.
    Lab(LabArgs),
    /// Draw the figures that explain how networks learn, from live computation, as SVG and PNG.
    Figures(crate::figures::FiguresArgs),
    /// Print a completion script for a shell, for example: gradus completions bash > /etc/bash_completion.d/gradus
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page (roff), for example: gradus manual > gradus.1
    Manual,
}

#[derive(Args)]
pub struct TrainArgs {
    /// A folder of pictures or of MNIST's IDX files, a table (CSV and its like, also compressed by gzip), or a run.toml (then only --out,
    /// --threads, --cache, --json, --quiet and --open apply). Without it: the 3,000 built-in cats and dogs.
    pub data: Option<PathBuf>,

    /// The network: layers from the data on, separated by commas [default: convolutions for folders of 200
    /// training pictures and more, else one hidden layer; the last layer suits classes and loss].
    #[arg(long, value_name = "LINE", help_heading = "Network and loss")]
    pub net: Option<String>,
    /// The loss: squared_error, absolute_error, huber, binary_cross_entropy, softmax_cross_entropy, with settings,
    /// for example 'binary_cross_entropy smoothing=0.1' [default: the cross-entropy that suits the network's end].
    #[arg(long, value_name = "LINE", help_heading = "Network and loss")]
    pub loss: Option<String>,
    /// Move the targets towards all classes alike by this share: the same as `smoothing=` in --loss [default: 0;
    /// 0.05 for the default's convolutions].
    #[arg(long, value_name = "SHARE", help_heading = "Network and loss")]
    pub label_smoothing: Option<f64>,
    /// Weigh rare classes more, so that every class counts the same: none or balanced [default: none].
    #[arg(long, value_name = "HOW", value_parser = parse_class_weights, help_heading = "Network and loss")]
    pub class_weights: Option<ClassWeights>,

    /// The optimizer, with its dialect and settings, for example 'adam@keras beta1=0.8'; `gradus list optimizers` names
    /// all [default: adam].
    #[arg(long, value_name = "LINE", help_heading = "Optimizer")]
    pub optimizer: Option<String>,
    /// How gradients are made: backpropagation, forward_difference, central_difference or by_hand (small networks)
    /// [default: backpropagation].
    #[arg(long, value_name = "WAY", help_heading = "Optimizer")]
    pub gradient: Option<Way>,
    /// After the training: a table of where the time of its steps went, op by op, beside the least it could take here.
    #[arg(long, help_heading = "Run")]
    pub profile: bool,
    /// Compare backpropagation with central differences before every N-th step; it changes no weight.
    #[arg(long, value_name = "N", help_heading = "Optimizer")]
    pub check_gradient: Option<u64>,
    /// Learning rate, or `auto`: as `gradus find-rate` suggests [default: 0.0005 for adam (0.003 with the
    /// default's convolutions and one_cycle), else the optimizer's own].
    #[arg(long, value_name = "RATE|auto", allow_negative_numbers = true, help_heading = "Optimizer")]
    pub lr: Option<Rate>,
    /// How the learning rate changes, for example cosine, 'step epochs=30 factor=0.1' or
    /// 'warmup epochs=2 over cosine'; `gradus list schedules` names all [default: constant; one_cycle for the default's
    /// convolutions with adam].
    #[arg(long, value_name = "LINE", help_heading = "Optimizer")]
    pub schedule: Option<String>,
    /// Examples per step: a number (1 is stochastic gradient descent), or `all` (gradient descent) [default: 64; 500
    /// for evolution; `all` for what compares losses of one step with those of the next, such as lbfgs].
    #[arg(long, value_name = "N|all", help_heading = "Optimizer")]
    pub batch: Option<Batch>,
    /// Make each step from so many batches: as with a batch so many times as large, in the memory of one [default: 1].
    #[arg(long, value_name = "N", help_heading = "Optimizer")]
    pub accumulate: Option<u64>,
    /// Scale the gradient down to this norm where it is longer.
    #[arg(long, value_name = "NORM", help_heading = "Optimizer")]
    pub clip_norm: Option<f64>,
    /// Hold each slope within ± this.
    #[arg(long, value_name = "SIZE", help_heading = "Optimizer")]
    pub clip_value: Option<f64>,
    /// Hold the slopes into each unit to this share of the norm of its weights.
    #[arg(long, value_name = "SHARE", help_heading = "Optimizer")]
    pub clip_adaptive: Option<f64>,
    /// L1 regularisation, added to the gradient.
    #[arg(long, value_name = "LAMBDA", help_heading = "Optimizer")]
    pub l1: Option<f64>,
    /// L2 regularisation, added to the gradient.
    #[arg(long, value_name = "LAMBDA", help_heading = "Optimizer")]
    pub l2: Option<f64>,
    /// Decoupled weight decay (AdamW).
    #[arg(long, value_name = "LAMBDA", help_heading = "Optimizer")]
    pub weight_decay: Option<f64>,

    /// Stop after so many passes over the training examples [default: 100; 30 from 1,000 on and 10 from
    /// 20,000 on where one_cycle is the default; 120 for evolution].
    #[arg(long, value_name = "N", help_heading = "When to stop")]
    pub epochs: Option<u64>,
    /// Stop after so many steps.
    #[arg(long, value_name = "N", help_heading = "When to stop")]
    pub steps: Option<u64>,
    /// Stop after so much time of training, for example 90s, 10m, 1h30m.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, help_heading = "When to stop")]
    pub time: Option<Duration>,
    /// Stop when the validation part has not improved for so many epochs; 0: never [default: 20; 0 where
    /// one_cycle is the default; 30 for evolution]. The best epoch's
    /// weights are kept in any case.
    #[arg(long, value_name = "EPOCHS", help_heading = "When to stop")]
    pub patience: Option<u64>,
    /// What "better" means: loss or accuracy on the validation part [default: accuracy; loss for evolution].
    #[arg(long, value_name = "WHAT", value_parser = parse_monitor, help_heading = "When to stop")]
    pub monitor: Option<Monitor>,

    /// Size that every picture is stretched to [default: 32x32; as they are for MNIST's files; 6x6
    /// for evolution].
    #[arg(long, value_name = "WxH", value_parser = parse_size, help_heading = "Pictures")]
    pub image: Option<(u32, u32)>,
    /// Brightness only, no colour.
    #[arg(long, help_heading = "Pictures")]
    pub grey: bool,
    /// How pictures are changed while training, for example 'flip, shift 4, rotate 10, colour 0.2, cutout 8', or `none`;
    /// `gradus list augmentations` names all [default: flip; 'flip, shift 3' for the default's convolutions; none
    /// for MNIST's files].
    #[arg(long, value_name = "LINE", help_heading = "Pictures")]
    pub augment: Option<String>,
    /// Lay pictures over one another, in shares drawn from Beta(ALPHA, ALPHA); 0: do not [default: 0].
    #[arg(long, value_name = "ALPHA", help_heading = "Pictures")]
    pub mixup: Option<f64>,
    /// Show every picture as it is: the same as `--augment none`.
    #[arg(long, conflicts_with = "augment", help_heading = "Pictures")]
    pub no_mirror: bool,
    /// Refuse pictures with more pixels than this, before decoding them [default: 100000000].
    #[arg(long, value_name = "N", help_heading = "Pictures")]
    pub max_pixels: Option<u64>,
    #[command(flatten)]
    pub table: TableArgs,

    /// Share of each class to validate with [default: 0.15].
    #[arg(long, value_name = "SHARE", help_heading = "Parts")]
    pub validation: Option<f64>,
    /// Share of each class for the final test [default: 0.15].
    #[arg(long, value_name = "SHARE", help_heading = "Parts")]
    pub test: Option<f64>,

    /// Decides everything random; the same seed gives the same bits [default: 1].
    #[arg(long, value_name = "N", help_heading = "Run")]
    pub seed: Option<u64>,
    /// Seconds between checkpoints within an epoch [default: 30].
    #[arg(long, value_name = "SECONDS", help_heading = "Run")]
    pub checkpoint_seconds: Option<f64>,
    /// Folder of the run: must be new or empty [default: runs/NAME-1, -2, …].
    #[arg(long, value_name = "DIR", help_heading = "Run")]
    pub out: Option<PathBuf>,
    /// Train a run again as it was: its run.toml, and what was changed by hand while it went, at the same steps. Ends with
    /// the same weights.
    #[arg(long, value_name = "RUN", conflicts_with = "data", help_heading = "Run")]
    pub repeat: Option<PathBuf>,
    #[command(flatten)]
    pub shared: Shared,
    #[command(flatten)]
    pub watch: WatchArgs,
    /// Open the report in the browser at the end; with --lab also the page, at the start.
    #[arg(long, help_heading = "Run")]
    pub open: bool,
}

impl TrainArgs {
    /// The first option given that a run.toml decides.
    pub fn deciding(&self) -> Option<&'static str> {
        let given = [
            (self.net.is_some(), "--net"),
            (self.loss.is_some(), "--loss"),
            (self.label_smoothing.is_some(), "--label-smoothing"),
            (self.class_weights.is_some(), "--class-weights"),
            (self.optimizer.is_some(), "--optimizer"),
            (self.gradient.is_some(), "--gradient"),
            (self.check_gradient.is_some(), "--check-gradient"),
            (self.lr.is_some(), "--lr"),
            (self.schedule.is_some(), "--schedule"),
            (self.batch.is_some(), "--batch"),
            (self.accumulate.is_some(), "--accumulate"),
            (self.clip_norm.is_some(), "--clip-norm"),
            (self.clip_value.is_some(), "--clip-value"),
            (self.clip_adaptive.is_some(), "--clip-adaptive"),
            (self.l1.is_some(), "--l1"),
            (self.l2.is_some(), "--l2"),
            (self.weight_decay.is_some(), "--weight-decay"),
            (self.epochs.is_some(), "--epochs"),
            (self.steps.is_some(), "--steps"),
            (self.time.is_some(), "--time"),
            (self.patience.is_some(), "--patience"),
            (self.monitor.is_some(), "--monitor"),
            (self.image.is_some(), "--image"),
            (self.grey, "--grey"),
            (self.augment.is_some(), "--augment"),
            (self.mixup.is_some(), "--mixup"),
            (self.no_mirror, "--no-mirror"),
            (self.max_pixels.is_some(), "--max-pixels"),
            (self.validation.is_some(), "--validation"),
            (self.test.is_some(), "--test"),
            (self.seed.is_some(), "--seed"),
            (self.checkpoint_seconds.is_some(), "--checkpoint-seconds"),
        ];
        given.into_iter().chain(self.table.given()).find(|(is, _)| *is).map(|(_, name)| name)
    }
}

/// What all commands that compute understand.
#[derive(Args, Clone)]
pub struct Shared {
    /// Threads; the result's bits do not depend on it [default: all cores].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = "Run")]
    pub threads: Option<u16>,
    /// Folder for decoded pictures (at most 10 GB; it may be deleted), or `none` [default: $GRADUS_CACHE, else gradus in the user's
    /// cache folder].
    #[arg(long, value_name = "DIR", help_heading = "Run")]
    pub cache: Option<PathBuf>,
    /// Print one JSON event per line instead of text (steps at most ten a second).
    #[arg(long, help_heading = "Run")]
    pub json: bool,
    /// Print only the result.
    #[arg(long, short, conflicts_with = "json", help_heading = "Run")]
    pub quiet: bool,
}

#[derive(Args)]
pub struct ResumeArgs {
    /// The run's folder.
    pub run: PathBuf,
    /// Go on to so many epochs, instead of as run.toml says. A schedule that is as long as the training grows with it.
    #[arg(long, value_name = "N")]
    pub epochs: Option<u64>,
    #[command(flatten)]
    pub shared: Shared,
    #[command(flatten)]
    pub watch: WatchArgs,
    /// Open the report in the browser at the end; with --lab also the page, at the start.
    #[arg(long)]
    pub open: bool,
}

#[derive(Args)]
pub struct EvaluateArgs {
    /// A run's folder, or a model.safetensors.
    pub model: PathBuf,
    /// A folder of labelled pictures, or a table with the column to be learnt.
    pub data: PathBuf,
    /// Which of its train, validation and test folders (or of MNIST's files) to use [default: all pictures].
    #[arg(long, value_name = "PART", value_parser = parse_part)]
    pub part: Option<Part>,
    #[command(flatten)]
    pub looks: LookArgs,
    #[command(flatten)]
    pub shared: Shared,
}

#[derive(Args)]
pub struct PredictArgs {
    /// A run's folder, or a model.safetensors.
    pub model: PathBuf,
    /// Pictures, folders of pictures, or IDX files of them; tables, for a model that was trained on one.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Print one JSON object per picture or row.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub looks: LookArgs,
}

#[derive(Args)]
pub struct ExportArgs {
    /// A run's folder, or a model.safetensors.
    pub model: PathBuf,
    /// The file to write [default: model.onnx in the run's folder, or beside the model].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct InspectArgs {
    /// The folder, or the table.
    pub data: PathBuf,
    #[command(flatten)]
    pub table: TableArgs,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct FindRateArgs {
    #[command(flatten)]
    pub sweep: SweepArgs,
    #[command(flatten)]
    pub train: TrainArgs,
}

#[derive(Args, Default)]
pub struct SweepArgs {
    /// The smallest rate to try [default: 1e-7].
    #[arg(long, value_name = "RATE", help_heading = "Sweep")]
    pub from: Option<f64>,
    /// The greatest rate to try [default: 100].
    #[arg(long, value_name = "RATE", help_heading = "Sweep")]
    pub to: Option<f64>,
    /// How many rates between them, a step each [default: 135].
    #[arg(long, value_name = "N", help_heading = "Sweep")]
    pub rates: Option<usize>,
    /// How many sweeps, each in another order of the examples [default: 5].
    #[arg(long, value_name = "N", help_heading = "Sweep")]
    pub seeds: Option<u64>,
}

#[derive(Args)]
pub struct ListArgs {
    /// layers, activations, losses, augmentations, optimizers, schedules, initializers, functions or figures; none: all names.
    pub kind: Option<String>,
    /// One of them, in full.
    pub name: Option<String>,
}
