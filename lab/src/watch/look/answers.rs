//! What the network answers on the wall's pictures, with the weights of the moment.

use gradus::threads::Threads;
use gradus::train::Evaluator;
use serde_json::{Value, json};

use super::super::desk::Copy;
use super::super::scene::Scene;

/// The network in use.
pub struct Answers<'a>(Evaluator<'a>);

impl<'a> Answers<'a> {
    /// For the training of a scene.
    pub fn new(scene: &'a Scene, threads: &Threads) -> Answers<'a> {
        Answers(Evaluator::new(&scene.model, threads))
    }

    /// The class of each picture and how sure it is, in thousandths; loss, accuracy and confusion of all. None without a wall.
    pub fn of(&mut self, scene: &Scene, now: &Copy) -> Option<Value> {
        let wall = scene.wall.as_ref()?;
        let told = self.0.evaluate(&now.theta, &now.memory, &*scene.samples, &wall.examples).ok()?;
        let (classes, sure): (Vec<usize>, Vec<u32>) = (0..wall.examples.len())
            .map(|k| told.prediction(k))
            .map(|(class, probability)| (class, (1000.0 * probability).round() as u32))
            .unzip();
        Some(json!({
            "classes": classes,
            "sure": sure,
            "loss": told.scores.loss,
            "accuracy": told.scores.accuracy,
            "confusion": told.scores.confusion,
        }))
    }
}
