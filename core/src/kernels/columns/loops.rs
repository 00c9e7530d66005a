//! The loops over one tile.

use super::{End, Normal, STRIP, Tile, WIDTH};
use crate::kernels::Loop;
use crate::threads::Shared;

pub(super) struct Moments<'a> {
    pub x: &'a [f32],
    pub tile: &'a Tile,
    pub mean: &'a mut [f32],
    pub squares: &'a mut [f32],
}

impl Loop for Moments<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let Moments { x, tile, mean, squares } = self;
        let (mut all, mut sums) = ([0.0f32; WIDTH], [0.0f64; WIDTH]);
        for piece in tile.pieces(tile.numbers.clone()) {
            all.iter_mut().zip(&x[piece]).for_each(|(sum, x)| *sum += *x);
        }
        tile.gathered(&all, &mut sums);
        mean.iter_mut().zip(&sums).for_each(|(to, sum)| *to = (sum / tile.rows as f64) as f32);
        let around = tile.spread(mean, 0..mean.len(), 0.0);
        all.fill(0.0);
        for piece in tile.pieces(tile.numbers.clone()) {
            for ((sum, x), m) in all.iter_mut().zip(&x[piece]).zip(&around) {
                *sum += (x - m) * (x - m);
            }
        }
        tile.gathered(&all, &mut sums);
        squares.iter_mut().zip(&sums).for_each(|(to, sum)| *to = *sum as f32);
    }
}

/// What a tile subtracts, multiplies by and adds, for each place of a piece.
struct Factors {
    mean: [f32; WIDTH],
    factor: [f32; WIDTH],
    shift: [f32; WIDTH],
    width: usize,
}

impl Factors {
    #[inline(always)]
    fn of(normal: Normal, tile: &Tile) -> Factors {
        let mean = tile.spread(normal.mean, tile.channels.clone(), 0.0);
        let mut factor = tile.spread(normal.inverse, tile.channels.clone(), 1.0);
        let scale = tile.spread(normal.scale, tile.columns.clone(), 1.0);
        factor.iter_mut().zip(&scale).for_each(|(f, s)| *f *= s);
        let shift = tile.spread(normal.shift, tile.columns.clone(), 0.0);
        Factors { mean, factor, shift, width: tile.width }
    }

    #[inline(always)]
    fn apply(&self, x: &[f32], y: &mut [f32]) {
        for ((((y, x), mean), factor), shift) in
            y.iter_mut().zip(x).zip(&self.mean).zip(&self.factor).zip(&self.shift)
        {
            *y = (x - mean) * factor + shift;
        }
    }
}

pub(super) struct Normalise<'a> {
    pub x: &'a [f32],
    pub y: Shared,
    pub normal: Normal<'a>,
    pub apply: Option<fn(&mut [f32])>,
    pub tile: &'a Tile,
}

impl Loop for Normalise<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let factors = Factors::of(self.normal, self.tile);
        for strip in self.tile.strips() {
            for piece in self.tile.pieces(strip.clone()) {
                // SAFETY: pieces are disjoint, and each is handled by one task.
                factors.apply(&self.x[piece.clone()], unsafe { self.y.slice(piece) });
            }
            for stretch in self.tile.stretches(strip) {
                if let Some(apply) = self.apply {
                    // SAFETY: as above.
                    apply(unsafe { self.y.slice(stretch) });
                }
            }
        }
    }
}

impl End<'_> {
    /// dy ← dz, for numbers that begin at `at` of the whole value.
    #[inline(always)]
    fn chain(&self, dy: &mut [f32], x: &[f32], factors: &Factors, at: usize) {
        if let Some(y) = self.results {
            return (self.chain)(dy, &y[at..at + dy.len()]);
        }
        let mut again = [0.0; STRIP * WIDTH];
        let again = &mut again[..dy.len()];
        for (x, z) in x.chunks(factors.width).zip(again.chunks_mut(factors.width)) {
            factors.apply(x, z);
        }
        (self.chain)(dy, again);
    }
}

pub(super) struct Slopes<'a> {
    pub x: &'a [f32],
    pub dy: Shared,
    pub normal: Normal<'a>,
    pub end: Option<End<'a>>,
    pub tile: &'a Tile,
    pub sums: &'a mut [f32],
    pub products: &'a mut [f32],
}

impl Loop for Slopes<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let Slopes { x, dy, normal, end, tile, sums, products } = self;
        let factors = Factors::of(normal, tile);
        let (mut all, mut both) = ([0.0f32; WIDTH], [0.0f32; WIDTH]);
        for strip in tile.strips() {
            for stretch in tile.stretches(strip.clone()) {
                if let Some(end) = end {
                    // SAFETY: pieces are disjoint, and each is handled by one task.
                    end.chain(
                        unsafe { dy.slice(stretch.clone()) },
                        &x[stretch.clone()],
                        &factors,
                        stretch.start,
                    );
                }
            }
            for piece in tile.pieces(strip) {
                // SAFETY: as above.
                let dz = unsafe { dy.slice(piece.clone()) };
                for ((((sum, product), dz), x), mean) in
                    all.iter_mut().zip(&mut both).zip(&*dz).zip(&x[piece]).zip(&factors.mean)
                {
                    *sum += dz;
                    *product += dz * (x - mean);
                }
            }
        }
        let mut gathered = [0.0; WIDTH];
        for (all, to) in [(all, sums), (both, products)] {
            tile.gathered(&all, &mut gathered);
            to.iter_mut().zip(&gathered).for_each(|(to, sum)| *to = *sum as f32);
        }
    }
}

pub(super) struct Back<'a> {
    pub x: &'a [f32],
    pub dz: &'a [f32],
    pub dx: Shared,
    pub add: bool,
    pub normal: Normal<'a>,
    pub a: &'a [f32],
    pub b: &'a [f32],
    pub tile: &'a Tile,
}

impl Loop for Back<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let Back { x, dz, dx, add, normal, a, b, tile } = self;
        let Factors { mean, factor, .. } = Factors::of(normal, tile);
        let [a, b] = [a, b].map(|of| tile.spread(of, tile.channels.clone(), 0.0));
        for piece in tile.pieces(tile.numbers.clone()) {
            // SAFETY: pieces are disjoint, and each is handled by one task.
            let dx = unsafe { dx.slice(piece.clone()) };
            let read = x[piece.clone()].iter().zip(&dz[piece]);
            let fixed = mean.iter().zip(&factor).zip(&a).zip(&b);
            for ((dx, (x, dz)), (((mean, factor), a), b)) in dx.iter_mut().zip(read).zip(fixed) {
                let slope = dz * factor - a - (x - mean) * b;
                *dx = if add { *dx + slope } else { slope };
            }
        }
    }
}
