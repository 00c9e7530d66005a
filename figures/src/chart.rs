//! What every kind of chart can do.

use std::path::{Path, PathBuf};

use gradus::{Error, Result};

use crate::geometry::Rect;
use crate::legend::Key;
use crate::scene::Scene;
use crate::{raster, svg};

/// Pixels of the PNG for each pixel of the SVG: sharp on screens of today.
pub const PNG_SCALE: f64 = 2.0;

/// Something that can be drawn. Each kind of chart is plain data; drawing it has no state and no chance in it, so the
/// same data give the same bytes.
pub trait Chart {
    /// What it is called.
    fn title(&self) -> &str;

    /// A sentence under the title: what is to be seen.
    fn note(&self) -> &str;

    /// Width and height of its page, in pixels.
    fn size(&self) -> (f64, f64);

    /// What its legend explains.
    fn keys(&self) -> Vec<Key>;

    /// Draws it into a part of a page; with its own legend, or without because the page has one.
    fn draw(&self, scene: &mut Scene, area: Rect, with_legend: bool);

    /// The whole page.
    fn scene(&self) -> Scene {
        let (width, height) = self.size();
        let mut scene = Scene::new(width, height);
        scene.title = self.title().into();
        scene.about = self.note().into();
        let area = scene.page().without(MARGIN, MARGIN, MARGIN, MARGIN);
        self.draw(&mut scene, area, true);
        scene
    }

    /// As SVG.
    fn svg(&self) -> String {
        svg::write(&self.scene())
    }

    /// As PNG, [`PNG_SCALE`] times as many pixels a side.
    ///
    /// # Errors
    /// [`Error::Settings`] if the page is too large, or has no pixel.
    fn png(&self) -> Result<Vec<u8>> {
        raster::png(&self.scene(), PNG_SCALE)
    }

    /// Writes `path` with the endings `.svg` and `.png`; which files these are.
    ///
    /// # Errors
    /// [`Error::File`] if a file cannot be written, and as for [`Chart::png`].
    fn save(&self, path: &Path) -> Result<[PathBuf; 2]> {
        let scene = self.scene();
        let [svg_path, png_path] = ["svg", "png"].map(|ending| {
            let mut name = path.as_os_str().to_owned();
            name.push(".");
            name.push(ending);
            PathBuf::from(name)
        });
        let png = raster::png(&scene, PNG_SCALE)?;
        std::fs::write(&svg_path, svg::write(&scene)).map_err(Error::file("write", &svg_path))?;
        std::fs::write(&png_path, png).map_err(Error::file("write", &png_path))?;
        Ok([svg_path, png_path])
    }
}

/// Empty rim of a page.
const MARGIN: f64 = 14.0;
