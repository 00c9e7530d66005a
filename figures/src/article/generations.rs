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

/// A problem that remembers every population it is shown, and its losses.
struct Recorded {
    problem: Problem,
    generations: Vec<(Vec<f64>, Vec<f64>)>,
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
        self.generations.push((population.to_vec(), losses.to_vec()));
    }
}

/// Every generation that was judged: its members and their losses.
fn evolve(effort: &Effort) -> Result<Vec<(Vec<f64>, Vec<f64>)>> {
    let choice = Choice::parse(FUNCTION)?;
    let mut recorded = Recorded { problem: choice.problem(1, &effort.threads), generations: Vec::new() };
    walk(GENETIC, 1.0, &mut recorded, &choice.start(), effort.steps(GENERATIONS))?;
    Ok(recorded.generations)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The root mean square distance of a coordinate from its mean over the members.
fn diversity(members: &[f64]) -> f64 {
    let along = |axis: usize| {
        let xs: Vec<f64> = members.iter().skip(axis).step_by(2).copied().collect();
        let middle = mean(&xs);
        mean(&xs.iter().map(|x| (x - middle).powi(2)).collect::<Vec<_>>())
    };
    ((along(0) + along(1)) / 2.0).sqrt()
}

fn map(members: &[f64], number: usize, height: &impl Fn(&[f64]) -> f64) -> Contour {
    let surface = Surface::sample((-5.2, 5.2), (-5.2, 5.2), 157, 157, |x, y| height(&[x, y]));
    let points = members.chunks_exact(2).map(|m| (m[0], m[1]));
    Contour::new(format!("Generation {number}"), Axis::linear("x₁"), Axis::linear("x₂"), "f(x)", surface)
        .levels(Levels::Given(vec![5.0, 15.0, 25.0, 40.0, 60.0]))
        .path(Series::new("one member", points).coloured(VERMILLION).width(0.0).marked(Marker::Dot(3.0)))
        .minimum(0.0, 0.0)
}

fn over_generations(generations: &[(Vec<f64>, Vec<f64>)]) -> [Lines; 2] {
    let line = |value: &dyn Fn(&(Vec<f64>, Vec<f64>)) -> f64| -> Vec<(f64, f64)> {
        generations.iter().enumerate().map(|(i, g)| (i as f64 + 1.0, value(g))).collect()
    };
    let best = |g: &(Vec<f64>, Vec<f64>)| g.1.iter().copied().fold(f64::INFINITY, f64::min);
    [
        Lines::new("Fitness", Axis::linear("generation"), Axis::log("f(x)"))
            .series(Series::new("best member", line(&best)))
            .series(Series::new("mean of all", line(&|g| mean(&g.1))).coloured(GREEN)),
        Lines::new(
            "Diversity",
            Axis::linear("generation"),
            Axis::log("deviation of a coordinate (root mean square)"),
        )
        .series(Series::new("deviation of a gene", line(&|g| diversity(&g.0)))),
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
        page = page.panel(map(&generations[number - 1].0, number, &height));
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
        assert!(diversity(&first.0) > 2.0 && diversity(&last.0) < 0.5 * diversity(&first.0));
        assert!(mean(&last.1) < 0.3 * mean(&first.1));
        let best = last.1.iter().copied().fold(f64::INFINITY, f64::min);
        assert!(best < 0.5, "{best}");
    }

    #[test]
    fn the_losses_are_those_of_the_members() {
        let height = Choice::parse(FUNCTION).unwrap().height();
        for (members, losses) in evolve(&Effort { share: 0.1, ..Effort::full(1) }).unwrap() {
            for (x, loss) in members.chunks_exact(2).zip(losses) {
                assert!((height(x) - loss).abs() < 1e-9);
            }
        }
    }
}
