//! A model in one file: safetensors, one tensor for each part of θ, and metadata that say what it is.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use sha2::{Digest, Sha256};

use super::files::write_whole;
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
        let tensors: Vec<Tensor> = self.parts.iter().map(|(_, shape, w)| Tensor::shaped(shape, w)).collect();
        let named: Vec<(&str, &Tensor)> =
            self.parts.iter().zip(&tensors).map(|((name, ..), t)| (name.as_str(), t)).collect();
        write_whole(path, &to_safetensors(&named, &self.metadata), None)
    }

    /// Reads one.
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be read, [`Error::Damaged`] if it is not such a file.
    pub fn load(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(Error::file("read", path))?;
        let damaged = |reason: String| Error::Damaged {
            kind: "model",
            path: path.into(),
            reason,
            mend: "give a model.safetensors that gradus wrote, or the folder of a run".into(),
        };
        let (tensors, metadata) = from_safetensors(&bytes).map_err(damaged)?;
        let part = |(name, tensor): (String, Tensor)| {
            if tensor.kind() != "f32" {
                return Err(damaged(format!("{name} holds {}, not f32", tensor.kind())));
            }
            let mut weights = vec![0.0; tensor.len()];
            tensor.put(&mut Slot::Single(&mut weights));
            Ok((name, tensor.shape, weights))
        };
        Ok(ModelFile { parts: tensors.into_iter().map(part).collect::<Result<_>>()?, metadata })
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
    for numbers in theta.chunks(4096).chain(memory.chunks(4096)) {
        let mut bytes = [0u8; 4096 * 4];
        for (b, x) in bytes.chunks_exact_mut(4).zip(numbers) {
            b.copy_from_slice(&x.to_le_bytes());
        }
        sha.update(&bytes[..numbers.len() * 4]);
    }
    hex(&sha.finalize())[..16].into()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// A tensor as a file holds it.
pub(super) struct Tensor {
    dtype: Dtype,
    pub shape: Vec<usize>,
    /// Little-endian.
    pub bytes: Vec<u8>,
}

impl Tensor {
    /// Of numbers in a row.
    pub fn of(numbers: &Slot) -> Tensor {
        let (dtype, bytes) = match numbers {
            Slot::Single(w) => (Dtype::F32, w.iter().flat_map(|x| x.to_le_bytes()).collect()),
            Slot::Double(w) => (Dtype::F64, w.iter().flat_map(|x| x.to_le_bytes()).collect()),
        };
        Tensor { dtype, shape: vec![numbers.len()], bytes }
    }

    /// Of weights with a shape.
    fn shaped(shape: &[usize], weights: &[f32]) -> Tensor {
        let bytes = weights.iter().flat_map(|x| x.to_le_bytes()).collect();
        Tensor { dtype: Dtype::F32, shape: shape.to_vec(), bytes }
    }

    /// How many numbers.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// `f32` or `f64`.
    pub fn kind(&self) -> &'static str {
        if self.dtype == Dtype::F32 { "f32" } else { "f64" }
    }

    /// Whether a place takes numbers of this kind, so many of them.
    pub fn fits(&self, place: &Slot) -> bool {
        let kind = if matches!(place, Slot::Single(_)) { Dtype::F32 } else { Dtype::F64 };
        kind == self.dtype && place.len() == self.len()
    }

    /// Puts the numbers into a place that they fit.
    pub fn put(&self, place: &mut Slot) {
        match place {
            Slot::Single(w) => {
                for (x, b) in w.iter_mut().zip(self.bytes.chunks_exact(4)) {
                    *x = f32::from_le_bytes(b.try_into().expect("four bytes"));
                }
            }
            Slot::Double(w) => {
                for (x, b) in w.iter_mut().zip(self.bytes.chunks_exact(8)) {
                    *x = f64::from_le_bytes(b.try_into().expect("eight bytes"));
                }
            }
        }
    }
}

/// The bytes of a safetensors file.
pub(super) fn to_safetensors(tensors: &[(&str, &Tensor)], metadata: &BTreeMap<String, String>) -> Vec<u8> {
    let views = tensors.iter().map(|(name, t)| {
        (*name, TensorView::new(t.dtype, t.shape.clone(), &t.bytes).expect("shape and length agree"))
    });
    let metadata: HashMap<String, String> = metadata.clone().into_iter().collect();
    serialize(views, Some(metadata)).expect("names are unique")
}

type Tensors = Vec<(String, Tensor)>;

/// The tensors, in the order of the file, and the metadata; or what is wrong with the bytes.
pub(super) fn from_safetensors(
    bytes: &[u8],
) -> std::result::Result<(Tensors, BTreeMap<String, String>), String> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| e.to_string())?;
    let file = SafeTensors::deserialize(bytes).map_err(|e| e.to_string())?;
    let mut tensors: Vec<(usize, String, Tensor)> = Vec::new();
    for (name, view) in file.tensors() {
        if !matches!(view.dtype(), Dtype::F32 | Dtype::F64) {
            return Err(format!("{name} holds {:?}, not f32 or f64", view.dtype()));
        }
        let at = view.data().as_ptr() as usize - bytes.as_ptr() as usize;
        let (shape, bytes) = (view.shape().to_vec(), view.data().to_vec());
        tensors.push((at, name, Tensor { dtype: view.dtype(), shape, bytes }));
    }
    tensors.sort_by_key(|t| t.0);
    let metadata = header.metadata().clone().unwrap_or_default().into_iter().collect();
    Ok((tensors.into_iter().map(|(_, name, tensor)| (name, tensor)).collect(), metadata))
}
