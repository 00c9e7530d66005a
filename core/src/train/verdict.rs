//! Why a training went wrong: found by running the same step again, op by op. That is possible because a step
//! asked twice gives the same bits.

use serde::Serialize;

use crate::optimizer::Objective;
use crate::plan::Plan;

/// What became infinite or undefined, where, why probably, and what to do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// The step at which it was noticed.
    pub step: u64,
    /// The layer (`2.dense`) or `loss`.
    pub place: String,
    /// The op, or `weights`.
    pub op: String,
    /// Which values, in words.
    pub values: String,
    /// Why, probably.
    pub cause: String,
    /// What to do.
    pub mend: String,
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(
            f,
            "training stopped at step {}: {} of {}: {}\n  likely cause: {}\n  mend: {}",
            self.step, self.op, self.place, self.values, self.cause, self.mend
        )
    }
}

/// How many values are not finite, in words; none if all are.
fn count(what: &str, values: &[f32]) -> Option<String> {
    let bad = values.iter().filter(|x| !x.is_finite()).count();
    let first = values.iter().position(|x| !x.is_finite())?;
    Some(format!("{bad} of {} {what} are not finite, the first at {first} ({})", values.len(), values[first]))
}

fn greatest(values: &[f32]) -> f32 {
    values.iter().filter(|x| x.is_finite()).fold(0.0, |a, x| a.max(x.abs()))
}

/// Looks for the first thing in a step that is not finite: weights, inputs, then each op forward, then slopes.
pub(super) fn find(plan: &mut Plan, theta: &[f32], step: u64, learning_rate: f64) -> Verdict {
    let slower = format!(
        "a learning rate of {} (a tenth), or a limit on the gradient (--clip-norm 1); \
         the checkpoints of this run hold only finite weights",
        learning_rate / 10.0
    );
    let too_fast =
        format!("the learning rate {learning_rate} is too large: each step overshoots further than the last");
    let layout = plan.layout().clone();
    for part in layout.parts() {
        if let Some(values) = count("weights", &theta[part.range()]) {
            let (op, place) = ("weights".into(), part.name.clone());
            return Verdict { step, place, op, values, cause: too_fast, mend: slower };
        }
    }
    if let Some(values) = count("inputs", plan.data("input")) {
        return Verdict {
            step,
            place: "data".into(),
            op: "batch".into(),
            values,
            cause: "the data hold values that are not numbers".into(),
            mend: "clean the data".into(),
        };
    }
    let mut found = None;
    plan.visit(theta, &mut |seen| {
        if let (None, Some(values)) = (&found, count("results", seen.y)) {
            let input = seen.x.iter().map(|x| greatest(x)).fold(0.0, f32::max);
            found = Some((
                seen.scope().to_string(),
                seen.op(),
                format!("{values}; the greatest number it read was {input:.3e}"),
            ));
        }
    });
    if let Some((place, op, values)) = found {
        return Verdict { step, place, op: op.into(), values, cause: too_fast, mend: slower };
    }
    let mut grad = vec![0.0; theta.len()];
    plan.gradient(theta, &mut grad);
    let part =
        layout.parts().iter().find_map(|p| count("slopes", &grad[p.range()]).map(|v| (p.name.clone(), v)));
    let (place, values) = part.unwrap_or_else(|| ("loss".into(), "the loss is not finite".into()));
    Verdict { step, place, op: "gradient".into(), values, cause: too_fast, mend: slower }
}
