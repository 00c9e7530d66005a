//! Memory that begins at a cache line, so that no vector that starts with a line straddles two.

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

#[cfg(test)]
mod tests {
    use super::*;

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
