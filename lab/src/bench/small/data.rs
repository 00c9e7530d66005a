//! Points of the plane with a class or a value: drawn by a formula, or a person's own.

use gradus::elementary::turn;
use gradus::error::did_you_mean;
use gradus::message::Message;
use gradus::rng::{Rng, Stream};
use gradus::{Error, Result};

use super::config::Config;
use super::points;

/// A point, and what is right for it: the number of its class, or a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Example {
    /// Where it is.
    pub at: [f64; 2],
    /// What is right.
    pub label: f32,
}

/// What is asked of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// To tell so many classes apart.
    Classes(usize),
    /// To predict a number.
    Values,
}

/// Examples to train on and to test with.
#[derive(Clone, Debug)]
pub struct Data {
    /// The weights are fitted to these.
    pub train: Vec<Example>,
    /// These only judge.
    pub test: Vec<Example>,
    /// What is asked.
    pub task: Task,
    /// What the classes are called.
    pub names: Vec<String>,
    /// What is in the middle of the picture.
    pub centre: [f64; 2],
    /// What lies one unit beside it: the network sees (x − centre) / unit.
    pub unit: [f64; 2],
    /// The same of values: labels are those the network is to say, `(value − level[0]) / level[1]`.
    pub level: [f64; 2],
}

/// A named way to draw points.
pub struct Shape {
    /// As `data=` writes it.
    pub name: &'static str,
    /// What it asks of a network.
    pub task: Task,
    /// A point, for the class that it is to have.
    at: fn(&mut Rng, usize) -> [f64; 2],
    /// The value at a point, where that is asked for.
    value: fn([f64; 2]) -> f64,
}

/// What `data=` accepts, `own` apart.
pub static SHAPES: &[Shape] = &[
    classes("circle", 2, |rng, class| {
        let radius = uniform(rng, 0.0, 0.5) + if class == 0 { 0.0 } else { 0.55 };
        polar(radius.min(1.0), unit(rng))
    }),
    classes("xor", 2, |rng, class| {
        let (x, y) = (uniform(rng, 0.06, 1.0), uniform(rng, 0.06, 1.0));
        let (x, y) = if rng.below(2) == 1 { (-x, -y) } else { (x, y) };
        if class == 1 { [x, -y] } else { [x, y] }
    }),
    classes("moons", 2, |rng, class| {
        let [x, y] = polar(1.0, unit(rng) / 2.0);
        let [x, y] = if class == 0 { [x, y] } else { [1.0 - x, 0.5 - y] };
        [(x - 0.5) / 1.6, (y - 0.25) / 1.6]
    }),
    classes("spiral", 2, |rng, class| arm(rng, class, 2, 1.25)),
    classes("gaussians", 2, |rng, class| {
        let middle = if class == 0 { -0.45 } else { 0.45 };
        [middle + 0.2 * rng.normal() as f64, middle + 0.2 * rng.normal() as f64]
    }),
    classes("pinwheel", 3, |rng, class| arm(rng, class, 3, 0.55)),
    values("plane", |[x, y]| (x + y) / 2.0),
    values("saddle", |[x, y]| x * x - y * y),
];

const fn classes(name: &'static str, count: usize, at: fn(&mut Rng, usize) -> [f64; 2]) -> Shape {
    Shape { name, task: Task::Classes(count), at, value: |_| 0.0 }
}

const fn values(name: &'static str, value: fn([f64; 2]) -> f64) -> Shape {
    let at = |rng: &mut Rng, _: usize| [uniform(rng, -1.0, 1.0), uniform(rng, -1.0, 1.0)];
    Shape { name, task: Task::Values, at, value }
}

fn unit(rng: &mut Rng) -> f64 {
    rng.uniform() as f64
}

fn uniform(rng: &mut Rng, from: f64, to: f64) -> f64 {
    from + (to - from) * unit(rng)
}

/// The point at a radius, so many turns from the right.
fn polar(radius: f64, turns: f64) -> [f64; 2] {
    let (sin, cos) = turn(turns - turns.floor());
    [radius * cos, radius * sin]
}

/// One of several arms that wind outwards by so many turns.
fn arm(rng: &mut Rng, which: usize, arms: usize, turns: f64) -> [f64; 2] {
    let along = uniform(rng, 0.04, 1.0);
    polar(along, turns * along + which as f64 / arms as f64)
}

impl Data {
    /// As the settings say.
    ///
    /// # Errors
    /// If no shape is called so, or own points cannot be read.
    pub fn of(config: &Config) -> Result<Data> {
        if let Some(text) = &config.points {
            return points::read(text, config);
        }
        let shape = SHAPES.iter().find(|s| s.name == config.data).ok_or_else(|| {
            if config.data == "own" {
                return Error::Data {
                    message: "there are no points of your own yet".into(),
                    mend: "click into the picture, or paste lines of x,y,label".into(),
                };
            }
            let names = SHAPES.iter().map(|s| s.name).chain(["own"]);
            Error::Settings {
                message: Message::of("data: there is no `{data}`").with("data", &config.data),
                mend: did_you_mean(&config.data, names),
            }
        })?;
        let part = |number| shape.draw(config, number);
        let classes = if let Task::Classes(n) = shape.task { n } else { 0 };
        Ok(Data {
            train: part(0),
            test: part(1),
            task: shape.task,
            names: (0..classes).map(|class| class.to_string()).collect(),
            centre: [0.0; 2],
            unit: [1.0; 2],
            level: [0.0, 1.0],
        })
    }

    /// Where the network sees a point.
    pub fn seen(&self, at: [f64; 2]) -> [f64; 2] {
        [0, 1].map(|k| (at[k] - self.centre[k]) / self.unit[k])
    }
}

impl Shape {
    /// The examples of a part. Number i depends on nothing but the seed, the part and i: more examples change none.
    fn draw(&self, config: &Config, part: u64) -> Vec<Example> {
        let one = |i: usize| {
            let mut rng = Rng::new(config.seed, Stream::Noise, part << 32 | i as u64);
            match self.task {
                Task::Classes(n) => {
                    let class = i % n;
                    let at = (self.at)(&mut rng, class);
                    let moved = at.map(|x| x + config.noise * rng.normal() as f64);
                    Example { at: moved, label: class as f32 }
                }
                Task::Values => {
                    let at = (self.at)(&mut rng, 0);
                    let value = (self.value)(at) + config.noise * rng.normal() as f64;
                    Example { at, label: value as f32 }
                }
            }
        };
        (0..config.examples).map(one).collect()
    }
}
