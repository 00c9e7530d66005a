//! Memory that begins at a cache line, so that no vector that starts with a line straddles two.

use std::alloc::{GlobalAlloc, Layout, System};

/// Bytes of a cache line.
const BYTES: usize = 64;
/// Floats of a cache line.
pub(crate) const LINE: usize = BYTES / size_of::<f32>();

/// Zeros at first; as many as fill whole lines. Where the system gives fresh memory, a page is real once it is touched.
pub(crate) struct Aligned {
    /// With room to begin at a line.
    memory: Vec<f32>,
    begin: usize,
    floats: usize,
}

impl Aligned {
    /// Room for so many floats.
    pub fn new(floats: usize) -> Aligned {
        let floats = floats.next_multiple_of(LINE);
        let memory = vec![0.0f32; floats + LINE - 1];
        let begin = memory.as_ptr().align_offset(BYTES);
        assert!(begin < LINE, "a float's address is a multiple of four");
        Aligned { memory, begin, floats }
    }

    /// All of it, to be read.
    pub fn read(&self) -> &[f32] {
        &self.memory[self.begin..self.begin + self.floats]
    }

    /// All of it, to be written.
    pub fn write(&mut self) -> &mut [f32] {
        &mut self.memory[self.begin..self.begin + self.floats]
    }
}

impl Default for Aligned {
    /// No room.
    fn default() -> Aligned {
        Aligned::new(0)
    }
}

/// The system's allocator, but for what is large: that begins at a cache line.
///
/// θ, what an optimizer keeps and what a network reads are vectors of the standard library, and large ones of the usual
/// allocator begin 16 bytes behind a page, so that every other vector of 32 bytes straddles two lines. Where a training waits for the
/// nearest caches alone, as one example at a time does, that costs a tenth. A program that trains may say:
///
/// ```
/// #[global_allocator]
/// static LINES: gradus::ByLines = gradus::ByLines;
///
/// let theta = vec![0.0f32; 100_000];
/// assert_eq!(theta.as_ptr() as usize % 64, 0);
/// ```
///
/// On Linux the system is also asked to put what is very large on large pages, which it may do or not: a matrix that is read column by
/// column is then found without looking up a page for every row.
///
/// No bit of any result depends on it.
#[derive(Clone, Copy, Debug, Default)]
pub struct ByLines;

/// From so many bytes on it pays.
const LARGE: usize = 1 << 15;

/// From so many bytes on, so that it holds a large page or more, wherever it begins.
#[cfg(target_os = "linux")]
const VERY_LARGE: usize = 2 * LARGE_PAGE;
#[cfg(target_os = "linux")]
const LARGE_PAGE: usize = 1 << 21;
/// No page is smaller.
#[cfg(target_os = "linux")]
const PAGE: usize = 1 << 12;

/// Asks for large pages for `size` bytes that were just allocated.
fn on_large_pages(at: *mut u8, size: usize) -> *mut u8 {
    #[cfg(target_os = "linux")]
    if size >= VERY_LARGE && !at.is_null() {
        // What stands in front of it on its first page is the allocator's, for which the advice is as good.
        let first = at.wrapping_sub(at as usize % PAGE);
        let skip = first.align_offset(LARGE_PAGE);
        // SAFETY: whole large pages from that page on to the end of what was allocated; their contents stay. If the system does not want
        // to, all is as before.
        unsafe {
            libc::madvise(
                first.wrapping_add(skip).cast(),
                (size - skip) / LARGE_PAGE * LARGE_PAGE,
                libc::MADV_HUGEPAGE,
            );
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = size;
    at
}

/// What the system is asked for in place of what is large: room to begin at a line, and to keep the place where it began.
fn roomy(wanted: Layout) -> Option<Layout> {
    if wanted.size() < LARGE || wanted.align() > BYTES {
        return None;
    }
    Layout::from_size_align(
        wanted.size().checked_add(BYTES)?,
        align_of::<usize>().max(wanted.align().min(16)),
    )
    .ok()
}

/// The first line in memory of the system's, behind the number that says where that memory begins.
///
/// # Safety
/// `memory` is null or was made for a [`roomy`] layout.
unsafe fn line_in(memory: *mut u8) -> *mut u8 {
    if memory.is_null() {
        return memory;
    }
    // SAFETY: the line is at most BYTES behind the beginning, so all that was wanted fits; and at least 8, as both are multiples
    // of 8 and it is not the beginning itself.
    unsafe {
        let line = memory.add(BYTES - memory as usize % BYTES);
        line.cast::<*mut u8>().sub(1).write(memory);
        line
    }
}

// SAFETY: memory of the system's allocator. What is large is given back by the place written in front of it; whether it is
// large is told by the same layout that it was asked for with.
unsafe impl GlobalAlloc for ByLines {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe {
            match roomy(layout) {
                Some(roomy) => on_large_pages(line_in(System.alloc(roomy)), layout.size()),
                None => System.alloc(layout),
            }
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise. Fresh pages stay untouched but for the number in front.
        unsafe {
            match roomy(layout) {
                Some(roomy) => on_large_pages(line_in(System.alloc_zeroed(roomy)), layout.size()),
                None => System.alloc_zeroed(layout),
            }
        }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise: it was made here, with this layout.
        unsafe {
            match roomy(layout) {
                Some(roomy) => System.dealloc(at.cast::<*mut u8>().sub(1).read(), roomy),
                None => System.dealloc(at, layout),
            }
        }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promise: the size fits a layout.
        unsafe {
            let new = Layout::from_size_align_unchecked(size, layout.align());
            if roomy(layout).is_none() && roomy(new).is_none() {
                return System.realloc(at, layout, size);
            }
            let to = self.alloc(new);
            if !to.is_null() {
                std::ptr::copy_nonoverlapping(at, to, size.min(layout.size()));
                self.dealloc(at, layout);
            }
            to
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_large_begins_at_a_line_and_keeps_what_is_in_it() {
        let layout = |size, align| Layout::from_size_align(size, align).unwrap();
        for align in [1, 4, 16, 64, 128, 4096] {
            for (size, next) in [
                (1, 9),
                (100, LARGE),
                (LARGE, 3 * LARGE + 5),
                (LARGE + 1, 70),
                (9 * LARGE, LARGE),
                (200 * LARGE, 9),
            ] {
                // SAFETY: each is given back with the layout it has, and only bytes inside are touched.
                unsafe {
                    let zeros = ByLines.alloc_zeroed(layout(size, align));
                    assert!((0..size).all(|i| *zeros.add(i) == 0), "{size}");
                    ByLines.dealloc(zeros, layout(size, align));

                    let first = ByLines.alloc(layout(size, align));
                    (0..size).for_each(|i| *first.add(i) = (i % 251) as u8);
                    let moved = ByLines.realloc(first, layout(size, align), next);
                    assert!(
                        (0..size.min(next)).all(|i| *moved.add(i) == (i % 251) as u8),
                        "{size} to {next}"
                    );
                    let line = if next >= LARGE { BYTES.max(align) } else { align };
                    assert_eq!(moved as usize % line, 0, "{next} bytes by {align}");
                    ByLines.dealloc(moved, layout(next, align));
                }
            }
        }
    }

    #[test]
    fn begins_at_a_line_and_is_whole_lines() {
        for floats in [0, 1, 15, 16, 17, 1000, 100_000] {
            let mut room = Aligned::new(floats);
            assert!(room.write().len() >= floats && room.read().len() < floats + LINE);
            assert_eq!((room.read().len() % LINE, room.read().as_ptr() as usize % BYTES), (0, 0));
            assert!(room.read().iter().all(|x| *x == 0.0));
        }
    }
}
