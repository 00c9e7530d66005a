//! Every change of pictures: what it does to a picture of a few pixels, how often, and that no size is too odd for it.

use crate::common::{assert_close, pointed_at, to_f64};
use gradus::augmentations::{AUGMENTATIONS, Augment, Size, Views};

/// The picture as `line` makes it in the epochs 0, 1, … of seed 3.
fn varied(line: &str, size: Size, pixels: &[f32], epochs: u64) -> Vec<Vec<f32>> {
    let augment = Augment::parse(line).unwrap();
    let mut room = vec![f32::NAN; pixels.len()];
    let once = |epoch| {
        let mut picture = pixels.to_vec();
        augment.apply((3, epoch, 5), size, &mut picture, &mut room);
        picture
    };
    (0..epochs).map(once).collect()
}

fn size(height: usize, width: usize, channels: usize) -> Size {
    Size { height, width, channels }
}

/// 1, 2, 3, …: no two numbers are the same.
fn counting(size: Size) -> Vec<f32> {
    (1..=size.numbers()).map(|i| i as f32).collect()
}

/// How many of the pictures are each of those expected; that no other came.
fn counts(pictures: &[Vec<f32>], expected: &[Vec<f32>]) -> Vec<usize> {
    let which = |p: &Vec<f32>| {
        expected.iter().position(|e| e == p).unwrap_or_else(|| panic!("{p:?} was not expected"))
    };
    let mut counts = vec![0; expected.len()];
    pictures.iter().for_each(|p| counts[which(p)] += 1);
    counts
}

/// Within five deviations of a fair share `p` of `n`.
fn assert_share(count: usize, n: usize, p: f64, what: &str) {
    let (mean, deviation) = (n as f64 * p, (n as f64 * p * (1.0 - p)).sqrt());
    assert!((count as f64 - mean).abs() <= 5.0 * deviation, "{what}: {count} of {n}, not {mean}");
}

#[test]
fn flip_mirrors_left_and_right_half_of_the_time() {
    let (was, mirrored) = (vec![1., 2., 3., 4., 5., 6.], vec![3., 2., 1., 6., 5., 4.]);
    let seen = counts(&varied("flip", size(2, 3, 1), &was, 2000), &[was.clone(), mirrored.clone()]);
    assert_share(seen[1], 2000, 0.5, "mirrored");
    let seen = counts(&varied("flip 0.2", size(2, 3, 1), &was, 2000), &[was.clone(), mirrored.clone()]);
    assert_share(seen[1], 2000, 0.2, "mirrored");
    assert_eq!(counts(&varied("flip 1", size(2, 3, 1), &was, 50), &[was.clone(), mirrored])[1], 50);
    assert_eq!(counts(&varied("flip p=0", size(2, 3, 1), &was, 50), std::slice::from_ref(&was))[0], 50);
    // Pixels stay whole.
    assert_eq!(varied("flip 1", size(1, 2, 3), &was, 1)[0], [4., 5., 6., 1., 2., 3.]);
}

#[test]
fn shift_moves_each_way_alike_and_fills_with_the_mean_or_mirrored() {
    let was = vec![1., 2., 3., 4., 5., 6.];
    let at = |i: isize, j: isize| {
        if (0..2).contains(&i) && (0..3).contains(&j) { was[(i * 3 + j) as usize] } else { 0.0 }
    };
    let moved =
        |down: isize, right: isize| -> Vec<f32> { (0..6).map(|k| at(k / 3 + down, k % 3 + right)).collect() };
    let all: Vec<Vec<f32>> = (0..9).map(|k| moved(k / 3 - 1, k % 3 - 1)).collect();
    assert_eq!(all[0], [0., 0., 0., 0., 1., 2.]);
    let seen = counts(&varied("shift 1", size(2, 3, 1), &was, 4500), &all);
    (0..9).for_each(|k| assert_share(seen[k], 4500, 1.0 / 9.0, "shift"));
    // By columns alone, three channels.
    let row = counting(size(1, 2, 3));
    let all = [row.clone(), vec![0., 0., 0., 1., 2., 3.], vec![4., 5., 6., 0., 0., 0.], vec![0.0; 6]];
    let seen = counts(&varied("shift 1", size(1, 2, 3), &row, 900), &all);
    assert_share(seen[0], 900, 1.0 / 9.0, "not at all");
    assert_share(seen[3], 900, 2.0 / 3.0, "out of the picture");
    // … 3 2 1 2 3 4 3 2 1 2 …
    let line = vec![1., 2., 3., 4.];
    let mirrored: Vec<Vec<f32>> =
        [[4, 3, 2, 1], [3, 2, 1, 2], [2, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 3], [3, 4, 3, 2], [4, 3, 2, 1]]
            .iter()
            .map(|p: &[i32; 4]| p.iter().map(|x| *x as f32).collect())
            .collect();
    let seen = counts(&varied("shift 3 edge=reflect", size(1, 4, 1), &line, 3500), &mirrored);
    assert_share(seen[0], 3500, 2.0 / 7.0, "three to a side");
    (1..6).for_each(|k| assert_share(seen[k], 3500, 1.0 / 7.0, "reflect"));
    assert!(varied("shift 0", size(1, 4, 1), &line, 20).iter().all(|p| *p == line));
}

#[test]
fn cutout_hides_a_square_around_any_pixel() {
    let was = vec![1.0; 12];
    // A square of 2 around (i, j) covers i − 1 … i and j − 1 … j.
    let all: Vec<Vec<f32>> =
        (0..12usize)
            .map(|k| {
                let (i, j) = (k / 4, k % 4);
                (0..12)
                    .map(|q| {
                        if (q / 4 == i || q / 4 + 1 == i) && (q % 4 == j || q % 4 + 1 == j) {
                            0.0
                        } else {
                            1.0
                        }
                    })
                    .collect()
            })
            .collect();
    assert_eq!(all[0].iter().sum::<f32>(), 11.0, "cut off in the corner");
    assert_eq!(all[5].iter().sum::<f32>(), 8.0);
    let seen = counts(&varied("cutout 2", size(3, 4, 1), &was, 6000), &all);
    (0..12).for_each(|k| assert_share(seen[k], 6000, 1.0 / 12.0, "cutout"));
    let three = varied("cutout 3", size(9, 9, 2), &[1.0; 162], 500);
    let hidden = |p: &Vec<f32>| p.iter().filter(|x| **x == 0.0).count();
    assert_eq!(three.iter().map(hidden).max(), Some(18), "3 × 3 pixels of two channels");
    assert_eq!(three.iter().map(hidden).min(), Some(8), "2 × 2 of them in a corner");
    assert!(varied("cutout 40", size(3, 4, 1), &was, 9).iter().all(|p| hidden(p) == 12));
}

/// What the formula says, read word by word.
fn turned(size: Size, pixels: &[f32], degrees: f64) -> Vec<f64> {
    let (sin, cos) = (degrees.to_radians().sin(), degrees.to_radians().cos());
    let (middle_i, middle_j) = ((size.height as f64 - 1.0) / 2.0, (size.width as f64 - 1.0) / 2.0);
    let at = |i: f64, j: f64, c: usize| {
        let inside = i >= 0.0 && j >= 0.0 && i < size.height as f64 && j < size.width as f64;
        if inside { pixels[(i as usize * size.width + j as usize) * size.channels + c] as f64 } else { 0.0 }
    };
    let mut all = Vec::new();
    for (i, j) in (0..size.height * size.width).map(|k| (k / size.width, k % size.width)) {
        let (v, u) = (i as f64 - middle_i, j as f64 - middle_j);
        let (y, x) = (middle_i + v * cos + u * sin, middle_j + u * cos - v * sin);
        for c in 0..size.channels {
            let mut sum = 0.0;
            for (a, b) in [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)] {
                let (i, j) = (y.floor() + a, x.floor() + b);
                sum += (1.0 - (y - i).abs()) * (1.0 - (x - j).abs()) * at(i, j, c);
            }
            all.push(sum);
        }
    }
    all
}

#[test]
fn a_quarter_of_a_turn_is_against_the_clock_and_exact() {
    let quarter = turned(size(2, 2, 1), &[1., 2., 3., 4.], 90.0);
    assert_close(&quarter, &[2., 4., 1., 3.], 1e-12, "the reference turns against the clock");
}

#[test]
fn the_reference_turns_as_pytorch_does() {
    let file = crate::common::fixture("augment");
    for case in file["turned"].as_array().unwrap() {
        let dims: Vec<usize> = crate::common::floats(&case["size"]).iter().map(|x| *x as usize).collect();
        let picture: Vec<f32> = crate::common::floats(&case["picture"]).iter().map(|x| *x as f32).collect();
        let got = turned(size(dims[0], dims[1], dims[2]), &picture, case["degrees"].as_f64().unwrap());
        assert_close(&got, &crate::common::floats(&case["result"]), 1e-7, &case["degrees"].to_string());
    }
}

#[test]
fn rotate_is_its_formula_at_an_angle_in_range_all_angles_alike() {
    for (size, degrees) in
        [(size(5, 7, 1), 30.0), (size(8, 6, 3), 180.0), (size(33, 40, 4), 12.0), (size(4, 4, 2), 45.0)]
    {
        let pixels: Vec<f32> = crate::common::random(size.numbers(), 9).iter().map(|x| *x as f32).collect();
        let mut angles = Vec::new();
        for (epoch, got) in varied(&format!("rotate {degrees}"), size, &pixels, 40).iter().enumerate() {
            // The draw, as the library makes it.
            let mut rng = gradus::rng::Rng::new(3, gradus::rng::Stream::Augment, (epoch as u64) << 32 | 5);
            rng.uniform();
            let angle = degrees * (2.0 * rng.uniform() as f64 - 1.0);
            angles.push(angle);
            assert_close(&to_f64(got), &turned(size, &pixels, angle), 2e-5, &format!("{size:?}, {angle}°"));
        }
        assert!(angles.iter().any(|a| *a < -0.7 * degrees) && angles.iter().any(|a| *a > 0.7 * degrees));
    }
}

#[test]
fn colour_is_brightness_contrast_and_saturation_one_after_another() {
    for (size, line, most) in [
        (size(3, 5, 3), "colour 0.5", [0.5, 0.5, 0.5]),
        (size(3, 5, 4), "colour 0.3 contrast=0.5", [0.3, 0.15, 0.3]),
        (size(9, 5, 1), "colour 1 brightness=0", [0.0, 1.0, 1.0]),
        (size(4, 4, 2), "colour 0.4 saturation=0", [0.4, 0.4, 0.0]),
    ] {
        let pixels: Vec<f32> = crate::common::random(size.numbers(), 4).iter().map(|x| *x as f32).collect();
        for (epoch, got) in varied(line, size, &pixels, 30).iter().enumerate() {
            let mut rng = gradus::rng::Rng::new(3, gradus::rng::Stream::Augment, (epoch as u64) << 32 | 5);
            rng.uniform();
            let [delta, kappa, sigma] = most.map(|most: f64| most * (2.0 * rng.uniform() as f64 - 1.0));
            let mut x: Vec<f64> = pixels.iter().map(|x| *x as f64 + delta).collect();
            let mean = x.iter().sum::<f64>() / x.len() as f64;
            x.iter_mut().for_each(|x| *x = mean + (1.0 + kappa) * (*x - mean));
            for pixel in x.chunks_mut(size.channels) {
                let grey = pixel.iter().sum::<f64>() / pixel.len() as f64;
                pixel.iter_mut().for_each(|x| *x = grey + (1.0 + sigma) * (*x - grey));
            }
            assert_close(&to_f64(got), &x, 2e-6, line);
        }
    }
}

#[test]
fn changes_are_made_as_often_as_their_p_says() {
    let was = counting(size(6, 6, 3));
    for entry in AUGMENTATIONS {
        assert!(entry.parameters.iter().any(|p| p.name == "p"), "{} has no p", entry.name);
        let seen = varied(&format!("{} p=0.3", entry.name), size(6, 6, 3), &was, 1500);
        let changed = seen.iter().filter(|p| **p != was).count();
        // A shift by (0, 0) changes nothing: 1 of 81.
        let p = if entry.name == "shift" { 0.3 * 80.0 / 81.0 } else { 0.3 };
        assert_share(changed, 1500, p, entry.name);
        assert!(varied(&format!("{} p=0", entry.name), size(6, 6, 3), &was, 50).iter().all(|p| *p == was));
    }
}

const ALL: &str = "flip, shift 4, rotate 20, colour 0.4, cutout 3, shift 2 edge=reflect, rotate 180";

#[test]
fn no_size_is_too_odd() {
    for (height, width) in [(1, 1), (1, 2), (1, 9), (9, 1), (2, 2), (3, 17), (16, 16), (5, 33)] {
        for channels in [1, 2, 3, 4, 5] {
            let size = size(height, width, channels);
            let pixels: Vec<f32> =
                crate::common::random(size.numbers(), 2).iter().map(|x| *x as f32).collect();
            for entry in AUGMENTATIONS {
                for picture in varied(entry.name, size, &pixels, 40) {
                    assert!(
                        picture.len() == pixels.len() && picture.iter().all(|x| x.is_finite()),
                        "{} {size:?}",
                        entry.name
                    );
                }
            }
            for picture in varied(ALL, size, &pixels, 60) {
                let greatest = picture.iter().fold(0.0f32, |a, x| a.max(x.abs()));
                assert!(greatest < 8.0, "{size:?}: {greatest}");
            }
        }
    }
}

#[test]
fn a_change_does_not_disturb_the_draws_of_those_before_it() {
    let size = size(7, 7, 3);
    let was = counting(size);
    for epoch in 0..20 {
        let one = &varied("flip, shift 2", size, &was, 20)[epoch];
        let with_nothing_after =
            &varied("flip, shift 2, colour 0, cutout 0, rotate 0", size, &was, 20)[epoch];
        let near = one.iter().zip(with_nothing_after).all(|(a, b)| (a - b).abs() < 1e-3);
        assert!(near, "epoch {epoch}");
    }
}

#[test]
fn a_wrong_word_is_pointed_at() {
    for (line, word) in [
        ("flip, shft 4", "shft"),
        ("flip, shift far", "far"),
        ("shift 4.5", "4.5"),
        ("shift 4 edges=mean", "edges=mean"),
        ("shift 4 edge=wrap", "edge=wrap"),
        ("rotate -3", "-3"),
        ("cutout 8 8", "8"),
        ("flip, none", "none"),
        ("shift 4 pixels=3", "pixels=3"),
        ("flip,", ""),
        ("", ""),
    ] {
        let error = Augment::parse(line).err().unwrap_or_else(|| panic!("`{line}` is read"));
        assert_eq!(pointed_at(&error), word, "{error}");
    }
}

#[test]
fn lines_read_back() {
    for line in [
        "none",
        "flip",
        "flip 0.3, shift 4 edge=reflect, rotate 15, colour 0.2 contrast=0.5, cutout 12 p=0.5",
    ] {
        let written = Augment::parse(line).unwrap().line();
        assert_eq!(Augment::parse(&written).unwrap().line(), written);
    }
    assert_eq!(Augment::parse("shift 3 p=0.5").unwrap().line(), "shift 3 edge=mean p=0.5");
}

#[test]
fn views_are_the_picture_itself_and_others_that_are_the_same_for_all() {
    let size = size(2, 3, 1);
    let was = counting(size);
    let look = |views: &Views, view| {
        let (mut picture, mut room) = (was.clone(), vec![0.0; 6]);
        views.look(view, size, &mut picture, &mut room);
        picture
    };
    let mirrored = Views::parse("flip", None).unwrap();
    assert_eq!(
        (mirrored.count(), look(&mirrored, 0), look(&mirrored, 1)),
        (2, was.clone(), vec![3., 2., 1., 6., 5., 4.])
    );
    let drawn = Views::parse("flip, shift 1", Some(12)).unwrap();
    assert_eq!((drawn.count(), look(&drawn, 0)), (12, was.clone()));
    let different: std::collections::BTreeSet<String> =
        (0..12).map(|v| format!("{:?}", look(&drawn, v))).collect();
    assert!(different.len() > 4);
    assert_eq!(look(&drawn, 7), look(&drawn, 7));
    assert_eq!(Views::parse("none", Some(5)).unwrap().count(), 1);
    assert!(Views::parse("flip", Some(1)).is_err() && Views::parse("flop", None).is_err());
}
