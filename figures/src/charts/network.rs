//! Neurons as circles, weights as arrows.

use super::PAGE;
use super::series::head;
use crate::chart::Chart;
use crate::colour::{BLUE, Colour, INK, SOFT_INK, VERMILLION};
use crate::font;
use crate::frame::{PLAIN, SMALL, TITLE, heading};
use crate::geometry::{Point, Rect};
use crate::labels;
use crate::legend::{Key, Sign};
use crate::scene::{Anchor, Scene, Stroke, Text};

/// A circle.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// In it, for example `x₁` or `Σ`: two or three letters.
    pub name: String,
    /// Below it, for example its value.
    pub value: String,
}

/// An arrow from a circle to one further right.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// Column and row of the circle it leaves.
    pub from: (usize, usize),
    /// Column and row of the circle it reaches.
    pub to: (usize, usize),
    /// Decides colour and width; none: a thin grey arrow.
    pub weight: Option<f64>,
    /// Beside it, for example `w₁ = 0.5`.
    pub label: String,
}

/// Columns of circles, joined by arrows: blue where the weight is positive, vermillion where it is negative, the wider
/// the larger.
///
/// ```
/// use gradus_figures::{Chart, NetworkDrawing};
///
/// let chart = NetworkDrawing::new("A network")
///     .column("inputs", [("x₁", ""), ("x₂", "")])
///     .column("output", [("y", "0.7")])
///     .edge((0, 0), (1, 0), Some(0.8), "w₁ = 0.8")
///     .edge((0, 1), (1, 0), Some(-1.5), "w₂ = −1.5");
/// assert!(chart.svg().contains("w₂ = −1.5"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkDrawing {
    /// What it is called.
    pub title: String,
    /// What is to be seen.
    pub note: String,
    /// The columns from left to right: what stands above, and the circles from top to bottom.
    pub columns: Vec<(String, Vec<Node>)>,
    /// The arrows.
    pub edges: Vec<Edge>,
    /// Width and height, in pixels.
    pub size: (f64, f64),
}

impl NetworkDrawing {
    /// Without circles yet.
    pub fn new(title: impl Into<String>) -> NetworkDrawing {
        let (title, note) = (title.into(), String::new());
        NetworkDrawing { title, note, columns: Vec::new(), edges: Vec::new(), size: PAGE }
    }

    /// With a sentence under the title.
    pub fn note(self, note: impl Into<String>) -> NetworkDrawing {
        NetworkDrawing { note: note.into(), ..self }
    }

    /// With one column more, of (name, value).
    pub fn column<A: Into<String>, B: Into<String>>(
        mut self,
        name: impl Into<String>,
        nodes: impl IntoIterator<Item = (A, B)>,
    ) -> NetworkDrawing {
        let nodes = nodes.into_iter().map(|(name, value)| Node { name: name.into(), value: value.into() });
        self.columns.push((name.into(), nodes.collect()));
        self
    }

    /// With one arrow more.
    pub fn edge(
        mut self,
        from: (usize, usize),
        to: (usize, usize),
        weight: Option<f64>,
        label: impl Into<String>,
    ) -> NetworkDrawing {
        self.edges.push(Edge { from, to, weight, label: label.into() });
        self
    }

    fn place(&self, area: &Rect, (column, row): (usize, usize)) -> Option<Point> {
        let nodes = &self.columns.get(column)?.1;
        let x = area.x + area.width * (column as f64 + 0.5) / self.columns.len() as f64;
        (row < nodes.len())
            .then(|| Point::new(x, area.y + area.height * (row as f64 + 0.5) / nodes.len() as f64))
    }

    fn radius(&self, area: &Rect) -> f64 {
        let most = self.columns.iter().map(|c| c.1.len()).max().unwrap_or(1).max(1);
        (0.24 * area.height / most as f64)
            .min(0.16 * area.width / self.columns.len().max(1) as f64)
            .clamp(9.0, 30.0)
    }

    fn stroke(&self, edge: &Edge) -> Stroke {
        let largest = self.edges.iter().filter_map(|e| e.weight).fold(0.0f64, |a, w| a.max(w.abs()));
        match edge.weight {
            Some(w) if largest > 0.0 => {
                Stroke::new(if w < 0.0 { NEGATIVE } else { POSITIVE }, 1.0 + 3.0 * w.abs() / largest)
            }
            _ => Stroke::new(SOFT_INK, 1.5),
        }
    }

    fn draw_edges(&self, scene: &mut Scene, area: &Rect) {
        let radius = self.radius(area);
        for edge in &self.edges {
            let Some((from, to)) = self.place(area, edge.from).zip(self.place(area, edge.to)) else {
                continue;
            };
            let length = from.distance(to);
            let (start, end) = (from.towards(to, radius / length), to.towards(from, (radius + 2.0) / length));
            let stroke = self.stroke(edge);
            let size = 6.0 + 2.0 * stroke.width;
            scene.segment(start, end.towards(start, 0.6 * size / start.distance(end)), stroke);
            head(scene, start, end, size, stroke.colour);
        }
    }

    /// Labels come after all arrows, each beside its arrow where it hides the least.
    fn draw_labels(&self, scene: &mut Scene, area: &Rect) {
        for edge in self.edges.iter().filter(|e| !e.label.is_empty()) {
            let Some((from, to)) = self.place(area, edge.from).zip(self.place(area, edge.to)) else {
                continue;
            };
            let stroke = self.stroke(edge);
            let colour = stroke.colour.towards(INK, 0.25);
            let (width, height) = (font::width(&edge.label, SMALL), SMALL);
            let length = from.distance(to);
            let normal = Point::new((to.y - from.y) / length, -(to.x - from.x) / length);
            // So far that the box of the text just clears the arrow.
            let clear = (normal.x.abs() * width + normal.y.abs() * height) / 2.0 + stroke.width / 2.0 + 3.0;
            let text = |t: f64, side: f64| {
                let at = from.towards(to, t);
                let at = Point::new(at.x + side * clear * normal.x, at.y + side * clear * normal.y);
                let at = Point::new(at.x, at.y + 0.36 * SMALL);
                Text::new(at, &*edge.label, SMALL).anchored(Anchor::Middle).coloured(colour).with_halo()
            };
            let tries =
                [0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73].into_iter().flat_map(|t| [(t, 1.0), (t, -1.0)]);
            let priced = tries.enumerate().map(|(i, (t, side))| {
                let text = text(t, side);
                (labels::cost(scene, *area, &text.bounds()) + 0.1 * i as f64, text)
            });
            if let Some((cost, text)) = priced.min_by(|a, b| a.0.total_cmp(&b.0))
                && cost < labels::UNREADABLE
            {
                scene.text(text);
            }
        }
    }

    fn draw_nodes(&self, scene: &mut Scene, area: &Rect) {
        let radius = self.radius(area);
        for (c, (_, nodes)) in self.columns.iter().enumerate() {
            for (r, node) in nodes.iter().enumerate() {
                let Some(at) = self.place(area, (c, r)) else { continue };
                scene.circle(at, radius, Stroke::new(INK, 1.5));
                let size = if radius > 16.0 { 1.2 * PLAIN } else { SMALL };
                let middle = |y: f64, text: &str, size: f64| {
                    Text::new(Point::new(at.x, y), text, size).anchored(Anchor::Middle)
                };
                if font::width(&node.name, size) < 2.0 * radius {
                    scene.text(middle(at.y + 0.36 * size, &node.name, size));
                }
                scene.text(middle(at.y + radius + 5.0 + SMALL, &node.value, SMALL).with_halo());
            }
        }
    }
}

/// The colours of weights.
const POSITIVE: Colour = BLUE;
const NEGATIVE: Colour = VERMILLION;

impl Chart for NetworkDrawing {
    fn title(&self) -> &str {
        &self.title
    }

    fn note(&self) -> &str {
        &self.note
    }

    fn size(&self) -> (f64, f64) {
        self.size
    }

    fn keys(&self) -> Vec<Key> {
        let key = |name: &str, colour| Key {
            name: name.into(),
            sign: Sign::Line { stroke: Stroke::new(colour, 3.0), marker: None, band: None },
        };
        let has = |sign: f64| self.edges.iter().any(|e| e.weight.is_some_and(|w| w * sign > 0.0));
        let positive = has(1.0).then(|| key("positive weight", POSITIVE));
        positive.into_iter().chain(has(-1.0).then(|| key("negative weight", NEGATIVE))).collect()
    }

    fn draw(&self, scene: &mut Scene, area: Rect, with_legend: bool) {
        let keys = if with_legend { self.keys() } else { Vec::new() };
        let area = heading(scene, area, (&self.title, TITLE), &self.note, &keys);
        let has_heads = self.columns.iter().any(|(name, _)| !name.is_empty());
        let inner = area.without(0.0, if has_heads { 24.0 } else { 0.0 }, 0.0, 0.0);
        self.draw_edges(scene, &inner);
        self.draw_nodes(scene, &inner);
        for (c, (name, _)) in self.columns.iter().enumerate() {
            let width = inner.width / self.columns.len() as f64;
            let at = Point::new(inner.x + width * (c as f64 + 0.5), area.y + PLAIN);
            let name = font::shortened(name, PLAIN, width - 8.0);
            scene.text(Text::new(at, name, PLAIN).anchored(Anchor::Middle).coloured(SOFT_INK));
        }
        self.draw_labels(scene, &inner);
    }
}
