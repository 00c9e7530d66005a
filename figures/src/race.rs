//! The charts of a race: results over steps, passes and seconds, all results at the end, and paths on the map.

use gradus::race::{Point, Race, Racer, median};

use crate::{Axis, Contour, Levels, Lines, Marker, Series, Strips, Surface};

/// What a race is drawn over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Steps (generations).
    Steps,
    /// Passes forward, of one example or one evaluation; a gradient is three.
    Passes,
    /// Seconds of computing.
    Seconds,
}

impl Over {
    /// All three, with the names of their files.
    pub const ALL: [(Over, &'static str); 3] =
        [(Over::Steps, "steps"), (Over::Passes, "evaluations"), (Over::Seconds, "seconds")];

    fn axis(self) -> Axis {
        match self {
            Over::Steps => Axis::linear("steps (generations)"),
            Over::Passes => Axis::linear("passes forward (a gradient counts as 3)"),
            Over::Seconds => Axis::linear("seconds of training"),
        }
    }

    fn of(self, point: &Point) -> f64 {
        match self {
            Over::Steps => point.step as f64,
            Over::Passes => point.passes as f64,
            Over::Seconds => point.seconds,
        }
    }
}

/// What the race's result is measured by, at a point of a run.
fn value(point: &Point) -> f64 {
    point.validation.unwrap_or(point.train)
}

/// The name of what is drawn upwards.
fn measure(race: &Race) -> &'static str {
    match race.racers.iter().flat_map(|r| &r.runs).flat_map(|r| &r.points).any(|p| p.validation.is_some()) {
        true => "validation loss",
        false => race.measure,
    }
}

/// A line for each racer, the median over its seeds, with the least and the greatest around it.
pub fn curves(race: &Race, over: Over, is_logarithmic: bool) -> Lines {
    let seeds = race.racers.first().map_or(0, |racer| racer.runs.len());
    let name = measure(race);
    let y = if is_logarithmic { Axis::log(name) } else { Axis::linear(name) };
    race.racers.iter().fold(
        Lines::new(format!("The race: {name}"), over.axis(), y)
            .note(format!("line: median of {seeds} seeds; band: least to greatest; lower is better")),
        |chart, racer| chart.series(curve(racer, over)),
    )
}

fn curve(racer: &Racer, over: Over) -> Series {
    let longest = racer.runs.iter().map(|run| run.points.len()).max().unwrap_or(0);
    // A few hundred points draw the same line as many thousands.
    let stride = longest.div_ceil(400).max(1);
    let (mut line, mut band) = (Vec::new(), Vec::new());
    for k in (0..longest).filter(|k| k % stride == 0 || k + 1 == longest) {
        let here: Vec<&Point> = racer.runs.iter().filter_map(|run| run.points.get(k)).collect();
        let x = median(&mut here.iter().map(|p| over.of(p)).collect::<Vec<_>>());
        let mut values: Vec<f64> = here.iter().map(|p| value(p)).collect();
        let middle = median(&mut values);
        line.push((x, middle));
        band.push((x, values[0], values[values.len() - 1]));
    }
    Series::new(&racer.name, line).band(band)
}

/// Every result, a row for each racer, the best first.
pub fn results(race: &Race, is_logarithmic: bool) -> Strips {
    let name = race.measure;
    let axis = if is_logarithmic { Axis::log(name) } else { Axis::linear(name) };
    let rows =
        |chart: Strips, racer: &Racer| chart.strip(&racer.name, racer.runs.iter().map(|run| run.result));
    race.racers.iter().fold(
        Strips::new("The race: where it ended", axis)
            .note(format!("each dot one seed, {} passes each; lower is better", race.budget)),
        rows,
    )
}

/// The first seed's path of every racer over the map of a function of two numbers.
pub fn paths(race: &Race, title: &str, surface: Surface, minima: &[(f64, f64)]) -> Contour {
    let map = Contour::new(title, Axis::linear("x₁"), Axis::linear("x₂"), "f(x₁, x₂)", surface)
        .note("the first seed; star: minimum")
        .levels(Levels::Log(14));
    let map = minima.iter().fold(map, |map, (x, y)| map.minimum(*x, *y));
    race.racers.iter().fold(map, |map, racer| {
        let path = racer.runs.first().map_or(&[][..], |run| &run.path);
        let stride = path.len().div_ceil(1000).max(1);
        let points = path.iter().step_by(stride).chain(path.last()).map(|[x, y]| (*x, *y));
        let series = Series::new(&racer.name, points);
        map.path(if path.len() <= 60 { series.marked(Marker::Dot(2.5)) } else { series })
    })
}
