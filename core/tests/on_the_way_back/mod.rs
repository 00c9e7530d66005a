//! Weights that change on the way back, while their slopes are in the cache, get the bits they get from a whole gradient.

mod own;
mod through;
mod training;

use crate::common::{gradient_lines, model, wrapper_lines};
use gradus::activations;
use gradus::graph::Graph;
use gradus::initializers;
use gradus::losses::Loss;
use gradus::network::Model;
use gradus::op::{Backward, Forward, Op, Shape};
use gradus::ops::Linear;
use gradus::optimizer::Around;
use gradus::optimizers::Choice;
use gradus::plan::Plan;
use gradus::threads::Threads;
use own::own;
use training::{Training, Went};

fn trains(line: &str, inputs: usize, batch: usize) -> impl Fn(&Threads) -> Plan {
    let model: Model = model(line, "softmax_cross_entropy", inputs, 3);
    move |threads| model.training_plan(batch, threads).unwrap()
}

/// Over 250 inputs: more weights than are cheaper in one loop.
const NET: &str = "dense 40 relu, dropout 0.3, dense 33 gelu, layer_norm, dense 3 softmax";

/// Those that go weight by weight, and ask where θ is.
fn rules() -> Vec<String> {
    let others = ["lars", "lamb", "muon", "lbfgs", "nesterov@original"];
    let rule = |line: &String| !others.iter().any(|name| line.starts_with(name));
    gradient_lines().into_iter().filter(rule).collect()
}

#[test]
fn every_rule_in_every_dialect() {
    for optimizer in rules() {
        for batch in [1, 20] {
            let plan = trains(NET, 250, batch);
            Training::of(&plan, &optimizer).goes_the_same(&format!("{optimizer}, batches of {batch}"));
        }
    }
}

#[test]
fn layers_of_every_size() {
    let nets = [
        // Few outputs; one hidden unit; as wide as several blocks, and several chunks of weights; one input.
        ("dense 3 softmax", 3000),
        ("dense 1 tanh, dense 3 softmax", 9000),
        ("dense 700 relu, dense 600 relu, dense 3 softmax", 10),
        ("dense 2800 relu, dense 3 softmax", 1),
    ];
    for (line, inputs) in nets {
        // One example; one tile, with a rest; sums in one go, and in several.
        for batch in [1, 2, 50, 400, 900] {
            let plan = trains(line, inputs, batch);
            // Two averages for each weight: those of 700 × 600 are so many that they are asked for early.
            let training = Training { steps: 2, ..Training::of(&plan, "adam") };
            training.goes_the_same(&format!("{line}, {inputs} inputs, batches of {batch}"));
        }
    }
}

#[test]
fn what_is_done_weight_by_weight_around_a_rule() {
    let plan = trains(NET, 250, 20);
    for around in [
        Around { clip_value: 1e-3, ..Around::default() },
        Around { l2: 0.1, ..Around::default() },
        Around { l1: 0.1, ..Around::default() },
        Around { weight_decay: 0.1, ..Around::default() },
        Around { clip_value: 1e-3, l2: 0.1, l1: 0.1, weight_decay: 0.1, ..Around::default() },
    ] {
        for optimizer in ["sgd", "adam", "schedule_free"] {
            let training = Training { around, ..Training::of(&plan, optimizer) };
            training.goes_the_same(&format!("{optimizer}, {around:?}"));
            let plain = Training::of(&plan, optimizer).run(false, 1).0;
            assert!(plain.theta != training.run(false, 1).0.theta, "{optimizer}, {around:?} does something");
        }
    }
}

#[test]
fn whoever_needs_the_gradient_as_a_whole_asks_for_it() {
    let plan = trains(NET, 250, 20);
    for around in
        [Around { clip_norm: 1e-3, ..Around::default() }, Around { clip_adaptive: 1e-3, ..Around::default() }]
    {
        let training = Training { around, ..Training::of(&plan, "adam") };
        let (went, count) = training.run(false, 2);
        assert_eq!(count, [3, 0], "{around:?}");
        assert!(went == training.run(true, 1).0);
    }
    for optimizer in ["lars", "lamb", "muon", "lbfgs", "nesterov@original", "sam over momentum"] {
        let [gradients, ways_back] = Training::of(&plan, optimizer).run(false, 1).1;
        assert!(gradients >= 3 && ways_back == 0, "{optimizer}");
    }
    for wrapper in wrapper_lines() {
        if Choice::parse(&wrapper).unwrap().judges_populations() || wrapper.contains("sam") {
            continue;
        }
        Training::of(&plan, &wrapper).goes_the_same(&wrapper);
    }
}

#[test]
fn pictures() {
    let line = "conv 7 3x3 relu, residual(conv 12 3x3 gelu stride=2, dropout 0.2, conv 12 3x3 norm) relu, upsample 2, \
                conv 12 3x3 silu groups=depthwise, group_norm 4, conv 20 1x1 groups=4, global_average_pool, dense 400 relu, dense 3 softmax";
    let model = model(line, "softmax_cross_entropy", [9, 8, 3], 3);
    for batch in [2, 9] {
        let plan = |threads: &Threads| model.training_plan(batch, threads).unwrap();
        Training::of(&plan, "adam").goes_the_same("pictures");
    }
}

#[test]
fn ops_of_ones_own_and_weights_of_several_ops_or_none() {
    for share in [false, true] {
        for optimizer in ["adam", "momentum"] {
            let [whole, blocks] = [false, true].map(|in_blocks| {
                let plan = own(in_blocks, share);
                let training = Training {
                    around: Around { l2: 0.1, ..Around::default() },
                    ..Training::of(&plan, optimizer)
                };
                training.goes_the_same(&format!("{optimizer}, in blocks: {in_blocks}, one matrix: {share}"));
                let went = training.run(false, 1).0;
                let start = plan(&Threads::new(1)).layout().start(5);
                let still = went.theta.iter().zip(&start).filter(|(w, s)| **w == s.to_bits()).count();
                assert_eq!(still, 0, "{optimizer}: L2 moves also what nobody reads");
                went
            });
            assert!(whole == blocks, "{optimizer}, one matrix: {share}: how slopes come does not matter");
        }
    }
}

#[test]
fn a_loss_that_is_not_finite_changes_nothing() {
    for (what, bad) in [("NaN", f32::NAN), ("infinite", f32::INFINITY)] {
        for optimizer in rules() {
            let plan = trains("dense 90 relu, dense 3 softmax", 100, 4);
            let spoil = |t: u64, _: &mut [f32], plan: &mut Plan| {
                if t == 2 {
                    plan.data("input")[3] = bad;
                }
            };
            let short = Training { steps: 1, ..Training::of(&plan, &optimizer) };
            let spoilt = Training { steps: 2, spoil: &spoil, ..Training::of(&plan, &optimizer) };
            let (before, (after, _)) = (short.run(false, 1).0, spoilt.run(false, 2));
            assert!(!f32::from_bits(after.losses[1]).is_finite(), "{what}");
            assert!(before.theta == after.theta && before.state == after.state, "{optimizer}: {what}");
        }
    }
}

/// A finite loss whose slopes are not: 0 · ∞ on the way back. Weights become what a whole gradient makes of them.
struct Cliff;

impl Op for Cliff {
    fn name(&self) -> &'static str {
        "cliff"
    }
    fn shape(&self, inputs: &[Shape]) -> gradus::Result<Shape> {
        Ok(inputs[0])
    }
    fn forward(&self, run: Forward) {
        run.y.copy_from_slice(run.x[0]);
    }
    fn backward(&self, run: Backward) {
        let slopes = [f32::INFINITY, f32::NAN, -1.0, 0.0, f32::NEG_INFINITY];
        if let Some(dx) = &mut run.dx[0] {
            (0..run.dy.len()).for_each(|i| dx.write(i, run.dy[i] * slopes[i % slopes.len()]));
        }
    }
}

#[test]
fn slopes_that_are_not_finite_do_the_same_either_way() {
    for (batch, optimizer) in [(1, "sgd"), (4, "sgd"), (4, "adam"), (1, "momentum"), (4, "rmsprop")] {
        let plan = |threads: &Threads| {
            let mut g = Graph::new();
            let start = initializers::named("glorot_uniform").unwrap();
            let linear = || Linear::new(activations::named("tanh").unwrap());
            let x = g.data("input", &[batch, 1700]);
            let (w, b) = (g.weight("w", &[1700, 5], start), g.weight("b", &[5], start));
            let y = g.apply(linear(), &[x, w, b]).unwrap();
            let y = g.apply(Cliff, &[y]).unwrap();
            let w = g.weight("v", &[5, 3], start);
            let z = g.apply(linear(), &[y, w]).unwrap();
            let (target, weight) = (g.data("target", &[batch]), g.data("weight", &[batch]));
            let loss = Loss::parse("softmax_cross_entropy").unwrap().op();
            let loss = g.apply_boxed(loss, &[z, target, weight]).unwrap();
            Plan::training(g, loss, threads).unwrap()
        };
        let training = Training { steps: 1, ..Training::of(&plan, optimizer) };
        let [whole, handed] = [true, false].map(|whole| training.run(whole, 1).0);
        assert!(f32::from_bits(handed.losses[0]).is_finite());
        let broken = |went: &Went| went.theta.iter().filter(|w| !f32::from_bits(**w).is_finite()).count();
        assert!(
            (1..handed.theta.len()).contains(&broken(&handed)),
            "{optimizer}: {} are broken",
            broken(&handed)
        );
        // What a NaN looks like is not promised.
        let same =
            |(a, b): (&u32, &u32)| a == b || (f32::from_bits(*a).is_nan() && f32::from_bits(*b).is_nan());
        assert!(whole.theta.iter().zip(&handed.theta).all(same), "{optimizer}, batches of {batch}");
    }
}
