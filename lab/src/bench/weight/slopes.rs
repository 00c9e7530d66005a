//! The slope of a batch along one weight, found in ways that share nothing but the network.

use gradus::gradients::{central_step, forward_step};
use gradus::optimizer::Objective;
use serde::Serialize;

use super::Glass;

/// The slope of a batch, one way.
#[derive(Clone, Debug, Serialize)]
pub struct Slope {
    /// `by_hand`, `central_difference`, `forward_difference`, `central_difference_f32`, `backpropagation`.
    pub way: &'static str,
    /// ∂L/∂θᵢ
    pub value: f64,
    /// The losses it is made of, where it is a difference: above, below (or at), and their distance.
    pub made_of: Option<[f64; 3]>,
}

impl Glass {
    /// The slope of the batch, each way; backpropagation last.
    pub(super) fn slopes(&mut self) -> Vec<Slope> {
        let i = self.weight;
        let theta = self.training.theta().to_vec();
        let exact: Vec<f64> = theta.iter().map(|w| *w as f64).collect();
        let plan = self.training.next_batch();
        let mut slopes = Vec::new();
        let examples = plan.data("weight").len();
        if let Ok(all) = &mut self.by_hand
            && let Some((_, by_hand)) = all.iter_mut().find(|(batch, _)| *batch == examples)
        {
            by_hand.follow(plan);
            let mut grad = vec![0.0; theta.len()];
            by_hand.gradient(&exact, &mut grad);
            slopes.push(Slope { way: "by_hand", value: grad[i], made_of: None });
        }
        let mut precise = plan.exact();
        let mut difference = |way, h: f64, both: bool| {
            let h = h * exact[i].abs().max(1.0);
            let mut at = |w: f64| {
                let mut moved = exact.clone();
                moved[i] = w;
                (precise.loss(&moved), moved[i])
            };
            let (above, below) = (at(exact[i] + h), at(exact[i] - if both { h } else { 0.0 }));
            let run = above.1 - below.1;
            Slope { way, value: (above.0 - below.0) / run, made_of: Some([above.0, below.0, run]) }
        };
        slopes.push(difference("central_difference", central_step::<f64>(), true));
        slopes.push(difference("forward_difference", forward_step::<f64>(), false));
        let h = (central_step::<f32>() * exact[i].abs().max(1.0)) as f32;
        let mut at = |w: f32| {
            let mut moved = theta.clone();
            moved[i] = w;
            (plan.loss(&moved) as f64, w as f64)
        };
        let (above, below) = (at(theta[i] + h), at(theta[i] - h));
        let run = above.1 - below.1;
        let value = (above.0 - below.0) / run;
        slopes.push(Slope { way: "central_difference_f32", value, made_of: Some([above.0, below.0, run]) });
        let mut grad = vec![0.0; theta.len()];
        plan.gradient(&theta, &mut grad);
        slopes.push(Slope { way: "backpropagation", value: grad[i] as f64, made_of: None });
        slopes
    }
}
