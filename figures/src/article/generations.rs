//! Generations of a genetic algorithm on a function with many minima.

use super::{Effort, Figure, walk};
use crate::colour::{GREEN, VERMILLION};
use crate::{Axis, Chart, Contour, Grid, Levels, Lines, Marker, Series, Surface};
use gradus::Result;
use gradus::functions::{Choice, Problem};
use gradus::optimizer::Objective;

pub(super) const ROW: Figure = Figure {
    name: "generations",
    about: "generations of a genetic algorithm on a function with many minima",
    is_measured: false,
    draw,
};

const FUNCTION: &str = "rastrigin";
const GENETIC: &str = "genetic population=60 crossover=blend rate=0.3 sigma=0.5 spread=box lower=-5 upper=5";
const GENERATIONS: u64 = 30;
const SHOWN: [usize; 4] = [1, 4, 10, 30];

/// What was judged together.
struct Generation {
    /// One member after another.
    members: Vec<f64>,
    losses: Vec<f64>,
}

impl Generation {
    fn best(&self) -> f64 {
        self.losses.iter().copied().fold(f64::INFINITY, f64::min)
    }

    fn mean(&self) -> f64 {
        mean(&self.losses)
    }

    /// The root mean square distance of a coordinate from its mean over the members.
    fn diversity(&self) -> f64 {
        let along = |axis: usize| {
            let xs: Vec<f64> = self.members.iter().skip(axis).step_by(2).copied().collect();
            let middle = mean(&xs);
            mean(&xs.iter().map(|x| (x - middle).powi(2)).collect::<Vec<_>>())
        };
        ((along(0) + along(1)) / 2.0).sqrt()
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// A problem that remembers every population it is shown, and its losses.
struct Recorded {
    problem: Problem,
    generations: Vec<Generation>,
}

impl Objective<f64> for Recorded {
    fn loss(&mut self, theta: &[f64]) -> f64 {
        self.problem.loss(theta)
    }
    fn gradient(&mut self, theta: &[f64], grad: &mut [f64]) -> f64 {
        self.problem.gradient(theta, grad)
    }
    fn losses(&mut self, population: &[f64], losses: &mut [f64]) {
        self.problem.losses(population, losses);
        self.generations.push(Generation { members: population.to_vec(), losses: losses.to_vec() });
    }
}

/// Every generation that was judged: its members and their losses.
fn evolve(effort: &Effort) -> Result<Vec<Generation>> {
    let choice = Choice::parse(FUNCTION)?;
    let mut recorded = Recorded { problem: choice.problem(1, &effort.threads), generations: Vec::new() };
    walk(GENETIC, 1.0, &mut recorded, &choice.start(), effort.steps(GENERATIONS))?;
    Ok(recorded.generations)
}

fn map(members: &[f64], number: usize, height: &impl Fn(&[f64]) -> f64) -> Contour {
    let surface = Surface::sample((-5.2, 5.2), (-5.2, 5.2), 157, 157, |x, y| height(&[x, y]));
    let points = members.chunks_exact(2).map(|m| (m[0], m[1]));
    Contour::new(format!("Generation {number}"), Axis::linear("x₁"), Axis::linear("x₂"), "f(x)", surface)
        .levels(Levels::Given(vec![5.0, 15.0, 25.0, 40.0, 60.0]))
        .path(Series::new("one member", points).coloured(VERMILLION).width(0.0).marked(Marker::Dot(3.0)))
        .minimum(0.0, 0.0)
}

fn over_generations(generations: &[Generation]) -> [Lines; 2] {
    let line = |value: fn(&Generation) -> f64| {
        generations.iter().enumerate().map(move |(i, g)| (i as f64 + 1.0, value(g)))
    };
    let y = Axis::log("deviation of a coordinate (root mean square)");
    [
        Lines::new("Fitness", Axis::linear("generation"), Axis::log("f(x)"))
            .series(Series::new("best member", line(Generation::best)))
            .series(Series::new("mean of all", line(Generation::mean)).coloured(GREEN)),
        Lines::new("Diversity", Axis::linear("generation"), y)
            .series(Series::new("deviation of a gene", line(Generation::diversity))),
    ]
}

fn draw(effort: &Effort) -> Result<Box<dyn Chart>> {
    let generations = evolve(effort)?;
    let height = Choice::parse(FUNCTION)?.height();
    let mut page = Grid::new("Generations of a genetic algorithm", 3)
        .note(
            "Rastrigin’s function has over a hundred valleys; the deepest is at the star. 60 members start anywhere; the better ones are \
             chosen, crossed and changed a little, over and over. No slope is ever asked for.",
        )
        .panels_of(400.0, 380.0);
    let shown = SHOWN.iter().map(|n| (*n).min(generations.len()));
    for number in shown {
        page = page.panel(map(&generations[number - 1].members, number, &height));
    }
    let [fitness, diversity] = over_generations(&generations);
    Ok(Box::new(page.panel(fitness).panel(diversity)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_population_moves_into_the_deepest_valley() {
        let generations = evolve(&Effort::full(1)).unwrap();
        assert_eq!(generations.len(), GENERATIONS as usize);
        let [first, last] = [&generations[0], &generations[GENERATIONS as usize - 1]];
        assert!(first.diversity() > 2.0 && last.diversity() < 0.5 * first.diversity());
        assert!(last.mean() < 0.3 * first.mean() && last.best() < 0.5, "{} {}", last.mean(), last.best());
    }

    #[test]
    fn the_losses_are_those_of_the_members() {
        let height = Choice::parse(FUNCTION).unwrap().height();
        for Generation { members, losses } in evolve(&Effort { share: 0.1, ..Effort::full(1) }).unwrap() {
            for (x, loss) in members.chunks_exact(2).zip(losses) {
                assert!((height(x) - loss).abs() < 1e-9);
            }
        }
    }
}
