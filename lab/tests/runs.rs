//! Runs side by side: what is read of them, and that nothing else is.

mod common;

use common::{ask, host};
use gradus_lab::runs::Runs;
use gradus_lab::{Options, Server};
use serde_json::Value;

fn run(at: &std::path::Path, name: &str, rate: &str) {
    let folder = at.join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("run.toml"), format!("gradus = \"0.1.0\"\n[train]\nlearning_rate = {rate}\n"))
        .unwrap();
    std::fs::write(folder.join("metrics.jsonl"), "{\"event\":\"epoch\",\"epoch\":1,\"train_loss\":0.5}\n")
        .unwrap();
    std::fs::write(folder.join("secret.txt"), "hidden").unwrap();
}

fn get(server: &Server, path: &str) -> (u16, Value, String) {
    let (status, answer) = ask(server, &format!("GET {path}"), &[&host(server)], "");
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, serde_json::from_str(body).unwrap_or_default(), answer)
}

#[test]
fn a_folder_of_runs_is_listed_and_read() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "a-1", "0.1");
    run(folder.path(), "a-2", "0.2");
    let runs = Runs::find(&[folder.path().into()]).unwrap();
    let server = Server::start(Options { runs, ..Options::default() }).unwrap();
    assert_eq!(get(&server, "/api/lab").1["runs"], 2);
    assert_eq!(get(&server, "/api/runs").1["runs"], serde_json::json!(["a-1", "a-2"]));
    let (_, second, _) = get(&server, "/api/runs/1");
    assert_eq!(second["epochs"][0]["train_loss"], 0.5);
    assert_eq!(second["config"][1], serde_json::json!(["train.learning_rate", "0.2"]));
}

#[test]
fn what_is_no_run_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for wrong in [folder.path().to_path_buf(), folder.path().join("missing")] {
        let error = Runs::find(std::slice::from_ref(&wrong)).err().unwrap();
        assert!(error.contains(wrong.to_str().unwrap()) && error.contains("mend: "), "{error}");
    }
}

#[test]
fn nothing_outside_the_runs_is_read() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "runs/a-1", "0.1");
    std::fs::write(folder.path().join("outside.jsonl"), "{\"epoch\":1,\"outside\":true}\n").unwrap();
    let inside = folder.path().join("runs/a-1");
    std::fs::remove_file(inside.join("metrics.jsonl")).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.path().join("outside.jsonl"), inside.join("metrics.jsonl"))
            .unwrap();
        run(folder.path(), "elsewhere", "0.3");
        std::os::unix::fs::symlink(folder.path().join("elsewhere"), folder.path().join("runs/b-1")).unwrap();
    }
    let runs = Runs::find(&[folder.path().join("runs")]).unwrap();
    assert_eq!(runs.len(), 1, "a link to a run elsewhere is none of this folder's");
    let server = Server::start(Options { runs, ..Options::default() }).unwrap();
    let (status, one, answer) = get(&server, "/api/runs/0");
    assert_eq!((status, one["epochs"].as_array().unwrap().len()), (200, 0), "{answer}");
    for path in [
        "1",
        "-1",
        "0/secret.txt",
        "..",
        "%2e%2e",
        "../secret.txt",
        "0/../../outside.jsonl",
        "99999999999999999999",
    ] {
        let (status, _, answer) = get(&server, &format!("/api/runs/{path}"));
        assert!((400..500).contains(&status), "{path}: {status}");
        assert!(!answer.contains("hidden") && !answer.contains("outside\":"), "{path}");
    }
}
