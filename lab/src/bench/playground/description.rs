//! What never changes while a network learns: data, layers, lines.

use gradus::losses::{Link, Targets};
use gradus::optimizers::Family;
use serde_json::{Value, json};

use super::Playground;
use super::pictures::{PICTURE, picture};
use crate::bench::small::{Example, Plane, Task, VIEW, lists};
use crate::reply::{packed, packed_bytes};
use crate::typeset::Formula;

impl Playground {
    /// What never changes.
    pub fn description(&self) -> Value {
        let Playground { training, plane, shown, .. } = self;
        let (model, data, config) = (&training.model, &training.data, &training.config);
        let part = |name: String| {
            let part = model.layout().parts().iter().find(|part| part.name == name)?;
            let (rows, columns) = part.shape.matrix();
            Some(json!({ "at": part.at, "rows": rows, "columns": columns }))
        };
        let layers: Vec<Value> = model
            .network
            .layers()
            .iter()
            .enumerate()
            .map(|(i, layer)| {
                let scope = format!("{}.{}", i + 1, layer.kind());
                json!({
                    "kind": layer.kind(),
                    "line": layer.line(),
                    "units": plane.units()[i],
                    "shown": shown[i],
                    "weight": part(format!("{scope}.weight")),
                    "bias": part(format!("{scope}.bias")),
                })
            })
            .collect();
        let features: Vec<Value> =
            config.features.iter().map(|f| json!({ "name": f.name, "formula": f.formula })).collect();
        let mut seen = Vec::new();
        for feature in &config.features {
            let places = (0..PICTURE * PICTURE).map(|place| Plane::place(PICTURE, place));
            picture(places.map(|[x, y]| (feature.of)(x, y) as f32), &mut seen);
        }
        let points = |examples: &[Example]| -> Vec<f32> {
            examples
                .iter()
                .flat_map(|e| {
                    let [x, y] = data.seen(e.at);
                    [x as f32, y as f32, e.label]
                })
                .collect()
        };
        json!({
            "features": features,
            "layers": layers,
            "weights": model.layout().weights(),
            "outputs": if data.task == Task::Values { 1 } else { model.outputs },
            "classes": match data.task { Task::Classes(n) => Some(n), Task::Values => None },
            "softmax": model.network.ends_in() == Link::Softmax || model.loss.entry.targets == Targets::Class,
            "names": data.names,
            "train": packed(&points(&data.train)),
            "test": packed(&points(&data.test)),
            "centre": data.centre,
            "unit": data.unit,
            "level": data.level,
            "side": plane.side(),
            "picture": PICTURE,
            "seen": packed_bytes(&seen),
            "lists": lists(),
            "view": VIEW,
            "net": model.network.line(),
            "loss": {
                "line": model.loss.line(),
                "formula": Formula::lines(model.loss.entry.formula),
                "about": model.loss.entry.about,
            },
            "optimizer": {
                "line": training.choice.line(),
                "formula": crate::bench::descent::rule(&training.choice),
                "about": training.choice.entry.about,
                "wants_all": training.choice.wants_all_data(),
                "has_rate": training.choice.entry.family != Family::Evolution || !training.choice.wrappers.is_empty(),
            },
            "learning_rate": training.learning_rate,
            "batch": training.batch(),
            "steps_per_epoch": training.steps_per_epoch(),
        })
    }
}
