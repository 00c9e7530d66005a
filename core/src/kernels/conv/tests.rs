//! Every shape, thread count and `add` against the definition, to the bit.

use super::*;

fn numbers(count: usize, seed: u32) -> Vec<f32> {
    let mut x = seed.wrapping_mul(2_654_435_761) | 1;
    let mut next = || {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        (x >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

fn bits(x: &[f32]) -> Vec<u32> {
    x.iter().map(|x| x.to_bits()).collect()
}

fn halve_negatives(x: &mut [f32]) {
    x.iter_mut().for_each(|x| *x = x.max(*x * 0.5));
}

/// The three results by the definition: every element by itself.
fn definition(
    s: &ConvShape,
    x: &[f32],
    w: &[f32],
    dy: &[f32],
    bias: &[f32],
    start: [&[f32]; 2],
) -> [Vec<f32>; 3] {
    let [mut y, mut dx, mut dw] = match s.way() {
        Way::Winograd => winograd::definition::results(s, x, w, dy),
        _ => sums(s, x, w, dy),
    };
    y.iter_mut().enumerate().for_each(|(place, y)| *y += bias[place % s.out_c]);
    halve_negatives(&mut y);
    dx.iter_mut().zip(start[0]).for_each(|(sum, from)| *sum += from);
    dw.iter_mut().zip(start[1]).for_each(|(sum, from)| *sum += from);
    [y, dx, dw]
}

/// The sums, each one chain of products, but for those of few weights over many pictures.
fn sums(s: &ConvShape, x: &[f32], w: &[f32], dy: &[f32]) -> [Vec<f32>; 3] {
    let (deep, wide) = (s.in_c / s.groups, s.out_c / s.groups);
    let place = |o: usize, k: usize, stride: usize, dilation: usize, pad: usize, length: usize| {
        let i = (o * stride + k * dilation) as i64 - pad as i64;
        (0..length as i64).contains(&i).then_some(i as usize)
    };
    let iy = |oy, ky| place(oy, ky, s.stride_h, s.dilation_h, s.pad_top, s.in_h);
    let ix = |ox, kx| place(ox, kx, s.stride_w, s.dilation_w, s.pad_left, s.in_w);
    let x_at = |n, iy, ix, c| x[((n * s.in_h + iy) * s.in_w + ix) * s.in_c + c];
    let y_place = |n, oy, ox, c| ((n * s.out_h + oy) * s.out_w + ox) * s.out_c + c;
    let w_at = |ky, kx, i, co| w[((ky * s.kernel_w + kx) * deep + i) * s.out_c + co];

    let mut y = vec![f32::NAN; s.outputs()];
    for (place, y) in y.iter_mut().enumerate() {
        let (co, pixel) = (place % s.out_c, place / s.out_c);
        let (ox, oy, n) = (pixel % s.out_w, pixel / s.out_w % s.out_h, pixel / s.out_w / s.out_h);
        let mut sum = 0.0f32;
        for ky in 0..s.kernel_h {
            for kx in 0..s.kernel_w {
                for i in 0..deep {
                    if let (Some(iy), Some(ix)) = (iy(oy, ky), ix(ox, kx)) {
                        sum = x_at(n, iy, ix, co / wide * deep + i).mul_add(w_at(ky, kx, i, co), sum);
                    }
                }
            }
        }
        *y = sum;
    }

    let mut dx = vec![f32::NAN; s.inputs()];
    for (place, dx) in dx.iter_mut().enumerate() {
        let (ci, pixel) = (place % s.in_c, place / s.in_c);
        let (x, row, n) = (pixel % s.in_w, pixel / s.in_w % s.in_h, pixel / s.in_w / s.in_h);
        let g = ci / deep;
        let mut sum = 0.0f32;
        for ky in 0..s.kernel_h {
            for kx in 0..s.kernel_w {
                let oy = (0..s.out_h).find(|oy| iy(*oy, ky) == Some(row));
                let ox = (0..s.out_w).find(|ox| ix(*ox, kx) == Some(x));
                for co in g * wide..(g + 1) * wide {
                    if let (Some(oy), Some(ox)) = (oy, ox) {
                        sum = dy[y_place(n, oy, ox, co)].mul_add(w_at(ky, kx, ci % deep, co), sum);
                    }
                }
            }
        }
        *dx = sum;
    }

    let mut dw = vec![f32::NAN; s.weights()];
    for (place, dw) in dw.iter_mut().enumerate() {
        let (co, tap) = (place % s.out_c, place / s.out_c);
        let (i, kx, ky) = (tap % deep, tap / deep % s.kernel_w, tap / deep / s.kernel_w);
        let mut sums = vec![0.0f32; s.batch.div_ceil(together(s)).max(1)];
        for n in 0..s.batch {
            let sum = &mut sums[n / together(s)];
            for oy in 0..s.out_h {
                for ox in 0..s.out_w {
                    if let (Some(iy), Some(ix)) = (iy(oy, ky), ix(ox, kx)) {
                        let x = x_at(n, iy, ix, co / wide * deep + i);
                        *sum = x.mul_add(dy[y_place(n, oy, ox, co)], *sum);
                    }
                }
            }
        }
        *dw = sums.into_iter().reduce(|sum, part| sum + part).unwrap();
    }
    [y, dx, dw]
}

/// So many pictures are summed in one chain.
fn together(s: &ConvShape) -> usize {
    if s.way() == Way::Tiles && s.weights() <= 16_384 { s.batch.div_ceil(32) } else { s.batch }.max(1)
}

/// Σ dy, or what is there and that.
fn sums_of_slopes(s: &ConvShape, dy: &[f32], start: &[f32], add: bool) -> Vec<f32> {
    let chain = |co: usize, part: &[f32]| part.iter().skip(co).step_by(s.out_c).fold(0.0, |sum, dy| sum + dy);
    let sum = |co: usize| {
        let parts = dy.chunks(s.out_h * s.out_w * s.out_c * together(s)).map(|part| chain(co, part));
        parts.reduce(|sum, part| sum + part).unwrap_or(0.0)
    };
    let end = |(co, start): (usize, &f32)| if add { start + sum(co) } else { sum(co) };
    start.iter().enumerate().map(end).collect()
}

/// batch, picture, channels in and out, kernel, stride, padding (top, left, bottom, right), dilation, groups.
type Case = (usize, [usize; 2], [usize; 2], [usize; 2], [usize; 2], [usize; 4], [usize; 2], usize);

const CASES: &[Case] = &[
    (1, [1, 1], [1, 1], [1, 1], [1, 1], [0; 4], [1, 1], 1),
    (2, [5, 5], [3, 7], [3, 3], [1, 1], [1; 4], [1, 1], 1),
    (3, [7, 5], [2, 33], [3, 3], [2, 2], [1; 4], [1, 1], 1),
    (2, [8, 6], [3, 16], [3, 3], [2, 2], [0, 0, 1, 1], [1, 1], 1),
    (2, [9, 11], [4, 5], [3, 2], [1, 2], [0; 4], [2, 3], 1),
    (2, [7, 7], [6, 9], [3, 3], [1, 1], [2; 4], [2, 2], 3),
    (2, [6, 7], [5, 5], [3, 3], [1, 1], [1; 4], [1, 1], 5),
    (1, [6, 7], [5, 10], [3, 5], [2, 1], [1, 2, 1, 2], [1, 1], 5),
    (2, [3, 2], [2, 3], [2, 2], [1, 1], [4, 3, 4, 3], [1, 1], 1),
    (4, [6, 5], [19, 70], [1, 1], [1, 1], [0; 4], [1, 1], 1),
    (3, [5, 6], [17, 4], [1, 1], [2, 3], [0; 4], [1, 1], 1),
    (1, [12, 12], [3, 8], [5, 5], [1, 1], [2; 4], [1, 1], 1),
    (2, [9, 9], [1, 65], [7, 7], [3, 3], [3; 4], [1, 1], 1),
    (0, [4, 4], [2, 2], [3, 3], [1, 1], [1; 4], [1, 1], 1),
    // Bands of a picture; several pictures to a block, more than a block; channels that are moved apart; enough for a team.
    (2, [90, 70], [7, 9], [3, 3], [1, 1], [1; 4], [1, 1], 1),
    (1, [61, 80], [9, 5], [5, 3], [2, 2], [2, 1, 2, 1], [1, 1], 1),
    (45, [4, 4], [32, 20], [3, 3], [1, 1], [1; 4], [1, 1], 1),
    (5, [9, 8], [64, 17], [3, 3], [2, 2], [1; 4], [1, 1], 1),
    (3, [20, 20], [40, 40], [3, 3], [1, 1], [1; 4], [1, 1], 40),
    // More pictures than parts, few weights; as many pictures, and more weights than are few.
    (70, [5, 4], [3, 20], [3, 3], [1, 1], [1; 4], [1, 1], 1),
    (33, [6, 6], [3, 33], [2, 2], [2, 2], [0; 4], [1, 1], 1),
    (34, [3, 3], [40, 46], [3, 3], [2, 2], [1; 4], [1, 1], 1),
    // Fewer products: whole and cut tiles, channels that are no whole vectors, padding of every kind, several blocks.
    (2, [8, 8], [16, 16], [3, 3], [1, 1], [1; 4], [1, 1], 1),
    (3, [7, 9], [19, 37], [3, 3], [1, 1], [1; 4], [1, 1], 1),
    (1, [3, 3], [16, 16], [3, 3], [1, 1], [0; 4], [1, 1], 1),
    (2, [5, 6], [33, 18], [3, 3], [1, 1], [0, 2, 2, 0], [1, 1], 1),
    (2, [4, 5], [16, 40], [3, 3], [1, 1], [3, 4, 3, 2], [1, 1], 1),
    (3, [24, 22], [32, 48], [3, 3], [1, 1], [1; 4], [1, 1], 1),
    // Several blocks of a part of several pictures; several blocks of more sums than are few.
    (5, [24, 24], [32, 48], [3, 3], [1, 1], [1; 4], [1, 1], 1),
    (3, [24, 22], [64, 48], [3, 3], [1, 1], [1; 4], [1, 1], 1),
    (3, [8, 9], [64, 20], [3, 3], [1, 1], [1; 4], [1, 1], 1),
    // Few tiles: every thread makes some channels.
    (1, [10, 12], [48, 70], [3, 3], [1, 1], [1; 4], [1, 1], 1),
    (1, [9, 11], [33, 64], [3, 3], [1, 1], [1; 4], [1, 1], 1),
];

fn shape(case: &Case) -> ConvShape {
    let (batch, [in_h, in_w], [in_c, out_c], kernel, stride, pad, dilation, groups) = *case;
    let [pad_top, pad_left, pad_bottom, pad_right] = pad;
    let out = |length, pad, axis: usize| {
        (length + pad - dilation[axis] * (kernel[axis] - 1) - 1) / stride[axis] + 1
    };
    ConvShape {
        batch,
        in_h,
        in_w,
        in_c,
        out_h: out(in_h, pad_top + pad_bottom, 0),
        out_w: out(in_w, pad_left + pad_right, 1),
        out_c,
        kernel_h: kernel[0],
        kernel_w: kernel[1],
        stride_h: stride[0],
        stride_w: stride[1],
        pad_top,
        pad_left,
        pad_bottom,
        pad_right,
        dilation_h: dilation[0],
        dilation_w: dilation[1],
        groups,
    }
}

#[test]
fn convolutions_are_the_definition() {
    let teams = [1, 2, 3, 16].map(Threads::new);
    for case in CASES {
        let s = shape(case);
        let (x, w) = (numbers(s.inputs(), 1), numbers(s.weights(), 2));
        let (dy, bias) = (numbers(s.outputs(), 3), numbers(s.out_c, 4));
        let zeros = [vec![0.0; x.len()], vec![0.0; w.len()]];
        let start = [numbers(x.len(), 5), numbers(w.len(), 6)];
        let plain = definition(&s, &x, &w, &dy, &bias, [&zeros[0], &zeros[1]]);
        let added = definition(&s, &x, &w, &dy, &bias, [&start[0], &start[1]]);
        let ways = Isa::ALL.into_iter().filter(|isa| isa.is_here());
        for (isa, threads) in ways.flat_map(|isa| teams.iter().map(move |threads| (isa, threads))) {
            let relu: Vec<f32> = plain[0].iter().map(|y| y.max(0.0)).collect();
            for (finish, want) in [(Finish::Each(halve_negatives), &plain[0]), (Finish::Relu, &relu)] {
                let mut y = vec![f32::NAN; s.outputs()];
                conv_forward_on(isa, &s, &x, &w, Some(&bias), &mut y, finish, threads);
                assert_eq!(bits(&y), bits(want), "{s:?}: y on {isa:?}");
            }
            for (add, want, from) in [(false, &plain, &start), (true, &added, &start)] {
                let (mut dx, mut dw) = (from[0].clone(), from[1].clone());
                conv_backward_data_on(isa, &s, &dy, &w, &mut dx, add, threads);
                let mut db = start[0][..s.out_c.min(x.len())].to_vec();
                db.resize(s.out_c, 1.0);
                let sums = sums_of_slopes(&s, &dy, &db, add);
                let mut alone = db.clone();
                conv_backward_bias(&s, &dy, &mut alone, add, threads);
                conv_backward_weights_on(isa, &s, &x, &dy, (&mut dw, add), Some((&mut db, add)), threads);
                assert_eq!(bits(&db), bits(&sums), "{s:?}: db, add {add}, on {isa:?}");
                assert_eq!(bits(&alone), bits(&sums), "{s:?}: db alone, add {add}");
                assert_eq!(bits(&dx), bits(&want[1]), "{s:?}: dx, add {add}, on {isa:?}");
                assert_eq!(bits(&dw), bits(&want[2]), "{s:?}: dw, add {add}, on {isa:?}");
            }
        }
    }
}

#[test]
fn without_bias_and_activation_a_convolution_is_its_sum() {
    let s = shape(&(1, [2, 2], [1, 1], [2, 2], [1, 1], [1; 4], [1, 1], 1));
    let mut y = [f32::NAN; 9];
    let (x, w) = ([1.0, 2.0, 3.0, 4.0], [1.0, 10.0, 100.0, 1000.0]);
    conv_forward(&s, &x, &w, None, &mut y, Finish::Sum, &Threads::new(1));
    assert_eq!(y, [1000.0, 2100.0, 200.0, 3010.0, 4321.0, 402.0, 30.0, 43.0, 4.0]);
}

/// The error of fewer products beside that of the definition, both against the sums in `f64`.
#[test]
fn fewer_products_round_no_worse() {
    for (channels, side) in [(16, 32), (64, 16), (256, 6)] {
        let s = shape(&(4, [side; 2], [channels; 2], [3, 3], [1, 1], [1; 4], [1, 1], 1));
        assert_eq!(s.way(), Way::Winograd);
        let (x, w, dy) = (numbers(s.inputs(), 7), numbers(s.weights(), 8), numbers(s.outputs(), 9));
        let (plain, fewer) = (sums(&s, &x, &w, &dy), winograd::definition::results(&s, &x, &w, &dy));
        let exact = winograd::definition::exact(&s, &x, &w, &dy);
        for (which, exact) in exact.iter().enumerate() {
            let error = |y: &[f32]| {
                let squares = y.iter().zip(exact).map(|(y, exact)| (f64::from(*y) - exact).powi(2));
                (squares.sum::<f64>() / exact.len() as f64).sqrt()
            };
            let (plain, fewer) = (error(&plain[which]), error(&fewer[which]));
            println!("{channels} channels, result {which}: {plain:.2e} by the definition, {fewer:.2e}");
            assert!(fewer <= 1.5 * plain, "{channels} channels, result {which}: {fewer} against {plain}");
        }
    }
}

/// What does not count is 0, not what is left of sums that cancel: optimizers that divide by a slope's size would take it for one.
#[test]
fn slopes_of_exactly_zero_are_zero() {
    let s = shape(&(8, [8; 2], [16, 37], [3, 3], [1, 1], [1; 4], [1, 1], 1));
    assert_eq!(s.way(), Way::Winograd);
    // As behind ReLU and a pool: half of x is 0, and few places of each channel have a slope, in the first channels fewer than in the last.
    let x: Vec<f32> = numbers(s.inputs(), 1).into_iter().map(|x| x.max(0.0)).collect();
    let mut dy = numbers(s.outputs(), 2);
    for (place, dy) in dy.iter_mut().enumerate() {
        let (pixel, channel) = (place / s.out_c, place % s.out_c);
        if (pixel * 7 + channel * 31) % 512 > channel {
            *dy = 0.0;
        }
    }
    let w = vec![0.0; s.weights()];
    let [_, _, exact] = winograd::definition::exact(&s, &x, &w, &dy);
    let zeros = exact.iter().filter(|dw| **dw == 0.0).count();
    assert!(zeros > 100 && zeros < exact.len() / 2, "{zeros} of {}", exact.len());
    let [_, _, want] = winograd::definition::results(&s, &x, &w, &dy);
    for (exact, dw) in exact.iter().zip(&want) {
        assert_eq!(*exact == 0.0, *dw == 0.0, "{dw} for {exact}");
    }
    for isa in Isa::ALL.into_iter().filter(|isa| isa.is_here()) {
        let mut dw = vec![f32::NAN; s.weights()];
        conv_backward_weights_on(isa, &s, &x, &dy, (&mut dw, false), None, &Threads::new(1));
        assert_eq!(bits(&dw), bits(&want), "{isa:?}");
    }
}
