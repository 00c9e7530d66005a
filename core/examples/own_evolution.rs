//! Evolution of anything: ask for a population, judge it by whatever means, tell the losses.
//!
//! ```text
//! f(x) = Σ (xᵢ² − 10 cos 2πxᵢ + 10)
//! ```
use gradus::layout::Layout;
use gradus::optimizer::{Reason, Setup};
use gradus::optimizers::Choice;
use gradus::threads::Threads;

/// Rastrigin 1974: a bowl full of holes; the deepest is at 0.
fn holes(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x - 10.0 * (std::f64::consts::TAU * x).cos() + 10.0).sum()
}

fn main() -> gradus::Result<()> {
    let (layout, threads) = (Layout::of(2), Threads::new(1));
    let choice = Choice::parse("random_search population=50 spread=box lower=-5 upper=5 target=2")?;
    let mut evolver = choice.evolver::<f64>(&Setup::new(&layout, &threads)).expect("an evolution");

    evolver.begin(&[3.0, 3.0]);
    let mut best = [0.0; 2];
    while evolver.ended().is_none() {
        let mut population = vec![0.0; evolver.members() * 2];
        evolver.ask(&mut population);
        let losses: Vec<f64> = population.chunks(2).map(holes).collect();
        evolver.tell(&population, &losses);
        evolver.answer(&mut best);
    }
    println!("{}: f{best:?} = {:.3}", evolver.ended().expect("it ended"), holes(&best));
    assert_eq!(evolver.ended(), Some(Reason::Target));
    assert!(holes(&best) <= 2.0);
    Ok(())
}
