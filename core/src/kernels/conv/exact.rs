//! A convolution in `f64`, for measurements: the definition.

use super::ConvShape;
use crate::kernels::{Loop, widest};
use crate::threads::{Shared, Threads};

/// y ← x ∗ w + bias, each element one sum over (ky, kx, ci) that begins with the bias.
///
/// # Panics
/// If a length is not what `shape` says.
pub fn conv_exact(
    shape: &ConvShape,
    x: &[f64],
    w: &[f64],
    bias: Option<&[f64]>,
    y: &mut [f64],
    threads: &Threads,
) {
    shape.check(x.len(), w.len(), y.len());
    let (row, y) = (shape.out_w * shape.out_c, Shared::of(y));
    threads.for_each(shape.batch * shape.out_h, &|task| {
        // SAFETY: rows are disjoint.
        let y = unsafe { y.slice(task * row..(task + 1) * row) };
        widest(Row { shape, x, w, bias, y, n: task / shape.out_h, oy: task % shape.out_h });
    });
}

/// One row of the result.
struct Row<'a> {
    shape: &'a ConvShape,
    x: &'a [f64],
    w: &'a [f64],
    bias: Option<&'a [f64]>,
    y: &'a mut [f64],
    n: usize,
    oy: usize,
}

impl Loop for Row<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let Row { shape: s, x, w, bias, y, n, oy } = self;
        let (deep, wide) = (s.group_in(), s.group_out());
        for (ox, y) in y.chunks_exact_mut(s.out_c).enumerate() {
            match bias {
                Some(bias) => y.copy_from_slice(bias),
                None => y.fill(0.0),
            }
            for ky in 0..s.kernel_h {
                let Some(iy) = s.row(oy, ky) else { continue };
                for kx in 0..s.kernel_w {
                    let Some(ix) = s.column(ox, kx) else { continue };
                    let x = &x[((n * s.in_h + iy) * s.in_w + ix) * s.in_c..][..s.in_c];
                    let w = &w[(ky * s.kernel_w + kx) * deep * s.out_c..][..deep * s.out_c];
                    for ((g, x), y) in x.chunks_exact(deep).enumerate().zip(y.chunks_exact_mut(wide)) {
                        for (x, w) in x.iter().zip(w.chunks_exact(s.out_c)) {
                            let w = &w[g * wide..][..wide];
                            y.iter_mut().zip(w).for_each(|(y, w)| *y += x * w);
                        }
                    }
                }
            }
        }
    }
}
