//! Weights, slopes and activations, layer by layer, on a few examples of the training part that stay the same.

use gradus::op::Moment;
use gradus::optimizer::Objective;
use gradus::plan::Plan;
use gradus::threads::Threads;
use gradus::train::Units;
use serde::Serialize;
use serde_json::{Value, json};

use super::super::desk::Copy;
use super::super::scene::Scene;
use crate::reply::packed_bytes;

/// Examples that are looked at.
const EXAMPLES: usize = 64;

/// Bars of a histogram.
const BARS: usize = 40;

/// Units of the first layer that are shown.
const UNITS: usize = 64;

/// How many numbers lie in each of [`BARS`] equal stretches from `low` to `high`.
#[derive(Debug, PartialEq, Serialize)]
pub struct Histogram {
    low: f32,
    high: f32,
    counts: Vec<u32>,
    /// Numbers that are infinite or undefined.
    bad: usize,
}

impl Histogram {
    /// Of these numbers.
    pub fn of(numbers: &[f32]) -> Histogram {
        let finite = || numbers.iter().copied().filter(|x| x.is_finite());
        let (low, high) = finite().fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
        let (low, high) = match (low, high) {
            (low, high) if low > high => (-1.0, 1.0),
            (low, high) if low == high => (low - 0.5, high + 0.5),
            range => range,
        };
        let mut counts = vec![0; BARS];
        // Halves, as the whole width may be too large for a number.
        let width = 0.5 * high - 0.5 * low;
        for x in finite() {
            let share = (0.5 * x - 0.5 * low) / width;
            counts[((share * BARS as f32) as usize).min(BARS - 1)] += 1;
        }
        Histogram { low, high, counts, bad: numbers.len() - finite().count() }
    }
}

/// A plan over the examples that are looked at.
pub struct Inside {
    plan: Plan,
    gradient: Vec<f32>,
}

impl Inside {
    /// For the training of a scene.
    ///
    /// # Errors
    /// If a plan cannot be made; never for a model that is trained.
    pub fn new(scene: &Scene, threads: &Threads) -> gradus::Result<Inside> {
        let part = &scene.parts.train;
        let count = part.len().min(EXAMPLES);
        let mut plan = scene.model.training_plan(count, threads)?;
        let (inputs, targets) = (scene.model.inputs, scene.model.targets());
        for k in 0..count {
            let example = part[k * part.len() / count] as usize;
            scene.samples.read(example, &mut plan.data("input")[k * inputs..(k + 1) * inputs]);
            let target = &mut plan.data("target")[k * targets..(k + 1) * targets];
            scene.samples.write_target(example, target);
            plan.data("weight")[k] = scene.samples.weight(example);
        }
        Ok(Inside { plan, gradient: vec![0.0; scene.model.layout().weights()] })
    }

    /// Each part of θ: its norm, that of its slopes, how far the step went, and histograms.
    pub fn parts(&mut self, scene: &Scene, now: &Copy, next: Option<&Copy>) -> Vec<Value> {
        let moment =
            Moment { training: true, seed: scene.settings.seed, step: now.step + 1, ..Moment::default() };
        self.plan.at(moment);
        self.plan.gradient(&now.theta, &mut self.gradient);
        let part = |part: &gradus::layout::Part| {
            let (weights, slopes) = (&now.theta[part.range()], &self.gradient[part.range()]);
            let size = norm(weights.iter().copied());
            let moved =
                next.map(|next| norm(next.theta[part.range()].iter().zip(weights).map(|(b, a)| b - a)));
            json!({
                "name": part.name,
                "shape": part.shape.dims(),
                "norm": size,
                "gradient": norm(slopes.iter().copied()),
                "update": moved.filter(|_| size > 0.0).map(|moved| moved / size),
                "weights": Histogram::of(weights),
                "slopes": Histogram::of(slopes),
            })
        };
        scene.model.layout().parts().iter().map(part).collect()
    }

    /// Each layer's result, as in use: a histogram, and how many of its units no longer learn, where that is counted.
    pub fn layers(&mut self, scene: &Scene, now: &Copy) -> Vec<Value> {
        self.plan.memory().copy_from_slice(&now.memory);
        self.plan.at(Moment {
            training: false,
            seed: scene.settings.seed,
            step: now.step,
            ..Moment::default()
        });
        let layers = scene.model.network.layers();
        let mut shown: Vec<(String, Value)> = Vec::new();
        self.plan.show(&now.theta, &mut |seen| {
            let number = seen.scope.split('.').next().and_then(|n| n.parse::<usize>().ok());
            let Some(layer) = number.and_then(|n| layers.get(n.wrapping_sub(1))) else { return };
            let last = number == Some(layers.len());
            let units = seen.shape.dims().last().copied().unwrap_or(1);
            // The last one's function is part of the loss.
            let counted = match last {
                true => None,
                false => Units::of(seen.scope, &layer.line(), units, seen.values),
            };
            let results = Histogram::of(seen.values);
            let value = json!({ "name": seen.scope, "counted": counted, "results": results });
            // Of the ops of a layer the last makes its result.
            match shown.last_mut() {
                Some((scope, last)) if scope == seen.scope => *last = value,
                _ => shown.push((seen.scope.to_string(), value)),
            }
        });
        shown.into_iter().map(|(_, value)| value).collect()
    }
}

fn norm(numbers: impl Iterator<Item = f32>) -> f64 {
    numbers.map(|x| x as f64 * x as f64).sum::<f64>().sqrt()
}

/// The weights of the first layer as pictures, if it looks at the picture itself: for each unit a byte a weight, 128 is
/// 0, and the unit's greatest weight 255 or 1.
pub fn first_layer(scene: &Scene, theta: &[f32]) -> Option<Value> {
    let &[height, width, channels] = scene.samples.shape().dims() else { return None };
    let part = scene.model.layout().parts().iter().find(|part| part.name.ends_with("weight"))?;
    let (height, width, units) = match *part.shape.dims() {
        [inputs, units] if inputs == height * width * channels => (height, width, units),
        [rows, columns, from, units] if from == channels => (rows, columns, units),
        _ => return None,
    };
    if !matches!(channels, 1 | 3) {
        return None;
    }
    let (weights, shown) = (&theta[part.range()], units.min(UNITS));
    let mut bytes = Vec::with_capacity(shown * height * width * channels);
    for unit in 0..shown {
        let own = || weights.iter().skip(unit).step_by(units);
        let greatest =
            own().filter(|w| w.is_finite()).fold(0f32, |a, w| a.max(w.abs())).max(f32::MIN_POSITIVE);
        bytes.extend(own().map(|w| (128.0 + 127.0 * (w / greatest).clamp(-1.0, 1.0)).round() as u8));
    }
    Some(json!({ "part": part.name, "units": units, "shown": shown, "width": width, "height": height,
                 "channels": channels, "bytes": packed_bytes(&bytes) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_counts_every_finite_number_once() {
        let h = Histogram::of(&[-1.0, -1.0, 0.0, 1.0, f32::NAN, f32::INFINITY]);
        assert_eq!((h.low, h.high, h.bad, h.counts[0], h.counts[BARS - 1]), (-1.0, 1.0, 2, 2, 1));
        assert_eq!(h.counts.iter().sum::<u32>(), 4);
        let h = Histogram::of(&[f32::MIN, f32::MAX]);
        assert_eq!((h.counts[0], h.counts[BARS - 1]), (1, 1));
        assert_eq!(Histogram::of(&[3.0; 7]).counts.iter().sum::<u32>(), 7);
        assert_eq!(Histogram::of(&[]).counts.iter().sum::<u32>(), 0);
    }
}
