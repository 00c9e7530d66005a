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
use super::matmul::{Product, panel_of, pieces};
use super::pack::{DEPTH, LOW, Parts, STRIP, with_scratch};
use super::patch::Patch;
use super::tile::Kernel;
use super::{Epilogue, Isa, Job, View, check, isa, matmul_on, run, zeros};
use crate::threads::{Shared, Threads};

/// No more are done at once.
pub const TOGETHER: usize = 8;
/// The columns of a tile, or so.
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
        Product { a, b: *b, c: Shared::of(c), epilogue: *epilogue, each: None }
    }
}

/// Of how many members the products of a `rows` × `depth` matrix with one of `columns` columns each are faster together: as
/// many as have all their b in the second cache; 1 if none.
pub fn together(rows: usize, depth: usize, columns: usize) -> usize {
    let length = depth.div_ceil(depth.div_ceil(DEPTH).max(1)).max(1);
    let wide = columns.next_multiple_of(TILE);
    if rows < LOW || columns < 2 || depth < 2 { 1 } else { (STRIP / (length * wide)).clamp(1, TOGETHER) }
}

/// `c = finish(a b + bias)` of every member: all have the same a, and a b of one size. The bits are those of
/// [`super::matmul`]; faster than one by one where [`together`] is more than 1 and the caller is alone.
///
/// # Panics
/// If the shapes do not fit, or a member adds.
pub fn matmul_each<'a>(a: View, members: impl Iterator<Item = Member<'a>>, threads: &Threads) {
    matmul_each_on(isa(), a, members, threads);
}

/// [`matmul_each`] on a chosen instruction set.
///
/// # Panics
/// As `matmul_each`, and if the machine does not have the instructions.
pub fn matmul_each_on<'a>(
    isa: Isa,
    a: View,
    mut members: impl Iterator<Item = Member<'a>>,
    threads: &Threads,
) {
    let mut next = members.next();
    while let Some(first) = next.take() {
        let columns = first.b.columns;
        let most = if threads.count() > 1 { 1 } else { together(a.rows, a.columns, columns) };
        let mut group: [Option<Member>; TOGETHER] = Default::default();
        let (mut count, mut member) = (0, Some(first));
        while let Some(own) = member {
            check(&a, &own.b, own.c, &own.epilogue);
            assert!(own.b.columns == columns, "{} columns of a member, {columns} of another", own.b.columns);
            assert!(!own.epilogue.add, "a product of several is not added to anything");
            group[count] = Some(own);
            count += 1;
            member = if count < most { members.next() } else { None };
        }
        match &mut group[..count] {
            [Some(Member { b, c, epilogue })] => matmul_on(isa, a, *b, c, *epilogue, threads),
            members => run(isa, Together { a, members }),
        }
        next = members.next();
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
                for (number, rows) in pieces(0..a.rows, LOW).enumerate() {
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
