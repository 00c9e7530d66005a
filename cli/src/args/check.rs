//! What can be typed after `gradus check`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Shared, TableArgs, parse_size};

#[derive(Subcommand)]
pub enum CheckArgs {
    /// Backpropagation against finite differences and against formulas derived by hand, on any network and data.
    Gradient(Box<CheckGradientArgs>),
}

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct CheckGradientArgs {
    /// A folder of pictures, a table, or the folder of a run: then its network, its weights and its data.
    /// Without it: the built-in cats and dogs.
    pub data: Option<PathBuf>,
    /// The article's network of six weights on one example: every formula, with its numbers.
    #[arg(long, conflicts_with_all = ["data", "net", "loss", "batch", "image", "grey"])]
    pub article: bool,
    /// The network [default: the one that `gradus train` would take].
    #[arg(long, value_name = "LINE", help_heading = "Network and data")]
    pub net: Option<String>,
    /// The loss [default: the cross-entropy that suits the network's end].
    #[arg(long, value_name = "LINE", help_heading = "Network and data")]
    pub loss: Option<String>,
    /// Examples in the batch.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = parse_count, help_heading = "Network and data")]
    pub batch: usize,
    /// Decides the weights to start from, the examples, and what is compared.
    #[arg(long, value_name = "N", default_value_t = 1, help_heading = "Network and data")]
    pub seed: u64,
    /// Size that every picture is stretched to [default: 32x32; for the built-in pictures 24x24].
    #[arg(long, value_name = "WxH", value_parser = parse_size, help_heading = "Network and data")]
    pub image: Option<(u32, u32)>,
    /// Brightness only, no colour.
    #[arg(long, help_heading = "Network and data")]
    pub grey: bool,
    #[command(flatten)]
    pub table: TableArgs,

    /// Weights to compare one by one in each part of θ, chosen at random, or `all`.
    #[arg(long, value_name = "N|all", default_value = "16", value_parser = parse_weights, help_heading = "Check")]
    pub weights: Weights,
    /// Random directions over all weights to compare along.
    #[arg(long, value_name = "N", default_value_t = 4, help_heading = "Check")]
    pub directions: usize,
    /// The relative error up to which two slopes are the same.
    #[arg(long, value_name = "ERROR", default_value_t = 1e-4, help_heading = "Check")]
    pub tolerance: f64,
    /// Print the closed formula of every slope (small networks).
    #[arg(long, help_heading = "Check")]
    pub formulas: bool,
    /// Print the formulas in LaTeX.
    #[arg(long, help_heading = "Check")]
    pub latex: bool,
    #[command(flatten)]
    pub shared: Shared,
}

const EXAMPLES: &str = "\
Examples:
  gradus check gradient --article                 six weights, six formulas, three ways
  gradus check gradient                           the default network on the built-in cats and dogs
  gradus check gradient runs/pets-1 --weights 50  a trained network, more weights
  gradus check gradient --image 2x2 --grey --net 'dense 3 tanh, dense 1 sigmoid' --weights all --latex";

/// How many weights of each part.
#[derive(Clone, Copy)]
pub struct Weights(pub Option<usize>);

fn parse_weights(text: &str) -> Result<Weights, String> {
    match (text, text.parse()) {
        ("all", _) => Ok(Weights(None)),
        (_, Ok(n)) => Ok(Weights(Some(n))),
        _ => Err("write a whole number, or all".into()),
    }
}

fn parse_count(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|n| *n > 0).ok_or("write a whole number from 1".into())
}
