//! What a network sees of a point: x and y themselves, or what can be made of them.
//!
//! A single neuron draws a straight line. Given x² and y² the same neuron draws an ellipse: features can do by hand what
//! hidden layers have to learn.

use gradus::elementary::turns;
use gradus::error::did_you_mean;
use gradus::message::Message;
use gradus::{Error, Result};

/// A number made of a point.
pub struct Feature {
    /// As `features=` writes it.
    pub name: &'static str,
    /// As people write it.
    pub formula: &'static str,
    /// Of x and y, which lie about within [−1, 1].
    pub of: fn(f64, f64) -> f64,
}

/// All there are; the first two are what is taken if nothing is said.
pub static FEATURES: &[Feature] = &[
    Feature { name: "x", formula: "x", of: |x, _| x },
    Feature { name: "y", formula: "y", of: |_, y| y },
    Feature { name: "xx", formula: "x²", of: |x, _| x * x },
    Feature { name: "yy", formula: "y²", of: |_, y| y * y },
    Feature { name: "xy", formula: "x y", of: |x, y| x * y },
    Feature { name: "sinx", formula: "sin πx", of: |x, _| turns(x / 2.0).0 },
    Feature { name: "siny", formula: "sin πy", of: |_, y| turns(y / 2.0).0 },
];

/// Reads a list such as `x,y,xy`.
///
/// # Errors
/// [`Error::Settings`] at a name that there is not, or that stands twice.
pub fn parse(list: &str) -> Result<Vec<&'static Feature>> {
    let mut features: Vec<&Feature> = Vec::new();
    for name in list.split([',', ' ']).filter(|name| !name.is_empty()) {
        let found = FEATURES.iter().find(|f| f.name == name).ok_or_else(|| Error::Settings {
            message: Message::of("features: there is no `{name}`").with("name", name),
            mend: did_you_mean(name, FEATURES.iter().map(|f| f.name)),
        })?;
        if features.iter().any(|f| f.name == name) {
            return Err(Error::Settings {
                message: Message::of("features: `{name}` stands twice").with("name", name),
                mend: "keep one of them".into(),
            });
        }
        features.push(found);
    }
    if features.is_empty() {
        return Err(Error::Settings {
            message: "the network is given no features".into(),
            mend: "write features=x,y".into(),
        });
    }
    Ok(features)
}
