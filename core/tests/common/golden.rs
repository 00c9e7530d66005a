//! The walks that other frameworks made (`tests/fixtures/rules_*.json`, described in `fixtures/paths.py`), and how
//! the optimizers here walk the same path.
#![allow(dead_code, reason = "no user of it uses all of it")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use gradus::initializers;
use gradus::initializers::Fan;
use gradus::layout::Layout;
use gradus::op::Shape;
use gradus::optimizer::{Around, Objective, Setup, Step};
use gradus::optimizers::{Choice, Family, OPTIMIZERS};
use gradus::real::Number;
use gradus::threads::Threads;
use serde::Deserialize;

/// One walk by another framework.
#[derive(Clone, Deserialize)]
pub struct Case {
    pub rule: String,
    pub dialect: String,
    /// The optimizer, as gradus writes it.
    pub line: String,
    /// What stands around the rule, by name.
    pub around: BTreeMap<String, f64>,
    /// Who walked, and which version.
    pub framework: String,
    pub made_with: String,
    pub default_learning_rate: Option<f64>,
    pub parts: Vec<PartOfTheta>,
    #[serde(flatten)]
    pub path: Path,
    /// θ after each step.
    pub thetas: Vec<Vec<f64>>,
    /// The weights to use after each step, where they are not θ.
    #[serde(default)]
    pub answers: Vec<Vec<f64>>,
    /// θ as PyTorch has it in bfloat16, where it was made to compute in `f64` for `thetas`.
    #[serde(default)]
    pub in_bfloat16: Vec<Vec<f64>>,
    /// How far the framework's own `f32` walk is from this.
    pub f32_apart: f64,
}

#[derive(Clone, Deserialize)]
pub struct PartOfTheta {
    name: String,
    shape: Vec<usize>,
}

/// A path to walk: where it starts, and what asks for the steps.
#[derive(Clone, Deserialize)]
pub struct Path {
    pub start: Vec<f64>,
    gradients: Gradients,
    /// cᵢ of the losses Σ gᵢθᵢ + ½ cᵢθᵢ²; none: 0.
    #[serde(default)]
    pub curvature: Vec<f64>,
    pub learning_rates: Vec<f64>,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Gradients {
    Named(String),
    Written(Vec<Vec<f64>>),
}

impl Path {
    pub fn new(start: Vec<f64>, gradients: Vec<Vec<f64>>, learning_rates: Vec<f64>) -> Path {
        Path { start, gradients: Gradients::Written(gradients), curvature: Vec::new(), learning_rates }
    }

    pub fn gradients(&self) -> &[Vec<f64>] {
        match &self.gradients {
            Gradients::Written(gradients) => gradients,
            Gradients::Named(name) => panic!("the gradients `{name}` are not in the file"),
        }
    }

    /// The steps of a range, from where `start` says.
    pub fn part(&self, steps: std::ops::Range<usize>) -> Path {
        let gradients = self.gradients()[steps.clone()].to_vec();
        Path {
            gradients: Gradients::Written(gradients),
            learning_rates: self.learning_rates[steps].to_vec(),
            ..self.clone()
        }
    }
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    gradients: BTreeMap<String, Vec<Vec<f64>>>,
    cases: Vec<Case>,
}

/// All cases of all files, in the order of file names.
pub fn golden() -> Vec<Case> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.retain(|path| {
        path.file_name()
            .is_some_and(|n| n.to_str().is_some_and(|n| n.starts_with("rules_") && n.ends_with(".json")))
    });
    files.sort();
    files.iter().flat_map(|path| cases_of(path)).collect()
}

/// All cases of `tests/fixtures/NAME.json`.
pub fn golden_of(name: &str) -> Vec<Case> {
    cases_of(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/{name}.json")))
}

fn cases_of(path: &std::path::Path) -> Vec<Case> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file: File =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let File { gradients, mut cases } = file;
    for case in &mut cases {
        if let Gradients::Named(name) = &case.path.gradients {
            let named =
                gradients.get(name).unwrap_or_else(|| panic!("{}: no gradients `{name}`", path.display()));
            case.path.gradients = Gradients::Written(named.clone());
        }
    }
    cases
}

impl Case {
    /// What stands around the rule.
    pub fn around(&self) -> Around {
        let mut around = Around::default();
        for (name, value) in &self.around {
            *match name.as_str() {
                "clip_adaptive" => &mut around.clip_adaptive,
                "clip_norm" => &mut around.clip_norm,
                "clip_value" => &mut around.clip_value,
                "l2" => &mut around.l2,
                "l1" => &mut around.l1,
                "weight_decay" => &mut around.weight_decay,
                _ => panic!("{}: what is `{name}` around a rule?", self.line),
            } = *value;
        }
        around
    }

    pub fn layout(&self) -> Layout {
        let mut layout = Layout::default();
        for part in &self.parts {
            let (inputs, outputs) = (part.shape[0], *part.shape.last().unwrap());
            let zeros = initializers::named("zeros").unwrap();
            layout.push(part.name.clone(), Shape::new(&part.shape), zeros, Fan { inputs, outputs });
        }
        assert_eq!(layout.weights(), self.path.start.len(), "{}: the parts make up θ", self.line);
        layout
    }

    /// Walks it here, in `R`, by `line` or the case's own.
    pub fn walk<R: Number>(&self, line: Option<&str>) -> Vec<Vec<f64>> {
        let (layout, threads) = (self.layout(), Threads::new(1));
        let setup = Setup::new(&layout, &threads).around(self.around());
        walk::<R>(line.unwrap_or(&self.line), &setup, &self.path)
    }

    /// How far a walk is from the framework's.
    pub fn deviation(&self, walked: &[Vec<f64>]) -> f64 {
        assert_eq!(walked.len(), self.thetas.len(), "{}: as many steps", self.line);
        deviation(walked, &self.thetas)
    }

    /// θ and the weights to use after each step, in `R`.
    pub fn walk_with_answers<R: Number>(&self) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
        let (layout, threads) = (self.layout(), Threads::new(1));
        let setup = Setup::new(&layout, &threads).around(self.around());
        let mut optimizer = Choice::parse(&self.line).unwrap().build_as::<R>(&setup);
        let mut theta: Vec<R> = self.path.start.iter().map(|x| R::of(*x)).collect();
        let mut answer = theta.clone();
        let mut walked = (Vec::new(), Vec::new());
        for step in 0..self.thetas.len() {
            let path = self.path.part(step..step + 1);
            walked.0.extend(go_on::<R>(optimizer.as_mut(), &mut theta, &path, step as u64 + 1));
            optimizer.answer(&theta, &mut answer);
            walked.1.push(answer.iter().map(|x| x.to_f64()).collect());
        }
        walked
    }
}

/// How far one walk is from another: the greatest deviation of any weight at any step, measured by the weight's
/// greatest size on the other.
pub fn deviation(walked: &[Vec<f64>], other: &[Vec<f64>]) -> f64 {
    assert_eq!(walked.len(), other.len(), "as many steps");
    let size = |i: usize| other.iter().fold(0.0f64, |most, theta| most.max(theta[i].abs()));
    let sizes: Vec<f64> = (0..other[0].len()).map(size).collect();
    let pairs = walked.iter().flatten().zip(other.iter().flatten()).zip(sizes.iter().cycle());
    // Not `max`: it would hide what is not a number.
    pairs
        .map(|((ours, theirs), size)| (ours - theirs).abs() / if *size > 0.0 { *size } else { 1.0 })
        .fold(0.0, |most, off| if off <= most { most } else { off })
}

/// The objective of a path.
struct Given<'a> {
    path: &'a Path,
    step: usize,
    /// The loss that was asked for first in this step.
    first: Option<f64>,
}

impl<R: Number> Objective<R> for Given<'_> {
    fn loss(&mut self, theta: &[R]) -> R {
        let slopes = self.path.gradients()[self.step].iter();
        let straight: f64 = slopes.zip(theta).map(|(g, x)| g * x.to_f64()).sum();
        let curved: f64 =
            self.path.curvature.iter().zip(theta).map(|(c, x)| 0.5 * c * x.to_f64() * x.to_f64()).sum();
        let loss = R::of(straight + curved);
        self.first.get_or_insert(loss.to_f64());
        loss
    }
    fn gradient(&mut self, theta: &[R], grad: &mut [R]) -> R {
        for (i, to) in grad.iter_mut().enumerate() {
            let bend = self.path.curvature.get(i).map_or(0.0, |c| c * theta[i].to_f64());
            *to = R::of(self.path.gradients()[self.step][i] + bend);
        }
        self.loss(theta)
    }
}

/// Walks a path in `R`, by the one loop there is.
pub fn walk<R: Number>(line: &str, setup: &Setup, path: &Path) -> Vec<Vec<f64>> {
    let mut theta: Vec<R> = path.start.iter().map(|x| R::of(*x)).collect();
    let mut optimizer = Choice::parse(line).unwrap_or_else(|error| panic!("{error}")).build_as::<R>(setup);
    go_on::<R>(optimizer.as_mut(), &mut theta, path, 1)
}

/// Walks a path from the step `from` on.
pub fn go_on<R: Number>(
    optimizer: &mut dyn gradus::optimizer::Optimizer<R>,
    theta: &mut [R],
    path: &Path,
    from: u64,
) -> Vec<Vec<f64>> {
    let steps = path.learning_rates.iter().enumerate().map(|(step, rate)| {
        let mut given = Given { path, step, first: None };
        let loss = optimizer.step(Step { t: from + step as u64, learning_rate: *rate }, theta, &mut given);
        let seen = given.first.map(f64::to_bits);
        assert_eq!(Some(loss.to_f64().to_bits()), seen, "a step returns the loss it saw first");
        theta.iter().map(|x| x.to_f64()).collect()
    });
    steps.collect()
}

/// The table of docs/optimizers.md: who was compared with whom, and how far apart they were.
pub fn table() -> String {
    let cases = golden();
    let mut lines = vec![
        "| optimizer | dialect | compared with | walks | steps | f64 | f32 | its own f32 |".to_string(),
        "|---|---|---|---|---|---|---|---|".to_string(),
    ];
    let mut names: Vec<(&str, &str)> = Vec::new();
    for entry in OPTIMIZERS.iter().filter(|e| e.family != Family::Evolution) {
        names.extend(entry.dialects.iter().map(|d| (entry.name, d.name)));
    }
    for case in &cases {
        let name = (case.rule.as_str(), case.dialect.as_str());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    for (rule, dialect) in names {
        let of: Vec<&Case> = cases.iter().filter(|c| c.rule == rule && c.dialect == dialect).collect();
        let mut frameworks: Vec<&str> = of.iter().map(|c| c.framework.as_str()).collect();
        frameworks.sort_unstable();
        frameworks.dedup();
        for framework in frameworks {
            let of: Vec<&&Case> = of.iter().filter(|c| c.framework == framework).collect();
            let steps: usize = of.iter().map(|c| c.thetas.len()).sum();
            let worst = |off: &dyn Fn(&Case) -> f64| of.iter().map(|c| off(c)).fold(0.0, f64::max);
            let double = worst(&|c| c.deviation(&c.walk::<f64>(None)));
            let single = worst(&|c| c.deviation(&c.walk::<f32>(None)));
            let own = worst(&|c| c.f32_apart);
            let walks = of.len();
            lines.push(format!("| {rule} | {dialect} | {framework} | {walks} | {steps} | {double:.0e} | {single:.0e} | {own:.0e} |"));
        }
    }
    lines.join("\n") + "\n"
}
