//! What the tests of the experiments share.

use gradus_lab::bench::State;
use serde_json::Value;

/// The state of an address, from an object.
pub fn state(settings: &Value) -> State {
    let pairs = settings.as_object().expect("an object").iter();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), String::from);
    State(pairs.map(|(name, value)| (name.clone(), text(value))).collect())
}
