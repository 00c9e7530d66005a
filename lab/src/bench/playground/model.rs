//! The network as a file: safetensors, for whoever wants to go on with it elsewhere.

use std::collections::BTreeMap;

use gradus::train::ModelFile;

use super::Playground;

impl Playground {
    /// The network that is seen, as `model.safetensors`: its weights by name, and in the metadata what it is, what it is
    /// given (`features`, of places moved by `centre` and divided by `unit`) and what it learned from.
    pub fn model(&self) -> Vec<u8> {
        let (training, data) = (&self.training, &self.training.data);
        let (model, config) = (&training.model, &training.config);
        let text = |numbers: &[f64]| numbers.iter().map(f64::to_string).collect::<Vec<_>>().join(", ");
        let features: Vec<&str> = config.features.iter().map(|feature| feature.name).collect();
        let metadata = BTreeMap::from([
            ("gradus".to_string(), "model 1".to_string()),
            ("network".into(), model.network.line()),
            ("loss".into(), model.loss.line()),
            ("optimizer".into(), training.choice.line()),
            ("learning_rate".into(), training.learning_rate.to_string()),
            ("features".into(), features.join(", ")),
            ("centre".into(), text(&data.centre)),
            ("unit".into(), text(&data.unit)),
            ("level".into(), text(&data.level)),
            ("classes".into(), data.names.join(", ")),
            ("seed".into(), config.seed.to_string()),
            ("step".into(), training.place().step.to_string()),
        ]);
        ModelFile::new(model.layout(), &training.answer(), metadata)
            .remembering(model.layout(), training.memory())
            .bytes()
    }
}
