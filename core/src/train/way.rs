//! The way a training gets its gradients.

use crate::cost::Cost;
use crate::gradients::{ByHand, Difference, FiniteDifferences, InSingle, Way, central_step, forward_step};
use crate::message::Message;
use crate::network::Model;
use crate::optimizer::Objective;
use crate::plan::{ExactPlan, Plan};
use crate::{Error, Result};

/// Where the gradients of one plan come from. Differences and formulas are computed in `f64`: in `f32` the rounding of
/// the loss would be a good part of each difference.
pub(super) enum Source {
    Backpropagation,
    Differences(Box<InSingle<FiniteDifferences<ExactPlan, f64>>>, Difference),
    ByHand(Box<InSingle<ByHand>>),
}

/// Weights up to which a training by differences is begun: each step takes twice as many losses.
const MOST_WEIGHTS: usize = 100_000;

impl Source {
    /// For the batches of `plan`, of `batch` examples.
    pub fn new(way: Way, model: &Model, plan: &Plan, batch: usize) -> Result<Source> {
        let weights = model.layout().weights();
        let difference = match way {
            Way::Backpropagation => return Ok(Source::Backpropagation),
            Way::ByHand => {
                let by_hand = ByHand::new(model, batch, true)?;
                return Ok(Source::ByHand(Box::new(InSingle::new(by_hand, weights))));
            }
            Way::ForwardDifference => Difference::Forward,
            Way::CentralDifference => Difference::Central,
        };
        if weights > MOST_WEIGHTS {
            return Err(Error::Settings {
                message: Message::of(
                    "with {weights} weights each step would compute the loss of its batch {times} times",
                )
                .with("weights", weights)
                .with("times", difference.losses(weights)),
                mend: Message::of(
                    "take a network of at most {most} weights, or --gradient backpropagation, which takes about 3",
                )
                .with("most", MOST_WEIGHTS),
            });
        }
        let exact = plan.exact();
        let single = !exact.single().is_empty();
        let step = match (difference, single) {
            (Difference::Forward, false) => forward_step::<f64>(),
            (Difference::Forward, true) => forward_step::<f32>(),
            (Difference::Central, false) => central_step::<f64>(),
            (Difference::Central, true) => central_step::<f32>(),
        };
        let differences = FiniteDifferences::new(exact, difference, weights).step(step);
        Ok(Source::Differences(Box::new(InSingle::new(differences, weights)), difference))
    }

    /// Whether a gradient takes the plan itself forward: then what it saw of the batch is there to be remembered.
    pub fn goes_forward(&self) -> bool {
        matches!(self, Source::Backpropagation)
    }

    /// The loss of the plan's batch, with gradients made this way.
    pub fn objective<'a>(&'a mut self, plan: &'a mut Plan) -> &'a mut dyn Objective {
        match self {
            Source::Backpropagation => plan,
            Source::Differences(differences, _) => {
                differences.objective.objective.follow(plan);
                &mut **differences
            }
            Source::ByHand(by_hand) => {
                by_hand.objective.follow(plan);
                &mut **by_hand
            }
        }
    }

    /// What was really computed when this was asked.
    pub fn cost(&self, asked: Cost, weights: usize) -> Cost {
        match self {
            Source::Differences(_, difference) => Cost {
                losses: asked.losses + asked.gradients * difference.losses(weights) as u64,
                gradients: 0,
            },
            _ => asked,
        }
    }
}
