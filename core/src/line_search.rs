//! How far to go along a direction: a step length t at which the loss φ(t) has fallen enough and the slope φ′(t) is flat
//! enough, Wolfe's strong conditions ([Nocedal & Wright 2006](https://doi.org/10.1007/978-0-387-40065-5), section 3.5).
//!
//! ```text
//! φ(t) ≤ φ(0) + c₁ t φ′(0)      c₁ = 10⁻⁴
//! |φ′(t)| ≤ −c₂ φ′(0)           c₂ = 0.9
//! ```
//!
//! First t grows until there is such a point between the last two, then the bracket shrinks around it. The next t is where
//! the cubic through both ends, with their slopes, is lowest. Where PyTorch's `strong_wolfe` decides something, this
//! decides the same, so that both go through the same points; a loss that is no number, of which PyTorch knows nothing,
//! counts as infinite here.

/// c₁: the share of the fall that the first slope promises.
const FALL: f64 = 1e-4;
/// c₂: the share of the first slope that may be left.
const FLAT: f64 = 0.9;

/// A point on the line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    /// t
    pub step: f64,
    /// φ(t)
    pub loss: f64,
    /// φ′(t)
    pub slope: f64,
    /// Where its gradient is kept, among [`SLOTS`] places.
    pub slot: usize,
}

/// How many gradients are kept at once: of the start, of both ends of a bracket, of the new point.
pub(crate) const SLOTS: usize = 4;

/// When a search gives up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Most evaluations, the first not counted.
    pub tries: usize,
    /// The least length of a bracket: no weight would change by more.
    pub bracket: f64,
}

/// Searches from `start`, where t is 0, with `first` as the first t. `ask(t, slot)` gives φ(t) and φ′(t) and keeps the
/// gradient in a slot. The point found, the best seen if no point satisfies both conditions.
pub(crate) fn strong_wolfe(
    start: Point,
    first: f64,
    limits: Limits,
    ask: &mut dyn FnMut(f64, usize) -> (f64, f64),
) -> Point {
    let mut line = Line { start, ask };
    let (mut last, mut now, mut tries) = (start, line.at(first, [start; 3]), 0);
    let bracket = loop {
        if tries == limits.tries {
            return if start.loss <= now.loss { start } else { now };
        }
        if line.too_high(now) || (tries > 1 && now.loss >= last.loss) {
            break [last, now];
        }
        if line.is_flat(now) {
            return now;
        }
        if now.slope >= 0.0 {
            break [last, now];
        }
        let (least, most) = (now.step + 0.01 * (now.step - last.step), now.step * 10.0);
        let step = lowest_of_cubic(last, now, (least, most));
        (last, now) = (now, line.at(step, [start, now, now]));
        tries += 1;
    };
    line.zoom(bracket, limits, tries)
}

struct Line<'a> {
    start: Point,
    ask: &'a mut dyn FnMut(f64, usize) -> (f64, f64),
}

impl Line<'_> {
    /// The point at t, its gradient kept where none of `used` keeps one.
    fn at(&mut self, step: f64, used: [Point; 3]) -> Point {
        let slot =
            (0..SLOTS).find(|slot| used.iter().all(|p| p.slot != *slot)).expect("one more than are used");
        let (loss, slope) = (self.ask)(step, slot);
        let is_number = loss.is_finite() && slope.is_finite();
        let (loss, slope) = if is_number { (loss, slope) } else { (f64::INFINITY, f64::INFINITY) };
        Point { step, loss, slope, slot }
    }

    fn too_high(&self, point: Point) -> bool {
        point.loss > self.start.loss + FALL * point.step * self.start.slope
    }

    fn is_flat(&self, point: Point) -> bool {
        point.slope.abs() <= -FLAT * self.start.slope
    }

    /// Shrinks a bracket around a point that satisfies the conditions.
    fn zoom(&mut self, mut bracket: [Point; 2], limits: Limits, tries: usize) -> Point {
        let lower = |b: &[Point; 2]| if b[0].loss <= b[1].loss { 0 } else { 1 };
        let mut low = lower(&bracket);
        let mut near_an_end = false;
        for _ in tries..limits.tries {
            let ends = bracket.map(|p| p.step);
            let (left, right) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
            if right - left < limits.bracket {
                break;
            }
            let mut step = lowest_of_cubic(bracket[0], bracket[1], (left, right));
            // A second point near an end, or one at it, would shrink the bracket by next to nothing.
            let margin = 0.1 * (right - left);
            let near = (right - step).min(step - left) < margin;
            if near && (near_an_end || step >= right || step <= left) {
                step =
                    if (step - right).abs() < (step - left).abs() { right - margin } else { left + margin };
                near_an_end = false;
            } else {
                near_an_end = near;
            }
            let now = self.at(step, [self.start, bracket[0], bracket[1]]);
            if self.too_high(now) || now.loss >= bracket[low].loss {
                bracket[1 - low] = now;
                low = lower(&bracket);
                continue;
            }
            if self.is_flat(now) {
                return now;
            }
            if now.slope * (bracket[1 - low].step - bracket[low].step) >= 0.0 {
                bracket[1 - low] = bracket[low];
            }
            bracket[low] = now;
        }
        bracket[low]
    }
}

/// Where the cubic through two points, with their slopes, is lowest, within bounds; halfway between them if it is
/// nowhere.
fn lowest_of_cubic(a: Point, b: Point, (least, most): (f64, f64)) -> f64 {
    let (a, b) = if a.step <= b.step { (a, b) } else { (b, a) };
    let d1 = a.slope + b.slope - 3.0 * (a.loss - b.loss) / (a.step - b.step);
    let d2 = (d1 * d1 - a.slope * b.slope).sqrt();
    let lowest = b.step - (b.step - a.step) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2.0 * d2));
    if lowest.is_finite() { lowest.max(least).min(most) } else { (least + most) / 2.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Searches along φ; the point, and all t that were asked for.
    fn search(phi: impl Fn(f64) -> (f64, f64), first: f64, tries: usize) -> (Point, Vec<f64>) {
        let (loss, slope) = phi(0.0);
        let mut asked = Vec::new();
        let found = strong_wolfe(
            Point { step: 0.0, loss, slope, slot: 0 },
            first,
            Limits { tries, bracket: 1e-12 },
            &mut |t, slot| {
                assert!(slot > 0 && slot < SLOTS);
                asked.push(t);
                phi(t)
            },
        );
        (found, asked)
    }

    #[test]
    fn what_is_found_satisfies_both_conditions() {
        let valleys: [fn(f64) -> (f64, f64); 4] = [
            |t| ((t - 3.0) * (t - 3.0), 2.0 * (t - 3.0)),
            |t| (t.powi(4) - 2.0 * t, 4.0 * t.powi(3) - 2.0),
            |t| ((3.0 * t).cos() - t, -3.0 * (3.0 * t).sin() - 1.0),
            |t| (-t / (t * t + 2.0), (t * t - 2.0) / (t * t + 2.0).powi(2)),
        ];
        for (i, phi) in valleys.iter().enumerate() {
            for first in [1e-3, 0.1, 1.0, 30.0] {
                let (found, asked) = search(phi, first, 25);
                let ((loss, slope), (now, left)) = (phi(0.0), phi(found.step));
                assert!(found.step > 0.0 && asked.len() <= 26, "valley {i} from {first}: {asked:?}");
                assert!(
                    now <= loss + FALL * found.step * slope,
                    "valley {i} from {first}: {found:?} is too high"
                );
                assert!(left.abs() <= -FLAT * slope, "valley {i} from {first}: {found:?} is too steep");
            }
        }
    }

    #[test]
    fn a_loss_that_is_no_number_is_gone_around() {
        // The logarithm has no value beyond 1.
        let wall = |t: f64| (-t - 0.1 * (1.0 - t).ln(), -1.0 + 0.1 / (1.0 - t));
        let (found, _) = search(wall, 8.0, 25);
        assert!(found.step > 0.0 && found.step < 1.0 && found.loss < 0.0, "{found:?}");
        // Nothing but the start is a number.
        let nothing = |t: f64| if t == 0.0 { (1.0, -1.0) } else { (f64::NAN, f64::NAN) };
        let (found, asked) = search(nothing, 1.0, 25);
        assert!(found.step == 0.0 && found.loss == 1.0 && asked.len() == 26, "{found:?}");
    }

    #[test]
    fn evaluations_are_limited() {
        let ever_down = |t: f64| (-t, -1.0);
        let (found, asked) = search(ever_down, 1.0, 5);
        assert_eq!(asked.len(), 6);
        assert_eq!(found.step, asked[5]);
    }
}
