//! y = finish(x ∗ w + bias), and dx, which is a convolution of dy with the kernel turned round.

use super::transforms::{Picture, Places, Weights, both};
use super::{GAP, POSITIONS, Pictures, Products, Tiles, block, load};
use crate::aligned::LINE;
use crate::kernels::Finish;
use crate::kernels::conv::work::{even, with_work, workers};
use crate::kernels::conv::{ConvShape, Job, Panels};
use crate::kernels::kernel::Kernel;
use crate::kernels::vector::{Lanes, Vector};
use crate::threads::{Shared, Threads};
use std::ops::Range;

/// One way or the other.
pub struct Convolve<'a> {
    shape: &'a ConvShape,
    /// What is seen: x or dy.
    from: Pictures<'a>,
    w: &'a [f32],
    /// Towards dx.
    back: bool,
    bias: Option<&'a [f32]>,
    /// y or dx, and its rows, columns and channels.
    to: Shared,
    size: [usize; 3],
    finish: Finish,
    add: bool,
    threads: &'a Threads,
}

impl<'a> Convolve<'a> {
    /// Towards y.
    pub fn forward(
        s: &'a ConvShape,
        x: &'a [f32],
        w: &'a [f32],
        bias: Option<&'a [f32]>,
        y: &'a mut [f32],
        finish: Finish,
        threads: &'a Threads,
    ) -> Self {
        Convolve {
            shape: s,
            from: Pictures::seen(s, x),
            w,
            back: false,
            bias,
            to: Shared::of(y),
            size: [s.out_h, s.out_w, s.out_c],
            finish,
            add: false,
            threads,
        }
    }

    /// Towards dx.
    pub fn back(
        s: &'a ConvShape,
        dy: &'a [f32],
        w: &'a [f32],
        dx: &'a mut [f32],
        add: bool,
        threads: &'a Threads,
    ) -> Self {
        Convolve {
            shape: s,
            from: Pictures {
                corner: [s.pad_top, s.pad_left].map(|pad| pad as isize - 2),
                ..Pictures::sloped(s, dy)
            },
            w,
            back: true,
            bias: None,
            to: Shared::of(dx),
            size: [s.in_h, s.in_w, s.in_c],
            finish: Finish::Sum,
            add,
            threads,
        }
    }
}

impl Job for Convolve<'_> {
    unsafe fn run<K: Kernel>(self) {
        let (s, threads) = (self.shape, self.threads);
        let [height, width, wide] = self.size;
        let deep = self.from.channels;
        let panels = Panels::new::<K>(wide, 9 * deep);
        let (pitch, across) = (deep.next_multiple_of(K::V::LANES), panels.count * panels.columns);
        let tiles = Tiles::of(height, width);
        let (team, all) = (s.team(threads), s.batch * tiles.count());
        // Of few tiles every thread transforms all, and makes the channels whose U is its own, if panels of channels can be shared evenly: U is larger than V,
        // and would have to come from other cores.
        let apart = team > 1 && all <= across && panels.count.is_multiple_of(team);
        let parts = if apart { team } else { 1 };
        let (few, across) = (panels.count / parts, across / parts);
        let count = if apart { all } else { block::<K>(POSITIONS * (pitch + across), all, team) };
        // M of some tiles and one panel stays in the nearest cache until it is read.
        let high = (MADE / (POSITIONS * panels.columns) / K::ROWS).max(1) * K::ROWS;
        let (seen, made) = (high * pitch + GAP, high * panels.columns + GAP);
        let packed = if self.back { panels.numbers() } else { 0 };
        let step = few * deep * panels.columns + GAP;
        let sizes = [packed, parts * POSITIONS * step, pitch, POSITIONS * (seen + made)];
        let [packed, kernels, zeros, own] = sizes.map(|size| size.next_multiple_of(LINE));
        let numbers = packed + kernels + zeros + team * own;
        with_work(numbers, 0, 0, |work| {
            let (packed, rest) = work.numbers.write()[..numbers].split_at_mut(packed);
            let (kernels, rest) = rest.split_at_mut(kernels);
            let (zeros, own) = rest.split_at_mut(zeros);
            zeros.fill(0.0);
            if self.back {
                panels.pack_turned(s, self.w, packed, threads);
            }
            let (panel, to) = (deep * panels.columns, Shared::of(kernels));
            let of_panel = |j: usize| j / few * POSITIONS * step + j % few * panel;
            let turn = |j: usize| {
                let wide = panels.columns;
                // Towards y w is read where it lies: a row of channels of y for each channel of x.
                let (from, row, columns) = if self.back {
                    (&packed[9 * j * panel..9 * (j + 1) * panel], wide, wide)
                } else {
                    (&self.w[j * wide..], s.out_c, wide.min(s.out_c - j * wide))
                };
                let turn =
                    Turn { from, row, columns, deep, wide, to, first: of_panel(j), step, back: self.back };
                // SAFETY: the machine has the instructions; the panel has nine taps, and U room for sixteen positions.
                unsafe { K::within(turn) }
            };
            // Otherwise each is made where it is used.
            if !apart {
                let alone = POSITIONS * deep * across < WORTH_SHARING;
                if alone { (0..panels.count).for_each(turn) } else { threads.for_each(panels.count, &turn) }
            }
            let zeros = &*zeros;
            let blocks = all.div_ceil(count);
            workers(threads, team, parts * blocks, own, &|task, own| {
                let (v, m) = own.split_at_mut(POSITIONS * seen);
                assert!(m.len() >= POSITIONS * made, "room for what is made");
                let (part, block) = (task / blocks, task % blocks);
                let mine = part * few..(part + 1) * few;
                if apart {
                    mine.clone().for_each(turn);
                }
                let these = block * count..((block + 1) * count).min(all);
                let products = Products::new(deep, [pitch, 1], panels.columns, panels.columns, false);
                let high = even(these.len(), high);
                for start in these.clone().step_by(high) {
                    let these = start..(start + high).min(these.end);
                    let enter =
                        Enter { of: &self, tiles, these: these.clone(), zeros, to: v, pitch, plane: seen };
                    // SAFETY: the machine has the instructions; `v` has room for these tiles.
                    unsafe { K::within(enter) };
                    for j in mine.clone() {
                        for k in 0..POSITIONS {
                            // SAFETY: U has this panel, and nobody writes it any more.
                            let b = unsafe { to.pointer(k * step + of_panel(j)) }.cast_const();
                            let (a, c) = (v[k * seen..].as_ptr(), m[k * made..].as_mut_ptr());
                            // SAFETY: the machine has the instructions; the rows and the panel are whole.
                            unsafe { products.of::<K>(these.len(), a, b, c) }
                        }
                        let channels = j * panels.columns..((j + 1) * panels.columns).min(wide);
                        let (across, plane, these) = (panels.columns, made, these.clone());
                        // SAFETY: the machine has the instructions; these channels of the places of these tiles are this task's.
                        unsafe {
                            K::within(Leave { of: &self, tiles, these, channels, from: m, across, plane })
                        }
                    }
                }
            });
        })
    }
}

/// Floats of M that the nearest cache holds, besides what passes through.
const MADE: usize = 6144;

/// So many floats of transformed kernels are made by the caller alone.
const WORTH_SHARING: usize = 1 << 15;

/// A panel of U = G w Gᵀ, zeros in columns that w does not have.
struct Turn<'a> {
    /// Nine taps, each `deep` rows of `columns`, `row` from one to the next.
    from: &'a [f32],
    row: usize,
    columns: usize,
    deep: usize,
    /// Columns of the panel.
    wide: usize,
    to: Shared,
    first: usize,
    step: usize,
    /// The kernel turned round.
    back: bool,
}

impl Lanes for Turn<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Turn { from, row, columns, deep, wide, to, first, step, back } = self;
        assert!(from.len() >= (9 * deep - 1) * row + columns && columns <= wide);
        for d in 0..deep {
            for c in (0..wide).step_by(V::LANES) {
                // SAFETY: the assertion above for the loads; a panel is made of whole vectors; its places of U are nobody else's.
                unsafe {
                    let mut w = [[V::zero(); 3]; 3];
                    let whole = c + V::LANES <= columns;
                    let mask = V::mask(columns.saturating_sub(c).clamp(1, V::LANES));
                    for tap in 0..if c < columns { 9 } else { 0 } {
                        let at = if back { 8 - tap } else { tap };
                        let place = from.as_ptr().add((at * deep + d) * row + c);
                        w[tap / 3][tap % 3] = if whole { V::load(place) } else { V::load_part(place, mask) };
                    }
                    let u = both::<Weights, V, 3, 4>(&w);
                    for (k, u) in u.as_flattened().iter().enumerate() {
                        u.store(to.pointer(k * step + first + d * wide + c));
                    }
                }
            }
        }
    }
}

/// V = Bᵀ x B of some tiles.
struct Enter<'a, 'b> {
    of: &'b Convolve<'a>,
    tiles: Tiles,
    these: Range<usize>,
    zeros: &'b [f32],
    to: &'b mut [f32],
    pitch: usize,
    plane: usize,
}

impl Lanes for Enter<'_, '_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let from = &self.of.from;
        assert!(self.to.len() >= POSITIONS * self.plane && self.these.len() * self.pitch <= self.plane);
        let to = self.to.as_mut_ptr();
        for (t, tile) in self.these.enumerate() {
            let places = from.square::<4>(self.tiles.place(tile), self.zeros);
            for c in (0..from.channels).step_by(V::LANES) {
                // SAFETY: places hold all channels; the assertion above for the stores.
                unsafe {
                    let v = both::<Picture, V, 4, 4>(&load(&places, c, from.channels));
                    for (k, v) in v.as_flattened().iter().enumerate() {
                        v.store(to.add(k * self.plane + t * self.pitch + c));
                    }
                }
            }
        }
    }
}

/// y = Aᵀ M A of some tiles and channels, and what is done to a finished sum.
struct Leave<'a, 'b> {
    of: &'b Convolve<'a>,
    tiles: Tiles,
    these: Range<usize>,
    channels: Range<usize>,
    from: &'b [f32],
    across: usize,
    plane: usize,
}

impl Lanes for Leave<'_, '_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Convolve { to, bias, finish, add, size: [height, width, channels], .. } = *self.of;
        assert!(self.from.len() >= POSITIONS * self.plane && self.these.len() * self.across <= self.plane);
        for (t, tile) in self.these.enumerate() {
            let [n, row, column] = self.tiles.place(tile);
            let (rows, columns) = ((height - row).min(2), (width - column).min(2));
            let place = |i: usize, j: usize| ((n * height + row + i) * width + column + j) * channels;
            for c in self.channels.clone().step_by(V::LANES) {
                // SAFETY: the assertion above for the loads; `place` lies in the result, for rows and columns it has, and is
                // this task's; a partial vector ends with the channels.
                unsafe {
                    let from = self.from.as_ptr().add(t * self.across + c - self.channels.start);
                    let mut m = [[V::zero(); 4]; 4];
                    for k in 0..POSITIONS {
                        m[k / 4][k % 4] = V::load(from.add(k * self.plane));
                    }
                    let y = both::<Places, V, 4, 2>(&m);
                    let left = self.channels.end - c;
                    let (whole, mask) = (left >= V::LANES, V::mask(left.min(V::LANES)));
                    let offset = match bias {
                        None => V::zero(),
                        Some(bias) if whole => V::load(bias.as_ptr().add(c)),
                        Some(bias) => V::load_part(bias.as_ptr().add(c), mask),
                    };
                    for i in 0..rows {
                        for j in 0..columns {
                            let (mut y, to) = (y[i][j], to.pointer(place(i, j) + c));
                            if add {
                                y = if whole { V::load(to) } else { V::load_part(to, mask) }.add(y);
                            }
                            if bias.is_some() {
                                y = y.add(offset);
                            }
                            if finish.is_relu() {
                                y = y.relu();
                            }
                            if whole {
                                y.store(to);
                            } else {
                                y.store_part(to, mask);
                            }
                        }
                    }
                }
            }
            if let Some(f) = finish.each() {
                let Range { start, end } = self.channels;
                for (i, j) in (0..rows).flat_map(|i| (0..columns).map(move |j| (i, j))) {
                    // SAFETY: these channels of the places are this task's.
                    f(unsafe { to.slice(place(i, j) + start..place(i, j) + end) });
                }
            }
        }
    }
}
