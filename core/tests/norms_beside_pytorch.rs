//! Batch, layer and group norm beside PyTorch's modules.

use crate::common::{assert_close, cases, dot, fixture, floats, to_f64};
use gradus::graph::Graph;
use gradus::initializers;
use gradus::network::Network;
use gradus::op::{Backward, Forward, Moment, Op, Shape};
use gradus::optimizer::Objective;
use gradus::plan::Plan;
use gradus::threads::Threads;

/// L = Σ r y: of slopes r that are data.
pub struct Product;

impl Op for Product {
    fn name(&self) -> &'static str {
        "product"
    }
    fn shape(&self, inputs: &[Shape]) -> gradus::Result<Shape> {
        assert_eq!(inputs[0], inputs[1]);
        Ok(Shape::new(&[1]))
    }
    fn forward(&self, run: Forward) {
        run.y[0] = run.x[0].iter().zip(run.x[1]).map(|(y, r)| y * r).sum();
    }
    fn backward(&self, run: Backward) {
        if let Some(dy) = &mut run.dx[0] {
            (0..run.x[1].len()).for_each(|i| dy.write(i, run.x[1][i] * run.dy[0]));
        }
    }
}

/// PyTorch's modules over five steps of descent: results, slopes, what is remembered; and then in use.
#[test]
fn five_steps_go_as_those_of_pytorch() {
    let file = fixture("norms");
    for case in cases(&file) {
        let (line, numbers) = (case["line"].as_str().unwrap(), |key: &str| floats(&case[key]));
        let dims: Vec<usize> = numbers("dims").iter().map(|n| *n as usize).collect();
        let layer = Network::parse(line).unwrap();
        let what = |step: usize, key: &str| format!("{line} {dims:?}, step {step}: {key}");
        let mut graph = Graph::new();
        let x = graph.weight("x", &dims, initializers::named("zeros").unwrap());
        let y = layer.build(&mut graph, x, false).unwrap();
        let r = graph.data("r", &dims);
        let loss = graph.apply(Product, &[y, r]).unwrap();
        let mut plan = Plan::training(graph, loss, &Threads::new(1)).unwrap();
        let size: usize = dims.iter().product();
        let all = [vec![0.0; size], numbers("scale"), numbers("shift")].concat();
        let mut theta: Vec<f32> = all.iter().map(|x| *x as f32).collect();
        let mut grad = vec![f32::NAN; theta.len()];
        plan.at(Moment { training: true, ..Moment::default() });
        for (t, step) in case["steps"].as_array().unwrap().iter().enumerate() {
            let seen = |key: &str| floats(&step[key]);
            theta.iter_mut().zip(seen("x")).for_each(|(to, x)| *to = x as f32);
            plan.data("r").iter_mut().zip(seen("r")).for_each(|(to, r)| *to = r as f32);
            let loss = plan.gradient(&theta, &mut grad) as f64;
            plan.remember(None);
            assert_close(&[loss], &[dot(&seen("r"), &seen("y"))], 2e-5, &what(t, "loss"));
            let slopes = [seen("dx"), seen("d_scale"), seen("d_shift")].concat();
            assert_close(&to_f64(&grad), &slopes, 1e-5, &what(t, "slopes"));
            if let Some(running) = step.get("running") {
                assert_close(&to_f64(plan.memory()), &floats(running), 1e-6, &what(t, "remembered"));
            }
            theta[size..].iter_mut().zip(&grad[size..]).for_each(|(w, g)| *w -= 0.05 * g);
        }
        // L = y₀, y₁, … in use, one after another.
        plan.at(Moment::default());
        for (i, want) in numbers("used").iter().enumerate() {
            plan.data("r").fill(0.0);
            plan.data("r")[i] = 1.0;
            assert_close(&[plan.loss(&theta) as f64], &[*want], 1e-5, &what(5, "in use"));
        }
    }
}
