//! Every kind of chart with data that are plain, odd, and none at all.

mod common;

use common::{check, decoded};
use gradus_figures::scene::Mark;
use gradus_figures::{
    At, Axis, Bars, Chart, Colour, Contour, Dash, Grid, Levels, Lines, Marker, NetworkDrawing, Scatter,
    Series, Strips, Surface,
};

fn lines() -> Lines {
    Lines::new("Title", Axis::linear("time (s)"), Axis::log("loss"))
}

/// Values that no axis has a place for, among some that it has.
const ODD: [(f64, f64); 8] = [
    (0.0, 1.0),
    (1.0, f64::NAN),
    (2.0, f64::INFINITY),
    (3.0, -1.0),
    (4.0, 0.0),
    (5.0, 1e-300),
    (f64::NEG_INFINITY, 2.0),
    (6.0, 1e300),
];

#[test]
fn odd_data_leave_gaps_and_no_trouble() {
    check(&lines().series(Series::new("odd", ODD)).reference("nowhere", At::Y(f64::NAN)), "lines");
    check(&Lines::new("", Axis::linear(""), Axis::linear("y")).series(Series::new("odd", ODD)), "linear");
    check(&lines().series(Series::new("", []).band(ODD.map(|(x, y)| (x, y, 2.0 * y)))), "band");
    check(&lines().series(Series::new("a", ODD).with_arrows().marked(Marker::Cross(3.0))), "arrows");
    check(&Scatter::new("Title", Axis::log("x"), Axis::log("y")).group("odd", ODD), "scatter");
    check(&Strips::new("Title", Axis::log("loss")).strip("odd", ODD.map(|p| p.1)), "strips");
    let odd =
        Surface::sample(
            (-1.0, 1.0),
            (-1.0, 1.0),
            30,
            30,
            |x, y| if x > 0.5 { f64::NAN } else { 1.0 / (x * y) },
        );
    let contour = |surface| Contour::new("Title", Axis::linear("x"), Axis::linear("y"), "height", surface);
    check(
        &contour(odd).levels(Levels::Log(12)).path(Series::new("path", ODD)).minimum(0.0, f64::NAN),
        "contour",
    );
    check(&contour(Surface::sample((0.0, 1.0), (0.0, 1.0), 1, 1, |_, _| 3.0)), "a flat contour");
    let bars =
        Bars::new("Title", "share (%)").bar("nothing", f64::NAN, None).bar("all", 3.0, Some((f64::NAN, 4.0)));
    check(&bars, "bars");
}

#[test]
fn no_data_give_an_empty_page() {
    check(&lines(), "lines");
    check(&Scatter::new("Title", Axis::log("x"), Axis::log("y")), "scatter");
    check(&Strips::new("Title", Axis::log("loss")), "strips");
    check(&Bars::new("Title", "share"), "bars");
    check(&NetworkDrawing::new("Title"), "network");
    check(&Grid::new("Title", 3), "grid");
}

#[test]
fn many_and_long_names_stay_apart() {
    let long = "a series with a name that is much longer than anybody would ever wish to read in a legend, and then some more";
    let mut chart = lines().note(long);
    for i in 0..25 {
        let points = (0..10).map(move |x| (x as f64, (1 + i + x) as f64));
        let name = if i % 5 == 0 { format!("{i} {long}") } else { format!("series {i}") };
        chart = chart.series(Series::new(name, points).dashed(Dash::Dotted));
    }
    check(&chart, "lines");
    let mut strips = Strips::new(long, Axis::linear(long));
    let mut bars = Bars::new(long, long);
    for i in 0..12 {
        strips = strips.strip(format!("{i} {long}"), (0..9).map(|k| (k * i) as f64));
        bars = bars.bar(format!("{i} {long}"), i as f64, None);
    }
    check(&strips, "strips");
    check(&bars, "bars");
    let mut net = NetworkDrawing::new(long)
        .column(long, (0..6).map(|i| (format!("x{i}"), "0.123")))
        .column(long, [("y", "1")]);
    for i in 0..6 {
        net = net.edge((0, i), (1, 0), Some(i as f64 - 2.5), format!("w{i} = {}", i as f64 - 2.5));
    }
    check(&net, "network");
    let panel = || lines().series(Series::new(long, [(0.0, 1e-7), (1e6, 123_456.0)]));
    check(&Grid::new(long, 3).panel(panel()).panel(panel()).panel(panel()).panels_of(220.0, 260.0), "grid");
}

#[test]
fn labels_keep_off_each_other() {
    let mut chart = Lines::new("Labels", Axis::linear("x"), Axis::linear("y"));
    chart = chart.series(Series::new("curve", (0..50).map(|x| (x as f64, (x as f64 / 5.0).sin()))));
    for x in 0..30 {
        chart = chart.label(
            (x as f64, (x as f64 / 5.0).sin()),
            format!("point number {x}"),
            Colour::of_series(1),
        );
    }
    check(&chart, "labels");
    assert!(chart.svg().matches("point number").count() > 8, "most labels have a place");
}

#[test]
fn hostile_names_stay_text() {
    let name = "</text><script>alert(1)</script> \"quoted\" & 'so' \u{1} \u{7f}";
    let chart = lines().series(Series::new(name, [(0.0, 1.0), (1.0, 2.0)]));
    let svg = chart.svg();
    let tree = roxmltree::Document::parse(&svg).unwrap();
    assert!(!tree.descendants().any(|n| n.tag_name().name() == "script"));
}

/// A mark lies at the same place in both files.
#[test]
fn svg_and_png_have_one_geometry() {
    let chart = lines().series(
        Series::new("points", [(0.0, 1.0), (2.0, 10.0), (3.0, 0.2)]).width(0.0).marked(Marker::Dot(4.0)),
    );
    let scene = chart.scene();
    let discs: Vec<_> = scene
        .marks
        .iter()
        .filter_map(|m| if let Mark::Disc { centre, fill, .. } = m { Some((*centre, *fill)) } else { None })
        .collect();
    assert_eq!(discs.len(), 4, "three points and the legend");
    let (svg, (width, _, pixels)) = (chart.svg(), decoded(&chart.png().unwrap()));
    let tree = roxmltree::Document::parse(&svg).unwrap();
    let circles: Vec<_> = tree.descendants().filter(|n| n.tag_name().name() == "circle").collect();
    for ((centre, fill), circle) in discs.iter().zip(circles) {
        let place = |name: &str| circle.attribute(name).unwrap().parse::<f64>().unwrap();
        assert!((place("cx") - centre.x).abs() < 0.01 && (place("cy") - centre.y).abs() < 0.01);
        let colour_at = |x: f64, y: f64| {
            let at = ((2.0 * y) as usize * width as usize + (2.0 * x) as usize) * 3;
            [pixels[at], pixels[at + 1], pixels[at + 2]]
        };
        // Full to just inside the rim, nothing just outside: so it is neither moved nor of another size.
        for (dx, dy) in [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)] {
            assert_eq!(colour_at(centre.x + 3.2 * dx, centre.y + 3.2 * dy), fill.rgb, "inside {centre:?}");
            assert_ne!(colour_at(centre.x + 4.9 * dx, centre.y + 4.9 * dy), fill.rgb, "outside {centre:?}");
        }
    }
}

/// The ink of a text fills the place that the layout keeps for it, and no other.
#[test]
fn texts_of_the_png_are_as_wide_as_was_measured() {
    let mut chart = lines();
    chart.title = "Highly measured: ∂L/∂θ".into();
    (chart.x.name, chart.y.name) = (String::new(), String::new());
    let scene = chart.scene();
    let bounds = scene.texts().find(|t| t.text == chart.title).unwrap().bounds();
    let (width, _, pixels) = decoded(&chart.png().unwrap());
    let is_dark = |x: usize, y: usize| pixels[(y * width as usize + x) * 3] < 128;
    let rows = (2.0 * bounds.y) as usize..(2.0 * bounds.bottom()) as usize;
    let inked: Vec<usize> = (0..width as usize).filter(|x| rows.clone().any(|y| is_dark(*x, y))).collect();
    let (first, last) = (inked[0] as f64 / 2.0, *inked.last().unwrap() as f64 / 2.0);
    // Letters have a little room of their own on each side.
    assert!(
        (first - bounds.x).abs() < 3.0 && (last - bounds.right()).abs() < 3.0,
        "{first} to {last}, not {bounds:?}"
    );
    let above = (0..rows.start).filter(|y| (0..width as usize).any(|x| is_dark(x, *y))).count();
    assert_eq!(above, 0, "ink above the place of the title");
}

#[test]
fn values_are_where_the_axes_say() {
    let chart = Lines::new("", Axis::linear("x").between(0.0, 10.0), Axis::linear("y").between(0.0, 1.0))
        .series(Series::new("", [(0.0, 0.0), (10.0, 1.0), (5.0, 0.5)]).width(0.0).marked(Marker::Dot(2.0)));
    let scene = chart.scene();
    let discs: Vec<_> = scene
        .marks
        .iter()
        .filter_map(|m| if let Mark::Disc { centre, .. } = m { Some(*centre) } else { None })
        .collect();
    let [low, high, middle] = discs[..] else { panic!("{discs:?}") };
    assert!(high.x > low.x && high.y < low.y);
    assert!(
        (middle.x - (low.x + high.x) / 2.0).abs() < 1e-9 && (middle.y - (low.y + high.y) / 2.0).abs() < 1e-9
    );
    // The label 10 stands below the point at x = 10.
    let label = scene.texts().find(|t| t.text == "10").unwrap();
    assert!((label.at.x - high.x).abs() < 1e-9);
}

#[test]
fn files_are_written_and_a_wrong_place_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let [svg, png] = lines().save(&folder.path().join("v1.2")).unwrap();
    assert!(svg.ends_with("v1.2.svg") && png.ends_with("v1.2.png"));
    assert!(std::fs::read_to_string(svg).unwrap().starts_with("<svg"));
    assert_eq!(std::fs::read(png).unwrap(), lines().png().unwrap());
    let error = lines().save(&folder.path().join("missing/figure")).unwrap_err().to_string();
    assert!(error.contains("could not write") && error.contains("missing"), "{error}");
    let mut huge = lines();
    huge.size = (1e6, 1e6);
    assert!(huge.png().unwrap_err().to_string().contains("mend"));
    huge.size = (0.0, 0.0);
    assert!(huge.png().is_err());
}
