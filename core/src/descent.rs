//! Gradient descent by any [`Rule`]: the one place that loops over weights.
//!
//! Where weights are many, nothing around the rule needs the gradient as a whole, and the objective can, slopes are handed over on the way
//! back while they are in the nearest cache ([`Sink`]), and never written to memory. Otherwise the gradient is asked for, and
//! handed over when it is there. It is the same loop over the same numbers: the bits are the same.

use crate::around::{Slopes, Tame, Taming, Untamed};
use crate::fading;
use crate::kernels::{Loop, widest};
use crate::optimizer::{CHUNK, Objective, Optimizer, Rule, Setup, Step, Update};
use crate::real::{Number, Slot};
use crate::sink::{Block, KINDS, Sink, hand_over};
use crate::threads::{Shared, Threads};

/// So many weights lie in the nearest cache anyway: they take one loop over all, which has only one beginning.
const fn is_few(weights: usize) -> bool {
    weights <= CHUNK
}

/// Gradient descent by a [`Rule`].
pub struct Descent<const N: usize, U, R: Number = f32> {
    rule: U,
    slopes: Slopes<R>,
    state: [Vec<R>; N],
    threads: Threads,
}

impl<const N: usize, U: Rule<N>, R: Number> Descent<N, U, R> {
    /// For the weights of `setup`.
    pub fn new(rule: U, setup: &Setup) -> Self {
        let start = rule.start();
        Descent {
            rule,
            slopes: Slopes::new(setup),
            state: start.map(|x| vec![R::of(x); setup.weights()]),
            threads: setup.threads.clone(),
        }
    }

    /// What is kept per weight.
    pub(crate) fn kept(&self) -> &[Vec<R>; N] {
        &self.state
    }
}

impl<const N: usize, U: Rule<N>, R: Number> Optimizer<R> for Descent<N, U, R> {
    fn step(&mut self, at: Step, theta: &mut [R], objective: &mut dyn Objective<R>) -> R {
        let Descent { rule, slopes, state, threads } = self;
        let mut walk = |taming: Taming<R>, back: &mut dyn FnMut(&dyn Sink<R>)| {
            rule.advance(at);
            let (update, state) = (rule.update::<R>(at), state.each_mut().map(|s| Shared::of(s)));
            // In f64 rules are proven and functions minimised: neither waits for this loop.
            match single::<R>() && taming.is_nothing() {
                true => back(&Walk { update, tame: Untamed, state, stays: U::STAYS }),
                false => back(&Walk { update, tame: taming, state, stays: false }),
            }
        };
        let loss = if !is_few(theta.len())
            && let Some(taming) = slopes.one_by_one(at.learning_rate)
            && let Some((loss, back)) = objective.forth(theta)
        {
            if loss.is_finite() {
                walk(taming, &mut |sink| back.back(theta, sink));
            }
            loss
        } else {
            let (loss, taming) = slopes.ask_whole(at.learning_rate, theta, objective);
            if loss.is_finite() {
                walk(taming, &mut |sink| hand_over(sink, 0, theta, &slopes.grad, threads));
            }
            loss
        };
        if loss.is_finite() {
            for (kept, moves) in self.state.iter_mut().zip(U::VELOCITIES) {
                fading::settle(at.t, &self.threads, kept, if moves { R::FAINT } else { R::LEAST });
            }
            fading::settle(at.t, &self.threads, theta, R::LEAST);
        }
        loss
    }

    fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        let per_weight = U::STATE.into_iter().zip(&mut self.state).map(|(name, s)| (name.into(), R::slot(s)));
        let own = self.rule.memory().map(|(name, numbers)| (name.into(), Slot::Double(numbers)));
        per_weight.chain(own).collect()
    }

    fn slopes_in_memory(&self, weights: usize) -> usize {
        let whole = is_few(weights) || self.slopes.one_by_one(0.0).is_none();
        if whole { weights } else { 0 }
    }
}

/// Whether θ is in `f32`: known when the program is built, so that what only `f32` needs is not there for `f64`.
const fn single<R>() -> bool {
    size_of::<R>() == size_of::<f32>()
}

/// A step of a rule.
struct Walk<const N: usize, R, F, T> {
    update: F,
    tame: T,
    state: [Shared<R>; N],
    /// A weight whose slope is 0 stays what it is.
    stays: bool,
}

impl<const N: usize, R: Number, F: Update<R, N>, T: Tame<R>> Sink<R> for Walk<N, R, F, T> {
    unsafe fn take(&self, at: usize, theta: &mut [R], slopes: Block<R>) {
        let range = at..at + theta.len();
        // SAFETY: nobody else is at these weights, as the caller promises, so nobody is at what is kept for them.
        let state = self.state.map(|s| unsafe { s.slice(range.clone()) });
        let sweep = Sweep { update: &self.update, tame: self.tame, theta, slopes, state, stays: self.stays };
        if single::<R>() { widest(sweep) } else { sweep.run() }
    }

    fn kept(&self, at: usize) -> [Shared<R>; KINDS] {
        std::array::from_fn(|k| self.state.get(k).map_or(Shared::of(&mut []), |s| s.after(at)))
    }

    fn numbers(&self) -> usize {
        N + 2
    }
}

/// A few weights, one at a time; the compiler makes it many at a time.
struct Sweep<'a, const N: usize, R, F, T> {
    update: &'a F,
    tame: T,
    theta: &'a mut [R],
    slopes: Block<'a, R>,
    state: [&'a mut [R]; N],
    stays: bool,
}

impl<const N: usize, R: Number, F: Update<R, N>, T: Tame<R>> Loop for Sweep<'_, N, R, F, T> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let Sweep { update, tame, theta, slopes, mut state, stays } = self;
        match slopes {
            Block::Slopes(grad) => {
                let grad = &grad[..theta.len()];
                each(update, tame, theta, state, |i| grad[i]);
            }
            Block::Product { column, row } if !row.is_empty() => {
                // 0 · ∞ is no 0.
                let gaps = stays
                    && column.contains(&R::of(0.0))
                    && row.iter().fold(true, |all, r| all & r.is_finite());
                let wide = row.len();
                let mut moved = [0u16; LOOK];
                for (part, column) in column.chunks(LOOK).enumerate() {
                    let first = part * LOOK * wide;
                    let theta = &mut theta[first..];
                    let count = if gaps { list(column, &mut moved) } else { column.len() };
                    let rows = (0..count).map(|k| if gaps { usize::from(moved[k % LOOK]) } else { k });
                    // The usual width of a layer from which one example at a time is learned.
                    if N == 0
                        && let Ok(row) = row.try_into()
                    {
                        of_one_width::<128, N, R>(update, tame, theta, (column, row), rows);
                        continue;
                    }
                    for i in rows {
                        let x = column[i];
                        let theta = &mut theta[i * wide..][..wide];
                        let state = state.each_mut().map(|s| &mut s[first + i * wide..]);
                        each(update, tame, theta, state, |j| x.multiply_add(row[j], R::of(0.0)));
                    }
                }
            }
            Block::Product { .. } => {}
        }
    }
}

/// The step of every weight of some rows of a product where nothing is kept and rows are `W` numbers: those of `row` wait in registers.
#[inline(always)]
fn of_one_width<const W: usize, const N: usize, R: Number>(
    update: &impl Update<R, N>,
    tame: impl Tame<R>,
    theta: &mut [R],
    (column, row): (&[R], &[R; W]),
    rows: impl Iterator<Item = usize>,
) {
    let row = *row;
    for i in rows {
        let x = column[i];
        let theta: &mut [R; W] = (&mut theta[i * W..][..W]).try_into().expect("as many as were taken");
        for j in 0..W {
            let slope = tame.slope(x.multiply_add(row[j], R::of(0.0)), theta[j]);
            theta[j] = update(tame.decayed(theta[j]), slope, [R::of(0.0); N]).0;
        }
    }
}

/// So many rows of a product are looked through for zeros at a time.
const LOOK: usize = 256;

/// Which numbers of `column` are not 0, and how many; always written, and counted if it is one: no branch to be guessed.
#[inline(always)]
fn list<R: Number>(column: &[R], which: &mut [u16; LOOK]) -> usize {
    let mut count = 0;
    for (i, x) in column.iter().enumerate() {
        which[count] = i as u16;
        count += usize::from(*x != R::of(0.0));
    }
    count
}

/// The step of every weight of `theta`.
#[inline(always)]
fn each<const N: usize, R: Number>(
    update: &impl Update<R, N>,
    tame: impl Tame<R>,
    theta: &mut [R],
    mut state: [&mut [R]; N],
    slope: impl Fn(usize) -> R,
) {
    let weights = theta.len();
    for s in &mut state {
        *s = &mut std::mem::take(s)[..weights];
    }
    for i in 0..weights {
        let slope = tame.slope(slope(i), theta[i]);
        let (new, kept) = update(tame.decayed(theta[i]), slope, std::array::from_fn(|k| state[k][i]));
        theta[i] = new;
        for k in 0..N {
            state[k][i] = kept[k];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::Inlet;

    /// Rows of a product without a slope are left out, where that is the same.
    #[test]
    fn a_product_is_what_its_slopes_are() {
        let high = 2 * LOOK + 3;
        let start = |i: usize| if i.is_multiple_of(7) { -0.0 } else { (i % 11) as f32 - 5.5 };
        let column: Vec<f32> = (0..high).map(|i| if i % 3 == 0 { start(i) } else { 0.0 }).collect();
        let moved = |row: &[f32], product: bool, stays: bool| {
            let mut theta: Vec<f32> = (0..high * row.len()).map(start).collect();
            let slopes: Vec<f32> =
                column.iter().flat_map(|x| row.iter().map(|r| x.mul_add(*r, 0.0))).collect();
            let block = match product {
                true => Block::Product { column: &column, row },
                false => Block::Slopes(&slopes),
            };
            let update = |theta: f32, g: f32, []: [f32; 0]| (theta - 0.5 * g, []);
            let walk = Walk { update, tame: Untamed, state: [], stays };
            // SAFETY: one call.
            unsafe { walk.take(0, &mut theta, block) };
            theta.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
        };
        for row in [[1.0, -2.0, 0.0, 0.5, -0.0], [1.0, f32::INFINITY, 0.0, 0.5, f32::NAN]] {
            for row in [&row[..], &row.repeat(26)[..128]] {
                let slopes = moved(row, false, false);
                assert!([false, true].iter().all(|&stays| moved(row, true, stays) == slopes), "{row:?}");
            }
        }
    }

    #[test]
    fn what_is_kept_lies_where_it_is_said_to() {
        let (mut theta, mut kept) = (vec![0.0f32; 6], [vec![1.0f32; 10], vec![3.0; 10]]);
        let update = |theta: f32, g: f32, [m, v]: [f32; 2]| (theta - g, [m + g, v - g]);
        let state = kept.each_mut().map(|s| Shared::of(s));
        let walk = Walk { update, tame: Untamed, state, stays: false };
        let start = theta.as_ptr();
        let inlet = Inlet::new(&walk, 4, &mut theta);
        let [weights, m, v, none] = inlet.beside();
        // SAFETY: one call.
        unsafe { inlet.take(1, Block::Slopes(&[0.5])) };
        // SAFETY: no other reference is there.
        let second = |of: Shared| unsafe { of.slice(1..2) }[0];
        assert_eq!([weights, m, v].map(second), [-0.5, 1.5, 2.5]);
        assert_eq!(weights.start(6), Some(start));
        for kind in [weights, m, v] {
            assert!(kind.start(6).is_some() && kind.start(7).is_none(), "six weights from number 4 on");
        }
        assert!(none.start(1).is_none() && m.after(9).start(1).is_none());
    }
}
