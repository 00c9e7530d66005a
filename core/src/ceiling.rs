//! What the machine could do at best: fused multiply-adds, and bytes moved, per second. What a step takes is compared with
//! these.

use std::hint::black_box;
use std::sync::{Barrier, Mutex, PoisonError};
use std::time::Instant;

use crate::kernels::{Isa, Loop, isa, widest};
use crate::threads::Threads;

/// Sums that go on side by side: more than the latency of a multiply-add times how many start per cycle, and
/// few enough for the registers of every instruction set.
const CHAINS: usize = 12;
/// Multiply-adds in each chain of one burst: a few milliseconds.
const ROUNDS: usize = 500_000;
const BURSTS: usize = 5;

/// Floating-point operations per second of `threads` cores at once: the best of a few short bursts of
/// multiply-adds that wait neither for memory nor for each other.
pub fn flops_per_second(threads: usize) -> f64 {
    let rates = (0..BURSTS).map(|_| {
        let (seconds, operations) = together(vec![(); threads], |_| burst());
        (operations * threads) as f64 / seconds
    });
    rates.fold(0.0, f64::max)
}

/// Floating-point operations per second that the cores of a team give at this moment: the sum of what each does in bursts of
/// multiply-adds that go on for at least so many seconds (and one burst, about a millisecond), slow ones included. Less than [`flops_per_second`] wherever a
/// neighbour has the other half of a core, or the clock is slower than it was for the best burst.
///
/// ```
/// let now = gradus::ceiling::flops_meanwhile(&gradus::threads::Threads::new(1), 0.002);
/// assert!(now > 0.0);
/// ```
pub fn flops_meanwhile(team: &Threads, seconds: f64) -> f64 {
    let rates = Mutex::new(0.0);
    team.for_each(team.count(), &|_| {
        let (began, mut operations) = (Instant::now(), 0);
        let spent = loop {
            operations += burst();
            let spent = began.elapsed().as_secs_f64();
            if spent >= seconds {
                break spent;
            }
        };
        *rates.lock().unwrap_or_else(PoisonError::into_inner) += operations as f64 / spent;
    });
    rates.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Bytes per second that `threads` cores read and write when they sweep over `bytes` of memory again and
/// again, as an optimizer does (a ← a + k b): small amounts stay in a cache, large ones come from afar.
pub fn bytes_per_second(bytes: usize, threads: usize) -> f64 {
    let floats = (bytes / 8 / threads).max(2048);
    let passes = (4_000_000 / floats).clamp(1, 2000);
    let mut shares = vec![(vec![1.0f32; floats], vec![1.0f32; floats]); threads];
    let best = (0..=BURSTS).map(|_| {
        let work = |(a, b): &mut (Vec<f32>, Vec<f32>)| {
            (0..passes).for_each(|_| widest(Sweep(black_box(a.as_mut_slice()), b)));
        };
        together(shares.iter_mut().collect(), work).0
    });
    let seconds = best.fold(f64::INFINITY, f64::min);
    (passes * floats * threads * 12) as f64 / seconds
}

/// Runs `work` on every share at the same time, one thread each: the seconds from the first start to the last end.
fn together<S: Send, R: Send>(shares: Vec<S>, work: impl Fn(S) -> R + Sync) -> (f64, R) {
    let start = Barrier::new(shares.len());
    let timed = |share| {
        start.wait();
        let began = Instant::now();
        let result = work(share);
        (began, Instant::now(), result)
    };
    let timed = &timed;
    let runs: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = shares.into_iter().map(|s| scope.spawn(move || timed(s))).collect();
        threads.into_iter().map(|t| t.join().expect("a measuring loop does not panic")).collect()
    });
    let first = runs.iter().map(|r| r.0).min().expect("at least one thread");
    let last = runs.iter().map(|r| r.1).max().expect("at least one thread");
    let result = runs.into_iter().next().expect("at least one thread").2;
    ((last - first).as_secs_f64(), result)
}

struct Sweep<'a>(&'a mut [f32], &'a [f32]);

impl Loop for Sweep<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        for (a, b) in self.0.iter_mut().zip(self.1) {
            *a += 1e-9 * b;
        }
    }
}

/// A burst of multiply-adds; how many operations it was: a multiplication and an addition for each of the numbers in each chain.
fn burst() -> usize {
    2 * CHAINS * ROUNDS * multiply_adds()
}

/// `CHAINS` chains of `ROUNDS` multiply-adds; how many numbers each worked on at once.
fn multiply_adds() -> usize {
    match isa() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `isa` found the instructions.
        Isa::Avx512 => unsafe { x86::avx512() },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `isa` found the instructions.
        Isa::Avx2 => unsafe { x86::avx2() },
        #[cfg(target_arch = "aarch64")]
        // SAFETY: every 64-bit Arm has these instructions.
        Isa::Neon => unsafe { arm::neon() },
        _ => portable(),
    }
}

fn portable() -> usize {
    let (a, b) = (black_box([0.999f32; 4]), black_box([1e-3f32; 4]));
    let mut x = [[1.0f32; 4]; CHAINS];
    for _ in 0..ROUNDS {
        for x in &mut x {
            for lane in 0..4 {
                x[lane] = x[lane] * a[lane] + b[lane];
            }
        }
    }
    black_box(x);
    4
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{CHAINS, ROUNDS, black_box};
    use std::arch::x86_64::*;

    #[target_feature(enable = "avx512f")]
    pub fn avx512() -> usize {
        let (a, b) = (_mm512_set1_ps(black_box(0.999)), _mm512_set1_ps(black_box(1e-3)));
        let mut x = [_mm512_set1_ps(1.0); CHAINS];
        for _ in 0..ROUNDS {
            for x in &mut x {
                *x = _mm512_fmadd_ps(*x, a, b);
            }
        }
        black_box(x);
        16
    }

    #[target_feature(enable = "avx2,fma")]
    pub fn avx2() -> usize {
        let (a, b) = (_mm256_set1_ps(black_box(0.999)), _mm256_set1_ps(black_box(1e-3)));
        let mut x = [_mm256_set1_ps(1.0); CHAINS];
        for _ in 0..ROUNDS {
            for x in &mut x {
                *x = _mm256_fmadd_ps(*x, a, b);
            }
        }
        black_box(x);
        8
    }
}

#[cfg(target_arch = "aarch64")]
mod arm {
    use super::{CHAINS, ROUNDS, black_box};
    use std::arch::aarch64::*;

    #[target_feature(enable = "neon")]
    pub fn neon() -> usize {
        let (a, b) = (vdupq_n_f32(black_box(0.999)), vdupq_n_f32(black_box(1e-3)));
        let mut x = [vdupq_n_f32(1.0); CHAINS];
        for _ in 0..ROUNDS {
            for x in &mut x {
                *x = vfmaq_f32(b, *x, a);
            }
        }
        black_box(x);
        4
    }
}
