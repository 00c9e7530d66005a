//! What neurons say, as small pictures.

use crate::bench::small::Plane;

/// Places along the edge of a neuron's picture.
pub const PICTURE: usize = 24;

/// A grid as fine as can be computed many times a second: a multiple of the pictures' edge, so that these are a part of it.
pub fn side_for(weights: usize, units: usize) -> usize {
    const PRODUCTS: usize = 12_000_000;
    const NUMBERS: usize = 1_500_000;
    let places = (PRODUCTS / weights.max(1)).min(NUMBERS / units.max(1));
    [4, 3, 2].map(|times| times * PICTURE).into_iter().find(|side| side * side <= places).unwrap_or(PICTURE)
}

/// The pictures of all drawn neurons: the largest number of each, and bytes.
pub fn pictures(plane: &Plane, shown: &[usize]) -> (Vec<f32>, Vec<u8>) {
    let mut scales = Vec::new();
    let mut bytes = Vec::new();
    for (layer, drawn) in shown.iter().enumerate() {
        for unit in 0..*drawn {
            let every = plane.side() / PICTURE;
            let inner = |i: usize| i % every == every / 2;
            let places = plane.neuron(layer, unit).enumerate();
            let kept = places.filter(|(i, _)| inner(i / plane.side()) && inner(i % plane.side()));
            scales.push(picture(kept.map(|(_, said)| said), &mut bytes));
        }
    }
    (scales, bytes)
}

/// Adds numbers as bytes: 128 for 0, 1 and 255 for ∓ the largest, which is returned.
pub fn picture(numbers: impl Iterator<Item = f32>, bytes: &mut Vec<u8>) -> f32 {
    let numbers: Vec<f32> = numbers.collect();
    let largest = numbers.iter().fold(0.0f32, |a, x| a.max(x.abs()));
    let byte = |x: &f32| if largest > 0.0 { (128.0 + 127.0 * x / largest).round() as u8 } else { 128 };
    bytes.extend(numbers.iter().map(byte));
    largest
}
