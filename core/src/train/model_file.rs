//! A model in one file: safetensors, one tensor for each part of θ, and metadata that say what it is.

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::tensors::{self, Named, Numbers, Tensor, Tensors};
use crate::layout::Layout;
use crate::op::Shape;
use crate::real::Slot;
use crate::{Error, Result};

/// A trained network as a file holds it.
pub struct ModelFile {
    /// Name, shape and numbers of each part of θ, and of what is remembered; in any order.
    pub parts: Vec<(String, Vec<usize>, Vec<f32>)>,
    /// What it is: text by name.
    pub metadata: BTreeMap<String, String>,
}

impl ModelFile {
    /// From θ and its layout.
    pub fn new(layout: &Layout, theta: &[f32], metadata: BTreeMap<String, String>) -> Self {
        let part =
            |p: &crate::layout::Part| (p.name.clone(), p.shape.dims().to_vec(), theta[p.range()].to_vec());
        ModelFile { parts: layout.parts().iter().map(part).collect(), metadata }
    }

    /// The same with what was remembered in training.
    pub fn remembering(mut self, layout: &Layout, memory: &[f32]) -> Self {
        let part =
            |m: &crate::layout::Memory| (m.name.clone(), m.shape.dims().to_vec(), memory[m.range()].to_vec());
        self.parts.extend(layout.memories().iter().map(part));
        self
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn save(&self, path: &Path) -> Result<()> {
        tensors::write(path, self.named(), &self.metadata, None)
    }

    /// What [`ModelFile::save`] writes.
    pub fn bytes(&self) -> Vec<u8> {
        tensors::bytes(self.named(), &self.metadata)
    }

    fn named(&self) -> Vec<Named<'_>> {
        self.parts
            .iter()
            .map(|(name, shape, numbers)| -> Named { (name, shape.clone(), Numbers::Single(numbers)) })
            .collect()
    }

    /// Reads one.
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be read, [`Error::Damaged`] if it is not such a file.
    pub fn load(path: &Path) -> Result<Self> {
        let damaged = |reason: String| Error::Damaged {
            kind: "model",
            path: path.into(),
            reason,
            mend: "give a model.safetensors that gradus wrote, or the folder of a run".into(),
        };
        let file = Tensors::open(path, damaged)?;
        let part = |tensor: &Tensor| {
            if tensor.kind() != "f32" {
                return Err(damaged(format!("{} holds {}, not f32", tensor.name, tensor.kind())));
            }
            let mut weights = vec![0.0; tensor.len()];
            file.put(tensor, &mut Slot::Single(&mut weights))?;
            Ok((tensor.name.clone(), tensor.shape.clone(), weights))
        };
        let parts = file.tensors.iter().map(part).collect::<Result<_>>()?;
        Ok(ModelFile { parts, metadata: file.text })
    }

    /// θ, if the parts are those of the layout.
    ///
    /// # Errors
    /// [`Error::Damaged`] naming the first part that differs.
    pub fn theta(&self, layout: &Layout, path: &Path) -> Result<Vec<f32>> {
        let mut theta = vec![0.0; layout.weights()];
        for part in layout.parts() {
            theta[part.range()].copy_from_slice(self.find(&part.name, part.shape, path)?);
        }
        Ok(theta)
    }

    /// What was remembered in training, if it is what the layout says.
    ///
    /// # Errors
    /// As for [`ModelFile::theta`].
    pub fn memory(&self, layout: &Layout, path: &Path) -> Result<Vec<f32>> {
        let mut memory = layout.memory().to_vec();
        for part in layout.memories() {
            memory[part.range()].copy_from_slice(self.find(&part.name, part.shape, path)?);
        }
        Ok(memory)
    }

    fn find(&self, name: &str, shape: Shape, path: &Path) -> Result<&[f32]> {
        match self.parts.iter().find(|part| part.0 == name) {
            Some((_, dims, numbers)) if dims == shape.dims() => Ok(numbers),
            _ => Err(Error::Damaged {
                kind: "model",
                path: path.into(),
                reason: format!("it has no weights called {name} of shape {shape}"),
                mend: "the file and the network it names do not belong together: train it anew".into(),
            }),
        }
    }
}

/// The first 16 digits of SHA-256 over θ as little-endian f32: the proof that two trainings are the same.
pub fn theta_hash(theta: &[f32]) -> String {
    model_hash(theta, &[])
}

/// The same over θ and, behind it, what is remembered: of a network that remembers nothing it is [`theta_hash`].
pub fn model_hash(theta: &[f32], memory: &[f32]) -> String {
    let mut sha = Sha256::new();
    Numbers::Single(theta).add_to(&mut sha);
    Numbers::Single(memory).add_to(&mut sha);
    hex(&sha.finalize())[..16].into()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
