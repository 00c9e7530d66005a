//! Weights that change on the way back, while their slopes are in the cache, get the bits they get from a whole gradient.

mod common;

use common::{gradient_lines, model, wrapper_lines};
use gradus::graph::Graph;
use gradus::losses::Loss;
use gradus::network::Model;
use gradus::op::{Backward, Forward, HandOver, InBlocks, Moment, Op, Shape};
use gradus::ops::Linear;
use gradus::optimizer::{Around, Back, Block, Objective, Setup, Step};
use gradus::optimizers::Choice;
use gradus::plan::Plan;
use gradus::rng::{Rng, Stream};
use gradus::threads::Threads;
use gradus::{activations, initializers};

/// A plan that counts how it is asked, and may keep quiet about its way back.
struct Asked<'a> {
    plan: &'a mut Plan,
    whole: bool,
    gradients: usize,
    ways_back: usize,
}

impl Objective for Asked<'_> {
    fn loss(&mut self, theta: &[f32]) -> f32 {
        self.plan.loss(theta)
    }
    fn gradient(&mut self, theta: &[f32], grad: &mut [f32]) -> f32 {
        self.gradients += 1;
        self.plan.gradient(theta, grad)
    }
    fn forth(&mut self, theta: &[f32]) -> Option<(f32, &mut dyn Back)> {
        if self.whole {
            return None;
        }
        self.ways_back += 1;
        self.plan.forth(theta)
    }
}

/// How a training went.
#[derive(PartialEq)]
struct Went {
    losses: Vec<u32>,
    theta: Vec<u32>,
    state: Vec<u64>,
}

/// What is trained, and how.
struct Training<'a> {
    plan: &'a dyn Fn(&Threads) -> Plan,
    optimizer: &'a str,
    around: Around,
    steps: u64,
    /// Changes the weights and the batch before a step.
    spoil: &'a dyn Fn(u64, &mut [f32], &mut Plan),
}

impl<'a> Training<'a> {
    fn of(plan: &'a dyn Fn(&Threads) -> Plan, optimizer: &'a str) -> Self {
        Training { plan, optimizer, around: Around::default(), steps: 3, spoil: &|_, _, _| {} }
    }

    /// How it goes, by whole gradients or not; and how many gradients and ways back were asked for.
    fn run(&self, whole: bool, threads: usize) -> (Went, [usize; 2]) {
        let threads = Threads::new(threads);
        let mut plan = (self.plan)(&threads);
        let mut theta = plan.layout().start(5);
        let setup = Setup::new(plan.layout(), &threads).around(self.around);
        let mut optimizer = Choice::parse(self.optimizer).unwrap().build(&setup);
        let (mut losses, mut count) = (Vec::new(), [0, 0]);
        for t in 1..=self.steps {
            let mut rng = Rng::new(9, Stream::Probe, t);
            // Of zeros nothing is read and nothing is written, where that changes nothing.
            plan.data("input").fill_with(|| if rng.below(3) == 0 { 0.0 } else { rng.normal() });
            plan.data("target").fill_with(|| rng.below(3) as f32);
            plan.data("weight").fill_with(|| 0.5 + rng.uniform());
            plan.at(Moment { training: true, seed: 5, step: t, ..Moment::default() });
            (self.spoil)(t, &mut theta, &mut plan);
            let mut asked = Asked { plan: &mut plan, whole, gradients: 0, ways_back: 0 };
            let at = Step { t, learning_rate: 0.01 };
            losses.push(optimizer.step(at, &mut theta, &mut asked).to_bits());
            count = [count[0] + asked.gradients, count[1] + asked.ways_back];
        }
        if !whole {
            let (slopes, all) = (optimizer.slopes_in_memory(theta.len()), theta.len());
            assert_eq!(
                slopes,
                if count[0] > 0 { all } else { 0 },
                "{}: what it says it holds",
                self.optimizer
            );
        }
        let mut answer = vec![f32::NAN; theta.len()];
        optimizer.answer(&theta, &mut answer);
        let same = answer.iter().zip(&theta).all(|(a, w)| a.to_bits() == w.to_bits());
        assert!(optimizer.has_own_answer() || same, "{}: its answer is θ, it says", self.optimizer);
        let state = optimizer.state().iter().flat_map(|(_, slot)| slot.to_vec()).map(f64::to_bits).collect();
        (Went { losses, theta: theta.iter().map(|w| w.to_bits()).collect(), state }, count)
    }

    /// That it goes the same both ways, on any number of threads, and that each way is that way.
    fn goes_the_same(&self, what: &str) {
        let (want, count) = self.run(true, 1);
        assert_eq!(count, [self.steps as usize, 0], "{what}");
        for threads in [1, 2, 3] {
            let (got, count) = self.run(false, threads);
            assert_eq!(count, [0, self.steps as usize], "{what}: slopes are handed over");
            let first = want.theta.iter().zip(&got.theta).position(|(a, b)| a != b);
            assert_eq!(first, None, "{what}, {threads} threads: the first weight that differs");
            assert!(want == got, "{what}, {threads} threads: losses or state differ");
        }
    }
}

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
            let training = Training { steps: 2, ..Training::of(&plan, "momentum") };
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

/// y = (x W) a, W and a of one's own op: W in blocks of a row, from last to first, a not.
struct Own {
    in_blocks: bool,
}

impl Own {
    /// x W
    fn product(shapes: &[Shape], x: &[&[f32]]) -> Vec<f32> {
        let ((rows, inputs), outputs) = (shapes[0].matrix(), shapes[1].matrix().1);
        let at = |i: usize, j: usize| (0..inputs).map(|k| x[0][i * inputs + k] * x[1][k * outputs + j]).sum();
        (0..rows * outputs).map(|n| at(n / outputs, n % outputs)).collect()
    }

    /// Row k of ∂L/∂W
    fn row(shapes: &[Shape], x: &[f32], dz: &[f32], k: usize) -> Vec<f32> {
        let ((rows, inputs), outputs) = (shapes[0].matrix(), shapes[1].matrix().1);
        let at = |j: usize| (0..rows).map(|i| x[i * inputs + k] * dz[i * outputs + j]).sum();
        (0..outputs).map(at).collect()
    }
}

impl Op for Own {
    fn name(&self) -> &'static str {
        "own"
    }
    fn shape(&self, inputs: &[Shape]) -> gradus::Result<Shape> {
        Ok(Shape::new(&[inputs[0].dims()[0], inputs[1].dims()[1]]))
    }
    fn forward(&self, run: Forward) {
        run.y.copy_from_slice(&Own::product(run.shapes, run.x));
        let outputs = run.x[2].len();
        run.y.iter_mut().enumerate().for_each(|(n, y)| *y *= run.x[2][n % outputs]);
    }
    fn backward(&self, run: Backward) {
        let ((_, inputs), outputs) = (run.shapes[0].matrix(), run.shapes[1].matrix().1);
        let product = Own::product(run.shapes, run.x);
        if let Some(da) = &mut run.dx[2] {
            for j in 0..outputs {
                let terms = product.iter().zip(&*run.dy).skip(j).step_by(outputs);
                da.write(j, terms.map(|(p, dy)| p * dy).sum());
            }
        }
        run.dy.iter_mut().enumerate().for_each(|(n, dy)| *dy *= run.x[2][n % outputs]);
        if let Some(dx) = &mut run.dx[0] {
            for n in 0..dx.to.len() {
                let (dz, w) = (&run.dy[n / inputs * outputs..][..outputs], &run.x[1][n % inputs * outputs..]);
                dx.write(n, dz.iter().zip(w).map(|(dz, w)| dz * w).sum());
            }
        }
        if let Some(dw) = &mut run.dx[1] {
            for k in 0..inputs {
                let row = Own::row(run.shapes, run.x[0], run.dy, k);
                row.iter().enumerate().for_each(|(j, slope)| dw.write(k * outputs + j, *slope));
            }
        }
    }
    fn in_blocks(&self) -> Option<&dyn InBlocks> {
        self.in_blocks.then_some(self)
    }
}

impl InBlocks for Own {
    fn input(&self) -> usize {
        1
    }
    fn hand_over(&self, run: HandOver) {
        assert!(run.x[1].is_empty() && run.x[2].is_empty(), "weights may be changing");
        let (inputs, outputs) = run.shapes[1].matrix();
        for k in (0..inputs).rev() {
            let row = Own::row(run.shapes, run.x[0], run.dy, k);
            // SAFETY: one row after another.
            unsafe { run.into.take(k * outputs, Block::Slopes(&row)) };
        }
    }
}

/// Two ops of one's own, with one factor for both, or also one matrix; and weights that nobody reads.
fn own(in_blocks: bool, share: bool) -> impl Fn(&Threads) -> Plan {
    move |threads| {
        let mut g = Graph::new();
        let start = initializers::named("glorot_uniform").unwrap();
        let ones = initializers::named("ones").unwrap();
        let x = g.data("input", &[7, 90]);
        g.weight("unused", &[70], start);
        let (a, w) = (g.weight("a", &[90], ones), g.weight("w", &[90, 90], start));
        let v = if share { w } else { g.weight("v", &[90, 90], start) };
        let y = g.apply(Own { in_blocks }, &[x, w, a]).unwrap();
        let y = g.apply(Own { in_blocks }, &[y, v, a]).unwrap();
        let last = g.weight("last", &[270], start);
        let last = g.view(last, &[90, 3]).unwrap();
        let z = g.apply(Linear::new(activations::named("tanh").unwrap()), &[y, last]).unwrap();
        let (target, weight) = (g.data("target", &[7]), g.data("weight", &[7]));
        let loss = Loss::parse("softmax_cross_entropy").unwrap().op();
        let loss = g.apply_boxed(loss, &[z, target, weight]).unwrap();
        Plan::training(g, loss, threads).unwrap()
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
