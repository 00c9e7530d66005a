//! What every plot has around it: title, note, legend, axes with ticks and names.

use crate::axis::{Axis, Scale, Tick};
use crate::clip;
use crate::colour::{HAIR, INK, SOFT_INK};
use crate::font;
use crate::geometry::{Point, Rect};
use crate::legend::{self, Key};
use crate::scene::{Anchor, Scene, Stroke, Text};

/// Letters of ticks; no text is smaller.
pub const SMALL: f64 = 12.0;
/// Letters of names and notes.
pub const PLAIN: f64 = 13.0;
/// Letters of titles.
pub const TITLE: f64 = 16.0;

/// Draws title (of letters of that size) and note at the top of `area`, then the keys; what is left of the area.
pub fn heading(scene: &mut Scene, area: Rect, title: (&str, f64), note: &str, keys: &[Key]) -> Rect {
    let mut y = area.y;
    let (title, size) = title;
    for line in font::wrapped(title, size, area.width) {
        scene.text(Text::new(Point::new(area.x, y + size), line, size));
        y += 1.35 * size;
    }
    for line in font::wrapped(note, PLAIN, area.width) {
        scene.text(Text::new(Point::new(area.x, y + PLAIN), line, PLAIN).coloured(SOFT_INK));
        y += 1.35 * PLAIN;
    }
    if y > area.y {
        y += 5.0;
    }
    let rest = area.without(0.0, y - area.y, 0.0, 0.0);
    let legend = legend::draw(scene, rest, keys);
    rest.without(0.0, legend, 0.0, 0.0)
}

/// A plot with its axes: from values to places.
pub struct Frame {
    /// Where the data are drawn.
    pub plot: Rect,
    /// From left to right.
    pub x: Scale,
    /// From below to above.
    pub y: Scale,
}

impl Frame {
    /// Draws grid, axes, ticks and names into `area`; `xs` and `ys` are all values that are to be seen.
    pub fn draw(
        scene: &mut Scene,
        area: Rect,
        axes: (&Axis, &Axis),
        xs: impl Iterator<Item = f64>,
        ys: impl Iterator<Item = f64>,
    ) -> Frame {
        let (x_axis, y_axis) = axes;
        let top = if y_axis.name.is_empty() { 8.0 } else { 24.0 };
        let bottom = 8.0 + SMALL + if x_axis.name.is_empty() { 4.0 } else { 10.0 + PLAIN };
        let inner = area.without(0.0, top, 0.0, bottom);
        let y = Scale::fit(y_axis, ys).at(inner.bottom(), inner.y);
        let y_ticks = y.ticks(SMALL, false);
        let left = y_ticks.iter().map(|t| font::width(&t.label, SMALL)).fold(0.0, f64::max) + 9.0;
        let plot = inner.without(left, 0.0, 18.0, 0.0);
        let x = Scale::fit(x_axis, xs).at(plot.x, plot.right());
        let frame = Frame { plot, x, y };
        frame.draw_ticks(scene, &y_ticks);
        frame.draw_names(scene, area, axes);
        frame
    }

    fn draw_ticks(&self, scene: &mut Scene, y_ticks: &[Tick]) {
        let (plot, hair) = (self.plot, Stroke::new(HAIR, 1.0));
        let axis = Stroke::new(SOFT_INK, 1.0);
        let x_ticks = self.x.ticks(SMALL, true);
        for (tick, at) in x_ticks.iter().filter_map(|t| self.x.place(t.value).map(|at| (t, at))) {
            let is_named = !tick.label.is_empty();
            if is_named {
                scene.segment(Point::new(at, plot.y), Point::new(at, plot.bottom()), hair);
                let place = Point::new(at, plot.bottom() + 6.0 + SMALL);
                scene.text(Text::new(place, &*tick.label, SMALL).anchored(Anchor::Middle).coloured(SOFT_INK));
            }
            let length = if is_named { 5.0 } else { 3.0 };
            scene.segment(Point::new(at, plot.bottom()), Point::new(at, plot.bottom() + length), axis);
        }
        for (tick, at) in y_ticks.iter().filter_map(|t| self.y.place(t.value).map(|at| (t, at))) {
            let is_named = !tick.label.is_empty();
            if is_named {
                scene.segment(Point::new(plot.x, at), Point::new(plot.right(), at), hair);
                let place = Point::new(plot.x - 8.0, at + 0.36 * SMALL);
                scene.text(Text::new(place, &*tick.label, SMALL).anchored(Anchor::End).coloured(SOFT_INK));
            }
            let length = if is_named { 5.0 } else { 3.0 };
            scene.segment(Point::new(plot.x - length, at), Point::new(plot.x, at), axis);
        }
        let zero = Stroke::new(SOFT_INK.with_opacity(0.6), 1.0);
        if let (true, Some(at)) = (self.x.crosses_zero(), self.x.place(0.0)) {
            scene.segment(Point::new(at, plot.y), Point::new(at, plot.bottom()), zero);
        }
        if let (true, Some(at)) = (self.y.crosses_zero(), self.y.place(0.0)) {
            scene.segment(Point::new(plot.x, at), Point::new(plot.right(), at), zero);
        }
        let corner = Point::new(plot.x, plot.bottom());
        scene.line(vec![Point::new(plot.x, plot.y), corner, Point::new(plot.right(), plot.bottom())], axis);
    }

    fn draw_names(&self, scene: &mut Scene, area: Rect, (x, y): (&Axis, &Axis)) {
        let name = |text: &str, room: f64| font::shortened(text, PLAIN, room);
        let above = Point::new(area.x, area.y + PLAIN);
        scene.text(Text::new(above, name(&y.name, area.width), PLAIN).coloured(INK));
        let text = name(&x.name, area.width);
        // In the middle of the axis, but never beyond the area.
        let half = font::width(&text, PLAIN) / 2.0;
        let middle = (self.plot.x + self.plot.width / 2.0)
            .clamp(area.x + half, (area.right() - half).max(area.x + half));
        let below = Point::new(middle, self.plot.bottom() + 12.0 + SMALL + PLAIN);
        scene.text(Text::new(below, text, PLAIN).anchored(Anchor::Middle).coloured(INK));
    }

    /// Where (x, y) lies on the page.
    pub fn place(&self, (x, y): (f64, f64)) -> Option<Point> {
        Some(Point::new(self.x.place(x)?, self.y.place(y)?))
    }

    /// The line through the values, broken where one has no place, cut off at the rim.
    pub fn lines(&self, values: &[(f64, f64)]) -> Vec<Vec<Point>> {
        let mut pieces = vec![Vec::new()];
        for value in values {
            match self.place(*value) {
                Some(at) => pieces.last_mut().expect("never empty").push(at),
                None => pieces.push(Vec::new()),
            }
        }
        pieces.iter().flat_map(|piece| clip::line(piece, &self.plot)).collect()
    }
}
