//! A buffer in several hands.

use std::ops::Range;

/// A buffer that tasks write in disjoint parts.
pub struct Shared<T = f32>(*mut T, usize);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Shared<T> {}

// SAFETY: a plain address; whoever turns it into a slice promises that the parts are disjoint.
unsafe impl<T: Send> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Shared<T> {}

impl<T> Shared<T> {
    /// Shares `buffer`.
    pub fn of(buffer: &mut [T]) -> Shared<T> {
        Shared(buffer.as_mut_ptr(), buffer.len())
    }

    /// The buffer from element `first` on; nothing, if it ends before.
    pub fn after(self, first: usize) -> Shared<T> {
        let first = first.min(self.1);
        Shared(self.0.wrapping_add(first), self.1 - first)
    }

    /// The elements in `range`.
    ///
    /// # Panics
    /// If `range` does not lie in the buffer.
    ///
    /// # Safety
    /// The buffer outlives `'a`, and while the slice is in use no other reference to any of its elements is.
    pub unsafe fn slice<'a>(self, range: Range<usize>) -> &'a mut [T] {
        assert!(range.start <= range.end && range.end <= self.1, "{range:?} of a buffer of {}", self.1);
        // SAFETY: inside the buffer by the assertion; alive and unshared by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.0.add(range.start), range.len()) }
    }

    /// Where the buffer begins, if it has so many elements.
    pub(crate) fn start(self, elements: usize) -> Option<*const T> {
        (elements > 0 && self.1 >= elements).then_some(self.0.cast_const())
    }

    /// The address of element `index`, for kernels that write tiles.
    ///
    /// # Safety
    /// `index` is at most the length of the buffer, which is alive.
    pub(crate) unsafe fn pointer(self, index: usize) -> *mut T {
        debug_assert!(index <= self.1);
        // SAFETY: the caller's promise.
        unsafe { self.0.add(index) }
    }
}
