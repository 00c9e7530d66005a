//! One block of memory, cut up in advance so that what is in use at one time never overlaps.

use crate::aligned::{Aligned, LINE};

/// A stretch of the block, in floats.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub at: usize,
    pub len: usize,
}

impl Span {
    /// The places in it.
    pub fn range(self) -> std::ops::Range<usize> {
        self.at..self.at + self.len
    }
}

/// A stretch that is wanted, and the times between which it is in use (both included).
pub(crate) struct Lease {
    pub len: usize,
    pub from: usize,
    pub to: usize,
}

/// Gives every lease a place, the largest first, at the lowest address where no lease of an overlapping time
/// lies. Also how long the block must be.
pub(crate) fn place(leases: &[Lease]) -> (Vec<Span>, usize) {
    let mut order: Vec<usize> = (0..leases.len()).filter(|&i| leases[i].len > 0).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(leases[i].len));
    let mut spans = vec![Span::default(); leases.len()];
    let (mut placed, mut total): (Vec<usize>, usize) = (Vec::new(), 0);
    for i in order {
        let lease = &leases[i];
        let overlaps = |&&j: &&usize| leases[j].from <= lease.to && lease.from <= leases[j].to;
        let mut taken: Vec<Span> = placed.iter().filter(overlaps).map(|&j| spans[j]).collect();
        taken.sort_by_key(|s| s.at);
        let mut at = 0;
        for s in taken {
            if at + lease.len <= s.at {
                break;
            }
            at = at.max((s.at + s.len).next_multiple_of(LINE));
        }
        spans[i] = Span { at, len: lease.len };
        total = total.max(at + lease.len);
        placed.push(i);
    }
    (spans, total)
}

/// The block itself; every span begins at a cache line.
pub(crate) struct Block {
    own: Aligned,
    lent: Option<Elsewhere>,
}

impl Block {
    pub fn new(floats: usize) -> Self {
        Block { own: Aligned::new(floats), lent: None }
    }

    pub fn bytes(&self) -> usize {
        size_of_val(self.own.read())
    }

    /// From now on, until it is said otherwise, a span is read elsewhere.
    ///
    /// # Safety
    /// There are as many numbers, they stay until then, and nobody writes the span meanwhile.
    pub unsafe fn lend(&mut self, lent: Option<(Span, &[f32])>) {
        self.lent = lent.map(|(span, numbers)| {
            assert_eq!(span.len, numbers.len(), "numbers for another place");
            Elsewhere { span, start: numbers.as_ptr() }
        });
    }

    /// The block, to be handed out in pieces.
    pub fn pieces(&mut self) -> Pieces {
        Pieces { lent: self.lent, ..Pieces::of(self.own.write()) }
    }

    /// One stretch, while nothing else is handed out.
    pub fn slice(&mut self, span: Span) -> &mut [f32] {
        // SAFETY: the block is borrowed whole for as long as the piece lives.
        unsafe { self.pieces().write(span) }
    }

    /// One stretch, to be read.
    pub fn read(&self, span: Span) -> &[f32] {
        &self.own.read()[span.at..span.at + span.len]
    }
}

/// Where a span is read instead.
#[derive(Clone, Copy)]
struct Elsewhere {
    span: Span,
    start: *const f32,
}

// SAFETY: a plain address, only read; `Block::lend` has the promise that what is there stays.
unsafe impl Send for Elsewhere {}
// SAFETY: as above.
unsafe impl Sync for Elsewhere {}

/// A buffer handed out in pieces that never overlap while one of them is written.
#[derive(Clone, Copy)]
pub(crate) struct Pieces {
    start: *mut f32,
    floats: usize,
    lent: Option<Elsewhere>,
}

// SAFETY: a plain address; whoever makes a slice of it promises that what is written is nobody else's meanwhile.
unsafe impl Sync for Pieces {}

impl Pieces {
    pub fn of(buffer: &mut [f32]) -> Self {
        Pieces { start: buffer.as_mut_ptr(), floats: buffer.len(), lent: None }
    }

    /// # Safety
    /// The buffer outlives `'a`, and no piece that overlaps is written meanwhile.
    pub unsafe fn read<'a>(self, s: Span) -> &'a [f32] {
        assert!(s.at + s.len <= self.floats);
        if let Some(Elsewhere { span, start }) = self.lent
            && span.at <= s.at
            && s.at + s.len <= span.at + span.len
        {
            // SAFETY: within what is lent, which stays (`Block::lend`).
            return unsafe { std::slice::from_raw_parts(start.add(s.at - span.at), s.len) };
        }
        // SAFETY: within the buffer; the rest is the caller's promise.
        unsafe { std::slice::from_raw_parts(self.start.add(s.at), s.len) }
    }

    /// # Safety
    /// The buffer outlives `'a`, and no piece that overlaps is in use meanwhile.
    pub unsafe fn write<'a>(self, s: Span) -> &'a mut [f32] {
        assert!(s.at + s.len <= self.floats);
        // SAFETY: within the buffer; the rest is the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(s.at), s.len) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Rng, Stream};

    #[test]
    fn leases_of_one_time_never_overlap() {
        for round in 0..50 {
            let mut rng = Rng::new(round, Stream::Probe, 0);
            let leases: Vec<Lease> = (0..30)
                .map(|_| {
                    let from = rng.below(20);
                    Lease { len: rng.below(100), from, to: from + rng.below(8) }
                })
                .collect();
            let (spans, total) = place(&leases);
            for i in 0..leases.len() {
                assert!(spans[i].len == leases[i].len && spans[i].at + spans[i].len <= total);
                for j in 0..i {
                    let apart_in_time = leases[i].to < leases[j].from || leases[j].to < leases[i].from;
                    let (a, b) = (spans[i], spans[j]);
                    let apart = a.len == 0 || b.len == 0 || a.at + a.len <= b.at || b.at + b.len <= a.at;
                    assert!(apart_in_time || apart, "leases {i} and {j} overlap: {a:?} {b:?}");
                }
            }
            let all: usize = leases.iter().map(|l| l.len.next_multiple_of(LINE)).sum();
            assert!(total < all, "memory is shared over time");
        }
    }
}
