//! Evolution strategies step by step, in `f64`, fed with the samples of other programs: every number that they keep.

use crate::common::{assert_close, cases, fixture, floats, greatest};
use gradus::evolution::Evolver;
use gradus::layout::Layout;
use gradus::optimizer::{Setup, Step};
use gradus::optimizers::Choice;
use gradus::threads::Threads;
use serde_json::Value;

fn evolver(line: &str, start: &[f64]) -> Box<dyn Evolver<f64>> {
    let (layout, threads) = (Layout::of(start.len()), Threads::new(2));
    let mut made = Choice::parse(line).unwrap().evolver::<f64>(&Setup::new(&layout, &threads)).expect(line);
    made.begin(start);
    made
}

/// A state by name.
fn kept(evolver: &mut dyn Evolver<f64>, name: &str) -> Vec<f64> {
    let found = evolver.state().into_iter().find(|(n, _)| n == name).map(|(_, slot)| slot.to_vec());
    found.unwrap_or_else(|| panic!("nothing called {name} is kept"))
}

/// Within 10⁻¹⁰ of the greatest number.
fn assert_same(got: &[f64], want: &Value, what: &str) {
    let want = floats(want);
    assert_close(got, &want, 1e-10 * greatest(&want), what);
}

fn steps(case: &Value) -> impl Iterator<Item = (String, &Value)> {
    let steps = case["steps"].as_array().unwrap();
    assert!(steps.len() >= 5);
    steps.iter().enumerate().map(|(g, step)| (format!("{}, generation {}", case["name"], g + 1), step))
}

/// C v, and the diagonal of C, from what a search keeps.
fn covariance(evolver: &mut dyn Evolver<f64>, separable: bool, v: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let n = v.len();
    if separable {
        let diagonal = kept(evolver, "axis_squares");
        return (diagonal.iter().zip(v).map(|(c, v)| c * v).collect(), diagonal);
    }
    let packed = kept(evolver, "covariance");
    let entry = |i: usize, j: usize| packed[i.max(j) * (i.max(j) + 1) / 2 + i.min(j)];
    let product = (0..n).map(|i| (0..n).map(|j| entry(i, j) * v[j]).sum());
    (product.collect(), (0..n).map(|i| entry(i, i)).collect())
}

#[test]
fn cma_es_moves_as_pycma_and_the_tutorial_do() {
    let file = fixture("cma");
    assert!(cases(&file).iter().filter(|case| case["by"] == "pycma").count() >= 6);
    for case in cases(&file) {
        let separable = case["separable"].as_bool().unwrap();
        let name = if separable { "sep_cma_es" } else { "cma_es" };
        let active = if case["active"].as_bool().unwrap() { "yes" } else { "no" };
        let line =
            format!("{name} population={} sigma={} active={active}", case["population"], case["sigma"]);
        let mut search = evolver(&line, &floats(&case["start"]));
        for (what, step) in steps(case) {
            search.tell(&floats(&step["population"]), &floats(&step["losses"]));
            let search = &mut *search;
            assert_same(&kept(search, "mean"), &step["mean"], &format!("{what}: m"));
            assert_same(&kept(search, "path_sigma"), &step["path_sigma"], &format!("{what}: p_σ"));
            assert_same(&kept(search, "path_c"), &step["path_c"], &format!("{what}: p_c"));
            assert_same(&kept(search, "numbers")[..1], &step["sigma"], &format!("{what}: σ"));
            let (product, diagonal) = covariance(search, separable, &floats(&case["probe"]));
            assert_same(&diagonal, &step["diagonal"], &format!("{what}: diagonal of C"));
            assert_same(&product, &step["covariance_times_probe"], &format!("{what}: C v"));
        }
    }
}

#[test]
fn natural_evolution_strategies_move_as_evotorch_and_evosax_do() {
    let file = fixture("nes");
    let natural = |case: &&Value| case["kind"] == "snes" || case["kind"] == "xnes";
    for case in cases(&file).iter().filter(natural) {
        let kind = case["kind"].as_str().unwrap();
        let line = format!("{kind} population={} sigma={}", case["population"], case["sigma"]);
        let mut search = evolver(&line, &floats(&case["start"]));
        for (what, step) in steps(case) {
            search.tell(&floats(&step["population"]), &floats(&step["losses"]));
            assert_same(&kept(&mut *search, "mean"), &step["mean"], &format!("{what}: m"));
            let sigma = kept(&mut *search, "sigma");
            if kind == "snes" {
                assert_same(&sigma, &step["sigma"], &format!("{what}: σ"));
            } else {
                let matrix: Vec<f64> = kept(&mut *search, "shape").iter().map(|b| sigma[0] * b).collect();
                assert_same(&matrix, &step["matrix"], &format!("{what}: σ B"));
            }
        }
    }
}

#[test]
fn estimated_gradients_are_those_of_evosax_and_evotorch() {
    let file = fixture("nes");
    let estimates = |case: &&Value| case["kind"] == "openai_es" || case["kind"] == "pgpe";
    for case in cases(&file).iter().filter(estimates) {
        let kind = case["kind"].as_str().unwrap();
        let more = match kind {
            "pgpe" => format!(" sigma_rate={} max_change={}", case["sigma_rate"], case["max_change"]),
            _ => String::new(),
        };
        let line = format!("{kind} population={} sigma={}{more} over sgd", case["population"], case["sigma"]);
        let mut theta = floats(&case["start"]);
        let mut search = evolver(&line, &theta);
        let learning_rate = case["rate"].as_f64().unwrap();
        let mut bounded = false;
        for (what, step) in steps(case) {
            search.at(Step { t: 1, learning_rate });
            search.tell(&floats(&step["population"]), &floats(&step["losses"]));
            let before = theta.clone();
            search.answer(&mut theta);
            let gradient: Vec<f64> =
                before.iter().zip(&theta).map(|(a, b)| (a - b) / learning_rate).collect();
            let want = floats(&step["gradient"]);
            assert_close(
                &gradient,
                &want,
                1e-10 * greatest(&before).max(greatest(&want)),
                &format!("{what}: g"),
            );
            if kind == "pgpe" {
                let sigma = kept(&mut *search, "pgpe.sigma");
                assert_same(&sigma, &step["sigma"], &format!("{what}: σ"));
                bounded |= sigma.windows(2).any(|s| s[0] != s[1]);
            }
        }
        assert!(bounded || kind != "pgpe", "deviations went ways of their own");
    }
}
