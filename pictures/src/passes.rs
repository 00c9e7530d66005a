//! The passes of a progressive JPEG: whether they refine every coefficient to its last bit.

/// What the passes seen so far have brought, for each component.
#[derive(Default)]
pub(crate) struct Passes {
    /// Component, and the bits still missing of each of its 64 coefficients.
    components: Vec<(u8, [u8; 64])>,
}

impl Passes {
    /// Takes note of a frame header (what follows its length).
    pub fn frame(&mut self, header: &[u8]) {
        let components = header.get(6..).unwrap_or_default().chunks_exact(3);
        self.components = components.map(|c| (c[0], [u8::MAX; 64])).collect();
    }

    /// Takes note of a scan header (what follows its length).
    pub fn scan(&mut self, header: &[u8]) {
        let count = usize::from(header.first().copied().unwrap_or(0));
        let Some(&[first, last, bits]) = header.get(1 + 2 * count..4 + 2 * count) else { return };
        let range = usize::from(first.min(63))..=usize::from(last.min(63));
        for id in header[1..1 + 2 * count].chunks_exact(2).map(|pair| pair[0]) {
            let component = self.components.iter_mut().find(|(component, _)| *component == id);
            if let Some((_, missing)) = component
                && range.start() <= range.end()
            {
                missing[range.clone()].fill(bits & 15);
            }
        }
    }

    /// Whether nothing is missing.
    pub fn complete(&self) -> bool {
        self.components.iter().all(|(_, missing)| missing.iter().all(|&bits| bits == 0))
    }
}
