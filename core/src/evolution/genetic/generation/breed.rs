//! A population is drawn, or bred from the one before.

use super::Genetic;
use crate::evolution::genetic::mutations::mutate;
use crate::evolution::genetic::selections::{Pool, unit};
use crate::evolution::{Evolver, Origin, Purpose};
use crate::real::Number;
use crate::threads::Shared;

impl<R: Number> Genetic<R> {
    /// A first population; a restart's begins with the best so far.
    pub(super) fn draw(&mut self, population: &mut [R]) {
        let (weights, generation) = (self.start.len(), self.course.generation());
        let shared = Shared::of(population);
        self.threads.for_each(self.size, &|k| {
            // SAFETY: members are disjoint, and each is written by one task.
            let member = unsafe { shared.slice(k * weights..(k + 1) * weights) };
            self.spread.member(&self.start, generation, k, member);
        });
        if generation > 0 {
            self.answer(&mut population[..weights]);
        }
        self.asked[..self.size].fill(self.sigma);
        for k in 0..self.size {
            self.origins[k] = Origin { number: self.number(k), ..Origin::default() };
        }
    }

    /// Writes the children, two by two.
    pub(super) fn breed(&mut self, children: &mut [R], strengths_from: usize) {
        let (weights, generation, bred) = (self.start.len(), self.course.generation(), self.bred());
        let numbered = self.number(strengths_from);
        let Genetic { losses, order, parents, shares, draws, members, strengths, lineage, .. } = self;
        let order = &order[..self.size];
        self.selection.select(&mut Pool { losses, order, shares, draws: *draws, generation }, parents);
        let (children, spare) = (Shared::of(children), Shared::of(&mut self.spare));
        let asked = Shared::of(&mut self.asked[strengths_from..]);
        let origins = Shared::of(&mut self.origins[strengths_from..]);
        let theta = |k: u32| &members[k as usize * weights..][..weights];
        self.threads.for_each(bred.div_ceil(2), &|pair| {
            let (a, b) = (parents[2 * pair], parents[2 * pair + 1]);
            let place = |k: usize| k * weights..(k + 1) * weights;
            let two = 2 * pair + 1 < bred;
            // SAFETY: children are disjoint, and each pair is written by one task.
            let first = unsafe { children.slice(place(2 * pair)) };
            // SAFETY: as above; at most one pair, the last, has a single child.
            let second =
                unsafe { if two { children.slice(place(2 * pair + 1)) } else { spare.slice(place(0)) } };

            let mut rng = draws.at(generation, Purpose::Cross, pair);
            let crossed = unit(&mut rng) < self.cross;
            let inherited = if crossed {
                self.crossover.cross(&mut rng, theta(a), theta(b), first, second);
                [0.5 * (strengths[a as usize] + strengths[b as usize]); 2]
            } else {
                first.copy_from_slice(theta(a));
                second.copy_from_slice(theta(b));
                [strengths[a as usize], strengths[b as usize]]
            };
            for (i, (child, inherited)) in [first, second].into_iter().zip(inherited).enumerate() {
                let k = 2 * pair + i;
                if k < bred {
                    let mut rng = draws.at(generation, Purpose::Mutate, k);
                    let genes = self.rate * weights as f64;
                    let strength = self.mutation.strength(&mut rng, inherited, genes);
                    let mutated = mutate(&*self.mutation, self.rate, strength, &mut rng, child) as u32;
                    let number = numbered.map(|from| from + k as u64);
                    let parents = Some([a, b].map(|parent| lineage[parent as usize].number));
                    // SAFETY: each child has one strength.
                    unsafe { asked.slice(k..k + 1) }.fill(strength);
                    // SAFETY: and one origin.
                    unsafe { origins.slice(k..k + 1) }.fill(Origin { number, parents, crossed, mutated });
                }
            }
        });
    }
}
