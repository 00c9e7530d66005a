//! Three ways to a gradient, and how they are held against one another.
//!
//! | way | losses it takes for n slopes | what it is good for |
//! |---|---|---|
//! | backpropagation ([`crate::plan::Plan`]) | about 3, whatever n is | training |
//! | finite differences ([`FiniteDifferences`]) | n + 1 (forward), 2n + 1 (central) | checking; losses whose slope nobody knows |
//! | derived by hand ([`ByHand`]) | one formula a weight, each as long as its paths to the loss | understanding; small networks |
//!
//! Backpropagation wins because it computes what all slopes share once: one way forward and one back give every ∂L/∂θᵢ.
//! [`check`] measures that on any network, and how far the ways are apart; [`growth`] how the cost grows.

mod by_hand;
mod check;
mod cost;
mod finite_differences;
pub mod formula;
mod in_single;

use serde::{Deserialize, Serialize};

pub use by_hand::ByHand;
pub use check::{
    Check, Direction, Fault, OpReport, PartReport, Report, SlopeReport, Sweep, SweepPoint, check,
};
pub use cost::{GradientCost, growth};
pub use finite_differences::{Difference, FiniteDifferences, central_step, forward_step};
pub use formula::{Expression, Style};
pub use in_single::InSingle;

/// A way to a gradient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// One way forward, one way back.
    #[default]
    Backpropagation,
    /// (L(θ + h) − L(θ)) / h, a weight at a time.
    ForwardDifference,
    /// (L(θ + h) − L(θ − h)) / 2h, a weight at a time.
    CentralDifference,
    /// The closed formula of each slope.
    ByHand,
}

impl Way {
    /// All.
    pub const ALL: [Way; 4] =
        [Way::Backpropagation, Way::ForwardDifference, Way::CentralDifference, Way::ByHand];

    /// As `--gradient` writes it.
    pub fn name(self) -> &'static str {
        match self {
            Way::Backpropagation => "backpropagation",
            Way::ForwardDifference => "forward_difference",
            Way::CentralDifference => "central_difference",
            Way::ByHand => "by_hand",
        }
    }
}

impl Way {
    /// How it is made, and for what.
    pub fn about(self) -> &'static str {
        match self {
            Way::Backpropagation => "one way forward and one back for all slopes: what training uses",
            Way::ForwardDifference => "the loss at each weight moved up by h, less the loss",
            Way::CentralDifference => "the loss at each weight moved up by h, less that moved down: closer",
            Way::ByHand => "the closed formula of each slope; small networks",
        }
    }

    /// ∂L/∂θᵢ = …
    pub fn formula(self) -> &'static str {
        match self {
            Way::Backpropagation => "∂L/∂x = ∂L/∂y · ∂y/∂x, from the loss back through every op",
            Way::ForwardDifference => "∂L/∂θᵢ ≈ (L(θ + h eᵢ) − L(θ)) / h,  h = √ε max(|θᵢ|, 1)",
            Way::CentralDifference => "∂L/∂θᵢ ≈ (L(θ + h eᵢ) − L(θ − h eᵢ)) / 2h,  h = ∛ε max(|θᵢ|, 1)",
            Way::ByHand => "(f + g)′ = f′ + g′,  (f g)′ = f′ g + f g′,  f(g)′ = f′(g) g′, simplified",
        }
    }

    /// What one gradient of n slopes takes.
    pub fn cost(self) -> &'static str {
        match self {
            Way::Backpropagation => "about three losses, whatever n is",
            Way::ForwardDifference => "n + 1 losses",
            Way::CentralDifference => "2n + 1 losses",
            Way::ByHand => "n formulas, each as long as all paths from its weight to the loss",
        }
    }
}

impl std::str::FromStr for Way {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Way::ALL.into_iter().find(|way| way.name() == text).ok_or_else(|| {
            let names = Way::ALL.into_iter().map(Way::name);
            format!("no way to a gradient is called `{text}`: {}", crate::error::did_you_mean(text, names))
        })
    }
}
