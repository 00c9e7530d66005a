//! Runs on the disk, finished or under way, side by side. Only these files, inside these folders, are ever read.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::extract::{Path as InPath, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use gradus::input::Input;
use gradus::losses::Loss;
use gradus::network::{Model, Network};
use gradus::train::{EpochRecord, ModelFile, Notices};
use serde_json::{Value, json};

use crate::drawing::{self, Drawing};
use crate::reply;

/// Runs at most.
pub const LIMIT: usize = 64;

/// The file of the best weights, written when a training ends.
const MODEL: &str = "model.safetensors";

/// Bytes of a file at most.
const LARGEST: u64 = 64 << 20;

/// Folders of runs.
#[derive(Clone, Default)]
pub struct Runs(Arc<Vec<PathBuf>>);

impl Runs {
    /// Each of `folders` is a run, or holds runs.
    ///
    /// # Errors
    /// In words, if one is neither, or they are too many.
    pub fn find(folders: &[PathBuf]) -> Result<Runs, String> {
        let mut runs = Vec::new();
        for folder in folders {
            let own = folder.canonicalize().map_err(|e| {
                format!("could not open {}: {e}\n  mend: check the spelling of the path", folder.display())
            })?;
            if is_run(&own) {
                runs.push(own);
                continue;
            }
            let inside =
                std::fs::read_dir(&own).map_err(|e| format!("could not read {}: {e}", folder.display()))?;
            let mut inside: Vec<PathBuf> = inside.filter_map(|entry| Some(entry.ok()?.path())).collect();
            inside
                .retain(|path| is_run(path) && path.canonicalize().is_ok_and(|real| real.starts_with(&own)));
            if inside.is_empty() {
                let mend = "give folders that `gradus train` named, or a folder that holds such";
                return Err(format!(
                    "{} is no run, and holds none: no run.toml\n  mend: {mend}",
                    folder.display()
                ));
            }
            inside.sort();
            runs.append(&mut inside);
        }
        runs.dedup();
        if runs.len() > LIMIT {
            return Err(format!("these are {} runs\n  mend: give at most {LIMIT}", runs.len()));
        }
        Ok(Runs(Arc::new(runs)))
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All that is known of a run.
    fn read(&self, number: usize) -> Option<Value> {
        let folder = self.0.get(number)?;
        let config = text(folder, "run.toml").unwrap_or_default();
        let lines = |name| {
            text(folder, name)
                .unwrap_or_default()
                .lines()
                .filter_map(|l| serde_json::from_str(l).ok())
                .collect()
        };
        let epochs: Vec<Value> = lines("metrics.jsonl");
        let records: Vec<EpochRecord> =
            epochs.iter().filter_map(|e| serde_json::from_value(e.clone()).ok()).collect();
        let changes: Vec<Value> = lines("steering.jsonl");
        let whole = |name| text(folder, name).and_then(|text| serde_json::from_str::<Value>(&text).ok());
        Some(json!({
            "name": folder.file_name().map(|name| name.to_string_lossy()),
            "folder": folder.display().to_string(),
            "config": settings(&config),
            "epochs": epochs,
            "notices": Notices::of(&records).all(),
            "changes": changes,
            "baselines": whole("baselines.json"),
            "verdict": whole("verdict.json"),
            "finished": folder.join(MODEL).exists(),
        }))
    }

    /// The network of a finished run, and of a small one all weights.
    fn network(&self, number: usize) -> Option<Value> {
        let path = inside(self.0.get(number)?, MODEL)?;
        if path.metadata().ok()?.len() > LARGEST {
            return None;
        }
        let file = ModelFile::load(&path).ok()?;
        let said = |name: &str| file.metadata.get(name);
        let classes: Vec<String> = serde_json::from_str(said("classes")?).ok()?;
        let (network, loss) = (Network::parse(said("network")?).ok()?, Loss::parse(said("loss")?).ok()?);
        let model = Model::new(network, loss, said("input")?.parse::<Input>().ok()?, classes.len()).ok()?;
        let theta = file.theta(model.layout(), &path).ok()?;
        Some(json!({
            "network": model.network.line(),
            "layers": drawing::layers(&model),
            "weights": theta.len(),
            "drawing": Drawing::of(&model).map(|drawing| json!({
                "columns": drawing.describe(),
                "weights": drawing.weights(&theta),
            })),
        }))
    }
}

fn is_run(folder: &Path) -> bool {
    folder.join("run.toml").is_file()
}

/// Where a file of a run is: none that a link leads to elsewhere.
fn inside(folder: &Path, name: &str) -> Option<PathBuf> {
    folder.join(name).canonicalize().ok().filter(|path| path.starts_with(folder))
}

/// The text of a file of a run, up to where it is too large.
fn text(folder: &Path, name: &str) -> Option<String> {
    let path = inside(folder, name)?;
    let mut text = String::new();
    std::fs::File::open(path).ok()?.take(LARGEST).read_to_string(&mut text).ok()?;
    Some(text)
}

/// The settings of a run.toml as `[name, value]`, for example `["train.optimizer", "adam"]`.
fn settings(config: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let table = config.parse::<toml::Table>().unwrap_or_default();
    for (name, value) in table {
        match value {
            toml::Value::Table(inner) => {
                found.extend(inner.into_iter().map(|(key, value)| (format!("{name}.{key}"), plain(&value))));
            }
            value => found.push((name, plain(&value))),
        }
    }
    found
}

fn plain(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        // 1e30, and not thirty zeros.
        toml::Value::Float(x) => format!("{x:?}"),
        value => value.to_string(),
    }
}

/// `GET /api/runs`: all; `GET /api/runs/NUMBER`: one, from 0; `GET /api/runs/NUMBER/network`: its network.
pub fn routes(runs: Runs) -> Router {
    Router::new()
        .route("/api/runs", get(list))
        .route("/api/runs/{number}", get(one))
        .route("/api/runs/{number}/network", get(network))
        .with_state(runs)
}

async fn list(State(runs): State<Runs>) -> Response {
    let names: Vec<_> =
        runs.0.iter().map(|run| run.file_name().unwrap_or_default().to_string_lossy()).collect();
    Json(json!({ "runs": names })).into_response()
}

async fn one(State(runs): State<Runs>, InPath(number): InPath<usize>) -> Response {
    found(move || runs.read(number), "there is no such run").await
}

async fn network(State(runs): State<Runs>, InPath(number): InPath<usize>) -> Response {
    found(move || runs.network(number), "this run has no network that can be read").await
}

/// What is read from the disk, on a thread of its own; `missing` if there is nothing.
async fn found(read: impl FnOnce() -> Option<Value> + Send + 'static, missing: &'static str) -> Response {
    match tokio::task::spawn_blocking(read).await.ok().flatten() {
        Some(value) => Json(value).into_response(),
        None => reply::error(StatusCode::NOT_FOUND, missing),
    }
}
