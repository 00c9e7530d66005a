//! What holds for every page.
#![allow(dead_code, reason = "each test uses a part")]

use gradus_figures::Chart;
use gradus_figures::font;
use gradus_figures::geometry::{Point, Rect};
use gradus_figures::scene::{Mark, Scene};

/// Texts can be read: large enough, of letters the font has, on the page, none on another, none crossed by a line.
pub fn check_texts(scene: &Scene, name: &str) {
    let texts: Vec<_> = scene.texts().collect();
    assert!(!texts.is_empty(), "{name} says nothing");
    for text in &texts {
        let what = format!("{name}: “{}” at {:?}", text.text, text.at);
        assert!(text.size >= 12.0, "{what} is {} pixels high", text.size);
        assert!(font::knows(&text.text), "{what}: the font lacks a letter");
        assert!(scene.page().encloses(&text.bounds()), "{what} leaves the page");
    }
    for (i, a) in texts.iter().enumerate() {
        for b in &texts[i + 1..] {
            assert!(!a.bounds().meets(&b.bounds()), "{name}: “{}” lies on “{}”", a.text, b.text);
        }
    }
    // A text with a halo is meant to lie among lines, the others (titles, legends, axes) are not.
    for text in texts.iter().filter(|t| !t.halo) {
        let bounds = text.bounds();
        // The middle of the letters: lines may pass close by.
        let core = Rect::new(bounds.x, bounds.y + 2.0, bounds.width, bounds.height - 4.0);
        for mark in &scene.marks {
            if let Mark::Line { points, stroke } = mark
                && stroke.width > 1.0
            {
                let crossed = points.windows(2).any(|pair| along(pair[0], pair[1]).any(|p| core.holds(p)));
                assert!(!crossed, "{name}: a line crosses “{}”", text.text);
            }
        }
    }
}

fn along(a: Point, b: Point) -> impl Iterator<Item = Point> {
    let count = a.distance(b).ceil().clamp(1.0, 4000.0) as usize;
    (0..=count).map(move |i| a.towards(b, i as f64 / count as f64))
}

/// Everything lies on the page and has a place.
pub fn check_marks(scene: &Scene, name: &str) {
    let inside = |p: &Point| {
        let page = scene.page();
        let wide = Rect::new(-1.0, -1.0, page.width + 2.0, page.height + 2.0);
        assert!(p.x.is_finite() && p.y.is_finite() && wide.holds(*p), "{name}: {p:?} is not on the page");
    };
    for mark in &scene.marks {
        match mark {
            Mark::Line { points, .. } => points.iter().for_each(inside),
            Mark::Area { rings, .. } => rings.iter().flatten().for_each(inside),
            Mark::Disc { centre, .. } => inside(centre),
            Mark::Text(_) => {}
        }
    }
}

/// The SVG is well-formed, has the page's size and every mark; the PNG has twice the size.
pub fn check_files(chart: &dyn Chart, name: &str) {
    let (scene, svg) = (chart.scene(), chart.svg());
    let tree = roxmltree::Document::parse(&svg).unwrap_or_else(|e| panic!("{name}: {e}"));
    let root = tree.root_element();
    let size = |side: &str| root.attribute(side).unwrap().parse::<f64>().unwrap();
    assert!(
        (size("width") - scene.width).abs() < 0.01 && (size("height") - scene.height).abs() < 0.01,
        "{name}"
    );
    let shapes =
        root.children().filter(|n| ["path", "circle", "text"].contains(&n.tag_name().name())).count();
    assert_eq!(shapes, scene.marks.len(), "{name}: a mark without an element");
    let texts: Vec<_> =
        root.children().filter(|n| n.tag_name().name() == "text").filter_map(|n| n.text()).collect();
    assert_eq!(texts, scene.texts().map(|t| &*t.text).collect::<Vec<_>>(), "{name}");
    assert_eq!(
        root.children().find(|n| n.tag_name().name() == "title").unwrap().text().unwrap_or(""),
        scene.title
    );

    let png = chart.png().unwrap();
    let (width, height, _) = decoded(&png);
    assert_eq!(
        (width, height),
        ((2.0 * scene.width).round() as u32, (2.0 * scene.height).round() as u32),
        "{name}"
    );
}

/// Width, height and RGB of a PNG.
pub fn decoded(png: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!(info.color_type, png::ColorType::Rgb);
    (info.width, info.height, pixels)
}

/// All of these.
pub fn check(chart: &dyn Chart, name: &str) {
    let scene = chart.scene();
    check_texts(&scene, name);
    check_marks(&scene, name);
    check_files(chart, name);
}
