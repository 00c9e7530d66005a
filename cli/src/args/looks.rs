//! Options of what uses a trained network.

use anyhow::Result;
use clap::Args;
use gradus::augmentations::Views;

use super::none_of;

/// How often a trained network looks at a picture.
#[derive(Args)]
pub struct LookArgs {
    /// Look at each picture more than once, changed as this line says, and average the probabilities: `flip` looks at it
    /// and at its mirror image, 'flip, shift 2' at it and at others drawn at random, the same for all pictures.
    #[arg(long, value_name = "LINE")]
    pub tta: Option<String>,
    /// How many views of --tta, the picture as it is among them [default: 2 for flip, else 8].
    #[arg(long, value_name = "N", requires = "tta")]
    pub views: Option<usize>,
}

impl LookArgs {
    /// The views asked for.
    pub fn views(&self) -> gradus::Result<Views> {
        self.tta.as_deref().map_or(Ok(Views::one()), |line| Views::parse(line, self.views))
    }

    /// That none are asked for.
    pub fn only_of_pictures(&self) -> Result<()> {
        none_of(&[(self.tta.is_some(), "--tta")], "pictures are looked at", "take a model of pictures")
    }
}
