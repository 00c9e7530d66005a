//! What a network says, as a probability for each class, or as a number. [`Model::onnx`] writes the same for other programs.

use super::Model;
use crate::elementary;
use crate::losses::Link;
use crate::real::Real;

impl Model {
    /// From the network's last value of one example to a probability per class. Outputs that are not
    /// probabilities of themselves (several sigmoids, no function at all) are held within [0, 1] and scaled to sum 1. Where
    /// there are no classes: the number that is said.
    pub fn probabilities(&self, z: &[f32], into: &mut [f64]) {
        if self.classes == 0 {
            into[0] = z[0] as f64;
            return;
        }
        if let [z] = z {
            let p = if self.link == Link::Sigmoid && self.open { Real::sigmoid(*z) } else { *z };
            let p = (p as f64).clamp(0.0, 1.0);
            into.copy_from_slice(&[1.0 - p, p]);
            return;
        }
        match self.link {
            Link::Softmax => {
                let greatest = z.iter().fold(f32::NEG_INFINITY, |a, z| a.max(*z));
                for (p, z) in into.iter_mut().zip(z) {
                    *p = elementary::exp(z - greatest) as f64;
                }
            }
            Link::Sigmoid if self.open => {
                for (p, z) in into.iter_mut().zip(z) {
                    *p = Real::sigmoid(*z) as f64;
                }
            }
            _ => {
                for (p, z) in into.iter_mut().zip(z) {
                    *p = (*z as f64).clamp(0.0, 1.0);
                }
            }
        }
        let sum: f64 = into.iter().sum();
        for p in into.iter_mut() {
            *p = if sum > 0.0 { *p / sum } else { 1.0 / z.len() as f64 };
        }
    }
}
