//! Why a training went wrong: found by running the same step again, op by op. That is possible because a step
//! asked twice gives the same bits.

use serde::Serialize;

use crate::message::Message;
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
    pub values: Message,
    /// Why, probably.
    pub cause: Message,
    /// What to do.
    pub mend: Message,
}

impl Verdict {
    /// All of it as one text.
    pub fn message(&self) -> Message {
        Message::of(
            "training stopped at step {step}: {op} of {place}: {values}\n  likely cause: {cause}\n  mend: {mend}",
        )
        .with("step", self.step)
        .with("op", &self.op)
        .with("place", &self.place)
        .saying("values", self.values.clone())
        .saying("cause", self.cause.clone())
        .saying("mend", self.mend.clone())
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{}", self.message())
    }
}

/// How many values are not finite, in words; none if all are. `what`: the sentence for them.
fn count(what: &'static str, values: &[f32]) -> Option<Message> {
    let bad = values.iter().filter(|x| !x.is_finite()).count();
    let first = values.iter().position(|x| !x.is_finite())?;
    let (of, value) = (values.len(), values[first]);
    Some(Message::of(what).with("bad", bad).with("of", of).with("first", first).with("value", value))
}

const WEIGHTS: &str = "{bad} of {of} weights are not finite, the first at {first} ({value})";
const INPUTS: &str = "{bad} of {of} inputs are not finite, the first at {first} ({value})";
const RESULTS: &str = "{bad} of {of} results are not finite, the first at {first} ({value})";
const SLOPES: &str = "{bad} of {of} slopes are not finite, the first at {first} ({value})";

fn greatest(values: &[f32]) -> f32 {
    values.iter().filter(|x| x.is_finite()).fold(0.0, |a, x| a.max(x.abs()))
}

/// A rate as people write it, to four digits: 0.005, 1e30.
fn short(rate: f64) -> String {
    let rounded: f64 = format!("{rate:.3e}").parse().unwrap_or(rate);
    if (1e-4..1e4).contains(&rounded) { rounded.to_string() } else { format!("{rounded:e}") }
}

/// What to do about steps that are too long.
pub(super) fn slower(learning_rate: f64) -> Message {
    Message::of("a learning rate of {rate} (a tenth), or a limit on the gradient (--clip-norm 1)")
        .with("rate", short(learning_rate / 10.0))
}

/// Looks for the first thing in a step that is not finite: weights, inputs, then each op forward, then slopes.
pub(super) fn find(plan: &mut Plan, theta: &[f32], step: u64, learning_rate: f64) -> Verdict {
    let too_fast = |place: &str, op: &str, values: Message| Verdict {
        step,
        place: place.into(),
        op: op.into(),
        values,
        cause: Message::of(
            "the learning rate {rate} is too large: each step overshoots further than the last",
        )
        .with("rate", short(learning_rate)),
        mend: Message::of("{slower}; the checkpoints of this run hold only finite weights")
            .saying("slower", slower(learning_rate)),
    };
    let layout = plan.layout().clone();
    for part in layout.parts() {
        if let Some(values) = count(WEIGHTS, &theta[part.range()]) {
            return too_fast(&part.name, "weights", values);
        }
    }
    if let Some(values) = count(INPUTS, plan.data("input")) {
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
        if let (None, Some(values)) = (&found, count(RESULTS, seen.y)) {
            let input = seen.x.iter().map(|x| greatest(x)).fold(0.0, f32::max);
            let values = Message::of("{values}; the greatest number it read was {input}")
                .saying("values", values)
                .with("input", format!("{input:.3e}"));
            found = Some((seen.scope().to_string(), seen.op(), values));
        }
    });
    if let Some((place, op, values)) = found {
        return too_fast(&place, op, values);
    }
    let mut grad = vec![0.0; theta.len()];
    plan.gradient(theta, &mut grad);
    let part =
        layout.parts().iter().find_map(|p| count(SLOPES, &grad[p.range()]).map(|v| (p.name.clone(), v)));
    let (place, values) = part.unwrap_or_else(|| ("loss".into(), "the loss is not finite".into()));
    too_fast(&place, "gradient", values)
}
