//! Experiments with a small network on points of the plane: the training they share, and each of the three.

mod landscape;
mod playground;
mod training;
mod weight;

use gradus_lab::bench::State;
use serde_json::Value;

/// The state of an address, from an object.
fn state(settings: &Value) -> State {
    let pairs = settings.as_object().expect("an object").iter();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), String::from);
    State(pairs.map(|(name, value)| (name.clone(), text(value))).collect())
}

/// The numbers of a packed text.
fn unpacked(text: &Value) -> Vec<f32> {
    bytes(text).chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().expect("four"))).collect()
}

/// The bytes of a packed text.
fn bytes(text: &Value) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(text.as_str().expect("a text")).expect("base64")
}
