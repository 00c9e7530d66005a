//! The exponentially weighted average against sums done by hand and against pandas.

use gradus::average::ExponentialAverage;
use serde_json::Value;

fn plain(beta: f64) -> ExponentialAverage {
    ExponentialAverage::new(beta).unwrap()
}

fn corrected(beta: f64) -> ExponentialAverage {
    ExponentialAverage::corrected(beta).unwrap()
}

fn near(got: impl Iterator<Item = f64>, want: &[f64], tolerance: f64, what: &str) {
    let got: Vec<f64> = got.collect();
    assert_eq!(got.len(), want.len(), "{what}");
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        assert!((got - want).abs() <= tolerance, "{what}: value {i} is {got}, not {want}");
    }
}

/// V₁ = 0.9·0 + 0.1·10 = 1, V₂ = 0.9·1 + 0.1·20 = 2.9, V₃ = 0.9·2.9 + 0.1·30 = 5.61;
/// divided by 1 − 0.9 = 0.1, 1 − 0.81 = 0.19, 1 − 0.729 = 0.271.
#[test]
fn three_values_by_hand() {
    let values = [10.0, 20.0, 30.0];
    near(plain(0.9).over(values), &[1.0, 2.9, 5.61], 1e-12, "plain");
    near(corrected(0.9).over(values), &[10.0, 2.9 / 0.19, 5.61 / 0.271], 1e-12, "corrected");
}

#[test]
fn it_agrees_with_pandas() {
    let file: Value = serde_json::from_str(include_str!("fixtures/average.json")).unwrap();
    let floats = |v: &Value| v.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect::<Vec<_>>();
    let values = floats(&file["values"]);
    for case in file["cases"].as_array().unwrap() {
        let beta = case["beta"].as_f64().unwrap();
        let (adjusted, from_first) = (floats(&case["adjust_true"]), floats(&case["adjust_false"]));
        let over = |average: ExponentialAverage| average.over(values.iter().copied());
        near(over(corrected(beta)), &adjusted, 1e-12, "adjust=True is the corrected average");
        near(
            over(plain(beta).starting_at(values[0])),
            &from_first,
            1e-12,
            "adjust=False starts at the first value",
        );
        // V from zero lacks βᵗ of the first value.
        let lacking = over(plain(beta)).enumerate().map(|(t, v)| v + beta.powi(t as i32 + 1) * values[0]);
        near(lacking, &from_first, 1e-12, "adjust=False is V + βᵗ x₁");
    }
}

#[test]
fn the_average_is_the_weighted_sum_of_the_past() {
    let values: Vec<f64> = (0..40).map(|i| (i * i % 17) as f64).collect();
    let by_weights: f64 = plain(0.8).weights().zip(values.iter().rev()).map(|(w, x)| w * x).sum();
    let v = plain(0.8).over(values.iter().copied()).last().unwrap();
    assert!((v - by_weights).abs() < 1e-12);
    let sum: f64 = plain(0.8).weights().take(400).sum();
    assert!((sum - 1.0).abs() < 1e-12, "the weights of an endless past sum to 1");
}

/// β = 0.9 remembers 10 values, β = 0.98 fifty: there the weight is about 1/e of the newest.
#[test]
fn memory_is_where_the_weight_is_about_one_eth() {
    for (beta, memory) in [(0.9, 10), (0.98, 50)] {
        let average = plain(beta);
        assert!((average.memory() - memory as f64).abs() < 1e-9);
        let weights: Vec<f64> = average.weights().take(memory + 1).collect();
        let share = weights[memory] / weights[0];
        assert!((share - (-1.0f64).exp()).abs() < 0.02, "{share}");
    }
}

#[test]
fn a_constant_is_met_at_once_by_the_corrected_and_late_by_the_plain() {
    assert!(corrected(0.98).over([3.0; 100]).all(|v| (v - 3.0).abs() < 1e-12));
    let plain: Vec<f64> = plain(0.98).over([3.0; 400]).collect();
    assert!(plain[0] < 0.1 && plain[399] > 2.99);
    assert_eq!(corrected(0.5).value(), 0.0, "nothing was seen yet");
}

#[test]
fn a_beta_out_of_range_is_refused_with_its_range() {
    for beta in [-0.1, 1.0, 1.5, f64::NAN] {
        let error = ExponentialAverage::new(beta).unwrap_err().to_string();
        assert!(error.contains("beta") && error.contains("below 1"), "{error}");
        assert!(ExponentialAverage::corrected(beta).is_err());
    }
}
