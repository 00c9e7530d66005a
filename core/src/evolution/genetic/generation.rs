//! From one generation to the next.

mod breed;

use super::Hall;
use super::crossovers::{CROSSOVERS, Crossover};
use super::mutations::{MUTATIONS, Mutation};
use super::selections::{SELECTIONS, Selection};
use crate::evolution::{Course, Diversity, Draws, Evolver, Origin, Spread, least, rank};
use crate::message::Message;
use crate::optimizer::{Reason, Setup};
use crate::optimizers::Choice;
use crate::real::{Number, Slot};
use crate::threads::{Shared, Threads};
use crate::words::Values;

/// The genetic algorithm, for whoever asks and tells by himself; see [its module](super).
pub struct Genetic<R: Number = f32> {
    size: usize,
    elites: usize,
    /// Children of a generation, if it is not all but the elites.
    children: Option<usize>,
    reevaluate: bool,
    cross: f64,
    rate: f64,
    sigma: f64,
    restarts: f64,
    least_diversity: f64,
    selection: Box<dyn Selection>,
    crossover: Box<dyn Crossover<R>>,
    mutation: Box<dyn Mutation>,
    spread: Spread,
    draws: Draws,
    threads: Threads,
    measure: Diversity,
    // What is kept between generations.
    course: Course<R>,
    hall: Hall<R>,
    start: Vec<R>,
    members: Vec<R>,
    losses: Vec<f64>,
    strengths: Vec<f64>,
    /// How often it started anew; 1 if the next generation does; the diversity.
    notes: [f64; 3],
    // Room to work in.
    order: Vec<u32>,
    parents: Vec<u32>,
    shares: Vec<f64>,
    /// Losses of members and children together.
    all: Vec<f64>,
    /// Strengths of what was asked for.
    asked: Vec<f64>,
    /// Whence the members, and what was asked for.
    lineage: Vec<Origin>,
    origins: Vec<Origin>,
    /// Who of those asked for takes the place of which member.
    places: Vec<(u32, u32)>,
    /// How many members were asked for last.
    asked_for: usize,
    /// For a second child that nobody wants.
    spare: Vec<R>,
}

impl<R: Number> Genetic<R> {
    /// From the values of the parameters, which the table of optimizers lists.
    ///
    /// # Panics
    /// If one is missing.
    pub fn new(values: &Values, setup: &Setup) -> Self {
        let (weights, size) = (setup.weights(), values.whole("population"));
        let elites = values.whole("elites").min(size - 1);
        let children = (values.word("replacement") == "steady_state").then(|| values.whole("children"));
        let bred = children.unwrap_or(size - elites);
        let named = "a name of the table";
        let selection = SELECTIONS.iter().find(|e| e.name == values.word("selection")).expect(named);
        let crossover = CROSSOVERS.iter().find(|e| e.name == values.word("crossover")).expect(named);
        let mutation = MUTATIONS.iter().find(|e| e.name == values.word("mutation")).expect(named);
        Genetic {
            size,
            elites,
            children,
            reevaluate: values.is("reevaluate"),
            cross: values.get("cross"),
            rate: values.get("rate"),
            sigma: values.get("sigma"),
            restarts: values.get("restarts"),
            least_diversity: values.get("least_diversity"),
            selection: (selection.make)(values),
            crossover: R::pick(crossover.make)(values),
            mutation: (mutation.make)(values),
            spread: Spread::of(values, setup),
            draws: Draws::of(setup.seed),
            threads: setup.threads.clone(),
            measure: Diversity::new(weights, setup.threads),
            course: Course::of(values, weights),
            hall: Hall::new(values.whole("hall"), weights),
            start: vec![R::of(0.0); weights],
            members: vec![R::of(0.0); size * weights],
            losses: vec![0.0; size],
            strengths: vec![0.0; size],
            notes: [0.0; 3],
            // Always some order, so that no place is taken twice.
            order: (0..(size + bred) as u32).collect(),
            parents: vec![0; bred.next_multiple_of(2)],
            shares: vec![0.0; size],
            all: vec![0.0; size + bred],
            asked: vec![0.0; size + bred],
            lineage: vec![Origin::default(); size],
            origins: vec![Origin::default(); size + bred],
            places: Vec::with_capacity(size),
            asked_for: 0,
            spare: vec![R::of(0.0); weights],
        }
    }

    /// From a line such as `genetic selection=rank population=50`.
    ///
    /// # Errors
    /// [`crate::Error::Line`] at a word that is wrong; the line of another optimizer is refused too.
    pub fn parse(line: &str, setup: &Setup) -> crate::Result<Self> {
        let choice = Choice::parse(line)?;
        if choice.entry.name == super::ROW.name && choice.wrappers.is_empty() {
            return Ok(Self::new(choice.values(), setup));
        }
        let line = line.to_string();
        let message = Message::of("`{name}` is not the genetic algorithm").with("name", choice.entry.name);
        Err(crate::Error::Line { at: 0..line.len(), line, message, mend: "write `genetic` first".into() })
    }

    /// The best that ever were, with the losses they had then, the best first.
    pub fn hall(&self) -> &Hall<R> {
        &self.hall
    }

    /// How far it has come.
    pub fn course(&self) -> &Course<R> {
        &self.course
    }

    /// How often it started anew.
    pub fn restarted(&self) -> u64 {
        self.notes[0] as u64
    }

    /// Whether the next generation is drawn, not bred.
    fn starts(&self) -> bool {
        self.course.generation() == 0 || self.notes[1] != 0.0
    }

    /// How many old members the next population begins with, to be judged again.
    fn kept(&self) -> usize {
        match (self.reevaluate, self.children) {
            (false, _) => 0,
            (true, None) => self.elites,
            (true, Some(_)) => self.size,
        }
    }

    /// The number of the member at a place of the next population, if it is new.
    fn number(&self, place: usize) -> Option<u64> {
        Some(self.course.generation() * self.origins.len() as u64 + place as u64)
    }

    /// How many children follow.
    fn bred(&self) -> usize {
        self.children.unwrap_or(self.size - self.elites)
    }

    /// Who of those judged takes the place of which member: children those of all but the elites, or those that all members
    /// and children together outdo.
    fn replace(&mut self, losses: &[R]) {
        let (size, kept, bred) = (self.size, self.kept(), self.bred());
        let loss = |from: usize| losses[from].to_f64();
        self.places.clear();
        if self.starts() || (self.children.is_none() && (kept > 0 || self.elites == 0)) {
            return self.places.extend((0..size as u32).map(|k| (k, k)));
        }
        if self.children.is_none() {
            // The elites stay where they are; `order` is still that of the parents.
            let others = &self.order[self.elites..size];
            return self.places.extend((0..bred as u32).zip(others.iter().copied()));
        }
        (0..kept).for_each(|k| self.losses[k] = loss(k));
        self.all[..size].copy_from_slice(&self.losses);
        (0..bred).for_each(|child| self.all[size + child] = loss(kept + child));
        rank(&self.all, &mut self.order);
        // The first `size` of `order` stay: each child among them takes the place of a member that is not.
        let (stay, leave) = self.order.split_at(size);
        let children = stay.iter().filter(|k| **k as usize >= size);
        let members = leave.iter().filter(|k| (**k as usize) < size);
        let from = |child: u32| child - size as u32 + kept as u32;
        self.places.extend(children.map(|child| from(*child)).zip(members.copied()));
    }

    /// What is known of those judged, by the places that `replace` finds for them.
    fn hear(&mut self, population: &[R], losses: &[R]) {
        self.replace(losses);
        for (from, to) in self.places.iter().map(|(from, to)| (*from as usize, *to as usize)) {
            (self.losses[to], self.strengths[to]) = (losses[from].to_f64(), self.asked[from]);
            self.lineage[to] = self.origins[from];
        }
        if self.starts() {
            self.notes[1] = 0.0;
        }
        self.course.tell(population, losses);
    }

    /// Puts those judged there.
    fn settle(&mut self, population: &[R]) {
        let (weights, members) = (self.start.len(), Shared::of(&mut self.members));
        let theta = |k: u32| k as usize * weights..(k as usize + 1) * weights;
        let places = &self.places;
        self.threads.for_each(places.len(), &|i| {
            let (from, to) = places[i];
            // SAFETY: no member's place is taken twice.
            unsafe { members.slice(theta(to)) }.copy_from_slice(&population[theta(from)]);
        });
    }

    /// Those of the members who belong in the hall; how far apart all are, and whether to start anew.
    fn look_around(&mut self) {
        let weights = self.start.len();
        rank(&self.losses, &mut self.order[..self.size]);
        for k in &self.order[..self.size] {
            let k = *k as usize;
            if !self.hall.see(&self.members[k * weights..(k + 1) * weights], self.losses[k]) {
                break;
            }
        }
        self.notes[2] = self.measure.of(&self.members, weights);
        let lost = self.notes[2] <= self.least_diversity;
        if (lost || self.course.stalled()) && self.notes[0] < self.restarts {
            (self.notes[0], self.notes[1]) = (self.notes[0] + 1.0, 1.0);
            self.course.wait_anew();
        } else if lost {
            self.course.end(Reason::NoDiversity);
        }
    }
}

impl<R: Number> Evolver<R> for Genetic<R> {
    fn members(&self) -> usize {
        if self.starts() { self.size } else { self.kept() + self.bred() }
    }

    fn most_members(&self) -> usize {
        self.size.max(self.kept() + self.bred())
    }

    fn begin(&mut self, theta: &[R]) {
        self.course.begin(theta);
        self.hall.clear();
        self.start.copy_from_slice(theta);
        self.members.fill(R::of(0.0));
        self.losses.fill(f64::INFINITY);
        self.strengths.fill(self.sigma);
        self.lineage.fill(Origin::default());
        self.notes = [0.0; 3];
    }

    fn ask(&mut self, population: &mut [R]) {
        self.asked_for = self.members();
        if self.starts() {
            return self.draw(population);
        }
        let (weights, kept) = (self.start.len(), self.kept());
        rank(&self.losses, &mut self.order[..self.size]);
        for place in 0..kept {
            // Elites come by rank, all members as they are.
            let k = if self.children.is_none() { self.order[place] as usize } else { place };
            population[place * weights..(place + 1) * weights]
                .copy_from_slice(&self.members[k * weights..(k + 1) * weights]);
            self.asked[place] = self.strengths[k];
            self.origins[place] = self.lineage[k];
        }
        self.breed(&mut population[kept * weights..], kept);
    }

    fn tell(&mut self, population: &[R], losses: &[R]) {
        self.hear(population, losses);
        self.settle(population);
        self.look_around();
    }

    fn tell_and_leave(&mut self, population: &mut Vec<R>, losses: &[R]) {
        self.hear(&population[..losses.len() * self.start.len()], losses);
        let all_in_place = self.places.iter().enumerate().all(|(k, place)| *place == (k as u32, k as u32));
        if all_in_place && self.places.len() == self.size && population.len() == self.members.len() {
            std::mem::swap(population, &mut self.members);
        } else {
            self.settle(population);
        }
        self.look_around();
    }

    fn answer(&self, theta: &mut [R]) {
        let weights = theta.len();
        match least(&self.losses).filter(|_| self.reevaluate) {
            Some(k) => theta.copy_from_slice(&self.members[k * weights..(k + 1) * weights]),
            None => theta.copy_from_slice(self.course.best()),
        }
    }

    fn ended(&self) -> Option<Reason> {
        self.course.ended(self.members())
    }

    fn diversity(&self) -> f64 {
        self.notes[2]
    }

    fn origins(&self) -> &[Origin] {
        &self.origins[..self.asked_for]
    }

    fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        let mut state = self.course.state();
        state.extend(self.hall.state());
        state.push(("start".into(), R::slot(&mut self.start)));
        state.push(("members".into(), R::slot(&mut self.members)));
        state.push(("losses".into(), Slot::Double(&mut self.losses)));
        state.push(("strengths".into(), Slot::Double(&mut self.strengths)));
        state.push(("notes".into(), Slot::Double(&mut self.notes)));
        state
    }
}
