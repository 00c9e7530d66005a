//! Sums, and what holds for values of any op.

use super::*;

#[test]
fn add_follows_its_formula_with_every_activation() {
    for function in ACTIVATIONS {
        let (value, _, kinked) = curve(function.name);
        for dims in [vec![1, 1], vec![5, 7], vec![3, 2, 5, 2]] {
            let inputs = (0..)
                .map(|again| {
                    [Tensor::random(&dims, 31 + 100 * again), Tensor::random(&dims, 32 + 100 * again)]
                })
                .find(|x| {
                    !kinked || x[0].numbers.iter().zip(&x[1].numbers).all(|(a, b)| (a + b).abs() > 1e-3)
                })
                .unwrap();
            let sum =
                |x: &[Tensor]| x[0].numbers.iter().zip(&x[1].numbers).map(|(a, b)| value(a + b)).collect();
            follows(|| Add::new(function), &inputs, sum, &format!("add {} of {dims:?}", function.name));
        }
    }
    // More numbers than one task takes.
    let n = 20_001;
    let [a, b] = [Tensor::random(&[n], 1), Tensor::random(&[n], 2)];
    let (dy, sum) =
        (random(n, 3), a.numbers.iter().zip(&b.numbers).map(|(a, b)| a + b).collect::<Vec<f64>>());
    let ran = run_op(Add::new(&ACTIVATIONS[0]), &[a, b], &dy, Moment::default(), &Threads::new(2));
    assert_close(&ran.y, &sum, 1e-6, "many numbers");
    assert_close(&ran.dx[0], &dy, 0.0, "da");
    assert_close(&ran.dx[1], &dy, 0.0, "db");
}

#[test]
fn one_value_given_twice_to_one_op_is_refused_where_it_would_have_two_slopes() {
    let zeros = gradus::initializers::named("zeros").unwrap();
    let mut graph = Graph::new();
    let w = graph.weight("w", &[3, 3], zeros);
    let square = graph.apply(Linear::new(&ACTIVATIONS[0]), &[w, w]).unwrap();
    let loss = graph.apply(crate::common::Along(vec![1.0; 9]), &[square]).unwrap();
    let error = Plan::training(graph, loss, &Threads::new(1)).err().expect("refused").to_string();
    assert!(error.contains("given twice"), "{error}");
    // Data have no slopes.
    let mut graph = Graph::new();
    let x = graph.data("x", &[2, 2]);
    let square = graph.apply(Linear::new(&ACTIVATIONS[0]), &[x, x]).unwrap();
    let w = graph.weight("w", &[2, 2], zeros);
    let y = graph.apply(Linear::new(&ACTIVATIONS[0]), &[square, w]).unwrap();
    let loss = graph.apply(crate::common::Along(vec![1.0; 4]), &[y]).unwrap();
    let mut plan = Plan::training(graph, loss, &Threads::new(1)).unwrap();
    plan.data("x").copy_from_slice(&[1.0, 2.0, 3.0, 4.0]);
    let mut grad = [f32::NAN; 4];
    plan.gradient(&[0.0; 4], &mut grad);
    assert_eq!(grad, [22.0, 22.0, 32.0, 32.0], "column sums of x² = [7 10; 15 22]");
}

#[test]
fn a_view_is_the_same_memory_and_its_slopes_are_one() {
    let zeros = gradus::initializers::named("zeros").unwrap();
    let mut graph = Graph::new();
    let x = graph.weight("x", &[2, 1, 2, 2], zeros);
    let y = graph.apply(MaxPool { window: Window::new(1, 1, Padding::Valid) }, &[x]).unwrap();
    let (flat, turned) = (graph.flat(y), graph.view(y, &[4, 2]).unwrap());
    assert_eq!((graph.shape(flat).dims(), graph.shape(turned).dims()), (&[2, 4][..], &[4, 2][..]));
    assert!(graph.is_same(flat, turned) && graph.flat(flat) == flat);
    let text = graph.view(y, &[3, 3]).unwrap_err().to_string();
    assert!(text.contains("9 numbers, to be seen as 3×3"), "{text}");
    let [w, v] = [[4, 1], [2, 1]].map(|dims| graph.weight("w", &dims, zeros));
    let first = graph.apply(Linear::new(&ACTIVATIONS[0]), &[flat, w]).unwrap();
    let second = graph.apply(Linear::new(&ACTIVATIONS[0]), &[turned, v]).unwrap();
    let first = graph.apply(crate::common::Along(vec![1.0, 10.0]), &[first]).unwrap();
    let second = graph.apply(crate::common::Along(vec![1.0; 4]), &[second]).unwrap();
    let loss = graph.apply(crate::common::Sum, &[first, second]).unwrap();
    let loss = graph.view(loss, &[1, 1]).unwrap();
    let mut plan = Plan::training(graph, loss, &Threads::new(1)).unwrap();
    let theta = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 0.1, 0.2, 0.3, 0.4, 100.0, 1000.0];
    let mut grad = [f32::NAN; 14];
    let loss = plan.gradient(&theta, &mut grad);
    let by_hand = (0.1 + 0.4 + 0.9 + 1.6) + 10.0 * (0.5 + 1.2 + 2.1 + 3.2) + 100.0 * 16.0 + 1000.0 * 20.0;
    assert!((loss - by_hand).abs() < 1e-2, "{loss}, not {by_hand}");
    let dx = [100.1, 1000.2, 100.3, 1000.4, 101.0, 1002.0, 103.0, 1004.0];
    assert_close(&crate::common::to_f64(&grad[..8]), &dx, 1e-3, "both slopes");
    assert_eq!(grad[8..], [51.0, 62.0, 73.0, 84.0, 16.0, 20.0]);
}

#[test]
fn a_loss_that_depends_on_no_weight_has_no_slope() {
    let mut graph = Graph::new();
    let x = graph.data("x", &[3]);
    graph.weight("unused", &[2], gradus::initializers::named("zeros").unwrap());
    let loss = graph.apply(crate::common::Along(vec![1.0; 3]), &[x]).unwrap();
    let mut plan = Plan::training(graph, loss, &Threads::new(1)).unwrap();
    plan.data("x").copy_from_slice(&[1.0, 2.0, 3.0]);
    let mut grad = [f32::NAN; 2];
    assert_eq!(plan.gradient(&[0.0; 2], &mut grad), 6.0);
    assert_eq!(grad, [0.0; 2]);
}
