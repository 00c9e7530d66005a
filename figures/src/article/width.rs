//! One hidden layer approximates a function, the better the wider it is.

use super::{Effort, Figure};
use crate::colour::{SOFT_INK, VERMILLION};
use crate::{Axis, Chart, Grid, Lines, Marker, Series, number};
use gradus::Result;
use gradus::losses::Loss;
use gradus::network::{Model, Network};
use gradus::optimizer::{Setup, Step};
use gradus::optimizers::Choice;

pub(super) const ROW: Figure = Figure {
    name: "width",
    about: "one hidden layer approximates a function, better with width",
    is_measured: false,
    draw,
};

const WIDTHS: [usize; 6] = [1, 2, 3, 4, 6, 10];
const POINTS: usize = 64;
const STEPS: u64 = 20_000;

/// What is to be learned, on [−2, 2].
fn wanted(x: f64) -> f64 {
    (2.0 * x).sin() + 0.5 * (5.0 * x).cos()
}

/// The inputs: `count` of them, evenly over [−2, 2].
fn inputs(count: usize) -> Vec<f32> {
    (0..count).map(|i| -2.0 + 4.0 * i as f32 / (count - 1) as f32).collect()
}

/// The trained network's answers at 201 places, and its mean squared error on the points it learned from.
fn fit(width: usize, effort: &Effort) -> Result<(Vec<(f64, f64)>, f64)> {
    let network = Network::parse(&format!("dense {width} tanh, dense 1"))?;
    let model = Model::new(network, Loss::parse("squared_error")?, 1, 2)?;
    let mut plan = model.training_plan(POINTS, &effort.threads)?;
    let xs = inputs(POINTS);
    plan.data("input").copy_from_slice(&xs);
    plan.data("weight").fill(1.0);
    plan.data("target").iter_mut().zip(&xs).for_each(|(y, x)| *y = wanted(*x as f64) as f32);

    let mut theta = model.layout().start(1);
    let setup = Setup::new(model.layout(), &effort.threads);
    let mut adam = Choice::parse("adam")?.build(&setup);
    let steps = effort.steps(STEPS);
    for t in 1..=steps {
        // The rate falls to zero, so that the end is calm.
        let learning_rate = 0.01 * (1.0 - (t - 1) as f64 / steps as f64);
        adam.step(Step { t, learning_rate }, &mut theta, &mut plan);
    }
    let error = gradus::optimizer::Objective::loss(&mut plan, &theta) as f64;

    let places = inputs(201);
    let (mut plan, y, _) = model.evaluation_plan(places.len(), &effort.threads)?;
    plan.data("input").copy_from_slice(&places);
    plan.data("weight").fill(1.0);
    plan.forward(&theta);
    let answers = places.iter().zip(plan.value(y)).map(|(x, y)| (*x as f64, *y as f64)).collect();
    Ok((answers, error))
}

fn draw(effort: &Effort) -> Result<Box<dyn Chart>> {
    let mut page = Grid::new("One hidden layer learns a function", 3)
        .note(format!(
            "“dense N tanh, dense 1”, fitted to {POINTS} points of sin(2x) + ½ cos(5x) by {} steps of Adam. Each neuron adds one bend.",
            effort.steps(STEPS)
        ))
        .panels_of(340.0, 310.0)
        .with_one_legend();
    for width in WIDTHS {
        let (answers, error) = fit(width, effort)?;
        let points = inputs(POINTS).into_iter().map(|x| (x as f64, wanted(x as f64)));
        let title = if width == 1 { "1 neuron".to_string() } else { format!("{width} neurons") };
        let panel = Lines::new(title, Axis::linear("x"), Axis::linear("y").between(-1.8, 1.8))
            .note(format!("mean squared error {}", number(error)))
            .series(
                Series::new("points to learn", points)
                    .coloured(SOFT_INK.with_opacity(0.5))
                    .width(0.0)
                    .marked(Marker::Dot(2.5)),
            )
            .series(Series::new("the network", answers).coloured(VERMILLION).width(2.5));
        page = page.panel(panel);
    }
    Ok(Box::new(page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wider_is_better_and_the_error_is_that_of_the_line() {
        let effort = Effort { share: 0.2, ..Effort::full(1) };
        let fits = [1, 5, 30].map(|width| fit(width, &effort).unwrap());
        assert!(fits[0].1 > 2.0 * fits[1].1 && fits[1].1 > fits[2].1, "{:?}", fits.map(|f| f.1));
        for (answers, error) in &fits {
            let own =
                answers.iter().map(|(x, y)| (y - wanted(*x)).powi(2)).sum::<f64>() / answers.len() as f64;
            assert!((own - error).abs() < 0.15 * error + 1e-4, "{own} beside {error}");
        }
    }
}
