//! What can be typed after `gradus race`.

use std::path::PathBuf;

use clap::Args;
use gradus::train::Batch;

use super::{Shared, TableArgs, parse_size};

#[derive(Args)]
pub struct RaceArgs {
    /// A folder of pictures, or a table [default: the built-in cats and dogs].
    pub data: Option<PathBuf>,
    /// Race on a function instead of data: x^2, ravine, rosenbrock, noisy-bowl, 'rastrigin dim=10' …; `gradus list
    /// functions` names all. Or a formula of x, or of x and y: '(x - 1)^2 + 10*y^2'. Seed 1 starts where the function is usually started, the others anywhere in its box.
    #[arg(long, value_name = "LINE", conflicts_with = "data")]
    pub function: Option<String>,
    /// The length of each run on a function, in steps of gradients; losses alone cost a third.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..))]
    pub steps: u64,
    /// The optimizers, separated by commas, each as `gradus train --optimizer` takes it.
    #[arg(long, value_name = "LINES", default_value = "sgd,momentum,rmsprop,adam")]
    pub optimizers: String,
    /// Seeds per optimizer: each decides the start, the order and the noise of a run.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub seeds: u64,
    /// Step sizes each optimizer may try before the race, one run each, √10 apart around its default; 1: none but that.
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = parse_tries)]
    pub tries: usize,
    /// The length of each run in epochs of gradients; who asks for losses alone gets three times as many questions, and
    /// a population shares them.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub epochs: u64,

    /// The network [default: 'dense 32 relu' and the end that suits the classes].
    #[arg(long, value_name = "LINE", help_heading = "Network and loss")]
    pub net: Option<String>,
    /// The loss [default: the cross-entropy that suits the network's end].
    #[arg(long, value_name = "LINE", help_heading = "Network and loss")]
    pub loss: Option<String>,
    /// Examples per step, of evolution too; line searches get all.
    #[arg(long, value_name = "N|all", default_value = "64", help_heading = "Network and loss")]
    pub batch: Batch,
    /// Size that every picture is stretched to [default: 12x12].
    #[arg(long, value_name = "WxH", value_parser = parse_size, help_heading = "Pictures")]
    pub image: Option<(u32, u32)>,
    /// Brightness only, no colour.
    #[arg(long, help_heading = "Pictures")]
    pub grey: bool,
    #[command(flatten)]
    pub table: TableArgs,
    /// Folder of the charts: must be new or empty [default: runs/race-1, -2, …].
    #[arg(long, value_name = "DIR", help_heading = "Run")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub shared: Shared,
}

fn parse_tries(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|n| (1..=99).contains(n)).ok_or("write a whole number from 1 to 99".into())
}
