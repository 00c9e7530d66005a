//! What an optimizer asks in a step: the loss and the gradient over the step's examples, with no more of them in memory
//! at a time than one batch holds.
//!
//! ```text
//! L = Σₘ Wₘ Lₘ / Σₘ Wₘ        Wₘ: the sum of the weights of the examples in the m-th part
//! ```
//!
//! That is the loss of all of them at once, to rounding: gradient accumulation. Each question takes the parts one after
//! another, so an optimizer may ask as often as it likes and always hears of the same examples; dropout draws for each
//! example what it would draw in one large batch.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use super::batches::Samples;
use super::loader::Loader;
use super::reader::{Desk, Examples, Reader};
use super::remember::renew;
use super::settings::Settings;
use super::verdict::{self, Verdict};
use super::way::Source;
use crate::cost::Cost;
use crate::network::Model;
use crate::op::Moment;
use crate::optimizer::{Back, Objective};
use crate::plan::{OpTime, Plan};
use crate::threads::Threads;
use crate::{Error, Result};

/// Where training examples become questions.
pub(super) struct Feed<'a> {
    reader: Arc<Reader<'a>>,
    /// Reads ahead, where that is worth it.
    loader: Option<Arc<Loader<'a>>>,
    desk: Desk,
    threads: Threads,
    /// For a full part, and for a short last one, each with the way it gets its gradients.
    pub(super) plans: Vec<(usize, Plan, Source)>,
    /// Examples of a part at most.
    part: usize,
    /// Examples of a step at most.
    step: usize,
    /// Examples of an epoch.
    examples: usize,
    /// The gradient of one part, where there are several.
    pub(super) grad: Vec<f32>,
    /// What ops remember from batch to batch.
    pub memory: Vec<f32>,
    /// Seconds spent on putting examples where plans read them, once they are counted.
    reading: Option<f64>,
}

impl<'a> Feed<'a> {
    /// For the examples `train`, in steps as the settings say.
    ///
    /// # Errors
    /// [`Error::Data`] if there are none; [`Error::Settings`] if pictures are to be changed and the data are none.
    pub fn new(
        model: &'a Model,
        data: &'a dyn Samples,
        train: &[u32],
        settings: &Settings,
        threads: &Threads,
    ) -> Result<Self> {
        let examples = train.len();
        if examples == 0 {
            return Err(Error::Data {
                message: "there is no example to train on".into(),
                mend: "add examples, or give less to validation and test".into(),
            });
        }
        let reader = Reader::new(data, train, settings)?;
        let (part, step) = settings.batch_and_step(examples);
        let of = |examples: usize| -> Result<(usize, Plan, Source)> {
            let plan = match reader.mixes() {
                true => model.mixing_plan(examples, threads)?,
                false => model.training_plan(examples, threads)?,
            };
            let source = Source::new(settings.gradient, model, &plan, examples)?;
            Ok((examples, plan, source))
        };
        let mut plans = vec![of(part)?];
        if !examples.is_multiple_of(part) {
            plans.push(of(examples % part)?);
        }
        Ok(Feed {
            desk: reader.desk(part, threads, false),
            reader: Arc::new(reader),
            loader: None,
            grad: vec![0.0; if step > part { model.layout().weights() } else { 0 }],
            memory: model.layout().memory().to_vec(),
            reading: None,
            threads: threads.clone(),
            plans,
            part,
            step,
            examples,
        })
    }

    /// How many examples the step takes that comes when `seen` of the epoch are behind.
    pub fn take(&self, seen: usize) -> usize {
        self.step.min(self.examples - seen)
    }

    /// From now on reads the epochs of `seed` over `train` ahead, if that is worth it.
    pub fn read_ahead(&mut self, train: &[u32], seed: u64) {
        let loader = Loader::new(&self.reader, train, (seed, self.part), &self.threads);
        self.loader = loader.map(Arc::new);
    }

    /// What must be at work for that.
    pub fn loader(&self) -> Option<Arc<Loader<'a>>> {
        self.loader.clone()
    }

    /// Makes room to judge populations, so that no step has to.
    pub fn prepare(&mut self) {
        self.plans.iter_mut().for_each(|(_, plan, _)| plan.prepare());
    }

    /// From now on takes the time of reading and of every op.
    pub fn watch(&mut self) {
        self.reading = Some(0.0);
        self.plans.iter_mut().for_each(|(_, plan, _)| plan.watch());
    }

    /// Seconds of reading, and what ops took, plan after plan.
    pub fn watched(&self) -> (f64, Vec<OpTime>) {
        let ops = self.plans.iter().flat_map(|(_, plan, _)| plan.watched()).collect();
        (self.reading.unwrap_or(0.0), ops)
    }

    /// A plan over whatever examples it saw last.
    pub fn any_plan(&mut self) -> &mut Plan {
        &mut self.plans[0].1
    }

    /// The examples at `range` of the order of `epoch` as something to be asked, varied as in that epoch; dropout draws
    /// by `moment`.
    pub fn ask<'f>(
        &'f mut self,
        order: &'f [u32],
        range: Range<usize>,
        moment: Moment,
        epoch: u64,
    ) -> Asked<'f, 'a> {
        let due = !self.memory.is_empty();
        let examples = Examples { order, from: range.start, to: range.end, seed: moment.seed, epoch };
        let mut asked = Asked { examples, moment, weights: 0.0, due, feed: self };
        if asked.has_parts() {
            let reader = &asked.feed.reader;
            asked.weights = (0..examples.len()).map(|i| reader.weight(examples, i) as f64).sum();
        } else {
            let _ = asked.fill(0);
        }
        asked
    }
}

/// The examples of a step.
pub(super) struct Asked<'f, 'a> {
    pub(super) feed: &'f mut Feed<'a>,
    examples: Examples<'f>,
    moment: Moment,
    /// Σ Wₘ
    weights: f64,
    /// Whether the step's examples have still to be remembered.
    pub(super) due: bool,
}

impl Asked<'_, '_> {
    pub(super) fn has_parts(&self) -> bool {
        self.examples.len() > self.feed.part
    }

    /// Puts the part that begins with example `from` where its plan reads it. The plan, room for a gradient, and what
    /// the part counts as a share of all.
    fn fill(&mut self, from: usize) -> (&mut Plan, &mut Source, &mut [f32], f32) {
        let Feed { reader, loader, desk, threads, plans, part, grad, reading, .. } = &mut *self.feed;
        let began = reading.is_some().then(Instant::now);
        let examples = self.examples.part(from, *part);
        let (plan, source) = plan_for(plans, examples.len());
        plan.at(Moment { before: from as u64, ..self.moment });
        if !loader.as_ref().is_some_and(|loader| loader.take(examples, plan, desk, threads)) {
            reader.fill(examples, plan, desk, threads);
        }
        let weights: f64 = plan.data("weight").iter().map(|w| *w as f64).sum();
        if let (Some(reading), Some(began)) = (reading, began) {
            *reading += began.elapsed().as_secs_f64();
        }
        (plan, source, grad, (weights / self.weights) as f32)
    }

    /// Takes the parts one after another. A part that counts nothing has no loss: it is left out.
    pub(super) fn each_part(&mut self, mut ask: impl FnMut(&mut Plan, &mut Source, &mut [f32], f32)) {
        for from in (0..self.examples.len()).step_by(self.feed.part) {
            let (plan, source, grad, share) = self.fill(from);
            if share != 0.0 {
                ask(plan, source, grad, share);
            }
        }
    }

    /// What first went wrong in a step whose loss is not finite.
    pub fn verdict(&mut self, theta: &[f32], step: u64, learning_rate: f64) -> Verdict {
        let last = (self.examples.len() - 1) / self.feed.part * self.feed.part;
        let bad = (0..last).step_by(self.feed.part).find(|from| !self.fill(*from).0.loss(theta).is_finite());
        verdict::find(self.fill(bad.unwrap_or(last)).0, theta, step, learning_rate)
    }

    pub(super) fn whole(&mut self) -> (&mut Plan, &mut Source) {
        plan_for(&mut self.feed.plans, self.examples.len())
    }

    /// A plan over the examples, or over the first of them where they are taken in parts.
    pub fn plan(&mut self) -> &mut Plan {
        if self.has_parts() { self.fill(0).0 } else { self.whole().0 }
    }

    /// What was really computed when this was asked.
    pub fn cost(&self, asked: Cost, weights: usize) -> Cost {
        self.feed.plans[0].2.cost(asked, weights)
    }
}

impl Objective for Asked<'_, '_> {
    fn loss(&mut self, theta: &[f32]) -> f32 {
        if !self.has_parts() {
            return self.whole().0.loss(theta);
        }
        let mut loss = 0.0;
        self.each_part(|plan, _, _, share| loss += share * plan.loss(theta));
        loss
    }

    fn gradient(&mut self, theta: &[f32], grad: &mut [f32]) -> f32 {
        let due = std::mem::take(&mut self.due);
        let mut memory = std::mem::take(&mut self.feed.memory);
        let mut ask = |plan: &mut Plan, source: &mut Source, grad: &mut [f32]| {
            let loss = source.objective(plan).gradient(theta, grad);
            if due && loss.is_finite() {
                renew(plan, &mut memory, (!source.goes_forward()).then_some(theta), None);
            }
            loss
        };
        let mut loss = 0.0;
        if self.has_parts() {
            grad.fill(0.0);
            self.each_part(|plan, source, of_part, share| {
                loss += share * ask(plan, source, of_part);
                grad.iter_mut().zip(of_part).for_each(|(g, part)| *g += share * *part);
            });
        } else {
            let (plan, source) = self.whole();
            loss = ask(plan, source, grad);
        }
        self.feed.memory = memory;
        loss
    }

    fn forth(&mut self, theta: &[f32]) -> Option<(f32, &mut dyn Back)> {
        // Parts are summed up, and differences and formulas are no way back.
        if self.has_parts() || !self.whole().1.goes_forward() {
            return None;
        }
        let (due, mut memory) = (std::mem::take(&mut self.due), std::mem::take(&mut self.feed.memory));
        let plan = self.whole().0;
        let loss = plan.loss(theta);
        if due && loss.is_finite() {
            renew(plan, &mut memory, None, None);
        }
        self.feed.memory = memory;
        Some((loss, self.whole().0))
    }

    fn losses(&mut self, population: &[f32], losses: &mut [f32]) {
        if !self.has_parts() {
            return self.whole().0.losses(population, losses);
        }
        let weights = (population.len() / losses.len().max(1)).max(1);
        // A few members at a time: their losses of one part have room here.
        for (losses, members) in losses.chunks_mut(MEMBERS).zip(population.chunks(MEMBERS * weights)) {
            let mut of_part = [0.0; MEMBERS];
            let of_part = &mut of_part[..losses.len()];
            losses.fill(0.0);
            self.each_part(|plan, _, _, share| {
                plan.losses(members, of_part);
                losses.iter_mut().zip(of_part.iter()).for_each(|(loss, part)| *loss += share * part);
            });
        }
    }
}

/// Members of a population that are asked about together.
const MEMBERS: usize = 256;

fn plan_for(plans: &mut [(usize, Plan, Source)], examples: usize) -> (&mut Plan, &mut Source) {
    let found = plans.iter_mut().find(|p| p.0 == examples);
    let (_, plan, source) = found.expect("there is one for a full part and for a short one");
    (plan, source)
}

#[cfg(test)]
mod tests {
    use super::super::settings::{Batch, ClassWeights};
    use super::*;
    use crate::losses::Loss;
    use crate::network::Network;
    use crate::rng::{Rng, Stream};

    /// Examples of two classes, one of them rare, that count differently; some not at all.
    struct Uneven;

    impl Samples for Uneven {
        fn len(&self) -> usize {
            120
        }
        fn inputs(&self) -> usize {
            10
        }
        fn classes(&self) -> usize {
            2
        }
        fn class(&self, index: usize) -> usize {
            usize::from(index.is_multiple_of(5))
        }
        fn read(&self, index: usize, into: &mut [f32]) {
            let mut rng = Rng::new(3, Stream::Probe, index as u64);
            into.fill_with(|| rng.normal());
        }
        fn read_varied(&self, index: usize, rng: &mut Rng, into: &mut [f32]) {
            self.read(index, into);
            into[0] = rng.normal();
        }
        fn weight(&self, index: usize) -> f32 {
            if (40..60).contains(&index) { 0.0 } else { (1 + index % 3) as f32 }
        }
    }

    fn model() -> Model {
        let network = "dense 200 tanh, dropout 0.4, dense 30 relu, dropout 0.2, dense 1 sigmoid";
        let loss = Loss::parse("binary_cross_entropy").unwrap();
        Model::new(Network::parse(network).unwrap(), loss, 10, 2).unwrap()
    }

    /// Loss, gradient and the losses of a population over 97 examples, taken in parts of `batch`.
    fn answers(batch: usize, mixup: f64) -> (f32, Vec<f32>, Vec<f32>) {
        let (model, indices): (Model, Vec<u32>) = (model(), (0..97).collect());
        let settings = Settings {
            batch: Batch::Of(batch),
            accumulate: 97u64.div_ceil(batch as u64),
            class_weights: ClassWeights::Balanced,
            mixup,
            ..Settings::default()
        };
        let mut feed = Feed::new(&model, &Uneven, &indices, &settings, &Threads::new(2)).unwrap();
        assert_eq!(feed.take(0), 97);
        let moment = Moment { training: true, seed: 4, step: 9, ..Moment::default() };
        let theta = model.layout().start(2);
        let mut asked = feed.ask(&indices, 0..97, moment, 5);
        let mut grad = vec![f32::NAN; theta.len()];
        let loss = asked.gradient(&theta, &mut grad);
        assert_eq!(loss.to_bits(), asked.loss(&theta).to_bits(), "asked again it says the same");
        let population: Vec<f32> = (0..300).flat_map(|seed| model.layout().start(seed)).collect();
        let mut losses = vec![f32::NAN; 300];
        asked.losses(&population, &mut losses);
        assert_eq!(losses[2].to_bits(), loss.to_bits());
        let mut again = vec![f32::NAN; theta.len()];
        asked.gradient(&theta, &mut again);
        assert!(grad == again);
        (loss, grad, losses)
    }

    #[test]
    fn parts_together_are_the_batch() {
        [0.0, 0.5].into_iter().for_each(parts_are_the_batch);
    }

    fn parts_are_the_batch(mixup: f64) {
        let (loss, grad, losses) = answers(97, mixup);
        let greatest = grad.iter().fold(0.0f32, |a, g| a.max(g.abs()));
        // The last parts are of 17, 6, 1 and 1 examples; dropout draws in chunks that end within parts.
        for batch in [40, 13, 96, 1] {
            let (parts_loss, parts_grad, parts_losses) = answers(batch, mixup);
            assert!((loss - parts_loss).abs() < 2e-6, "batches of {batch}: {parts_loss}, not {loss}");
            for (i, (whole, parts)) in grad.iter().zip(&parts_grad).enumerate() {
                let error = (whole - parts).abs();
                assert!(error < 1e-5 * greatest, "batches of {batch}: slope {i} is {parts}, not {whole}");
            }
            for (whole, parts) in losses.iter().zip(&parts_losses) {
                assert!((whole - parts).abs() < 1e-5, "batches of {batch}: {parts}, not {whole}");
            }
        }
    }
}
