//! Backpropagation, differences and formulas derived by hand give the same slopes; where one is wrong it is named.

use crate::common::{cases, fixture, floats, greatest, model, random};
use gradus::activations::ACTIVATIONS;
use gradus::gradients::{
    ByHand, Check, Difference, FiniteDifferences, Report, Style, Way, central_step, check, growth,
};
use gradus::network::Model;
use gradus::op::Moment;
use gradus::optimizer::Objective;
use gradus::plan::Plan;
use gradus::threads::Threads;

const TEXT: Style = Style { latex: false, named: true };
const MOMENT: Moment = Moment { training: true, seed: 3, step: 1, before: 0 };

/// A plan with a random batch.
fn filled(model: &Model, batch: usize, threads: &Threads) -> Plan {
    let mut plan = model.training_plan(batch, threads).unwrap();
    plan.at(MOMENT);
    put(plan.data("input"), &random(batch * model.inputs, 1));
    for (row, target) in plan.data("target").chunks_exact_mut(model.targets()).enumerate() {
        model.write_target(row * 5 % model.classes, target);
    }
    for (row, weight) in plan.data("weight").iter_mut().enumerate() {
        *weight = 1.0 + (row % 3) as f32;
    }
    plan
}

fn put(to: &mut [f32], from: &[f64]) {
    assert_eq!(to.len(), from.len());
    to.iter_mut().zip(from).for_each(|(to, x)| *to = *x as f32);
}

/// Weights between −1 and 1, biases too.
fn theta(model: &Model) -> Vec<f32> {
    random(model.layout().weights(), 9).into_iter().map(|w| w as f32).collect()
}

fn doubles(theta: &[f32]) -> Vec<f64> {
    theta.iter().map(|w| *w as f64).collect()
}

/// All weights, nothing timed.
fn all() -> Check {
    Check { weights: None, sweep: false, cost: false, ..Check::default() }
}

fn checked(model: &Model, batch: usize, how: &Check) -> Report {
    let mut plan = filled(model, batch, &Threads::new(1));
    let mut by_hand = ByHand::new(model, batch, true).unwrap();
    check(&mut plan, &theta(model), Some(&mut by_hand), how)
}

#[test]
fn all_ways_agree_for_every_activation_and_every_loss() {
    let ends = [
        ("squared_error", "dense 2 sigmoid"),
        ("squared_error", "dense 1"),
        ("absolute_error", "dense 2"),
        ("huber delta=0.3", "dense 2 tanh"),
        ("binary_cross_entropy", "dense 1 sigmoid"),
        ("binary_cross_entropy smoothing=0.2", "dense 2 sigmoid"),
        ("softmax_cross_entropy", "dense 2 softmax"),
        ("softmax_cross_entropy smoothing=0.1", "dense 2 softmax"),
    ];
    for activation in ACTIVATIONS {
        for (loss, end) in ends {
            let line = format!("dense 3 {0}, dense 3 {0} bias=no, {end}", activation.name);
            let report = checked(&model(&line, loss, 2, 2), 5, &all());
            assert!(report.agrees(), "{line}, {loss}: {:?}\n{:#?}", report.fault, report.parts);
            for part in &report.parts {
                let what = format!("{line}, {loss}, {}", part.name);
                assert!(part.checked == part.weights && part.kinks == 0, "{what}: {part:?}");
                assert!(part.hand_to_central.unwrap() < 1e-7, "{what}: {part:?}");
                assert!(part.by_hand.unwrap() < 2e-5, "{what}: {part:?}");
                assert!(part.direction.unwrap() < 1e-4, "{what}: {part:?}");
            }
            assert!(report.ops.iter().all(|op| op.exact && op.error.unwrap() < 1e-5), "{:?}", report.ops);
        }
    }
}

/// By hand, for one example: L = (y − t)², so ∂L/∂y = 2 (y − t). y = σ(z₃), so ∂y/∂z₃ = y (1 − y). z₃ = w₅ a₁ + w₆ a₂, so
/// ∂z₃/∂w₅ = a₁, ∂z₃/∂w₆ = a₂, ∂z₃/∂a₁ = w₅, ∂z₃/∂a₂ = w₆. a₁ = max(z₁, 0) has the slope 1 where z₁ > 0, else 0, and
/// z₁ = w₁ x₁ + w₂ x₂ has ∂z₁/∂w₁ = x₁, ∂z₁/∂w₂ = x₂; a₂ and z₂ = w₃ x₁ + w₄ x₂ likewise. The chain rule multiplies.
#[test]
fn the_six_slopes_of_the_article_are_written_as_one_would_by_hand() {
    let model = model("dense 2 relu bias=no, dense 1 sigmoid bias=no", "squared_error", 2, 2);
    let mut by_hand = ByHand::new(&model, 1, true).unwrap();
    // θ is laid out input by input, names go neuron by neuron.
    let names: Vec<String> = (0..6).map(|i| by_hand.name(i, false)).collect();
    assert_eq!(names, ["w₁", "w₃", "w₂", "w₄", "w₅", "w₆"]);
    let slopes: Vec<String> = (0..6).map(|i| by_hand.slope(i, TEXT).unwrap()).collect();
    let outer = "2·(y − t)·y·(1 − y)";
    assert_eq!(
        slopes,
        ["w₅·[z₁ > 0]·x₁", "w₆·[z₂ > 0]·x₁", "w₅·[z₁ > 0]·x₂", "w₆·[z₂ > 0]·x₂", "a₁", "a₂"]
            .map(|inner| format!("{outer}·{inner}"))
    );
    assert_eq!(by_hand.loss_formula(TEXT).unwrap(), "(y − t)²");
    let lines: Vec<String> =
        by_hand.definitions(false).into_iter().map(|(name, formula)| format!("{name} = {formula}")).collect();
    assert_eq!(
        lines,
        [
            "z₁ = w₁·x₁ + w₂·x₂",
            "a₁ = relu(z₁)",
            "z₂ = w₃·x₁ + w₄·x₂",
            "a₂ = relu(z₂)",
            "z₃ = w₅·a₁ + w₆·a₂",
            "y = σ(z₃)"
        ]
    );
    assert_eq!(
        by_hand.slope(3, Style { latex: true, named: true }).unwrap(),
        "2\\,\\left(y - t\\right)\\,y\\,\\left(1 - y\\right)\\,w_6\\,[z_2 > 0]\\,x_2"
    );
    let z3 = "w₅·relu(w₁·x₁ + w₂·x₂) + w₆·relu(w₃·x₁ + w₄·x₂)";
    assert_eq!(
        by_hand.slope(4, Style { latex: false, named: false }).unwrap(),
        format!("2·(σ({z3}) − t)·σ({z3})·(1 − σ({z3}))·relu(w₁·x₁ + w₂·x₂)")
    );
    // In numbers: θ = w₁ w₃ w₂ w₄ w₅ w₆, x = (1, 2), t = 1.
    let mut plan = model.training_plan(1, &Threads::new(1)).unwrap();
    plan.data("input").copy_from_slice(&[1.0, 2.0]);
    plan.data("target")[0] = 1.0;
    plan.data("weight")[0] = 1.0;
    by_hand.follow(&mut plan);
    let theta = [0.5, -1.0, 0.25, 0.25, 2.0, 3.0];
    // z₁ = 0.5 + 0.5 = 1, z₂ = −1 + 0.5 = −0.5, z₃ = 2, y = 0.8808.
    let y = 1.0 / (1.0 + (-2.0f64).exp());
    let delta = 2.0 * (y - 1.0) * y * (1.0 - y);
    let want = [delta * 2.0, 0.0, delta * 2.0 * 2.0, 0.0, delta, 0.0];
    let mut grad = [0.0; 6];
    by_hand.gradient(&theta, &mut grad);
    crate::common::assert_close(&grad, &want, 1e-15, "the six slopes");
    let (written, value) = by_hand.slope_in_numbers(&theta, 0, 0, false);
    assert_eq!(written.unwrap(), "2·(0.8808 − 1)·0.8808·(1 − 0.8808)·2·[1 > 0]·1");
    assert!((value - want[0]).abs() < 1e-15);
    crate::common::assert_close(
        &by_hand.values(&theta, 0),
        &[1.0, 1.0, -0.5, 0.0, 2.0, y],
        1e-15,
        "z, a and y",
    );
}

#[test]
fn all_ways_give_the_gradients_of_pytorch() {
    let file = fixture("gradients");
    assert!(cases(&file).len() >= 6);
    for case in cases(&file) {
        let text = |name: &str| case[name].as_str().unwrap();
        let whole = |name: &str| case[name].as_u64().unwrap() as usize;
        let model = model(text("network"), text("loss"), whole("inputs"), whole("classes"));
        let batch = floats(&case["input"]).len() / model.inputs;
        let mut plan = model.training_plan(batch, &Threads::new(2)).unwrap();
        plan.at(MOMENT);
        put(plan.data("input"), &floats(&case["input"]));
        put(plan.data("target"), &floats(&case["target"]));
        plan.data("weight").fill(1.0);
        let (theta, want) = (floats(&case["theta"]), floats(&case["gradient"]));
        let value = case["value"].as_f64().unwrap();
        let size = greatest(&want);
        let what = text("network");

        let mut by_hand = ByHand::new(&model, batch, true).unwrap();
        by_hand.follow(&mut plan);
        let mut grad = vec![0.0; theta.len()];
        assert!((by_hand.gradient(&theta, &mut grad) - value).abs() < 1e-14, "{what}");
        crate::common::assert_close(&grad, &want, 1e-14 * size.max(1.0), &format!("{what}, by hand"));

        let mut exact = plan.exact();
        assert!((exact.loss(&theta) - value).abs() < 1e-14, "{what}");
        for (difference, tolerance) in [(Difference::Central, 1e-9), (Difference::Forward, 1e-7)] {
            let mut differences = FiniteDifferences::new(&mut exact, difference, theta.len());
            differences.gradient(&theta, &mut grad);
            crate::common::assert_close(
                &grad,
                &want,
                tolerance * size.max(1.0),
                &format!("{what}, {difference:?}"),
            );
        }

        let singles: Vec<f32> = theta.iter().map(|w| *w as f32).collect();
        let mut grad = vec![0.0; theta.len()];
        plan.gradient(&singles, &mut grad);
        crate::common::assert_close(&doubles(&grad), &want, 2e-6 * size, &format!("{what}, backpropagation"));
    }
}

/// ∂L/∂w jumps where w x = 0. With w on the kink, or nearer than h, a difference is no slope; it is counted apart.
#[test]
fn kinks_are_recognised_and_counted_apart() {
    let model = model("dense 4 relu bias=no, dense 1", "squared_error", 1, 2);
    let mut plan = filled(&model, 3, &Threads::new(1));
    put(plan.data("input"), &[1.0, 2.0, 0.5]);
    let theta = [0.0, 1e-7, -1e-6, 0.1, 0.7, -0.4, 0.3, 0.9, 0.2];
    let report = check(&mut plan, &theta, None, &all());
    let kinks: Vec<bool> = report.slopes.iter().map(|s| s.kink).collect();
    assert_eq!(kinks, [true, true, true, false, false, false, false, false, false]);
    assert_eq!((report.parts[0].kinks, report.parts[0].checked), (3, 4));
    assert_eq!(report.checked(), (9, 3));
    // The difference is wrong there, and nevertheless nothing is wrong.
    let s = &report.slopes[0];
    assert!((s.central - s.backpropagation).abs() > 0.1 * s.central.abs(), "{s:?}");
    assert!(report.agrees(), "{:?}", report.fault);
    assert!(report.parts[0].direction.is_none(), "every direction leads off the kink");

    // A loss has kinks too: |z − t| at z = t, and huber where it turns straight.
    for (loss, target, kink) in
        [("absolute_error", 0.5, true), ("absolute_error", 0.4, false), ("huber delta=0.25", 0.25, true)]
    {
        let model = crate::common::model("dense 1 bias=no", loss, 1, 2);
        let mut plan = filled(&model, 1, &Threads::new(1));
        put(plan.data("input"), &[1.0]);
        put(plan.data("target"), &[target]);
        let report = check(&mut plan, &[0.5], None, &all());
        assert_eq!(report.slopes[0].kink, kink, "{loss}, t = {target}");
        assert!(report.agrees(), "{:?}", report.fault);
    }
}

#[test]
fn what_is_no_number_does_not_agree() {
    let model = model("dense 3 relu, dense 1", "squared_error", 2, 2);
    let mut plan = filled(&model, 4, &Threads::new(1));
    plan.data("input")[1] = f32::NAN;
    let report = check(&mut plan, &theta(&model), None, &Check { cost: false, ..Check::default() });
    assert!(!report.agrees());
}

#[test]
fn a_network_with_dropout_is_checked_with_the_masks_of_its_step() {
    let model =
        model("dropout 0.3, dense 20 relu, dropout 0.5, dense 3 softmax", "softmax_cross_entropy", 6, 3);
    let mut plan = filled(&model, 16, &Threads::new(2));
    let report = check(&mut plan, &model.layout().start(1), None, &all());
    assert!(report.agrees(), "{:?}", report.fault);
    assert!(report.parts.iter().all(|p| p.error < 1e-5), "{:?}", report.parts);
    let message = ByHand::new(&model, 16, true).err().unwrap().to_string();
    assert!(message.contains("dropout 0.3") && message.contains("1.dropout"), "{message}");
    assert!(ByHand::new(&model, 16, false).is_ok(), "in use dropout does nothing");
}

#[test]
fn the_loss_in_f64_is_the_same_function_on_any_number_of_threads() {
    let model =
        model("dropout 0.2, dense 70 gelu, dense 40 elu, dense 3 softmax", "softmax_cross_entropy", 50, 3);
    let theta = model.layout().start(4);
    let many: Vec<f64> = (0..5).flat_map(|seed| doubles(&model.layout().start(seed))).collect();
    let mut bits = Vec::new();
    for threads in [1, 2, 3] {
        let mut plan = filled(&model, 33, &Threads::new(threads));
        let mut exact = plan.exact();
        let (single, double) = (plan.loss(&theta) as f64, exact.loss(&doubles(&theta)));
        assert!((single - double).abs() < 1e-6 * double, "{single} and {double}");
        let mut losses = [0.0; 5];
        exact.losses(&many, &mut losses);
        let one_by_one: Vec<f64> = many.chunks_exact(theta.len()).map(|theta| exact.loss(theta)).collect();
        assert_eq!(losses.to_vec(), one_by_one);
        bits.push((double.to_bits(), losses.map(f64::to_bits)));
        // Another batch, another moment.
        plan.at(Moment { step: 2, ..MOMENT });
        exact.follow(&plan);
        assert_ne!(exact.loss(&doubles(&theta)), double);
    }
    assert!(bits.iter().all(|b| *b == bits[0]));
}

#[test]
fn the_error_of_differences_is_a_v_over_the_step() {
    let model = model("dense 5 tanh, dense 1 sigmoid", "squared_error", 3, 2);
    let report = checked(&model, 8, &Check { cost: false, ..Check::default() });
    let sweep = report.sweep.unwrap();
    assert_eq!(sweep.reference, "by hand");
    let at = |step: f64| sweep.points.iter().find(|p| (p.step / step - 1.0).abs() < 1e-6).unwrap();
    // On the right side the error is that of the curve: ∝ h forward, ∝ h² central, the same in both precisions.
    let (a, b) = (at(1e-1), at(1e-2));
    let fall = |f: fn(&gradus::gradients::SweepPoint) -> f64| (f(a) / f(b)).log10();
    assert!((fall(|p| p.forward_f64) - 1.0).abs() < 0.1 && (fall(|p| p.central_f64) - 2.0).abs() < 0.1);
    assert!((a.central_f32 / a.central_f64 - 1.0).abs() < 0.1);
    // On the left side that of rounding, and the lowest point lies where the rule says, within a factor of ten.
    let least = |f: fn(&gradus::gradients::SweepPoint) -> f64| {
        sweep.points.iter().min_by(|a, b| f(a).total_cmp(&f(b))).map(|p| (p.step, f(p))).unwrap()
    };
    let near = |found: f64, rule: f64| (found / rule).log10().abs() <= 1.0;
    let (h, error) = least(|p| p.central_f64);
    assert!(error < 1e-8 && near(h, central_step::<f64>()), "{h:e} {error:e}");
    let (h, error) = least(|p| p.central_f32);
    assert!((1e-7..1e-3).contains(&error) && near(h, central_step::<f32>()), "{h:e} {error:e}");
    let (h, error) = least(|p| p.forward_f64);
    assert!(error < 1e-6 && near(h, 1.05e-8), "{h:e} {error:e}");
    assert!(at(1e-12).central_f64 > 1e-6 && at(1e-6).central_f32 > 1e-3);
}

#[test]
fn costs_are_measured_and_grow_as_they_must() {
    let costs = growth(&[1, 8], &Threads::new(1)).unwrap();
    assert_eq!(costs.len(), 8);
    for cost in &costs {
        assert!(cost.seconds > 0.0 && cost.losses > 0.0, "{cost:?}");
        match cost.way {
            Way::ForwardDifference => assert_eq!(cost.losses, cost.weights as f64 + 1.0),
            Way::CentralDifference => assert_eq!(cost.losses, 2.0 * cost.weights as f64 + 1.0),
            _ => {}
        }
    }
    assert_eq!(costs.iter().map(|c| c.weights).collect::<Vec<_>>(), [11, 11, 11, 11, 81, 81, 81, 81]);
    assert!(growth(&[0], &Threads::new(1)).is_err());
}

#[test]
fn backpropagation_through_every_layer_on_pictures_agrees_with_differences() {
    let lines = [
        "conv 3 3x3 FUNCTION, pool 2, conv 4 2x3 FUNCTION stride=2, dense 3 softmax",
        "conv 4 3x3 FUNCTION groups=depthwise, conv 6 1x1 groups=2, average_pool 3 stride=2 pad=1, dense 3 softmax",
        "residual(conv 4 3x3 FUNCTION, dropout 0.2, conv 4 3x3 dilation=2) FUNCTION, global_average_pool, dense 3 softmax",
        "residual(conv 5 3x3 FUNCTION stride=2, conv 5 1x1) FUNCTION, upsample 2, pool 3 stride=2 pad=1, dense 3 softmax",
        "conv 16 1x1 FUNCTION, conv 16 3x3 FUNCTION, pool 2, dense 3 softmax",
        "flatten, residual(dense 6 FUNCTION, dense 7) FUNCTION, dense 3 softmax",
    ];
    for (line, activation) in lines.iter().flat_map(|line| ACTIVATIONS.iter().map(move |a| (line, a))) {
        let line = line.replace("FUNCTION", activation.name);
        let model = model(&line, "softmax_cross_entropy", [5, 7, 4], 3);
        let mut plan = filled(&model, 3, &Threads::new(1));
        let report = check(&mut plan, &theta(&model), None, &Check { weights: Some(40), ..all() });
        assert!(report.agrees(), "{line}: {:?}\n{:#?}", report.fault, report.parts);
        assert!(
            report.ops.iter().all(|op| op.exact && op.error.is_some_and(|e| e < 2e-5)),
            "{line}: {:#?}",
            report.ops
        );
    }
    let reason = ByHand::new(
        &model(&lines[0].replace("FUNCTION", "tanh"), "softmax_cross_entropy", [5, 7, 4], 3),
        1,
        true,
    );
    assert!(reason.err().unwrap().to_string().contains("no written formula"));
    // A view and a sum are written: the formulas are those of the same network on rows.
    let flat = model("flatten, residual(dense 2 tanh), dense 1 sigmoid", "squared_error", [1, 2, 1], 2);
    let report = checked(&flat, 4, &all());
    assert!(report.agrees() && report.parts.iter().all(|p| p.by_hand.unwrap() < 2e-5), "{:#?}", report.parts);
}
