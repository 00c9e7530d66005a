//! A batch that is read where it lies, so that nothing is copied.

use super::Plan;
use super::memory::Span;
use crate::graph::Var;
use crate::optimizer::{Back, Objective, Sink};

/// A plan that reads one of its data from numbers that somebody else keeps: [`Plan::with`].
pub struct Lent<'p> {
    plan: &'p mut Plan,
    span: Span,
    numbers: &'p [f32],
}

impl Plan {
    /// The plan, reading data `name` from `numbers` where they lie, instead of from [`Plan::data`], which stays as it is. The same bits
    /// as if they had been copied there.
    ///
    /// ```
    /// use gradus::{optimizer::Objective, threads::Threads};
    /// # use gradus::{losses::Loss, network::{Model, Network}};
    /// # let loss = Loss::parse("binary_cross_entropy")?;
    /// # let model = Model::new(Network::parse("dense 3 tanh, dense 1 sigmoid")?, loss, 2, 2)?;
    /// # let theta = model.layout().start(7);
    /// # let batches = vec![0.5; 100 * 8 * 2];
    /// let mut plan = model.training_plan(8, &Threads::new(1))?;
    /// plan.data("target").fill(1.0);
    /// plan.data("weight").fill(1.0);
    /// for batch in batches.chunks_exact(8 * 2) {
    ///     let loss = plan.with("input", batch).loss(&theta);
    ///     assert!(loss > 0.0);
    /// }
    /// # Ok::<(), gradus::Error>(())
    /// ```
    ///
    /// # Panics
    /// If the graph has no data of that name, or they have another length.
    pub fn with<'p>(&'p mut self, name: &str, numbers: &'p [f32]) -> Lent<'p> {
        let span = self.place_of(name);
        assert!(span.len == numbers.len(), "data {name:?} are {} numbers, not {}", span.len, numbers.len());
        Lent { plan: self, span, numbers }
    }
}

impl Lent<'_> {
    /// [`Plan::forward`].
    ///
    /// # Panics
    /// As that.
    pub fn forward(&mut self, theta: &[f32]) {
        self.during(|plan| plan.forward(theta));
    }

    /// [`Plan::value`].
    ///
    /// # Panics
    /// As that.
    pub fn value(&self, var: Var) -> &[f32] {
        if self.plan.kept_at(var) == self.span { self.numbers } else { self.plan.value(var) }
    }

    /// Runs something of the plan's own while it reads elsewhere.
    fn during<T>(&mut self, run: impl FnOnce(&mut Plan) -> T) -> T {
        /// Also when a panic passes.
        struct Until<'u>(&'u mut Plan);
        impl Drop for Until<'_> {
            fn drop(&mut self) {
                // SAFETY: nothing is lent.
                unsafe { self.0.block.lend(None) }
            }
        }
        let until = Until(self.plan);
        // SAFETY: the numbers are borrowed for longer than `until` lives, and no op writes data.
        unsafe { until.0.block.lend(Some((self.span, self.numbers))) };
        run(until.0)
    }
}

impl Objective for Lent<'_> {
    fn loss(&mut self, theta: &[f32]) -> f32 {
        self.during(|plan| plan.loss(theta))
    }

    fn losses(&mut self, population: &[f32], losses: &mut [f32]) {
        self.during(|plan| plan.losses(population, losses));
    }

    fn gradient(&mut self, theta: &[f32], grad: &mut [f32]) -> f32 {
        self.during(|plan| plan.gradient(theta, grad))
    }

    fn forth(&mut self, theta: &[f32]) -> Option<(f32, &mut dyn Back)> {
        let loss = self.loss(theta);
        Some((loss, self))
    }
}

impl Back for Lent<'_> {
    fn back(&mut self, theta: &mut [f32], sink: &dyn Sink) {
        self.during(|plan| plan.back(theta, sink));
    }
}
