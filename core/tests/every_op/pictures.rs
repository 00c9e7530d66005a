//! Convolutions, pools and upsampling.

use super::*;

/// Pictures (batch, height, width, channels), outputs, window, groups: odd, prime, not square; strides, distances, groups,
/// paddings wider than the picture.
fn convolutions() -> Vec<([usize; 4], usize, Window, usize)> {
    let window = |rows, columns, padding| Window::new(rows, columns, padding);
    use Padding::{Pixels, Same, Valid};
    vec![
        ([1, 1, 1, 1], 1, window(1, 1, Valid), 1),
        ([2, 5, 5, 3], 4, window(3, 3, Same), 1),
        ([2, 7, 5, 2], 3, window(3, 3, Pixels(1)).stride(2, 2), 1),
        ([1, 8, 6, 3], 5, window(3, 3, Same).stride(2, 2), 1),
        ([2, 9, 11, 2], 3, window(3, 2, Valid).stride(1, 2).dilation(2, 3), 1),
        ([1, 7, 7, 6], 9, window(3, 3, Same).dilation(2, 2), 3),
        ([2, 6, 7, 5], 5, window(3, 3, Same), 5),
        ([1, 6, 7, 3], 6, window(3, 5, Pixels(2)).stride(2, 1), 3),
        ([2, 3, 2, 2], 3, window(2, 2, Pixels(4)), 1),
        ([2, 4, 5, 17], 19, window(1, 1, Valid), 1),
        ([3, 5, 6, 11], 4, window(1, 1, Valid).stride(2, 3), 1),
        ([1, 13, 11, 1], 2, window(7, 5, Same).stride(3, 2), 1),
        ([1, 5, 3, 2], 2, window(5, 3, Valid), 2),
        ([2, 5, 6, 16], 18, window(3, 3, Same), 1),
        ([1, 4, 7, 21], 16, window(3, 3, Valid), 1),
    ]
}

fn conv_inputs(x: [usize; 4], outputs: usize, window: &Window, groups: usize, bias: bool) -> Vec<Tensor> {
    let w = [window.size[0], window.size[1], x[3] / groups, outputs];
    let mut inputs = vec![Tensor::random(&x, 11), Tensor::random(&w, 12), Tensor::random(&[outputs], 13)];
    inputs.truncate(if bias { 3 } else { 2 });
    inputs
}

#[test]
fn conv2d_follows_its_reference_at_every_shape() {
    for ((x, outputs, window, groups), bias) in
        convolutions().into_iter().zip([true, false].into_iter().cycle())
    {
        let inputs = conv_inputs(x, outputs, &window, groups, bias);
        let op = || Conv2d::new(window, groups, &ACTIVATIONS[0]);
        let what = format!("conv2d of {x:?} to {outputs}, {window:?}, {groups} groups, bias {bias}");
        follows(op, &inputs, |inputs| conv2d(&window, groups, inputs), &what);
    }
}

#[test]
fn conv2d_follows_its_reference_with_every_activation() {
    let (x, window) = ([2, 5, 4, 2], Window::new(3, 3, Padding::Same));
    for function in ACTIVATIONS {
        let (value, _, kinked) = curve(function.name);
        let z = |inputs: &[Tensor]| conv2d(&window, 1, inputs);
        let mut inputs = conv_inputs(x, 3, &window, 1, true);
        while kinked && z(&inputs).iter().any(|z| z.abs() < 1e-3) {
            inputs[2].numbers.iter_mut().for_each(|b| *b += 0.0078125);
        }
        let formula = |inputs: &[Tensor]| z(inputs).into_iter().map(value).collect();
        follows(|| Conv2d::new(window, 1, function), &inputs, formula, &format!("conv2d {}", function.name));
    }
}

#[test]
fn ops_on_pictures_refuse_shapes_that_do_not_fit_and_say_why() {
    let conv = |groups| Conv2d::new(Window::new(3, 3, Padding::Valid), groups, &ACTIVATIONS[0]);
    refuses(&conv(1), &[&[1, 5, 5, 2], &[3, 3, 2, 4], &[5]], "b [outputs]");
    refuses(&conv(1), &[&[1, 5, 5, 2], &[3, 2, 2, 4]], "w [3, 3, 2, outputs]");
    refuses(&conv(1), &[&[1, 5, 5, 3], &[3, 3, 2, 4]], "w [3, 3, 3, outputs]");
    refuses(&conv(2), &[&[1, 5, 5, 3], &[3, 3, 1, 4]], "2 groups to divide both the 3 channels");
    refuses(&conv(0), &[&[1, 5, 5, 3], &[3, 3, 1, 4]], "0 groups");
    refuses(&conv(1), &[&[1, 75], &[3, 3, 1, 4]], "[batch, height, width, channels]");
    refuses(&conv(1), &[&[1, 5, 5, 3]], "w [3, 3, channels");
    refuses(&conv(1), &[&[1, 2, 5, 2], &[3, 3, 2, 4]], "3×3 is larger than 2×5");
    let pool = |size, padding| MaxPool { window: Window::new(size, size, padding) };
    refuses(&pool(6, Padding::Valid), &[&[1, 5, 7, 2]], "6×6 is larger than 5×7");
    refuses(&pool(2, Padding::Pixels(2)), &[&[1, 5, 7, 2]], "less padding");
    refuses(&pool(2, Padding::Valid), &[&[5, 7]], "one picture");
    let dilated = Window::new(2, 2, Padding::Valid).dilation(2, 1);
    refuses(&AveragePool { window: dilated }, &[&[1, 5, 7, 2]], "neighbouring pixels");
    refuses(&GlobalAveragePool, &[&[5, 7]], "one picture");
    refuses(&Upsample { times: 0 }, &[&[1, 5, 7, 2]], "sides from 1");
    refuses(&Upsample { times: usize::MAX }, &[&[1, 5, 7, 2]], "sides from 1");
    refuses(&Add::new(&ACTIVATIONS[0]), &[&[2, 3], &[3, 2]], "two values of one shape");
}

/// Pictures and windows of pools.
fn pools() -> Vec<([usize; 4], Window)> {
    let window = |rows, columns, padding| Window::new(rows, columns, padding);
    use Padding::{Pixels, Same, Valid};
    vec![
        ([1, 1, 1, 1], window(1, 1, Valid)),
        ([2, 6, 4, 3], window(2, 2, Valid).stride(2, 2)),
        ([2, 7, 5, 17], window(2, 2, Valid).stride(2, 2)),
        ([1, 7, 5, 2], window(3, 3, Pixels(1)).stride(2, 2)),
        ([2, 7, 6, 3], window(3, 2, Same).stride(2, 3)),
        ([1, 5, 5, 2], window(3, 3, Pixels(2))),
        ([2, 5, 11, 1], window(2, 3, Valid).stride(3, 4)),
        ([1, 4, 3, 5], window(4, 3, Valid)),
    ]
}

#[test]
fn max_pool_follows_its_reference_and_hands_slopes_to_the_greatest() {
    for (x, window) in pools() {
        let inputs = [Tensor::random(&x, 21)];
        let greatest = |seen: &[f64]| seen.iter().fold(f64::NEG_INFINITY, |a, x| a.max(*x));
        let what = format!("max_pool of {x:?}, {window:?}");
        follows(|| MaxPool { window }, &inputs, |inputs| pooled(&window, &inputs[0], greatest), &what);
    }
    // Of equals the first, row by row.
    let window = Window::new(2, 2, Padding::Valid).stride(2, 2);
    let x = Tensor::new(&[1, 2, 4, 1], vec![0.0, 1.0, 2.0, 2.0, 1.0, 1.0, 2.0, 2.0]);
    let ran = run_op(MaxPool { window }, &[x], &[3.0, 5.0], Moment::default(), &Threads::new(1));
    assert_eq!(
        (ran.y, ran.dx[0].as_slice()),
        (vec![1.0, 2.0], &[0.0, 3.0, 5.0, 0.0, 0.0, 0.0, 0.0, 0.0][..])
    );
}

#[test]
fn what_is_no_number_is_not_lost_in_a_pool() {
    let window = Window::new(1, 3, Padding::Valid);
    for place in 0..3 {
        let mut x = Tensor::new(&[1, 1, 3, 1], vec![1.0, 2.0, 3.0]);
        x.numbers[place] = f64::NAN;
        let ran = run_op(MaxPool { window }, &[x], &[1.0], Moment::default(), &Threads::new(1));
        assert!(ran.y[0].is_nan(), "a NaN at place {place}");
    }
}

#[test]
fn average_pool_follows_its_reference_which_does_not_count_the_padding() {
    let mean = |seen: &[f64]| seen.iter().sum::<f64>() / seen.len() as f64;
    for (x, window) in pools() {
        let inputs = [Tensor::random(&x, 22)];
        let what = format!("average_pool of {x:?}, {window:?}");
        follows(|| AveragePool { window }, &inputs, |inputs| pooled(&window, &inputs[0], mean), &what);
    }
}

#[test]
fn global_average_pool_follows_its_reference() {
    let mean = |seen: &[f64]| seen.iter().sum::<f64>() / seen.len() as f64;
    for x in [[1, 1, 1, 1], [3, 5, 7, 2], [2, 1, 4, 19]] {
        let formula = |inputs: &[Tensor]| pooled(&whole(&inputs[0]), &inputs[0], mean);
        follows(
            || GlobalAveragePool,
            &[Tensor::random(&x, 23)],
            formula,
            &format!("global_average_pool of {x:?}"),
        );
    }
}

#[test]
fn upsample_follows_its_reference() {
    for (x, times) in [([1, 1, 1, 1], 1), ([2, 3, 5, 2], 2), ([1, 2, 3, 17], 3), ([3, 4, 1, 1], 5)] {
        let formula = |inputs: &[Tensor]| upsample(times, &inputs[0]);
        follows(
            || Upsample { times },
            &[Tensor::random(&x, 24)],
            formula,
            &format!("upsample of {x:?} by {times}"),
        );
    }
}
