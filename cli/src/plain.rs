//! What is trained where nothing else is asked for (README, "The default recipe").

use gradus::gradients::Way;
use gradus::losses::Loss;
use gradus::optimizers::{Choice, Family};
use gradus::train::{Batch, Monitor};

use crate::args::TrainArgs;
use crate::data::{Data, Kind};
use crate::recipe::end_for;

/// A whole recipe, of which every part can be set by an option of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Plain {
    /// One hidden layer that forgets much: for few pictures, and for what convolutions cannot be asked.
    Perceptron,
    /// Three convolutions and a hidden layer, with batch norm.
    Convolutions,
    /// Three hidden layers with batch norm: for the rows of a table.
    Rows,
    /// Without slopes some thousand weights are as many as can be found (README, "Without a gradient").
    Evolved,
}

/// Training pictures from which on convolutions are the default.
const CONVOLVED_FROM: usize = 200;
/// They halve the picture three times.
const CONVOLVED_SIDE: u32 = 16;
const CONVOLVED: &str = "conv 32 3x3 norm relu, pool 2, conv 64 3x3 norm relu, pool 2, conv 128 3x3 norm relu, pool 2, \
                         dropout 0.3, dense 128 norm relu, dropout 0.5";
const OF_ROWS: &str = "dense 256 norm relu, dropout 0.1, dense 256 norm relu, dropout 0.1, \
                       dense 256 norm relu, dropout 0.1";
/// The schedule of a training whose length is known: up to the rate and down to nothing.
pub const RISES: &str = "one_cycle";

/// Evolution is given small pictures, so that a layer has few weights.
pub const EVOLVED_SIZE: (u32, u32) = (6, 6);

/// Whether the optimizer asked for is evolution. A wrong line is told elsewhere.
pub fn evolves(args: &TrainArgs) -> bool {
    let choice = args.optimizer.as_deref().and_then(|line| Choice::parse(line).ok());
    choice.is_some_and(|choice| choice.entry.family == Family::Evolution)
}

impl Plain {
    /// The recipe for `pictures` training pictures, as far as `args` leave it open.
    pub fn of(args: &TrainArgs, data: &Data, optimizer: &Choice, pictures: usize) -> Plain {
        if optimizer.entry.family == Family::Evolution {
            return Plain::Evolved;
        }
        // Batch norm needs batches, and what looks at all pictures at once has no room for their convolutions.
        let batches = !optimizer.wants_all_data()
            && args.batch.is_none_or(|batch| matches!(batch, Batch::Of(n) if n >= 8 && pictures % n != 1));
        let backpropagates = args.gradient.is_none_or(|way| way == Way::Backpropagation);
        let normed = args.net.is_none() && batches && backpropagates;
        match data.kind {
            Kind::Table(_) if normed => Plain::Rows,
            Kind::Pictures(shape)
                if normed
                    && shape.width.min(shape.height) >= CONVOLVED_SIDE
                    && pictures >= CONVOLVED_FROM =>
            {
                Plain::Convolutions
            }
            _ => Plain::Perceptron,
        }
    }

    /// The network: for a perceptron, fewer pictures need more forgetting.
    pub fn network(self, loss: &Loss, classes: usize, pictures: usize) -> String {
        let before = match self {
            Plain::Perceptron if pictures < 5000 => "dropout 0.5, dense 256 relu, dropout 0.5",
            Plain::Perceptron => "dropout 0.2, dense 256 relu, dropout 0.5",
            Plain::Convolutions => CONVOLVED,
            Plain::Rows => OF_ROWS,
            Plain::Evolved => "dense 16 relu",
        };
        format!("{before}, {}", end_for(loss, classes))
    }

    /// How far the targets are moved towards all classes alike.
    pub fn smoothing(self) -> Option<f64> {
        (self == Plain::Convolutions).then_some(0.05)
    }

    /// How pictures are changed: mirroring costs nothing, but a mirrored digit is none.
    pub fn augment(self, of_mnist: bool) -> &'static str {
        match (of_mnist, self) {
            (true, _) => "none",
            (false, Plain::Convolutions) => "flip, shift 3",
            (false, _) => "flip",
        }
    }

    /// Whether the rate rises and falls once in the training: it must have an end that is known.
    pub fn rises(self, args: &TrainArgs, optimizer: &Choice) -> bool {
        let ends = args.epochs.is_some() || args.steps.is_some() || args.time.is_none();
        let is_normed = matches!(self, Plain::Convolutions | Plain::Rows);
        is_normed && args.schedule.is_none() && ends && optimizer.entry.name == "adam"
    }

    /// η of adam suits the recipe; others have their own.
    pub fn learning_rate(self, optimizer: &Choice, rises: bool) -> f64 {
        match (optimizer.entry.name, self) {
            ("adam", Plain::Convolutions | Plain::Rows) if rises => 0.003,
            ("adam", Plain::Convolutions | Plain::Rows) => 0.001,
            ("adam", _) => 5e-4,
            _ => optimizer.dialect.learning_rate,
        }
    }

    /// Pictures a step.
    pub fn batch(self, optimizer: &Choice, pictures: usize) -> Batch {
        // A loss once told that is to hold for ever is one on all pictures.
        let keeps_losses = optimizer.values().maybe("reevaluate") == Some(0.0);
        match self {
            // Each generation is judged on other pictures, so that what suits a few does not last.
            Plain::Evolved if !keeps_losses => Batch::Of(500),
            _ if optimizer.wants_all_data() => Batch::All,
            // Batch norm cannot train on what is left for the last batch, if it is one picture.
            Plain::Convolutions | Plain::Rows => Batch::Of((64..).find(|n| pictures % n != 1).unwrap_or(64)),
            _ => Batch::Of(64),
        }
    }

    /// Passes over the pictures at most.
    pub fn epochs(self, rises: bool, pictures: usize) -> u64 {
        match self {
            Plain::Evolved => 120,
            // Few pictures need more passes for as many steps.
            Plain::Convolutions | Plain::Rows if rises && pictures >= 20_000 => 10,
            Plain::Convolutions | Plain::Rows if rises && pictures >= 1_000 => 30,
            _ => 100,
        }
    }

    /// Epochs without a better one after which it stops; a rate that falls to the end brings the best at the end.
    pub fn patience(self, rises: bool) -> u64 {
        match self {
            Plain::Evolved => 30,
            _ if rises => 0,
            _ => 20,
        }
    }

    /// What better means: from so many answers of evolution that hardly differ, accuracy on a few hundred pictures picks
    /// the luckiest.
    pub fn monitor(self, classes: usize) -> Monitor {
        if self == Plain::Evolved || classes == 0 { Monitor::Loss } else { Monitor::Accuracy }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Cli, Command};
    use crate::recipe::Recipe;

    fn args(line: &[&str]) -> TrainArgs {
        let all = ["gradus", "train"].iter().chain(line);
        match Cli::try_parse_from(all).expect("a command").command {
            Command::Train(args) => *args,
            _ => unreachable!("`train` was parsed"),
        }
    }

    fn recipe(line: &[&str], pictures: usize) -> Recipe {
        let args = args(line);
        let data = Data::of(&args).expect("data");
        Recipe::of(&args, data, 2, pictures).expect("a recipe")
    }

    fn convolves(line: &[&str], pictures: usize) -> bool {
        recipe(line, pictures).train.network.starts_with("conv 32")
    }

    #[test]
    fn convolutions_are_for_folders_that_can_feed_them() {
        assert!(convolves(&["pets"], 200));
        assert!(!convolves(&["pets"], 199));
        assert!(convolves(&[], 2121), "the built-in pictures too");
        assert!(convolves(&["pets", "--image", "16x40"], 500));
        assert!(!convolves(&["pets", "--image", "15x40"], 500));
        for other in [
            &["--net", "dense 1 sigmoid"][..],
            &["--batch", "4"],
            &["--batch", "499"],
            &["--batch", "all"],
            &["--optimizer", "lbfgs"],
            &["--optimizer", "genetic"],
            &["--gradient", "central_difference"],
        ] {
            assert!(!convolves(&[&["pets"], other].concat(), 500), "{other:?}");
        }
        assert!(convolves(
            &["pets", "--batch", "32", "--optimizer", "sgd", "--gradient", "backpropagation"],
            500
        ));
    }

    #[test]
    fn what_goes_with_them() {
        let train = recipe(&["pets"], 1000).train;
        assert!(train.schedule.starts_with("one_cycle"), "{}", train.schedule);
        assert_eq!((train.learning_rate, train.epochs, train.patience), (0.003, 30, 0));
        assert_eq!(
            (train.loss.as_str(), train.batch),
            ("binary_cross_entropy smoothing=0.05", Batch::Of(64))
        );
        assert!(train.augment.starts_with("flip 0.5, shift 3"), "{}", train.augment);
        assert_eq!(recipe(&["pets"], 999).train.epochs, 100);
        assert_eq!(recipe(&["pets"], 20_000).train.epochs, 10);
        // A rate that rises and falls must know when; other optimizers have their own rate.
        let timed = recipe(&["pets", "--time", "60s"], 1000).train;
        assert_eq!((timed.schedule.as_str(), timed.learning_rate, timed.patience), ("constant", 0.001, 20));
        let momentum = recipe(&["pets", "--optimizer", "momentum"], 1000).train;
        assert_eq!((momentum.schedule.as_str(), momentum.epochs), ("constant", 100));
        let told =
            recipe(&["pets", "--loss", "squared_error", "--augment", "none", "--epochs", "5"], 1000).train;
        assert_eq!((told.loss.as_str(), told.augment.as_str(), told.epochs), ("squared_error", "none", 5));
    }

    #[test]
    fn no_batch_of_one_picture_is_left() {
        for pictures in (200..5000).chain([4033, 64 * 65 * 66 + 1]) {
            let Batch::Of(n) = recipe_batch(pictures) else { panic!("of all {pictures}") };
            assert!(n >= 64 && pictures % n != 1, "{pictures} in batches of {n}");
        }
    }

    fn recipe_batch(pictures: usize) -> Batch {
        Plain::Convolutions.batch(&Choice::parse("adam").expect("a rule"), pictures)
    }
}
