//! What pictures go through, written down once more by the definition, in `f64`: every number by itself.

use super::Tensor;
use gradus::window::{Padding, Window};

/// How many places a window has along a side, and the pixels before the side's first.
pub fn places(window: &Window, axis: usize, length: usize) -> (usize, usize) {
    let (size, stride, dilation) = (window.size[axis], window.stride[axis], window.dilation[axis]);
    let reach = dilation * (size - 1) + 1;
    match window.padding {
        Padding::Valid => ((length - reach) / stride + 1, 0),
        Padding::Pixels(n) => ((length + 2 * n - reach) / stride + 1, n),
        Padding::Same => {
            let out = length.div_ceil(stride);
            let all = ((out - 1) * stride + reach).saturating_sub(length);
            (out, all / 2)
        }
    }
}

/// For every place (oy, ox): the pixels (ky, kx, iy, ix) that its window covers.
fn windows(window: &Window, height: usize, width: usize) -> Vec<Vec<[usize; 4]>> {
    let ((rows, top), (columns, left)) = (places(window, 0, height), places(window, 1, width));
    let mut all = Vec::new();
    for (oy, ox) in (0..rows * columns).map(|place| (place / columns, place % columns)) {
        let mut covered = Vec::new();
        for (ky, kx) in (0..window.size[0] * window.size[1]).map(|k| (k / window.size[1], k % window.size[1]))
        {
            let iy = (oy * window.stride[0] + ky * window.dilation[0]) as i64 - top as i64;
            let ix = (ox * window.stride[1] + kx * window.dilation[1]) as i64 - left as i64;
            if (0..height as i64).contains(&iy) && (0..width as i64).contains(&ix) {
                covered.push([ky, kx, iy as usize, ix as usize]);
            }
        }
        all.push(covered);
    }
    all
}

/// x of picture n at (iy, ix), channel c.
fn at(x: &Tensor, n: usize, iy: usize, ix: usize, c: usize) -> f64 {
    x.numbers[((n * x.dims[1] + iy) * x.dims[2] + ix) * x.dims[3] + c]
}

/// z = x ∗ w + b
pub fn conv2d(window: &Window, groups: usize, inputs: &[Tensor]) -> Vec<f64> {
    let (x, w) = (&inputs[0], &inputs[1]);
    let (deep, outputs) = (w.dims[2], w.dims[3]);
    let mut z = Vec::new();
    for n in 0..x.dims[0] {
        for covered in windows(window, x.dims[1], x.dims[2]) {
            for co in 0..outputs {
                let first = co / (outputs / groups) * deep;
                let mut sum = inputs.get(2).map_or(0.0, |b| b.numbers[co]);
                for [ky, kx, iy, ix] in &covered {
                    for i in 0..deep {
                        let w = w.numbers[((ky * w.dims[1] + kx) * deep + i) * outputs + co];
                        sum += at(x, n, *iy, *ix, first + i) * w;
                    }
                }
                z.push(sum);
            }
        }
    }
    z
}

/// `of` the numbers of each window, channel by channel.
pub fn pooled(window: &Window, x: &Tensor, of: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    let mut y = Vec::new();
    for n in 0..x.dims[0] {
        for covered in windows(window, x.dims[1], x.dims[2]) {
            for c in 0..x.dims[3] {
                let seen: Vec<f64> = covered.iter().map(|[_, _, iy, ix]| at(x, n, *iy, *ix, c)).collect();
                y.push(of(&seen));
            }
        }
    }
    y
}

/// The window that covers a whole picture.
pub fn whole(x: &Tensor) -> Window {
    Window::new(x.dims[1], x.dims[2], Padding::Valid)
}

/// Every pixel `times` × `times` times.
pub fn upsample(times: usize, x: &Tensor) -> Vec<f64> {
    let mut y = Vec::new();
    for n in 0..x.dims[0] {
        for (oy, ox) in (0..x.dims[1] * times).flat_map(|oy| (0..x.dims[2] * times).map(move |ox| (oy, ox))) {
            y.extend((0..x.dims[3]).map(|c| at(x, n, oy / times, ox / times, c)));
        }
    }
    y
}
