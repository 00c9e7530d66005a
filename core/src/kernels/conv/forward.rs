//! y = finish(x ∗ w + bias): tiles of places by channels, the taps of the kernel in the order of the definition.

use super::walk::{At, ROWS, Tap, Walk, choose};
use super::work::{Cut, Frame, even, with_work, workers};
use super::{ConvShape, FRAMES, Job, Panels};
use crate::kernels::Finish;
use crate::kernels::kernel::Kernel;
use crate::threads::{Shared, Threads};

pub(super) struct Forward<'a> {
    pub shape: &'a ConvShape,
    pub x: &'a [f32],
    pub w: &'a [f32],
    pub bias: Option<&'a [f32]>,
    pub y: Shared,
    pub finish: Finish,
    pub threads: &'a Threads,
}

impl Job for Forward<'_> {
    unsafe fn run<K: Kernel>(self) {
        let Forward { shape: s, x, w, bias, y, finish, threads } = self;
        let (deep, wide) = (s.group_in(), s.group_out());
        let panels = Panels::new::<K>(wide, s.kernel_h * s.kernel_w * deep);
        let packed = s.groups * panels.numbers();
        let columns = (s.out_w - 1) * s.stride_w + s.reach_w();
        let rows = |out: usize| (out - 1) * s.stride_h + s.reach_h();
        let size = |out: usize| rows(out) * columns * s.in_c;
        let team = s.team(threads);
        let cut = Cut::new(s.batch, s.out_h, FRAMES, team, size);
        let frames = cut.pictures * size(cut.rows);
        // Neighbours in a row of the kernel are neighbours in memory, unless there are gaps between them.
        let runs = s.dilation_w == 1 && s.groups == 1;
        let numbers = packed + team * frames;
        with_work(numbers, s.kernel_h * s.kernel_w, 0, |work| {
            let (packed, frames) = work.numbers.write()[..numbers].split_at_mut(packed);
            panels.pack(s, w, packed, threads);
            for ky in 0..s.kernel_h {
                for kx in 0..if runs { 1 } else { s.kernel_w } {
                    work.taps.push(Tap {
                        a: ((ky * s.dilation_h * columns + kx * s.dilation_w) * s.in_c) as isize,
                        b: ((ky * s.kernel_w + kx) * deep * panels.columns) as isize,
                    });
                }
            }
            let walk = Walk {
                taps: &work.taps,
                depth: if runs { s.kernel_w * deep } else { deep },
                a_step: 1,
                b_step: panels.columns,
                resume: false,
                add: false,
                relu: finish.is_relu(),
            };
            let packed = &*packed;
            workers(threads, team, cut.tasks(), frames, &|task, frames| {
                let (pictures, band) = cut.task(task);
                let frame = Frame {
                    top: (band.start * s.stride_h) as isize - s.pad_top as isize,
                    left: -(s.pad_left as isize),
                    rows: rows(band.len()),
                    columns,
                    pitch: s.in_c,
                };
                let one = frame.rows * columns * s.in_c;
                for (n, to) in pictures.clone().zip(frames.chunks_exact_mut(one)) {
                    frame.copy(s.picture(x, n), [s.in_h, s.in_w, s.in_c], to);
                }
                let places = pictures.len() * band.len() * s.out_w;
                // Pictures follow one another in y as in the frames: a task has one picture, or whole ones.
                let first = (pictures.start * s.out_h + band.start) * s.out_w;
                let (mut n, mut oy, mut ox) = (0, 0, 0);
                let height = even(places, K::ROWS);
                for p in (0..places).step_by(height) {
                    let count = height.min(places - p);
                    let (mut a, mut c) = ([std::ptr::null(); ROWS], [std::ptr::null_mut(); ROWS]);
                    for r in 0..count {
                        let at = n * one + (oy * s.stride_h * columns + ox * s.stride_w) * s.in_c;
                        a[r] = frames.as_ptr().wrapping_add(at);
                        // SAFETY: a place of y.
                        c[r] = unsafe { y.pointer((first + p + r) * s.out_c) };
                        ox += 1;
                        if ox == s.out_w {
                            (ox, oy) = (0, oy + 1);
                            if oy == band.len() {
                                (oy, n) = (0, n + 1);
                            }
                        }
                    }
                    for g in 0..s.groups {
                        for (j, panel) in panels.of(packed, g).enumerate() {
                            let column = g * wide + j * panels.columns;
                            let at = At {
                                a: a.map(|a| a.wrapping_add(g * deep)),
                                c: c.map(|c| c.wrapping_add(column)),
                                b: panel.as_ptr(),
                                bias: bias.map_or(std::ptr::null(), |b| b[column..].as_ptr()),
                                width: panels.columns.min(wide - j * panels.columns),
                            };
                            // SAFETY: frames hold what all taps of these places read; each place is one task's.
                            unsafe { choose::<K>(count, &walk, &at) }
                        }
                    }
                    if let Some(f) = finish.each() {
                        // SAFETY: these places are this task's.
                        f(unsafe { y.slice((first + p) * s.out_c..(first + p + count) * s.out_c) });
                    }
                }
            });
        })
    }
}
