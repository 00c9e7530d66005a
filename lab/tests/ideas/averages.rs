//! Averages against their definition.

use gradus_lab::bench::averages::{Ask, averages};

use super::{close, state};

#[test]
fn an_average_is_the_sum_of_the_past_by_its_weights() {
    for (correction, divided) in [("0", false), ("1", true)] {
        let ask =
            Ask::of(&state(&[("beta", "0.5;0.9;0"), ("correction", correction), ("seed", "3")])).unwrap();
        let found = averages(&ask).unwrap();
        assert_eq!((found.values.len(), found.without_noise.len()), (200, 200));
        for average in &found.averages {
            assert!(close(average.memory, 1.0 / (1.0 - average.beta), 1e-15));
            for t in [0, 1, 7, 199] {
                // V = (1 − β) Σ βᵏ x_{t−k}, over 1 − βᵗ⁺¹ if it is corrected.
                let sum: f64 = (0..=t)
                    .map(|k| (1.0 - average.beta) * average.beta.powi(k as i32) * found.values[t - k])
                    .sum();
                let plain = sum;
                let corrected = sum / (1.0 - average.beta.powi(t as i32 + 1));
                let (want, other) = if divided { (corrected, plain) } else { (plain, corrected) };
                assert!(close(average.values[t], want, 1e-12), "β {}, t {t}", average.beta);
                assert!(close(average.otherwise[t], other, 1e-12), "β {}, t {t}", average.beta);
            }
        }
    }
}

#[test]
fn weights_are_those_of_the_past_until_nearly_all_is_told() {
    let found = averages(&Ask::of(&state(&[("beta", "0.9")])).unwrap()).unwrap();
    let weights = &found.averages[0].weights;
    for (k, w) in weights.iter().enumerate() {
        assert!(close(*w, 0.1 * 0.9f64.powi(k as i32), 1e-14));
    }
    let told: f64 = weights.iter().sum();
    assert!((0.999..0.9999).contains(&told), "{told}");
}

#[test]
fn own_series_are_read_as_people_paste_them() {
    let read = |text: &str| averages(&Ask::of(&state(&[("series", text)])).unwrap());
    assert_eq!(read("1, 2;3\n4\t-5e-1，6").unwrap().values, [1.0, 2.0, 3.0, 4.0, -0.5, 6.0]);
    let wrong = |text: &str| read(text).err().unwrap().to_string();
    assert!(wrong("1 2 x3").contains("value 3 of the series, `x3`"));
    assert!(wrong("1 NaN").contains("value 2"));
    assert!(wrong(" , ;").contains("empty"));
    assert!(wrong(&"1 ".repeat(5001)).contains("5000"));
}

#[test]
fn the_same_seed_is_the_same_noise() {
    let of = |seed: &str, noise: &str| {
        averages(&Ask::of(&state(&[("seed", seed), ("noise", noise)])).unwrap()).unwrap()
    };
    assert_eq!(of("1", "0.3").values, of("1", "0.3").values);
    assert_ne!(of("1", "0.3").values, of("2", "0.3").values);
    let quiet = of("1", "0");
    assert_eq!(quiet.values, quiet.without_noise);
    let t = 50.0;
    assert!(close(quiet.values[49], (3.0 * std::f64::consts::PI * t / 200.0).cos(), 1e-12));
}
