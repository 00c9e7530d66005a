//! `gradus predict`: what is on this picture, what is this row? From one model file alone.

mod rows;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use gradus::losses::Loss;
use gradus::network::{Model, Network};
use gradus::threads::Threads;
use gradus::train::{ModelFile, most_likely};
use gradus_pictures::Settings;
use serde_json::{Map, json};

use crate::args::PredictArgs;
use crate::console::{percent, print, print_json};
use crate::source::Preprocessing;
use crate::source::pictures::{Scale, normalise};

/// A trained model, ready to answer.
pub struct Trained {
    pub model: Model,
    pub theta: Vec<f32>,
    /// What was remembered in training.
    pub memory: Vec<f32>,
    pub classes: Vec<String>,
    pub preprocessing: Preprocessing,
    /// All that its file says.
    pub metadata: BTreeMap<String, String>,
}

impl Trained {
    /// From a run's folder or a model file.
    pub fn load(path: &Path) -> Result<Trained> {
        let file = model_file(path);
        if path.is_dir() && !file.exists() {
            bail!(
                "{} holds no model.safetensors\n  mend: it is written when a training ends; go on with it: gradus resume {}",
                path.display(),
                path.display()
            );
        }
        let loaded = ModelFile::load(&file)?;
        let text = |name: &str| {
            loaded.metadata.get(name).with_context(|| {
                format!(
                    "{} says nothing of its {name}: give a model.safetensors that gradus wrote",
                    file.display()
                )
            })
        };
        let classes: Vec<String> = serde_json::from_str(text("classes")?).context("the model's classes")?;
        let preprocessing: Preprocessing =
            serde_json::from_str(text("preprocessing")?).context("the model's preprocessing")?;
        let sane = preprocessing.is_sane()
            && preprocessing.scale().is_some() == classes.is_empty()
            && loaded.metadata.get("input").is_none_or(|input| *input == preprocessing.input().to_string());
        if !sane {
            bail!(
                "{}: its preprocessing makes no sense\n  mend: use a file that gradus wrote",
                file.display()
            );
        }
        let (network, loss) = (Network::parse(text("network")?)?, Loss::parse(text("loss")?)?);
        let model = Model::new(network, loss, preprocessing.input(), classes.len())?;
        let theta = loaded.theta(model.layout(), &file)?;
        let memory = loaded.memory(model.layout(), &file)?;
        Ok(Trained { model, theta, memory, classes, preprocessing, metadata: loaded.metadata })
    }
}

/// The model file of a run's folder, or the file itself.
pub fn model_file(path: &Path) -> PathBuf {
    if path.is_dir() { path.join("model.safetensors") } else { path.to_path_buf() }
}

/// Prints a label and its probability, or a number, for every picture or row.
pub fn predict(args: &PredictArgs) -> Result<ExitCode> {
    let trained = Trained::load(&args.model)?;
    match &trained.preprocessing {
        Preprocessing::Picture(scale) => predict_pictures(args, &trained, scale),
        Preprocessing::Row(encoder) => rows::predict(args, &trained, encoder),
    }
}

fn predict_pictures(args: &PredictArgs, trained: &Trained, scale: &Scale) -> Result<ExitCode> {
    let views = args.looks.views()?;
    let table = scale.table();
    let settings = scale.settings(100_000_000);
    let (mut plan, z, _) = trained.model.evaluation_plan(1, &Threads::new(1))?;
    let weights = trained.model.folded(&trained.theta, &trained.memory);
    plan.memory().copy_from_slice(&trained.memory);
    let size = views.size(&scale.dims())?;
    let mut room = vec![0.0; if views.count() > 1 { size.numbers() } else { 0 }];
    let (mut probabilities, mut of_view) =
        (vec![0.0; trained.classes.len()], vec![0.0; trained.classes.len()]);
    if views.count() > 1 && !args.json {
        eprintln!("gradus: {}", views.describe());
    }
    let mut unread = 0;
    for (name, decoded) in expand(&args.files)?.iter().flat_map(|path| decoded(path, &settings)) {
        match decoded {
            Err(reason) => {
                unread += 1;
                if args.json {
                    print_json(&json!({ "path": name, "error": reason }));
                } else {
                    eprintln!("gradus: {name}: {reason}");
                }
            }
            Ok(pixels) => {
                plan.data("weight").fill(1.0);
                probabilities.fill(0.0);
                for view in 0..views.count() {
                    normalise(&pixels, &table, plan.data("input"));
                    views.look(view, size, plan.data("input"), &mut room);
                    plan.forward(&weights);
                    trained.model.probabilities(plan.value(z), &mut of_view);
                    let share = 1.0 / views.count() as f64;
                    probabilities.iter_mut().zip(&of_view).for_each(|(p, of_view)| *p += share * of_view);
                }
                let class = most_likely(&probabilities);
                let label = &trained.classes[class];
                if args.json {
                    let all: Map<String, serde_json::Value> = trained
                        .classes
                        .iter()
                        .zip(&probabilities)
                        .map(|(c, p)| (c.clone(), json!(p)))
                        .collect();
                    print_json(&json!({
                        "path": name, "label": label, "class": class,
                        "probability": probabilities[class], "probabilities": all,
                        "tta": views.line(), "views": views.count(),
                    }));
                } else {
                    print(&format!("{name}  {label}  {}", percent(probabilities[class])));
                }
            }
        }
    }
    if unread == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    if !args.json {
        eprintln!(
            "  mend: give pictures that a viewer opens: JPEG, PNG, GIF, BMP, WebP, TIFF, or MNIST's files"
        );
    }
    Ok(ExitCode::from(1))
}

/// The pictures of a file, which are many in one of MNIST's, each by name: its pixels, or why there are none.
fn decoded(path: &Path, settings: &Settings) -> Vec<(String, Result<Vec<u8>, String>)> {
    let name = path.display().to_string();
    match gradus_pictures::idx_pictures(path, settings) {
        Err(e) => vec![(name, Err(e.to_string()))],
        Ok(Some(all)) => {
            let numbered = |(i, pixels)| (format!("{name}[{i}]"), Ok(pixels));
            all.into_iter().enumerate().map(numbered).collect()
        }
        Ok(None) => {
            let decoded = std::fs::read(path).map_err(|e| e.to_string()).and_then(|bytes| {
                gradus_pictures::decode(&bytes, settings).map_err(|reason| reason.to_string())
            });
            vec![(name, decoded.map(|picture| picture.pixels))]
        }
    }
}

/// Files as they are; of a folder, all files below it, sorted; of MNIST's, those that hold pictures.
fn expand(files: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for file in files {
        if !file.is_dir() {
            all.push(file.clone());
            continue;
        }
        let of_mnist = gradus_pictures::idx_files(file)?;
        if !of_mnist.is_empty() {
            all.extend(of_mnist);
            continue;
        }
        let mut entries: Vec<PathBuf> = std::fs::read_dir(file)
            .map_err(gradus::Error::file("read the folder", file))?
            .map(|e| e.map(|e| e.path()))
            .collect::<std::io::Result<_>>()
            .map_err(gradus::Error::file("read the folder", file))?;
        entries.retain(|p| !p.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.')));
        entries.sort();
        all.extend(expand(&entries)?);
    }
    Ok(all)
}
