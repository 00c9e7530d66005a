//! A training that goes both ways: by whole gradients, or by slopes that are handed over on the way back.

use gradus::op::Moment;
use gradus::optimizer::{Around, Back, Objective, Setup, Step};
use gradus::optimizers::Choice;
use gradus::plan::Plan;
use gradus::rng::{Rng, Stream};
use gradus::threads::Threads;

/// A plan that counts how it is asked, and may keep quiet about its way back.
struct Asked<'a> {
    plan: &'a mut Plan,
    whole: bool,
    gradients: usize,
    ways_back: usize,
}

impl Objective for Asked<'_> {
    fn loss(&mut self, theta: &[f32]) -> f32 {
        self.plan.loss(theta)
    }
    fn gradient(&mut self, theta: &[f32], grad: &mut [f32]) -> f32 {
        self.gradients += 1;
        self.plan.gradient(theta, grad)
    }
    fn forth(&mut self, theta: &[f32]) -> Option<(f32, &mut dyn Back)> {
        if self.whole {
            return None;
        }
        self.ways_back += 1;
        self.plan.forth(theta)
    }
}

/// How a training went.
#[derive(PartialEq)]
pub struct Went {
    pub losses: Vec<u32>,
    pub theta: Vec<u32>,
    pub state: Vec<u64>,
}

/// What is trained, and how.
pub struct Training<'a> {
    pub plan: &'a dyn Fn(&Threads) -> Plan,
    pub optimizer: &'a str,
    pub around: Around,
    pub steps: u64,
    /// Changes the weights and the batch before a step.
    pub spoil: &'a dyn Fn(u64, &mut [f32], &mut Plan),
}

impl<'a> Training<'a> {
    pub fn of(plan: &'a dyn Fn(&Threads) -> Plan, optimizer: &'a str) -> Self {
        Training { plan, optimizer, around: Around::default(), steps: 3, spoil: &|_, _, _| {} }
    }

    /// How it goes, by whole gradients or not; and how many gradients and ways back were asked for.
    pub fn run(&self, whole: bool, threads: usize) -> (Went, [usize; 2]) {
        let threads = Threads::new(threads);
        let mut plan = (self.plan)(&threads);
        let mut theta = plan.layout().start(5);
        let setup = Setup::new(plan.layout(), &threads).around(self.around);
        let mut optimizer = Choice::parse(self.optimizer).unwrap().build(&setup);
        let (mut losses, mut count) = (Vec::new(), [0, 0]);
        for t in 1..=self.steps {
            let mut rng = Rng::new(9, Stream::Probe, t);
            // Of zeros nothing is read and nothing is written, where that changes nothing.
            plan.data("input").fill_with(|| if rng.below(3) == 0 { 0.0 } else { rng.normal() });
            plan.data("target").fill_with(|| rng.below(3) as f32);
            plan.data("weight").fill_with(|| 0.5 + rng.uniform());
            plan.at(Moment { training: true, seed: 5, step: t, ..Moment::default() });
            (self.spoil)(t, &mut theta, &mut plan);
            let mut asked = Asked { plan: &mut plan, whole, gradients: 0, ways_back: 0 };
            let at = Step { t, learning_rate: 0.01 };
            losses.push(optimizer.step(at, &mut theta, &mut asked).to_bits());
            count = [count[0] + asked.gradients, count[1] + asked.ways_back];
        }
        if !whole {
            let (slopes, all) = (optimizer.slopes_in_memory(theta.len()), theta.len());
            assert_eq!(
                slopes,
                if count[0] > 0 { all } else { 0 },
                "{}: what it says it holds",
                self.optimizer
            );
        }
        let mut answer = vec![f32::NAN; theta.len()];
        optimizer.answer(&theta, &mut answer);
        let same = answer.iter().zip(&theta).all(|(a, w)| a.to_bits() == w.to_bits());
        assert!(optimizer.has_own_answer() || same, "{}: its answer is θ, it says", self.optimizer);
        let state = optimizer.state().iter().flat_map(|(_, slot)| slot.to_vec()).map(f64::to_bits).collect();
        (Went { losses, theta: theta.iter().map(|w| w.to_bits()).collect(), state }, count)
    }

    /// That it goes the same both ways, on any number of threads, and that each way is that way.
    pub fn goes_the_same(&self, what: &str) {
        let (want, count) = self.run(true, 1);
        assert_eq!(count, [self.steps as usize, 0], "{what}");
        for threads in [1, 2, 3] {
            let (got, count) = self.run(false, threads);
            assert_eq!(count, [0, self.steps as usize], "{what}: slopes are handed over");
            let first = want.theta.iter().zip(&got.theta).position(|(a, b)| a != b);
            assert_eq!(first, None, "{what}, {threads} threads: the first weight that differs");
            assert!(want == got, "{what}, {threads} threads: losses or state differ");
        }
    }
}
