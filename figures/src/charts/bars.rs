//! Lying bars with names and values.

use super::PAGE;
use crate::axis::{Axis, Scale, number};
use crate::chart::Chart;
use crate::colour::{BLUE, Colour, HAIR, INK, SOFT_INK};
use crate::font;
use crate::frame::{PLAIN, SMALL, TITLE, heading};
use crate::geometry::{Point, Rect};
use crate::legend::Key;
use crate::scene::{Anchor, Scene, Stroke, Text};

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// Whose value it is.
    pub name: String,
    /// How large it is.
    pub value: f64,
    /// From where to where it may well be: a bracket.
    pub spread: Option<(f64, f64)>,
    /// Its colour.
    pub colour: Colour,
}

/// Values beside each other, each with its name and its number. Bars start at zero.
///
/// ```
/// use gradus_figures::{Bars, Chart};
///
/// let chart = Bars::new("Accuracy on unseen pictures", "share named rightly (%)")
///     .bar("this network", 64.0, Some((59.7, 68.1)))
///     .bar("a linear model", 57.4, None);
/// assert!(chart.svg().contains("57.4"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Bars {
    /// What it is called.
    pub title: String,
    /// What is to be seen.
    pub note: String,
    /// What the values are, with the unit.
    pub axis: String,
    /// From top to bottom.
    pub bars: Vec<Bar>,
    /// Width in pixels; the height follows from the number of bars.
    pub width: f64,
}

impl Bars {
    /// Without bars yet.
    pub fn new(title: impl Into<String>, axis: impl Into<String>) -> Bars {
        Bars { title: title.into(), note: String::new(), axis: axis.into(), bars: Vec::new(), width: PAGE.0 }
    }

    /// With a sentence under the title.
    pub fn note(self, note: impl Into<String>) -> Bars {
        Bars { note: note.into(), ..self }
    }

    /// With one bar more.
    pub fn bar(mut self, name: impl Into<String>, value: f64, spread: Option<(f64, f64)>) -> Bars {
        self.bars.push(Bar { name: name.into(), value, spread, colour: BLUE });
        self
    }
}

/// Height of a row and of the bar in it.
const ROW: f64 = 34.0;
const THICK: f64 = 18.0;

impl Chart for Bars {
    fn title(&self) -> &str {
        &self.title
    }

    fn note(&self) -> &str {
        &self.note
    }

    fn size(&self) -> (f64, f64) {
        (self.width, 130.0 + ROW * self.bars.len().max(1) as f64)
    }

    fn keys(&self) -> Vec<Key> {
        Vec::new()
    }

    fn draw(&self, scene: &mut Scene, area: Rect, _: bool) {
        let area = heading(scene, area, (&self.title, TITLE), &self.note, &[]);
        let room = (0.4 * area.width).max(60.0);
        let names: Vec<String> = self.bars.iter().map(|b| font::shortened(&b.name, PLAIN, room)).collect();
        let left = names.iter().map(|n| font::width(n, PLAIN)).fold(0.0, f64::max) + 10.0;
        let right = self.bars.iter().map(|b| font::width(&number(b.value), SMALL)).fold(0.0, f64::max) + 14.0;
        let plot = area.without(left, 0.0, right, 40.0);
        let ends = self
            .bars
            .iter()
            .flat_map(|b| b.spread.map_or(vec![b.value], |(low, high)| vec![b.value, low, high]));
        let scale = Scale::fit(&Axis::linear(&*self.axis), ends.chain([0.0])).at(plot.x, plot.right());
        axis(scene, plot, area, &scale, &self.axis);
        let zero = scale.place(0.0).unwrap_or(plot.x);
        for (i, (bar, name)) in self.bars.iter().zip(names).enumerate() {
            let middle = plot.y + plot.height * (i as f64 + 0.5) / self.bars.len() as f64;
            scene.text(
                Text::new(Point::new(plot.x - 10.0, middle + 0.36 * PLAIN), name, PLAIN)
                    .anchored(Anchor::End),
            );
            let end = scale.place(bar.value).unwrap_or(zero);
            scene.rect(Rect::new(zero.min(end), middle - THICK / 2.0, (end - zero).abs(), THICK), bar.colour);
            let mut beyond = end.max(zero);
            if let Some((from, to)) = bar.spread.and_then(|(l, h)| scale.place(l).zip(scale.place(h))) {
                let line = Stroke::new(INK, 1.5);
                scene.segment(Point::new(from, middle), Point::new(to, middle), line);
                for x in [from, to] {
                    scene.segment(Point::new(x, middle - 5.0), Point::new(x, middle + 5.0), line);
                }
                beyond = beyond.max(to);
            }
            let at = Point::new(beyond + 6.0, middle + 0.36 * SMALL);
            scene.text(Text::new(at, number(bar.value), SMALL).coloured(SOFT_INK));
        }
        scene.segment(Point::new(zero, plot.y), Point::new(zero, plot.bottom()), Stroke::new(SOFT_INK, 1.0));
    }
}

/// The axis below rows: grid, numbers, name.
pub(super) fn axis(scene: &mut Scene, plot: Rect, area: Rect, scale: &Scale, name: &str) {
    for tick in scale.ticks(SMALL, true).into_iter().filter(|t| !t.label.is_empty()) {
        let Some(x) = scale.place(tick.value) else { continue };
        scene.segment(Point::new(x, plot.y), Point::new(x, plot.bottom()), Stroke::new(HAIR, 1.0));
        let at = Point::new(x, plot.bottom() + 4.0 + SMALL);
        scene.text(Text::new(at, tick.label, SMALL).anchored(Anchor::Middle).coloured(SOFT_INK));
    }
    let name = font::shortened(name, PLAIN, area.width);
    let half = font::width(&name, PLAIN) / 2.0;
    let middle = (plot.x + plot.width / 2.0).clamp(area.x + half, (area.right() - half).max(area.x + half));
    scene.text(
        Text::new(Point::new(middle, plot.bottom() + 10.0 + SMALL + PLAIN), name, PLAIN)
            .anchored(Anchor::Middle),
    );
}
