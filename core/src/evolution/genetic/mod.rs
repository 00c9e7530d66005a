//! The genetic algorithm: selection, crossover and mutation of real genes, Holland 1975 and Goldberg 1989.
//!
//! ```text
//! parents ← selection of xₖ by L(xₖ)
//! c, d ← crossover of a, b with probability p_c, else a, b
//! cᵢ ← mutation of cᵢ with probability p_m, of strength σ
//! xₖ ← the best e of xₖ, and children
//! θ ← argmin L(xₖ)
//! ```
//!
//! | parameter | symbol | what it does |
//! |---|---|---|
//! | `population` | λ | members |
//! | `elites` | e | the best that go on unchanged (fewer than λ: a greater number counts as λ − 1) |
//! | `selection` | selection | who becomes a parent: [`selections::SELECTIONS`] |
//! | `tournament`, `pressure`, `share` | k, s, q | parameters of tournament, rank and truncation |
//! | `crossover` | crossover | how two become two: [`crossovers::CROSSOVERS`] |
//! | `cross` | p_c | how often parents are crossed at all |
//! | `alpha`, `eta_c` | α, η_c | parameters of blend and of sbx |
//! | `mutation` | mutation | how a gene changes: [`mutations::MUTATIONS`] |
//! | `rate` | p_m | how likely a gene mutates |
//! | `sigma` | σ | strength of mutations, and of the noise of the first population |
//! | `eta_m` | η_m | parameter of polynomial |
//! | `replacement` | replacement | `generational`: children replace all but the elites; `steady_state`: so many `children` a generation, and the best λ of all stay |
//! | `hall` | h | size of the [`Hall`] of fame |
//! | `restarts` | r | how often it starts anew when `patience` is over or diversity lost, beside the best so far (as the micro-GA of Krishnakumar 1989) |
//! | `least_diversity` | δ | at or below this diversity is lost |
//! | `spread`, `lower`, `upper` | | the first population: [`Spread`](super::Spread) |
//! | `reevaluate` | | [evolution under mini-batches](super) |
//! | `target`, `budget`, `patience` | | when to end: [`Course`](super::Course) |
//!
//! The answer is the best of the last generation; with `reevaluate=no` the best ever.

pub mod crossovers;
mod generation;
mod hall;
pub mod mutations;
pub mod selections;

pub use {generation::Genetic, hall::Hall};

use super::{BUDGET, LOWER, PATIENCE, SPREAD, TARGET, UPPER};
use super::{Evolver, MakeEvolver, REEVALUATE, population, sigma};
use crate::elementary::{above_zero64, ln};
use crate::optimizer::Setup;
use crate::optimizers::{Dialect, Entry, Family, Maker};
use crate::real::Number;
use crate::words::{Parameter, Values};

pub(crate) const ROW: Entry = Entry {
    name: "genetic",
    about: "a population that is selected, crossed and mutated",
    paper: "Holland 1975, Adaptation in Natural and Artificial Systems; Goldberg 1989, Genetic Algorithms",
    family: Family::Evolution,
    dialects: &[Dialect {
        name: "gradus",
        about: "real genes; selection, crossover and mutation by name; --lr has no effect",
        formula: "parents ← selection of xₖ by L(xₖ)\nc, d ← crossover of a, b with probability p_c, else a, b\ncᵢ ← mutation of cᵢ with probability p_m, of strength σ\nxₖ ← the best e of xₖ, and children\nθ ← argmin L(xₖ)",
        learning_rate: 1.0,
        parameters: PARAMETERS,
        make: Maker::evolver::<Recipe>(),
    }],
};

const PARAMETERS: &[Parameter] = &[
    population(100, 2),
    Parameter::whole("elites", "e", 2, (0, 1 << 20), "the best that go on unchanged"),
    Parameter::word("selection", selections::NAMES, "who becomes a parent"),
    Parameter::whole("tournament", "k", 3, (1, 1 << 20), "tournament: how many compete"),
    Parameter::number("pressure", "s", 1.8, (1.0, 2.0), "rank: how often the best is chosen"),
    Parameter {
        closed: (false, true),
        ..Parameter::number("share", "q", 0.3, (0.0, 1.0), "truncation: the share that may become parents")
    },
    Parameter::word("crossover", crossovers::NAMES, "how two parents become two children"),
    Parameter::number("cross", "p_c", 0.9, (0.0, 1.0), "how often parents are crossed"),
    Parameter::number("alpha", "α", 0.5, (0.0, 10.0), "blend: how far beyond the parents"),
    Parameter::number("eta_c", "η_c", 15.0, (0.0, 1000.0), "sbx: the greater, the nearer to the parents"),
    Parameter::word("mutation", mutations::NAMES, "how a gene changes"),
    Parameter::number("rate", "p_m", 0.1, (0.0, 1.0), "how likely a gene mutates"),
    sigma(0.1, "strength of mutations, and of the first population's noise"),
    Parameter::number(
        "eta_m",
        "η_m",
        20.0,
        (0.0, 1000.0),
        "polynomial: the greater, the smaller the changes",
    ),
    Parameter::word("replacement", &["generational", "steady_state"], "who makes room for children"),
    Parameter::whole("children", "children", 2, (1, 1 << 20), "steady_state: children of a generation"),
    Parameter::whole("hall", "h", 5, (0, 1 << 16), "how many of the best ever are remembered"),
    Parameter::whole("restarts", "r", 0, (0, 1 << 40), "how often it may start anew"),
    Parameter::number("least_diversity", "δ", 0.0, (0.0, f64::INFINITY), "at or below this all are the same"),
    SPREAD,
    LOWER,
    UPPER,
    REEVALUATE,
    TARGET,
    BUDGET,
    PATIENCE,
];

/// The power law that sbx and polynomial mutation share. Of 32 random bits, as a number u in (0, 1): whether it is below ½, and
/// the logarithm of (2 u)^power if so, else of (2 − 2 u)^power. Always finite.
#[inline(always)]
fn ln_root(u: u32, power: f32) -> (bool, f32) {
    let u = above_zero64(u);
    let below = u < 0.5;
    (below, ln((if below { 2.0 * u } else { 2.0 - 2.0 * u }) as f32) * power)
}

/// Makes a [`Genetic`].
struct Recipe;

impl MakeEvolver for Recipe {
    fn make<R: Number>(values: &Values, setup: &Setup) -> Box<dyn Evolver<R>> {
        Box::new(Genetic::new(values, setup))
    }
}
