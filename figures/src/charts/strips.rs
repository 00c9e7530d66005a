//! Single values and their spread, a row for each group: the final losses of several seeds.

use super::PAGE;
use super::bars::axis;
use crate::axis::{Axis, Scale};
use crate::chart::Chart;
use crate::colour::{Colour, INK};
use crate::font;
use crate::frame::{PLAIN, TITLE, heading};
use crate::geometry::{Point, Rect};
use crate::legend::{Key, Sign};
use crate::marker::Marker;
use crate::scene::{Anchor, Scene, Stroke, Text};

/// The values of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    /// Whose they are.
    pub name: String,
    /// The values, in any order; those that have no place on the axis are counted beside the name.
    pub values: Vec<f64>,
}

/// A row of dots for each group, with a box from the lower to the upper quartile and a line at the median.
///
/// ```
/// use gradus_figures::{Axis, Chart, Strips};
///
/// let chart = Strips::new("Final loss over 5 seeds", Axis::log("loss on unseen examples"))
///     .strip("sgd", [0.31, 0.29, 0.40, 0.33, 0.30])
///     .strip("adam", [0.12, 0.11, 0.19, 0.10, f64::NAN]);
/// assert!(chart.svg().contains("adam (1 not finite)"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Strips {
    /// What it is called.
    pub title: String,
    /// What is to be seen.
    pub note: String,
    /// What the values are.
    pub axis: Axis,
    /// From top to bottom.
    pub strips: Vec<Strip>,
    /// Width in pixels; the height follows from the number of strips.
    pub width: f64,
}

impl Strips {
    /// Without values yet.
    pub fn new(title: impl Into<String>, axis: Axis) -> Strips {
        Strips { title: title.into(), note: String::new(), axis, strips: Vec::new(), width: PAGE.0 }
    }

    /// With a sentence under the title.
    pub fn note(self, note: impl Into<String>) -> Strips {
        Strips { note: note.into(), ..self }
    }

    /// With one group more.
    pub fn strip(mut self, name: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Strips {
        self.strips.push(Strip { name: name.into(), values: values.into_iter().collect() });
        self
    }
}

impl Strip {
    /// Its name, and how many of its values cannot be shown.
    fn caption(&self, scale: &Scale) -> String {
        let missing = self.values.iter().filter(|v| scale.place(**v).is_none()).count();
        let not_finite = self.values.iter().filter(|v| !v.is_finite()).count();
        match missing {
            0 => self.name.clone(),
            n if n == not_finite => format!("{} ({n} not finite)", self.name),
            n => format!("{} ({n} without a place)", self.name),
        }
    }

    /// The values that have a place, in order.
    fn placed(&self, scale: &Scale) -> Vec<f64> {
        let mut values: Vec<f64> =
            self.values.iter().copied().filter(|v| scale.place(*v).is_some()).collect();
        values.sort_by(f64::total_cmp);
        values
    }
}

/// The value below which a share of sorted values lies, with linear steps between (Hyndman & Fan 1996, type 7).
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = share * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    below + (above - below) * at.fract()
}

/// Height of a row and of the box in it.
const ROW: f64 = 46.0;
const BOX: f64 = 24.0;

impl Chart for Strips {
    fn title(&self) -> &str {
        &self.title
    }

    fn note(&self) -> &str {
        &self.note
    }

    fn size(&self) -> (f64, f64) {
        (self.width, 150.0 + ROW * self.strips.len().max(1) as f64)
    }

    fn keys(&self) -> Vec<Key> {
        let line = Sign::Line { stroke: Stroke::new(INK, 2.5), marker: None, band: None };
        vec![
            Key { name: "one run".into(), sign: Sign::Marker(Marker::Dot(3.5), INK.with_opacity(0.6)) },
            Key { name: "median".into(), sign: line },
            Key { name: "the middle half".into(), sign: Sign::Fill(INK.with_opacity(0.18)) },
        ]
    }

    fn draw(&self, scene: &mut Scene, area: Rect, with_legend: bool) {
        let keys = if with_legend { self.keys() } else { Vec::new() };
        let area = heading(scene, area, (&self.title, TITLE), &self.note, &keys);
        let values = || self.strips.iter().flat_map(|s| s.values.iter().copied());
        let unplaced = Scale::fit(&self.axis, values());
        let room = (0.4 * area.width).max(60.0);
        let names: Vec<String> =
            self.strips.iter().map(|s| font::shortened(&s.caption(&unplaced), PLAIN, room)).collect();
        let left = names.iter().map(|n| font::width(n, PLAIN)).fold(0.0, f64::max) + 12.0;
        let plot = area.without(left, 4.0, 16.0, 40.0);
        let scale = unplaced.at(plot.x, plot.right());
        axis(scene, plot, area, &scale, &self.axis.name);
        for (i, (strip, name)) in self.strips.iter().zip(names).enumerate() {
            let middle = plot.y + plot.height * (i as f64 + 0.5) / self.strips.len() as f64;
            let at = Point::new(plot.x - 12.0, middle + 0.36 * PLAIN);
            scene.text(Text::new(at, name, PLAIN).anchored(Anchor::End));
            draw_strip(scene, &scale, &strip.placed(&scale), middle, Colour::of_series(i));
        }
    }
}

fn draw_strip(scene: &mut Scene, scale: &Scale, sorted: &[f64], middle: f64, colour: Colour) {
    if sorted.is_empty() {
        return;
    }
    let place = |v: f64| scale.place(v).unwrap_or(0.0);
    let [low, median, high] = [0.25, 0.5, 0.75].map(|share| place(quantile(sorted, share)));
    scene.rect(Rect::new(low, middle - BOX / 2.0, high - low, BOX), colour.with_opacity(0.25));
    for (i, value) in sorted.iter().enumerate() {
        // Neighbours are set off up and down, so that equal values do not hide each other.
        let shift = [0.0, -6.0, 6.0, -3.0, 3.0][i % 5];
        scene.dot(Point::new(place(*value), middle + shift), 3.5, colour.with_opacity(0.75));
    }
    let line = Stroke::new(colour.towards(INK, 0.4), 2.5);
    scene.segment(
        Point::new(median, middle - BOX / 2.0 - 3.0),
        Point::new(median, middle + BOX / 2.0 + 3.0),
        line,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_numpy() {
        let values = [1.0, 2.0, 4.0, 8.0];
        assert_eq!([0.0, 0.25, 0.5, 0.75, 1.0].map(|q| quantile(&values, q)), [1.0, 1.75, 3.0, 5.0, 8.0]);
        assert_eq!(quantile(&[5.0], 0.5), 5.0);
    }
}
