//! What is fixed in use is folded away, and changes nothing.

use crate::common::{DATA, assert_close, model, run, settings, to_f64, trainer};
use gradus::graph::Graph;
use gradus::plan::Plan;
use gradus::threads::Threads;
use gradus::train::Samples;

#[test]
fn folded_and_unfolded_networks_say_the_same() {
    let ends = ["dense 3 norm softmax", "dense 3 softmax", "batch_norm momentum=0.5, dense 3 softmax"];
    let lines = ends.map(|end| {
        format!("batch_norm, dense 9 norm gelu, dense 8, batch_norm epsilon=0.1, dense 7 relu, {end}")
    });
    for line in lines {
        let model = model(&line, "softmax_cross_entropy", 6, 3);
        let mut trainer = trainer(&model, &settings(), &Threads::new(1));
        run(&mut trainer, None).unwrap();
        let mut graph = Graph::new();
        let x = graph.data("input", &[45, 6]);
        let z = model.network.build(&mut graph, x, true).unwrap();
        let mut whole = Plan::forward_only(graph, &[z], &Threads::new(1)).unwrap();
        let (mut folded, z_folded, _) = model.evaluation_plan(45, &Threads::new(1)).unwrap();
        let weights = model.folded(trainer.theta(), trainer.memory());
        for plan in [&mut whole, &mut folded] {
            (0..45).zip(plan.data("input").chunks_exact_mut(6)).for_each(|(i, to)| DATA.read(i, to));
        }
        whole.memory().copy_from_slice(trainer.memory());
        whole.forward(trainer.theta());
        // Whatever is remembered is in the weights.
        folded.memory().fill(f32::NAN);
        folded.data("weight").fill(1.0);
        folded.forward(&weights);
        let want = to_f64(whole.value(z));
        assert_close(&to_f64(folded.value(z_folded)), &want, 1e-5, &line);
        let names: Vec<&str> = folded.layout().parts().iter().map(|p| p.name.as_str()).collect();
        assert_eq!(
            names[..4],
            ["1.batch_norm.scale", "1.batch_norm.shift", "2.dense.weight", "2.dense.bias"]
        );
        // Of dense 8 and the norm behind it one layer is left; a norm behind relu stays, as scale and shift.
        assert_eq!(names[4..6], ["3.dense.weight", "4.batch_norm.bias"]);
        let stays = names.contains(&"6.batch_norm.scale");
        assert!(
            stays == line.contains("momentum") && names.len() == if stays { 12 } else { 10 },
            "{names:?}"
        );
    }
    let plain = crate::common::net();
    let theta = plain.layout().start(1);
    assert!(
        matches!(plain.folded(&theta, &[]), std::borrow::Cow::Borrowed(_)),
        "nothing to fold, nothing copied"
    );
}

#[test]
fn convolutions_take_in_the_norm_behind_them_unless_it_is_of_rows() {
    let line = "conv 5 2x2 norm relu, residual(conv 5 3x1 norm gelu groups=depthwise, conv 6 1x1 norm) silu, conv 4 2x2, \
                flatten, batch_norm, dense 3 softmax";
    let model = model(line, "softmax_cross_entropy", [3, 2, 1], 3);
    let mut trainer = trainer(&model, &settings(), &Threads::new(1));
    run(&mut trainer, None).unwrap();
    let mut graph = Graph::new();
    let x = graph.data("input", &[45, 3, 2, 1]);
    let z = model.network.build(&mut graph, x, true).unwrap();
    let mut whole = Plan::forward_only(graph, &[z], &Threads::new(1)).unwrap();
    let (mut folded, z_folded, _) = model.evaluation_plan(45, &Threads::new(2)).unwrap();
    for plan in [&mut whole, &mut folded] {
        (0..45).zip(plan.data("input").chunks_exact_mut(6)).for_each(|(i, to)| DATA.read(i, to));
    }
    whole.memory().copy_from_slice(trainer.memory());
    whole.forward(trainer.theta());
    folded.memory().fill(f32::NAN);
    folded.data("weight").fill(1.0);
    folded.forward(&model.folded(trainer.theta(), trainer.memory()));
    assert_close(&to_f64(folded.value(z_folded)), &to_f64(whole.value(z)), 1e-5, line);
    let names: Vec<&str> = folded.layout().parts().iter().map(|p| p.name.as_str()).collect();
    let norms = names.iter().filter(|n| n.ends_with("scale")).collect::<Vec<_>>();
    assert_eq!(norms, [&"5.batch_norm.scale"], "{names:?}");
}
