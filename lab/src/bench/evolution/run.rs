//! A strategy's run: asked, judged and told, generation by generation.

use gradus::evolution::{Evolver, Made, Origin};
use gradus::message::Message;
use gradus::optimizer::{Objective, Setup, Step};
use gradus::optimizers::Choice;
use gradus::real::Number;
use gradus::{Error, Result};
use serde::Serialize;

use super::{Evolution, made};
use crate::bench::descent::word;
use crate::bench::{Deadline, limits};

/// Numbers of all members of all generations, at most.
const MOST_NUMBERS: usize = 400_000;

/// A generation, judged.
#[derive(Clone, Debug, Serialize)]
pub struct Frame {
    /// One member after another.
    #[serde(serialize_with = "made::pack")]
    pub members: Vec<f64>,
    /// Their losses.
    pub losses: Vec<f64>,
    /// Where they come from, in the same order; nothing where nobody keeps account.
    pub origins: Vec<Origin>,
    /// How the population came to be.
    #[serde(serialize_with = "made::told")]
    pub made: Made,
    /// What each member counted: [`Evolver::shares`].
    pub shares: Vec<f64>,
    /// The root mean square distance of a gene from the mean.
    pub diversity: f64,
    /// What the strategy would answer now.
    pub answer: Vec<f64>,
}

/// A run to be made.
pub struct Run<'a> {
    pub choice: &'a Choice,
    pub setup: &'a Setup<'a>,
    pub generations: usize,
    pub lr: Option<f64>,
    pub deadline: &'a Deadline,
}

impl Run<'_> {
    /// Asks, judges and tells.
    pub fn go<R: Number>(
        &self,
        evolution: &mut Evolution,
        start: &[R],
        objective: &mut dyn Objective<R>,
    ) -> Result<()> {
        let Run { choice, setup, generations, lr, deadline } = *self;
        choice.check(setup)?;
        let Some(mut evolver) = choice.evolver::<R>(setup) else {
            return Err(Error::Settings {
                message: Message::of("{line} cannot be asked for a population").with("line", choice.line()),
                mend: "take the strategy without what is around it".into(),
            });
        };
        let most = evolver.most_members();
        let weights = start.len();
        if most * generations * weights > MOST_NUMBERS {
            return Err(Error::range(
                "generations",
                generations,
                Message::of("fewer, or of fewer members: {most} numbers in all").with("most", MOST_NUMBERS),
            ));
        }
        let (mut population, mut losses) = (vec![R::of(0.0); most * weights], vec![R::of(0.0); most]);
        let learning_rate = limits::between("lr", lr.unwrap_or(choice.dialect.learning_rate), (0.0, 1e3))?;
        evolver.begin(start);
        let wide = |of: &[R]| of.iter().map(|x| x.to_f64()).collect::<Vec<f64>>();
        for t in 1..=generations as u64 {
            evolver.at(Step { t, learning_rate });
            let members = evolver.members();
            let (population, losses) = (&mut population[..members * weights], &mut losses[..members]);
            evolver.ask(population);
            objective.losses(population, losses);
            let (origins, made) = (evolver.origins().to_vec(), evolver.made());
            if gradus::evolution::least(losses).is_none() {
                evolution.ended = Some("not_finite".into());
                return Ok(());
            }
            evolver.tell(population, losses);
            let mut answer = vec![R::of(0.0); weights];
            evolver.answer(&mut answer);
            evolution.frames.push(Frame {
                members: wide(population),
                losses: wide(losses),
                origins,
                made,
                shares: evolver.shares(),
                diversity: evolver.diversity(),
                answer: wide(&answer),
            });
            if let Some(reason) = evolver.ended() {
                evolution.ended = Some(word(reason));
                return Ok(());
            }
            if deadline.passed() {
                evolution.cut_short = true;
                return Ok(());
            }
        }
        Ok(())
    }
}
