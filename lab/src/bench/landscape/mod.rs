//! The loss around a real network: a slice through the space of its weights, with the paths that optimizers take to it.
//!
//! Every racer starts from the same weights and sees the same batches; the rate of each stands in its line
//! (`adam lr=0.01`). The slice goes through the weights at which the best racer ends. A path lies in it only as far as
//! its share says: the loss that the map shows under a path is that of the plane, not that of the path.

mod directions;
mod racer;

use std::time::{Duration, Instant};

use gradus::message::Message;
use gradus::{Error, Result};
use serde::Deserialize;
use serde_json::{Value, json};

pub use directions::Slice;
pub use racer::Path;
use racer::Racer;

use super::fields::Fields;
use super::small::{Config, Halt, Scores, lists, patience, read};
use super::{Deadline, Session, State};
use crate::reply::packed;

/// Racers, and the map around where the best ends.
pub struct Landscape {
    racers: Vec<Racer>,
    scores: Scores,
    steps: u64,
    principal: bool,
    side: usize,
    seed: u64,
    map: Option<Map>,
}

/// The map under way.
struct Map {
    slice: Slice,
    /// From, to: of a and of b.
    range: [[f64; 2]; 2],
    /// Row by row, the lowest b first; as far as it has come.
    losses: Vec<f32>,
}

/// What the page asks: to go on computing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Milliseconds to compute at most.
    #[serde(default)]
    pub milliseconds: Option<u64>,
}

const MOST_RACERS: usize = 6;

impl Landscape {
    /// Sets it up as an address says.
    ///
    /// # Errors
    /// What is wrong with a setting.
    pub fn new(state: &State) -> Result<Landscape> {
        let mut fields = Fields::of(state)?;
        let config = Config::read(&mut fields)?;
        let lines = fields.text_or("optimizers", "sgd lr=0.3; momentum lr=0.1; adam lr=0.02");
        let steps = fields.whole("steps", (1, 5000))?.unwrap_or(400);
        let side = fields.whole("grid", (5, 81))?.unwrap_or(41) as usize;
        let principal = match fields.text_or("directions", "principal").as_str() {
            "principal" => true,
            "random" => false,
            other => return Err(Error::range("directions", other, "principal, or random")),
        };
        fields.end()?;
        let lines: Vec<&str> = lines.split(';').map(str::trim).filter(|line| !line.is_empty()).collect();
        if lines.is_empty() || lines.len() > MOST_RACERS {
            return Err(Error::Settings {
                message: Message::of("{lines} optimizers are to race").with("lines", lines.len()),
                mend: Message::of("write 1 to {most} lines, with ; between them").with("most", MOST_RACERS),
            });
        }
        let racers: Vec<Racer> = lines.iter().map(|line| Racer::new(line, &config)).collect::<Result<_>>()?;
        let first = &racers[0].training;
        let scores = Scores::new(&first.model, &first.data, &first.config, first.threads())?;
        let work = (first.theta().len() * first.data.train.len() * side * side) as f64;
        const MOST_WORK: f64 = 3e10;
        if work > MOST_WORK {
            return Err(Error::Settings {
                message: Message::of("a map of {side} × {side} would take about {work} multiplications")
                    .with("side", side)
                    .with("work", format!("{work:.0e}")),
                mend: "take a coarser grid, a smaller network or fewer examples".into(),
            });
        }
        Ok(Landscape { racers, scores, steps, principal, side, seed: config.seed, map: None })
    }

    /// Goes on for so long; whether all is done.
    pub fn go_on(&mut self, patience: Duration) -> bool {
        let began = Instant::now();
        for racer in &mut self.racers {
            let left = patience.saturating_sub(began.elapsed());
            if !racer.run(self.steps, left, &mut self.scores) {
                return false;
            }
        }
        if self.map.is_none() {
            self.map = Some(self.new_map());
        }
        let (map, side) = (self.map.as_mut().expect("just made"), self.side);
        let first = &self.racers[0].training;
        let mut theta = vec![0.0; first.theta().len()];
        while map.losses.len() < side * side {
            let [a, b] = map.place(side, map.losses.len());
            map.slice.at(a, b, &mut theta);
            map.losses.push(self.scores.train_loss(&first.model, &theta, first.memory()));
            if began.elapsed() >= patience {
                break;
            }
        }
        map.losses.len() == side * side
    }

    fn new_map(&self) -> Map {
        let best = self.racers.iter().min_by(|a, b| a.loss().total_cmp(&b.loss())).expect("there are racers");
        let middle = &best.path.last().expect("the start is on it").1;
        let layout = best.training.model.layout();
        // One that has diverged is so far away that the others would be a dot.
        let diverged = |racer: &&Racer| matches!(racer.training.halted(), Some(Halt::Diverged { .. }));
        let all = self.racers.iter().all(|racer| diverged(&racer));
        let racers = self.racers.iter().filter(|racer| all || !diverged(racer));
        let points: Vec<&[f32]> = racers.flat_map(|r| r.path.iter().map(|p| p.1.as_slice())).collect();
        // A path that is a line, or none, has no plane of its own.
        let slice = Slice::principal(middle, &points).filter(|_| self.principal);
        let slice = slice.unwrap_or_else(|| Slice::random(middle, layout, self.seed));
        let mut range = [[0.0f64; 2]; 2];
        for point in points {
            let (at, _) = slice.place(point);
            for k in 0..2 {
                range[k] = [range[k][0].min(at[k]), range[k][1].max(at[k])];
            }
        }
        for [from, to] in &mut range {
            if slice.explained.is_none() {
                // In units of the network's own filters.
                [*from, *to] = [from.min(-1.0), to.max(1.0)];
            }
            let room = 0.2 * (*to - *from).max(1e-3);
            [*from, *to] = [*from - room, *to + room];
        }
        Map { slice, range, losses: Vec::new() }
    }

    /// How far it has come, and, once all is done, the map.
    pub fn answer(&self, done: bool) -> Value {
        let made: u64 = self
            .racers
            .iter()
            .map(|racer| if racer.done(self.steps) { self.steps } else { racer.at() })
            .sum();
        let places = self.map.as_ref().map_or(0, |map| map.losses.len());
        let racing = made as f64 / (self.steps * self.racers.len() as u64) as f64;
        let mut answer = json!({
            "done": done,
            "progress": { "race": racing, "map": places as f64 / (self.side * self.side) as f64 },
            "lists": lists(),
        });
        if let (true, Some(map)) = (done, &self.map) {
            answer["map"] = json!({
                "side": self.side,
                "values": packed(&map.losses),
                "x": map.range[0],
                "y": map.range[1],
                "explained": map.slice.explained,
                "weights": map.slice.middle.len(),
            });
            answer["paths"] = self.racers.iter().map(|racer| json!(racer.over(&map.slice))).collect();
        }
        answer
    }
}

impl Map {
    /// (a, b) of a place: the middles of cells.
    fn place(&self, side: usize, number: usize) -> [f64; 2] {
        let along = |k: usize, i: usize| {
            let [from, to] = self.range[k];
            from + (to - from) * (i as f64 + 0.5) / side as f64
        };
        [along(0, number % side), along(1, number / side)]
    }
}

impl Session for Landscape {
    fn answer(&mut self, question: &Value, deadline: &Deadline) -> Result<Value> {
        let question: Question = read(question)?;
        let done = self.go_on(patience(question.milliseconds, deadline));
        Ok(Landscape::answer(self, done))
    }
}

/// Sets it up, for the table of experiments.
///
/// # Errors
/// As [`Landscape::new`].
pub fn open(state: &State, _: &Deadline) -> Result<Box<dyn Session>> {
    Ok(Box::new(Landscape::new(state)?))
}
