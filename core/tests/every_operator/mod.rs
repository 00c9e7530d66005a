//! The operators of the genetic algorithm, each against its definition: how often members are chosen, where children
//! lie, how far genes move.

mod crossovers;
mod mutations;
mod selections;

use gradus::evolution::genetic::crossovers::CROSSOVERS;
use gradus::evolution::genetic::mutations::MUTATIONS;
use gradus::evolution::genetic::selections::SELECTIONS;
use gradus::optimizers::OPTIMIZERS;

#[test]
fn tables_and_the_words_of_the_genetic_algorithm_are_the_same() {
    let row = OPTIMIZERS.iter().find(|e| e.name == "genetic").unwrap();
    let words = |name: &str| row.dialects[0].parameters.iter().find(|p| p.name == name).unwrap().range();
    assert_eq!(words("selection"), SELECTIONS.iter().map(|e| e.name).collect::<Vec<_>>().join(", "));
    assert_eq!(words("crossover"), CROSSOVERS.iter().map(|e| e.name).collect::<Vec<_>>().join(", "));
    assert_eq!(words("mutation"), MUTATIONS.iter().map(|e| e.name).collect::<Vec<_>>().join(", "));
}
