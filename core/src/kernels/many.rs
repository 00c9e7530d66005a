//! Several products with one first operand: members of a population that look at the same pictures.
//!
//! ```text
//! for products of each sum (DEPTH)
//!   for rows of a, packed without columns of zeros (LOW)
//!     for members: their b, packed at the first rows
//!       tiles
//! ```
//!
//! Where a has many zeros it is searched for them once for all members; for the few columns of one that would not pay. Where it has not,
//! nothing is gained (4 % lost on an EPYC, though a comes from the third cache): there they go one after another.

use super::ahead::Ahead;
use super::kernel::Kernel;
use super::matmul::{Product, in_units, panel_of, pieces};
use super::pack::{DEPTH, LOW, Parts, STRIP, with_scratch};
use super::patch::Patch;
use super::{Epilogue, Isa, Job, View, check, isa, matmul_on, run, zeros};
use crate::threads::{Shared, Threads};

/// No more are done at once.
pub const TOGETHER: usize = 8;
/// The columns of a b are packed in wholes of this, or of a little more.
const TILE: usize = 16;

/// One of several products: c = finish(a b + bias).
pub struct Member<'a> {
    /// As large as that of all others.
    pub b: View<'a>,
    /// A row for each of a, one after another.
    pub c: &'a mut [f32],
    /// Must not add.
    pub epilogue: Epilogue<'a>,
}

impl<'a> Member<'a> {
    fn product<'b>(&'b mut self, a: View<'b>) -> Product<'b> {
        let Member { b, c, epilogue } = self;
        Product::new(a, *b, Shared::of(c), *epilogue)
    }
}

/// Fewer rows do not pay for it.
const ROWS: usize = 64;

/// Of how many members the products of a `rows` × `depth` matrix with one of `columns` columns each are faster together, if the first
/// has many zeros: as many as have all that is packed at once of their b (`DEPTH`) in the second cache. 1 if none.
pub fn together(rows: usize, depth: usize, columns: usize) -> usize {
    if rows < ROWS || depth < zeros::PRODUCTS || columns < 2 {
        return 1;
    }
    let length = depth.div_ceil(depth.div_ceil(DEPTH));
    let most = (STRIP / (length * columns.next_multiple_of(TILE))).clamp(1, TOGETHER);
    if most * columns < zeros::COLUMNS { 1 } else { most }
}

/// `c = finish(a b + bias)` of every member: all have the same a, and a b of one size. The bits are those of
/// [`super::matmul`], as long as all numbers are finite; faster than one by one where [`together`] is more than 1 and the caller is
/// alone.
///
/// # Panics
/// If the shapes do not fit, those of all b are not the same, or a member adds.
pub fn matmul_each<'a>(a: View, members: impl Iterator<Item = Member<'a>>, threads: &Threads) {
    matmul_each_on(isa(), a, members, threads);
}

/// [`matmul_each`] on a chosen instruction set.
///
/// # Panics
/// As `matmul_each`, and if the machine does not have the instructions.
pub fn matmul_each_on<'a>(isa: Isa, a: View, members: impl Iterator<Item = Member<'a>>, threads: &Threads) {
    let mut members = members.peekable();
    let Some(columns) = members.peek().map(|first| first.b.columns) else { return };
    let most = if threads.count() > 1 { 1 } else { together(a.rows, a.columns, columns) };
    let mut group: [Option<Member>; TOGETHER] = Default::default();
    while members.peek().is_some() {
        let mut count = 0;
        for (place, member) in group.iter_mut().zip(members.by_ref().take(most)) {
            check(&a, &member.b, member.c, &member.epilogue);
            assert!(member.b.columns == columns, "{} columns, {columns} of others", member.b.columns);
            assert!(!member.epilogue.add, "a product of several is not added to anything");
            *place = Some(member);
            count += 1;
        }
        match &mut group[..count] {
            [Some(Member { b, c, epilogue })] => matmul_on(isa, a, *b, c, *epilogue, threads),
            members => run(isa, Together { a, members }),
        }
    }
}

/// Several that fit, no more than `together` says.
struct Together<'a, 'b> {
    a: View<'a>,
    members: &'a mut [Option<Member<'b>>],
}

impl Job for Together<'_, '_> {
    unsafe fn run<K: Kernel>(self) {
        let Together { a, members } = self;
        let Some(n) = members.iter().flatten().next().map(|member| member.b.columns) else { return };
        if !zeros::are_many(&a, &(0..a.rows), K::ROWS, n * members.len()) {
            for member in members.iter_mut().flatten() {
                // SAFETY: the caller's promise.
                unsafe { member.product(a).part::<K>(0..a.rows, 0..n) };
            }
            return;
        }
        let panel = panel_of::<K>(n, K::VECTORS);
        with_scratch(|scratch| {
            let room = scratch.parts().only(true, true, false, true);
            for depth in pieces(0..a.columns, DEPTH) {
                for (number, rows) in in_units(0..a.rows, LOW).enumerate() {
                    for (k, member) in members.iter_mut().flatten().enumerate() {
                        let product = member.product(a);
                        if k == 0 {
                            // SAFETY: inside a; see `Scratch` for the room.
                            unsafe { product.pack_a::<K>(&rows, &depth, &room) };
                        }
                        debug_assert!((k + 1) * n.next_multiple_of(panel) * depth.len() <= 2 * STRIP);
                        let b = room.b.wrapping_add(k * n.next_multiple_of(panel) * depth.len());
                        let patch = Patch {
                            rows: rows.clone(),
                            columns: 0..n,
                            depth: depth.clone(),
                            panel,
                            room: Parts { b, ..room },
                            pack_b: number == 0,
                            kept_row: n,
                            waiting: (a.columns > DEPTH).then_some((0, 0)),
                        };
                        // SAFETY: the caller's promise; there is room for two strips of b.
                        unsafe { product.patch::<K>(&patch, &mut Ahead::nothing()) };
                    }
                }
            }
        });
    }
}
