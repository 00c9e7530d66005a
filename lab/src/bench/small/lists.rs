//! What can be chosen by name.

use gradus::activations::ACTIVATIONS;
use gradus::losses::LOSSES;
use gradus::optimizers::OPTIMIZERS;
use gradus::wrappers::WRAPPERS;
use serde_json::{Value, json};

/// Losses, optimizers in all their dialects, wrappers, activations.
pub fn lists() -> Value {
    let optimizers = OPTIMIZERS.iter().flat_map(|entry| {
        let dialects =
            entry.dialects.iter().skip(1).map(|dialect| format!("{}@{}", entry.name, dialect.name));
        std::iter::once(entry.name.to_string()).chain(dialects)
    });
    let wrapped = WRAPPERS.iter().map(|wrapper| format!("{} over {}", wrapper.name, wrapper.inner));
    json!({
        "losses": LOSSES.iter().map(|loss| loss.name).collect::<Vec<_>>(),
        "optimizers": optimizers.chain(wrapped).collect::<Vec<_>>(),
        "activations": ACTIVATIONS.iter().map(|activation| activation.name).collect::<Vec<_>>(),
    })
}
