//! A scene as a PNG, by the rasteriser `tiny-skia`.

use gradus::{Error, Result};
use tiny_skia::{
    FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Stroke as Pen, StrokeDash, Transform,
};

use crate::colour::{Colour, PAPER};
use crate::font;
use crate::geometry::Point;
use crate::scene::{Mark, Scene, Stroke, Text};

/// The file's bytes: `scale` pixels of the picture for each pixel of the scene.
///
/// # Errors
/// [`Error::Settings`] if the picture would have no pixel, or more than memory holds.
pub fn png(scene: &Scene, scale: f64) -> Result<Vec<u8>> {
    let (width, height) = ((scene.width * scale).round() as u32, (scene.height * scale).round() as u32);
    let too_large = || Error::Settings {
        message: format!("a picture of {width} × {height} pixels cannot be drawn").into(),
        mend: "give the chart a size from 1 to a few thousand pixels a side".into(),
    };
    let mut map =
        (width.max(height) <= MOST).then(|| Pixmap::new(width, height)).flatten().ok_or_else(too_large)?;
    map.fill(tiny_skia::Color::WHITE);
    let mut canvas = Canvas { map, to: Transform::from_scale(scale as f32, scale as f32) };
    scene.marks.iter().for_each(|mark| canvas.mark(mark));
    Ok(encoded(&canvas.map, scale))
}

/// The longest side of a picture, in pixels.
const MOST: u32 = 16_000;

/// RGB without opacity; the resolution is noted, so that programs show it as large as the SVG.
fn encoded(map: &Pixmap, scale: f64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, map.width(), map.height());
    encoder.set_color(png::ColorType::Rgb);
    // 96 pixels an inch is what a pixel of CSS means.
    let per_metre = (96.0 * scale / 0.0254).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: per_metre,
        yppu: per_metre,
        unit: png::Unit::Meter,
    }));
    let pixels: Vec<u8> = map.pixels().iter().flat_map(|p| [p.red(), p.green(), p.blue()]).collect();
    let mut writer = encoder.write_header().expect("a vector takes every byte");
    writer.write_image_data(&pixels).expect("as many bytes as the size says");
    drop(writer);
    bytes
}

struct Canvas {
    map: Pixmap,
    to: Transform,
}

impl Canvas {
    fn mark(&mut self, mark: &Mark) {
        match mark {
            Mark::Line { points, stroke } => {
                if let Some(path) = path(&[points], false) {
                    self.stroke(&path, stroke);
                }
            }
            Mark::Area { rings, colour } => {
                let rings: Vec<&[Point]> = rings.iter().map(Vec::as_slice).collect();
                if let Some(path) = path(&rings, true) {
                    self.fill(&path, *colour, self.to);
                }
            }
            Mark::Disc { centre, radius, fill, rim } => {
                let circle = PathBuilder::from_circle(centre.x as f32, centre.y as f32, *radius as f32);
                if let Some(circle) = circle {
                    self.fill(&circle, *fill, self.to);
                    if rim.width > 0.0 {
                        self.stroke(&circle, rim);
                    }
                }
            }
            Mark::Text(text) => self.text(text),
        }
    }

    fn text(&mut self, text: &Text) {
        let Some(outline) = font::outline(&text.text, text.size) else { return };
        let to = self.to.pre_translate(text.start() as f32, text.at.y as f32);
        if text.halo {
            let pen = Pen { width: 3.0, line_join: LineJoin::Round, ..Pen::default() };
            self.map.stroke_path(&outline, &paint(PAPER), &pen, to, None);
        }
        self.map.fill_path(&outline, &paint(text.colour), FillRule::Winding, to, None);
    }

    fn fill(&mut self, path: &Path, colour: Colour, to: Transform) {
        self.map.fill_path(path, &paint(colour), FillRule::EvenOdd, to, None);
    }

    fn stroke(&mut self, path: &Path, stroke: &Stroke) {
        let dash = stroke.dash.lengths(stroke.width);
        let pen = Pen {
            width: stroke.width as f32,
            line_join: LineJoin::Round,
            line_cap: LineCap::Butt,
            dash: dash.and_then(|d| StrokeDash::new(d.map(|x| x as f32).to_vec(), 0.0)),
            ..Pen::default()
        };
        self.map.stroke_path(path, &paint(stroke.colour), &pen, self.to, None);
    }
}

fn paint(colour: Colour) -> Paint<'static> {
    let [r, g, b] = colour.rgb;
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color_rgba8(r, g, b, (colour.opacity.clamp(0.0, 1.0) * 255.0).round() as u8);
    paint
}

fn path(lines: &[&[Point]], close: bool) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for line in lines {
        for (i, p) in line.iter().enumerate() {
            let (x, y) = (p.x as f32, p.y as f32);
            if i == 0 { builder.move_to(x, y) } else { builder.line_to(x, y) }
        }
        if close {
            builder.close();
        }
    }
    builder.finish()
}
