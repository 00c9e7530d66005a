//! Two builds by turns.

use std::process::{Command, Output};

const PROGRAM: &str = env!("CARGO_BIN_EXE_gradus-bench");

fn run(other: &str) -> Output {
    let words =
        ["--beside", other, "tiny", "infer-cnn-s-1", "--threads", "1,2", "--reps", "3", "--seconds", "0"];
    Command::new(PROGRAM).args(words).output().unwrap()
}

#[test]
fn a_program_beside_itself_computes_the_same_bits() {
    let output = run(PROGRAM);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let rows: Vec<&str> = text.lines().skip(1).collect();
    assert_eq!(rows.len(), 4, "{text}");
    assert!(rows.iter().all(|row| row.ends_with("same bits")), "{text}");
}

#[test]
fn what_is_no_other_build_is_named() {
    let tests = std::env::current_exe().unwrap().display().to_string();
    for (program, complaint) in [("/nothing/here", "cannot run"), (&tests, "ended without an answer")] {
        let output = run(program);
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && text.contains(complaint) && text.contains(program), "{text}");
    }
}

/// A build that computes something else: as fast as it says, but with another hash.
#[cfg(unix)]
#[test]
fn other_bits_are_told() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("other");
    let answers = "while read steps; do [ -n \"$steps\" ] && echo 1e-6 || echo 0123456789abcdef; done";
    std::fs::write(&program, format!("#!/bin/sh\n{answers}\n")).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let output = run(&program.display().to_string());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!output.status.success(), "{text}");
    assert_eq!(text.lines().filter(|row| row.ends_with("OTHER BITS")).count(), 4, "{text}");
}
