//! dx = dy ∗ w backwards. With strides a place of the picture was met by some taps only: places that were met by the same
//! ones (their class) go together.

use super::walk::{At, ROWS, Tap, Walk, choose};
use super::work::{Cut, Frame, even, with_work, workers};
use super::{ConvShape, FRAMES, Job, Panels};
use crate::kernels::kernel::Kernel;
use crate::threads::{Shared, Threads};

pub(super) struct BackData<'a> {
    pub shape: &'a ConvShape,
    pub dy: &'a [f32],
    pub w: &'a [f32],
    pub dx: Shared,
    pub add: bool,
    pub threads: &'a Threads,
}

impl Job for BackData<'_> {
    unsafe fn run<K: Kernel>(self) {
        let BackData { shape: s, dy, w, dx, add, threads } = self;
        let (deep, wide) = (s.group_in(), s.group_out());
        let taps = s.kernel_h * s.kernel_w;
        let panels = Panels::new::<K>(deep, taps * wide);
        let packed = s.groups * panels.numbers();
        let [stride_h, stride_w, pad_top, pad_left] =
            [s.stride_h, s.stride_w, s.pad_top, s.pad_left].map(|x| x as isize);
        // The first and the last place of the result that rows (columns) from..to of the picture may have gone to.
        let met = |from: usize, to: usize, pad: isize, stride: isize, reach: usize| {
            let first = (from as isize + pad - (reach as isize - 1)).div_euclid(stride);
            (first, (to as isize - 1 + pad).div_euclid(stride))
        };
        let (left, right) = met(0, s.in_w, pad_left, stride_w, s.reach_w());
        let columns = (right - left + 1) as usize;
        let down = |from: usize, to: usize| met(from, to, pad_top, stride_h, s.reach_h());
        // Where a band begins decides whether it needs a row more: as many as any may need.
        let rows = |count: usize| (count + s.reach_h() - 2) / s.stride_h + 2;
        let size = |count: usize| rows(count) * columns * s.out_c;
        let team = s.team(threads);
        let cut = Cut::new(s.batch, s.in_h, FRAMES, team, size);
        let frames = cut.pictures * size(cut.rows);
        let numbers = packed + team * frames;
        with_work(numbers, taps, s.stride_h * s.stride_w + 1, |work| {
            let (packed, frames) = work.numbers.write()[..numbers].split_at_mut(packed);
            panels.pack_turned(s, w, packed, threads);
            work.starts.push(0);
            for ry in 0..stride_h {
                for rx in 0..stride_w {
                    for t in 0..taps {
                        let y = ry - (t / s.kernel_w * s.dilation_h) as isize;
                        let x = rx - (t % s.kernel_w * s.dilation_w) as isize;
                        if y % stride_h == 0 && x % stride_w == 0 {
                            let place = y / stride_h * columns as isize + x / stride_w;
                            let b = (t * wide * panels.columns) as isize;
                            work.taps.push(Tap { a: place * s.out_c as isize, b });
                        }
                    }
                    work.starts.push(work.taps.len());
                }
            }
            let (taps, starts, packed) = (&work.taps, &work.starts, &*packed);
            workers(threads, team, cut.tasks(), frames, &|task, frames| {
                let (pictures, band) = cut.task(task);
                let (top, bottom) = down(band.start, band.end);
                let frame = Frame { top, left, rows: (bottom - top + 1) as usize, columns, pitch: s.out_c };
                let one = frame.rows * columns * s.out_c;
                for (n, to) in pictures.clone().zip(frames.chunks_exact_mut(one)) {
                    let picture = s.out_h * s.out_w * s.out_c;
                    frame.copy(&dy[n * picture..(n + 1) * picture], [s.out_h, s.out_w, s.out_c], to);
                }
                for class in 0..s.stride_h * s.stride_w {
                    let walk = Walk {
                        taps: &taps[starts[class]..starts[class + 1]],
                        depth: wide,
                        a_step: 1,
                        b_step: panels.columns,
                        resume: false,
                        add,
                        relu: false,
                    };
                    // The first row and column of the class, and how many of each there are.
                    let first = |from: usize, pad: usize, stride: usize, r: usize| {
                        from + (r + stride - (from + pad) % stride) % stride
                    };
                    let y0 = first(band.start, s.pad_top, s.stride_h, class / s.stride_w);
                    let x0 = first(0, s.pad_left, s.stride_w, class % s.stride_w);
                    let lines = band.end.saturating_sub(y0).div_ceil(s.stride_h);
                    let across = s.in_w.saturating_sub(x0).div_ceil(s.stride_w);
                    let places = pictures.len() * lines * across;
                    let (mut n, mut iy, mut ix) = (0, y0, x0);
                    let height = even(places, K::ROWS);
                    for p in (0..places).step_by(height) {
                        let count = height.min(places - p);
                        let (mut a, mut c) = ([std::ptr::null(); ROWS], [std::ptr::null_mut(); ROWS]);
                        for r in 0..count {
                            let oy = ((iy + s.pad_top) / s.stride_h) as isize - top;
                            let ox = ((ix + s.pad_left) / s.stride_w) as isize - left;
                            let at = n * one + (oy as usize * columns + ox as usize) * s.out_c;
                            a[r] = frames.as_ptr().wrapping_add(at);
                            let place = ((pictures.start + n) * s.in_h + iy) * s.in_w + ix;
                            // SAFETY: a place of dx.
                            c[r] = unsafe { dx.pointer(place * s.in_c) };
                            ix += s.stride_w;
                            if ix >= s.in_w {
                                (ix, iy) = (x0, iy + s.stride_h);
                                if iy >= band.end {
                                    (iy, n) = (y0, n + 1);
                                }
                            }
                        }
                        for g in 0..s.groups {
                            for (j, panel) in panels.of(packed, g).enumerate() {
                                let at = At {
                                    a: a.map(|a| a.wrapping_add(g * wide)),
                                    c: c.map(|c| c.wrapping_add(g * deep + j * panels.columns)),
                                    b: panel.as_ptr(),
                                    bias: std::ptr::null(),
                                    width: panels.columns.min(deep - j * panels.columns),
                                };
                                // SAFETY: frames hold what all taps of these places read; each place is one task's.
                                unsafe { choose::<K>(count, &walk, &at) }
                            }
                        }
                    }
                }
            });
        })
    }
}
