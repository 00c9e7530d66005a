//! `gradus export`: a trained network as an ONNX file, with what makes its inputs of a picture's bytes, and its classes' names.

use std::process::ExitCode;

use anyhow::{Result, bail};
use gradus::network::Model;
use gradus::onnx::{OPSET, Scaling};
use gradus::train::{model_hash, write_whole};
use gradus_onnx::About;
use serde_json::json;

use crate::args::ExportArgs;
use crate::console::{print, print_json};
use crate::predict::{Trained, model_file};
use crate::source::Preprocessing;
use crate::source::pictures::Scale;

/// Metadata of a model that are its training's, or said otherwise.
const LEFT_OUT: [&str; 2] = ["gradus", "run.toml"];

/// Writes the file, whole or not at all, and says what goes in and what comes out.
pub fn export(args: &ExportArgs) -> Result<ExitCode> {
    let trained = Trained::load(&args.model)?;
    let from = model_file(&args.model);
    let to = args.out.clone().unwrap_or_else(|| from.with_extension("onnx"));
    if to.is_dir() {
        let file = to.join("model.onnx");
        bail!("{} is a folder\n  mend: name the file, for example --out {}", to.display(), file.display());
    }
    // What is written takes the place of what has its name: nothing else than a file may.
    if to.exists() && !to.is_file() {
        bail!("{} is no file, but a device or a pipe\n  mend: name a file", to.display());
    }
    if to.canonicalize().is_ok_and(|to| from.canonicalize().is_ok_and(|from| from == to)) {
        bail!("{} is the model itself\n  mend: name another file: --out FILE", to.display());
    }
    let Trained { model, theta, memory, classes, preprocessing, metadata } = &trained;
    let pixels = match preprocessing {
        Preprocessing::Picture(scale) => Some([&*scale.mean, &*scale.deviation]),
        Preprocessing::Row(_) => None,
    };
    let network = model.onnx(theta, memory, Scaling { pixels, said: preprocessing.scale() })?;
    let mut all: Vec<(String, String)> = metadata
        .iter()
        .filter(|(name, _)| !LEFT_OUT.contains(&name.as_str()))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    all.push(("theta_hash".into(), model_hash(theta, memory)));
    let come_in = match preprocessing {
        Preprocessing::Picture(scale) => pixels_told(scale),
        Preprocessing::Row(encoder) => format!(
            "input          float32 [batch, {}]: what the network sees of a row, as the metadata `preprocessing` says",
            encoder.inputs()
        ),
    };
    let text = format!("{come_in}\n{}", said(model, preprocessing, classes));
    let bytes = gradus_onnx::bytes(&network, About { name: "gradus", text: &text, metadata: all })?;
    write_whole(&to, &bytes, None)?;
    if args.json {
        print_json(&json!({
            "path": to, "bytes": bytes.len(), "opset": OPSET, "classes": classes,
            "input": { "name": network.input.value.name(), "type": if network.input.bytes { "uint8" } else { "float32" }, "shape": network.input.dims },
            "output": { "name": network.output.value.name(), "type": "float32", "shape": network.output.dims },
        }));
    } else {
        print(&format!("{}  {:.2} MB, ONNX operators {OPSET}", to.display(), bytes.len() as f64 / 1e6));
        text.lines().for_each(|line| print(&format!("  {line}")));
    }
    Ok(ExitCode::SUCCESS)
}

/// What goes in, of a picture.
fn pixels_told(scale: &Scale) -> String {
    let [height, width, channels] = scale.dims();
    let colours = if scale.grey { "grey, 0.299 R + 0.587 G + 0.114 B" } else { "red, green, blue" };
    format!(
        "pixels         uint8 [batch, {height}, {width}, {channels}]: upright, on white where it is transparent, stretched to {width} × {height} (bilinear), {colours}"
    )
}

/// What comes out.
fn said(model: &Model, preprocessing: &Preprocessing, classes: &[String]) -> String {
    if let Preprocessing::Row(encoder) = preprocessing
        && model.classes == 0
    {
        return format!("value          float32 [batch, 1]: {}", encoder.label.name);
    }
    let names = if classes.len() <= 12 {
        classes.join(", ")
    } else {
        format!("{} classes, see the metadata", classes.len())
    };
    format!("probabilities  float32 [batch, {}]: {names}", model.classes)
}
