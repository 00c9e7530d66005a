//! The loops where time is spent. They know slices and threads, no graph.
//!
//! The bits are a promise: whatever the machine, the instruction set, the number of threads or the size of a
//! block, every element of a product is one chain of fused multiply-adds, x ← round(a b + x), over k in
//! ascending order from +0.

mod ahead;
mod columns;
mod conv;
mod dots;
mod exact;
mod kernel;
mod many;
mod matmul;
mod pack;
mod patch;
mod row;
mod share;
mod sums;
mod tile;
mod vector;
mod zeros;

use std::sync::OnceLock;

use crate::sink::KINDS;
use crate::threads::{Shared, Threads};
pub use columns::{Columns, End, Normal, WIDTH};
pub use conv::{
    ConvShape, conv_backward_bias, conv_backward_data, conv_backward_weights, conv_exact, conv_forward,
};
pub use exact::matmul_exact;
use kernel::Kernel;
pub use many::{Member, TOGETHER, matmul_each, matmul_each_on, together};
use matmul::Product;
use share::Alone;
pub use sums::slopes_and_sums;

/// A plain loop that [`widest`] compiles for several instruction sets. Implementors mark `run`
/// `#[inline(always)]`.
pub trait Loop {
    /// What the loop returns.
    type Out;
    /// Runs the loop.
    fn run(self) -> Self::Out;
}

/// Runs `l` compiled for the widest vectors this machine has, chosen at run time.
pub fn widest<L: Loop>(l: L) -> L::Out {
    match isa() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `isa` found the instructions.
        Isa::Avx512 => unsafe { widest_avx512(l) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `isa` found the instructions.
        Isa::Avx2 => unsafe { widest_avx2(l) },
        _ => l.run(),
    }
}

/// Runs `l` compiled for the vectors of AVX2 where this machine has them: for loops that wait for memory, of which one more version
/// would cost compiling and size for nothing.
pub fn wide<L: Loop>(l: L) -> L::Out {
    match isa() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `isa` found the instructions; whoever has AVX-512 has AVX2 (`Isa::is_here`).
        Isa::Avx512 | Isa::Avx2 => unsafe { widest_avx2(l) },
        _ => l.run(),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
fn widest_avx512<L: Loop>(l: L) -> L::Out {
    l.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn widest_avx2<L: Loop>(l: L) -> L::Out {
    l.run()
}

/// An instruction set. All give the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// x86-64 with 16 numbers in a vector.
    Avx512,
    /// x86-64 with 8 numbers in a vector and fused multiply-add.
    Avx2,
    /// 64-bit Arm, 4 numbers in a vector.
    Neon,
    /// Whatever the program was built for.
    Portable,
}

impl Isa {
    /// All, the fastest first.
    pub const ALL: [Isa; 4] = [Isa::Avx512, Isa::Avx2, Isa::Neon, Isa::Portable];

    /// The name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Isa::Avx512 => "AVX-512",
            Isa::Avx2 => "AVX2",
            Isa::Neon => "NEON",
            Isa::Portable => "portable",
        }
    }

    /// Whether this machine has it.
    pub fn is_here(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => {
                Isa::Avx2.is_here()
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
            }
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => true,
            Isa::Portable => true,
            #[allow(unreachable_patterns)]
            _ => false,
        }
    }
}

/// The fastest instruction set of this machine.
pub fn isa() -> Isa {
    static FASTEST: OnceLock<Isa> = OnceLock::new();
    *FASTEST.get_or_init(|| Isa::ALL.into_iter().find(|isa| isa.is_here()).unwrap_or(Isa::Portable))
}

/// Makes this thread's working memory, so that no later product allocates.
pub(crate) fn prepare() {
    pack::with_scratch(|_| ());
}

/// A matrix somebody else holds: element (i, j) is `data[i * row_stride + j * column_stride]`.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
    zeros: bool,
}

impl<'a> View<'a> {
    /// `data`, row after row.
    ///
    /// # Panics
    /// If `data` does not have `rows * columns` elements.
    pub fn new(data: &'a [f32], rows: usize, columns: usize) -> View<'a> {
        assert!(
            rows.checked_mul(columns) == Some(data.len()),
            "a {rows} x {columns} matrix has not {} elements",
            data.len()
        );
        View { data, rows, columns, row_stride: columns, column_stride: 1, zeros: false }
    }

    /// Rows as columns, columns as rows. Nothing is copied.
    pub fn transposed(self) -> View<'a> {
        View {
            data: self.data,
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            zeros: self.zeros,
        }
    }

    /// Says that many of its numbers may be 0. Where it is the first operand, products with columns of zeros are left out: see
    /// `zeros.rs` for what that does to the bits (sums that are zero are +0; 0 · ∞ may be left out).
    pub fn with_zeros(self) -> View<'a> {
        View { zeros: true, ..self }
    }
}

/// What becomes of a finished sum.
#[derive(Clone, Copy, Default)]
pub enum Finish {
    /// Nothing: it is the result.
    #[default]
    Sum,
    /// 0 where it is negative: done while it is in a register.
    Relu,
    /// Any other function, in place, piece by piece: it must treat every element alike, wherever it stands.
    Each(fn(&mut [f32])),
}

impl Finish {
    fn is_relu(self) -> bool {
        matches!(self, Finish::Relu)
    }

    /// The function that tiles leave to others.
    fn each(self) -> Option<fn(&mut [f32])> {
        if let Finish::Each(f) = self { Some(f) } else { None }
    }

    /// All of it, for sums that no tile made.
    fn apply(self, sums: &mut [f32]) {
        match self {
            Finish::Sum => {}
            Finish::Relu => sums.iter_mut().for_each(|x| *x = if *x < 0.0 { 0.0 } else { *x }),
            Finish::Each(f) => f(sums),
        }
    }
}

/// What is done to a product before it leaves the nearest cache.
#[derive(Clone, Copy, Default)]
pub struct Epilogue<'a> {
    /// One number for each column, added to every row.
    pub bias: Option<&'a [f32]>,
    /// Applied last.
    pub finish: Finish,
    /// c += a b instead of c = a b: for gradients. Excludes the others.
    pub add: bool,
}

/// c = finish(a b + bias), or c += a b: a is m × k, b is k × n, c is m × n, row after row.
///
/// # Panics
/// If the shapes do not fit, or if `add` comes with a bias or a function.
pub fn matmul(a: View, b: View, c: &mut [f32], epilogue: Epilogue, threads: &Threads) {
    matmul_on(isa(), a, b, c, epilogue, threads);
}

/// [`matmul`] on a chosen instruction set, for tests and measurements: the bits are the same.
///
/// # Panics
/// As `matmul`, and if the machine does not have the instructions.
pub fn matmul_on(isa: Isa, a: View, b: View, c: &mut [f32], epilogue: Epilogue, threads: &Threads) {
    check(&a, &b, c, &epilogue);
    if b.columns == 1 && a.rows > 1 {
        // A column is a row in memory, and rows are what vectors are good at.
        let end = Epilogue { add: epilogue.add, ..Epilogue::default() };
        let (a, b) = (b.transposed(), a.transposed());
        run(isa, Alone { product: &Product::new(a, b, Shared::of(c), end), threads });
        if let Some(&[bias]) = epilogue.bias {
            c.iter_mut().for_each(|c| *c += bias);
        }
        epilogue.finish.apply(c);
        return;
    }
    run(isa, Alone { product: &Product::new(a, b, Shared::of(c), epilogue), threads });
}

/// Whether shapes fit.
fn check(a: &View, b: &View, c: &[f32], epilogue: &Epilogue) {
    assert!(
        a.columns == b.rows,
        "a {} x {} matrix times a {} x {} one",
        a.rows,
        a.columns,
        b.rows,
        b.columns
    );
    assert!(
        a.rows.checked_mul(b.columns) == Some(c.len()),
        "a product of {} x {} elements does not fit in {}",
        a.rows,
        b.columns,
        c.len()
    );
    if let Some(bias) = epilogue.bias {
        assert!(bias.len() == b.columns, "{} biases for {} columns", bias.len(), b.columns);
    }
    assert!(
        !epilogue.add || (epilogue.bias.is_none() && matches!(epilogue.finish, Finish::Sum)),
        "a product that is added to c has neither bias nor function"
    );
}

/// The product a b, which nobody wants as a whole: each block of it is handed to `each` as soon as it is finished, while it is
/// in the nearest caches. The blocks are disjoint and together all of c; several threads may hand over at one time. The bits are those of
/// [`matmul`].
///
/// # Panics
/// If the shapes do not fit.
pub fn matmul_in_blocks(a: View, b: View, each: &Each, threads: &Threads) {
    matmul_in_blocks_on(isa(), a, b, each, threads);
}

/// Who is handed blocks of a product.
pub struct Each<'a> {
    /// Takes a block: the place of its first element in c, and elements that follow one another there.
    pub take: &'a (dyn Fn(usize, &[f32]) + Sync),
    /// What `take` reads or writes at the same places, at least as long as c (what is shorter is passed over): it is asked for while a block is made. The first is what other
    /// threads may have read.
    pub beside: [Shared; KINDS + 1],
}

/// [`matmul_in_blocks`] on a chosen instruction set.
///
/// # Panics
/// As `matmul_in_blocks`, and if the machine does not have the instructions.
pub fn matmul_in_blocks_on(isa: Isa, a: View, b: View, each: &Each, threads: &Threads) {
    assert!(a.columns == b.rows, "{} columns do not meet {} rows", a.columns, b.rows);
    // A column is a row in memory.
    let (a, b) = if b.columns == 1 { (b.transposed(), a.transposed()) } else { (a, b) };
    let (c, epilogue) = (Shared::of(&mut []), Epilogue::default());
    let product = &Product { each: Some(each), ..Product::new(a, b, c, epilogue) };
    run(isa, Alone { product, threads });
}

/// What one instruction set does as a whole.
trait Job {
    /// # Safety
    /// The machine has the instructions; shapes were checked.
    unsafe fn run<K: Kernel>(self);
}

#[inline(always)]
fn run(isa: Isa, job: impl Job) {
    assert!(isa == self::isa() || isa.is_here(), "this machine has no {}", isa.name());
    // SAFETY: the machine has the instructions; the callers have checked the shapes.
    unsafe {
        match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => job.run::<kernel::Avx512>(),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => job.run::<kernel::Avx2>(),
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => job.run::<kernel::Neon>(),
            _ => job.run::<kernel::Portable>(),
        }
    }
}

/// `out[j] = Σᵢ a[i][j]`, in ascending order of i from +0, or `out[j] +=` that sum.
///
/// `a` has rows of `columns` elements.
///
/// # Panics
/// If `out` does not have `columns` elements, or `a` is not made of whole rows.
pub fn sum_rows(a: &[f32], columns: usize, out: &mut [f32], add: bool, threads: &Threads) {
    assert!(out.len() == columns, "sums of {columns} columns do not fit in {}", out.len());
    assert!(
        a.len().checked_rem(columns).unwrap_or(a.len()) == 0,
        "{} elements are no whole rows of {columns}",
        a.len()
    );
    let rows = a.len().checked_div(columns).unwrap_or(0);
    // A row of ones times a: fma(1, a, x) is a + x, to the bit.
    let ones = View { data: &[1.0], rows: 1, columns: rows, row_stride: 0, column_stride: 0, zeros: false };
    let epilogue = Epilogue { add, ..Epilogue::default() };
    matmul(ones, View::new(a, rows, columns), out, epilogue, threads);
}

#[cfg(test)]
mod tests;
