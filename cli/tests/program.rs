//! The program as its users run it: small folders of real files, every command, every promise of the README.

mod common;

use std::process::{Command, Stdio};

use common::{QUICK, command, events, gradus, hashes, pets, picture, text, train};
use gradus::train::ModelFile;
use image::{ImageFormat, Rgb, RgbImage};
use serde_json::Value;
use tempfile::TempDir;

#[test]
fn a_training_tells_all_that_is_promised_and_leaves_a_whole_folder() {
    let here = TempDir::new().unwrap();
    pets(here.path());
    let events = train(here.path(), &["--out", "run"]);
    let kinds: Vec<&str> = events.iter().map(|e| e["event"].as_str().unwrap()).collect();
    assert_eq!((kinds[0], *kinds.last().unwrap()), ("start", "done"));
    assert!(kinds.contains(&"step") && kinds.iter().filter(|k| **k == "epoch").count() == 6);
    for event in events.iter().filter(|e| e["event"] == "epoch" || e["event"] == "done") {
        for field in ["theta_hash", "train_loss", "validation_loss", "validation_accuracy", "seconds"] {
            assert!(!event[field].is_null(), "{field} is missing in {event}");
        }
    }
    let done = events.last().unwrap();
    for field in ["baseline_majority", "baseline_linear", "run"] {
        assert!(!done[field].is_null(), "{field} is missing in {done}");
    }
    assert_eq!(done["validation_accuracy"], 1.0, "such pictures can be learned");
    let run = here.path().join("run");
    for file in ["run.toml", "checkpoint.safetensors", "model.safetensors", "metrics.jsonl", "report.html"] {
        assert!(run.join(file).metadata().unwrap().len() > 0, "{file}");
    }
    let log = std::fs::read_to_string(run.join("metrics.jsonl")).unwrap();
    assert_eq!(log.lines().count(), 6);
}

#[test]
fn threads_and_run_toml_do_not_change_a_bit() {
    let here = TempDir::new().unwrap();
    pets(here.path());
    let one = train(here.path(), &["--threads", "1", "--out", "one"]);
    for threads in ["2", "3", "8"] {
        assert_eq!(hashes(&train(here.path(), &["--threads", threads])), hashes(&one), "{threads} threads");
    }
    let again = events(&gradus(here.path(), &["train", "one/run.toml", "--json", "--out", "again"]));
    assert_eq!(hashes(&again), hashes(&one));
    assert_ne!(hashes(&train(here.path(), &["--seed", "2"])), hashes(&one));
}

#[cfg(unix)]
#[test]
fn stopped_by_ctrl_c_and_resumed_it_ends_the_same() {
    let here = TempDir::new().unwrap();
    pets(here.path());
    let long = &[
        "train",
        "pets",
        "--json",
        "--epochs",
        "300",
        "--patience",
        "0",
        "--batch",
        "1",
        "--image",
        "24x24",
    ];
    let whole = events(&gradus(here.path(), &[&long[..], &["--out", "whole"]].concat()));
    let child = command(here.path(), &[&long[..], &["--out", "cut"]].concat())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    while !here.path().join("cut/checkpoint.safetensors").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    std::thread::sleep(std::time::Duration::from_millis(100));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let cut = child.wait_with_output().unwrap();
    assert_eq!(cut.status.code(), Some(130), "it was too fast to be interrupted, or did not listen");
    let resumed = events(&gradus(here.path(), &["resume", "cut", "--json"]));
    assert!(resumed[0]["step"].as_u64().unwrap() > 0, "it goes on, it does not start again");
    assert_eq!(resumed.last().unwrap()["theta_hash"], whole.last().unwrap()["theta_hash"]);
    let logs = ["whole", "cut"].map(|run| {
        let log = std::fs::read_to_string(here.path().join(run).join("metrics.jsonl")).unwrap();
        log.lines()
            .map(|l| serde_json::from_str::<Value>(l).unwrap()["theta_hash"].clone())
            .collect::<Vec<_>>()
    });
    assert_eq!(logs[0], logs[1]);
}

#[test]
fn a_model_file_alone_predicts() {
    let here = TempDir::new().unwrap();
    pets(here.path());
    train(here.path(), &["--out", "run"]);
    std::fs::copy(here.path().join("run/model.safetensors"), here.path().join("alone.safetensors")).unwrap();
    std::fs::remove_dir_all(here.path().join("run")).unwrap();
    picture(1, 777).save_with_format(here.path().join("new.jpg"), ImageFormat::Jpeg).unwrap();
    let answer = events(&gradus(here.path(), &["predict", "alone.safetensors", "new.jpg", "--json"]));
    assert_eq!((&answer[0]["label"], &answer[0]["class"]), (&"dog".into(), &1.into()));
    let p = &answer[0]["probabilities"];
    let sum = p["cat"].as_f64().unwrap() + p["dog"].as_f64().unwrap();
    assert!((sum - 1.0).abs() < 1e-9 && answer[0]["probability"].as_f64().unwrap() > 0.5);
    let plain = gradus(here.path(), &["predict", "alone.safetensors", "new.jpg", "missing.jpg"]);
    assert_eq!(plain.status.code(), Some(1));
    assert!(
        text(&plain).contains("new.jpg  dog  ")
            && text(&plain).contains("missing.jpg")
            && text(&plain).contains("mend: "),
        "{}",
        text(&plain)
    );
    let scores = events(&gradus(here.path(), &["evaluate", "alone.safetensors", "pets", "--json"]));
    assert_eq!(scores[0]["pictures"], 60);
    assert!(scores[0]["scores"]["accuracy"].as_f64().unwrap() > 0.9);
}

/// What is in the file is held against onnxruntime by `tests/exported.sh`.
#[test]
fn a_model_is_exported_whole_and_says_what_goes_in() {
    let here = TempDir::new().unwrap();
    pets(here.path());
    train(here.path(), &["--out", "run"]);
    let said = text(&gradus(here.path(), &["export", "run"]));
    assert!(
        said.contains("uint8 [batch, 8, 8, 3]") && said.contains("float32 [batch, 2]: cat, dog"),
        "{said}"
    );
    let bytes = std::fs::read(here.path().join("run/model.onnx")).unwrap();
    let holds = |text: &str| bytes.windows(text.len()).any(|some| some == text.as_bytes());
    assert!(
        ["gradus", "pixels", "probabilities", r#"["cat","dog"]"#, "theta_hash"]
            .iter()
            .all(|text| holds(text))
    );
    std::fs::copy(here.path().join("run/model.safetensors"), here.path().join("alone.safetensors")).unwrap();
    let told = &events(&gradus(here.path(), &["export", "alone.safetensors", "--json"]))[0];
    assert_eq!((&told["path"], &told["bytes"]), (&"alone.onnx".into(), &bytes.len().into()));
    assert_eq!(
        std::fs::read(here.path().join("alone.onnx")).unwrap(),
        bytes,
        "the same network, the same bytes"
    );
    for (to, says) in [
        ("pets", "for example --out pets/model.onnx"),
        ("/dev/null", if cfg!(unix) { "is no file" } else { "could not write" }),
        ("run/model.safetensors", "is the model itself"),
        ("no/where.onnx", "could not write no/where.onnx"),
    ] {
        let out = gradus(here.path(), &["export", "run", "--out", to]);
        assert!(!out.status.success() && text(&out).contains(says), "{to}: {}", text(&out));
    }
}

/// A small network of every kind of layer for pictures.
const PICTURES: &str = "conv 6 3x3 relu, pool 2, residual(conv 8 3x3 relu, dropout 0.1, conv 8 3x3) relu, \
                        conv 8 3x3 groups=depthwise stride=2, upsample 2, average_pool 2, dense 8 relu, dense 1 sigmoid";

#[test]
fn a_network_on_pictures_trains_resumes_predicts_and_is_checked() {
    let here = TempDir::new().unwrap();
    pets(here.path());
    let more =
        ["--net", PICTURES, "--image", "12x8", "--epochs", "6", "--batch", "4", "--lr", "0.01", "--json"];
    let run = |rest: &[&str]| events(&gradus(here.path(), &[&["train", "pets"], &more[..], rest].concat()));
    let one = run(&["--threads", "1", "--out", "one"]);
    assert_eq!(one.last().unwrap()["validation_accuracy"], 1.0, "such pictures can be learned");
    assert_eq!(hashes(&run(&["--threads", "3", "--out", "three"])), hashes(&one));
    let again = events(&gradus(here.path(), &["train", "one/run.toml", "--json", "--out", "again"]));
    assert_eq!(hashes(&again), hashes(&one));

    picture(1, 777).save(here.path().join("new.png")).unwrap();
    let model = here.path().join("one/model.safetensors");
    let answer = || events(&gradus(here.path(), &["predict", "one", "new.png", "--json"]))[0].clone();
    let first = answer();
    assert_eq!(first["label"], "dog");
    let scores = events(&gradus(here.path(), &["evaluate", "one", "pets", "--json"]));
    assert!(scores[0]["scores"]["accuracy"].as_f64().unwrap() > 0.9);
    // Not of the trained one: its loss is so small that the slopes are rounding.
    let check =
        gradus(here.path(), &["check", "gradient", "pets", "--net", PICTURES, "--image", "12x8", "--json"]);
    let report = events(&check)[0].clone();
    assert_eq!(report["agrees"], true);

    // Files of before say nothing of what an example is: its preprocessing does.
    let mut file = ModelFile::load(&model).unwrap();
    assert_eq!(file.metadata.remove("input").unwrap(), "8x12x3");
    file.save(&model).unwrap();
    assert_eq!(answer(), first);
    file.metadata.insert("input".into(), "12x8x3".into());
    file.save(&model).unwrap();
    assert!(text(&gradus(here.path(), &["predict", "one", "new.png"])).contains("makes no sense"));
}

#[test]
fn a_preset_ends_as_the_classes_and_the_loss_want_it() {
    let here = TempDir::new().unwrap();
    pets(here.path());
    for (net, loss, end) in [
        ("mlp", None, "dense 1 sigmoid"),
        ("lenet", Some("softmax_cross_entropy"), "dense 2 softmax"),
        ("lenet, dense 2 softmax", None, "dense 2 softmax"),
    ] {
        let mut args =
            vec!["train", "pets", "--epochs", "1", "--image", "16x16", "--net", net, "--out", "run"];
        args.extend(loss.into_iter().flat_map(|loss| ["--loss", loss]));
        let out = gradus(here.path(), &args);
        assert!(out.status.success(), "{net}: {}", text(&out));
        let toml = std::fs::read_to_string(here.path().join("run/run.toml")).unwrap();
        assert!(toml.contains(&format!("{end} bias=yes init=glorot_uniform\"")), "{net}: {toml}");
        std::fs::remove_dir_all(here.path().join("run")).unwrap();
    }
    let wrong = gradus(here.path(), &["train", "pets", "--net", "lenet", "--image", "8x8"]);
    assert!(
        text(&wrong).contains("layer 3, conv: conv2d") && !text(&wrong).contains("panicked"),
        "{}",
        text(&wrong)
    );
    let all = text(&gradus(here.path(), &["list", "presets", "lenet"]));
    assert!(all.contains("conv 6 5x5 tanh") && all.contains("LeCun et al. 1998"), "{all}");
}

#[test]
fn three_classes_and_the_articles_loss() {
    let here = TempDir::new().unwrap();
    let pets = pets(here.path());
    std::fs::create_dir(pets.join("fish")).unwrap();
    for number in 0..30 {
        RgbImage::from_pixel(20, 20, Rgb([number as u8, 200, 30]))
            .save(pets.join(format!("fish/{number}.png")))
            .unwrap();
    }
    for loss in ["softmax_cross_entropy", "squared_error", "huber delta=0.5"] {
        let out = gradus(
            here.path(),
            &["train", "pets", "--json", "--image", "8x8", "--epochs", "30", "--batch", "8", "--loss", loss],
        );
        let done = events(&out).pop().unwrap();
        assert!(done["validation_accuracy"].as_f64().unwrap() > 0.8, "{loss}: {done}");
    }
}

#[test]
fn hostile_files_are_named_and_the_rest_is_learned() {
    let here = TempDir::new().unwrap();
    let pets = pets(here.path());
    let cat = pets.join("cat");
    let png = std::fs::read(cat.join("0.png")).unwrap();
    std::fs::write(cat.join("half.png"), &png[..png.len() / 2]).unwrap();
    std::fs::write(cat.join("empty.jpg"), b"").unwrap();
    std::fs::write(cat.join("text.jpg"), b"this is no picture").unwrap();
    let mut bomb = png.clone();
    bomb[16..24].copy_from_slice(&[0, 0, 0xc3, 0x50, 0, 0, 0xc3, 0x50]);
    std::fs::write(cat.join("bomb.png"), bomb).unwrap();
    std::fs::write(cat.join("misnamed.jpg"), &png).unwrap();
    let wide: image::ImageBuffer<image::Rgb<u16>, Vec<u16>> =
        image::ImageBuffer::from_pixel(20, 20, Rgb([60_000u16, 30_000, 9]));
    wide.save(cat.join("deep.png")).unwrap();
    picture(0, 99).save(cat.join("one.gif")).unwrap();
    let before: Vec<_> = std::fs::read_dir(&cat).unwrap().map(|e| e.unwrap().file_name()).collect();
    let out = gradus(here.path(), &[&["train", "pets", "--out", "run"], QUICK].concat());
    assert!(out.status.success(), "{}", text(&out));
    for name in ["half.png", "empty.jpg", "text.jpg", "bomb.png"] {
        assert!(text(&out).contains(&format!("left out cat/{name}")), "{name} is not named: {}", text(&out));
    }
    for name in ["misnamed.jpg", "deep.png", "one.gif"] {
        assert!(!text(&out).contains(&format!("left out cat/{name}")), "{name} was left out");
    }
    let after: Vec<_> = std::fs::read_dir(&cat).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(before.len(), after.len(), "nothing is deleted");
    let report = std::fs::read_to_string(here.path().join("run/report.html")).unwrap();
    assert!(report.contains("bomb.png"));
    let doctor = text(&gradus(here.path(), &["inspect", "pets"]));
    for name in ["half.png", "empty.jpg", "text.jpg", "bomb.png", "misnamed.jpg"] {
        assert!(doctor.contains(name), "the doctor does not name {name}: {doctor}");
    }
}

#[test]
fn errors_say_what_where_and_how_to_mend_it() {
    let here = TempDir::new().unwrap();
    let pets = pets(here.path());
    std::fs::create_dir(here.path().join("full")).unwrap();
    std::fs::write(here.path().join("full/x"), "x").unwrap();
    std::fs::write(here.path().join("bad.toml"), "[train]\nbatch = \"some\"\n").unwrap();
    std::fs::write(here.path().join("bad.safetensors"), [9u8; 100]).unwrap();
    let cases: &[(&[&str], &str)] = &[
        (&["train", "nowhere"], "no such folder"),
        (&["train", "pets", "--net", "dense 8 rleu, dense 1"], "did you mean `relu`?"),
        (&["train", "pets", "--net", "dense 3"], "end the network with"),
        (&["train", "pets", "--net", "conv 8 3x3, pool 99, dense 1 sigmoid"], "layer 2, pool"),
        (&["train", "pets", "--net", "residual(dense 8 relu, dense 1"], "write ) where it ends"),
        (&["train", "pets", "--optimizer", "adm"], "did you mean `adam`?"),
        (&["train", "pets", "--optimizer", "adam beta1=2"], "[0, 1)"),
        (&["train", "pets", "--lr", "0"], "learning_rate"),
        (&["train", "pets", "--lr", "-1"], "learning_rate = -1"),
        (&["train", "pets", "--batch", "0"], "whole number"),
        (&["train", "pets", "--out", "full"], "is not empty"),
        (&["train", "pets", "--validation", "0.9", "--test", "0.9"], "below 1"),
        (&["train", "bad.toml"], "bad.toml"),
        (&["train", "bad.toml", "--lr", "1"], "--lr cannot be given"),
        (&["resume", "full"], "holds no run.toml"),
        (&["predict", "bad.safetensors", "x.jpg"], "not a usable model"),
        (&["predict", "full", "x.jpg"], "holds no model.safetensors"),
        (&["export", "bad.safetensors"], "not a usable model"),
        (&["export", "full"], "holds no model.safetensors"),
        (&["list", "optimiser"], "did you mean"),
    ];
    for (args, expected) in cases {
        let out = gradus(here.path(), args);
        assert!(!out.status.success(), "{args:?} succeeded");
        assert!(text(&out).contains(expected), "{args:?} says: {}", text(&out));
        assert!(!text(&out).contains("panicked"), "{args:?}: {}", text(&out));
    }
    for file in std::fs::read_dir(pets.join("dog")).unwrap() {
        std::fs::write(file.unwrap().path(), "spoilt").unwrap();
    }
    assert!(text(&gradus(here.path(), &["train", "pets"])).contains("no readable picture"));
}

#[test]
fn a_learning_rate_far_too_large_ends_with_a_verdict() {
    let here = TempDir::new().unwrap();
    pets(here.path());
    let net = "dense 8 relu, dense 8 relu, dense 1";
    let wild = [
        "--net",
        net,
        "--optimizer",
        "sgd",
        "--lr",
        "1e30",
        "--loss",
        "squared_error",
        "--out",
        "run",
        "--json",
    ];
    let out = gradus(here.path(), &[&["train", "pets"], &wild[..]].concat());
    assert_eq!(out.status.code(), Some(3), "{}", text(&out));
    let stdout = String::from_utf8_lossy(&out.stdout);
    let verdict: Value = serde_json::from_str(stdout.lines().last().unwrap()).unwrap();
    assert_eq!(verdict["event"], "verdict");
    for field in ["step", "op", "place", "values", "cause", "mend"] {
        assert!(!verdict[field].is_null(), "{field} is missing in {verdict}");
    }
    assert!(text(&out).contains("mend: a learning rate of"));
}

#[test]
fn lists_come_from_the_tables() {
    let here = TempDir::new().unwrap();
    let all = text(&gradus(here.path(), &["list"]));
    for name in
        ["dense", "global_average_pool", "vgg-small", "leaky_relu", "huber", "nesterov", "lecun_uniform"]
    {
        assert!(all.contains(name), "{name}");
    }
    let adam = text(&gradus(here.path(), &["list", "optimizers", "adam"]));
    for part in ["m̂ = m / (1 − β₁ᵗ)", "Kingma & Ba", "beta2", "0.999", "PyTorch"] {
        assert!(adam.contains(part), "{part} is missing: {adam}");
    }
    let rmsprop = text(&gradus(here.path(), &["list", "optimizers", "rmsprop"]));
    for part in ["@pytorch (the default)", "@tf1", "g / √(v + ε)", "as @keras", "1e-10"] {
        assert!(rmsprop.contains(part), "{part} is missing: {rmsprop}");
    }
    let one = text(&gradus(here.path(), &["list", "optimizers", "rmsprop@tf1"]));
    assert!(one.contains("@tf1") && !one.contains("@keras"), "{one}");
    let wrong = gradus(here.path(), &["list", "optimizers", "rmsprop@tf2"]);
    assert!(text(&wrong).contains("did you mean `tf1`?"), "{}", text(&wrong));
    let lookahead = text(&gradus(here.path(), &["list", "wrappers", "lookahead"]));
    for part in ["over OPTIMIZER", "φ ← φ + α (θ − φ)", "steps", "Zhang et al. 2019"] {
        assert!(lookahead.contains(part), "{part} is missing: {lookahead}");
    }
    for shell in ["bash", "zsh", "fish", "powershell"] {
        assert!(text(&gradus(here.path(), &["completions", shell])).contains("gradus"));
    }
}

#[test]
fn kaggles_flat_names_are_read() {
    let here = TempDir::new().unwrap();
    let flat = here.path().join("pets");
    std::fs::create_dir(&flat).unwrap();
    for (class, name) in ["cat", "dog"].into_iter().enumerate() {
        for number in 0..20 {
            picture(class, number).save(flat.join(format!("{name}.{number}.jpg"))).unwrap();
        }
    }
    let done = train(here.path(), &[]).pop().unwrap();
    assert!(done["validation_accuracy"].as_f64().unwrap() > 0.9);
}
