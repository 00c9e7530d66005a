//! Tells the program which compiler built it.

use std::process::Command;

fn main() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = Command::new(rustc).arg("--version").output();
    let version = said.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_string()).unwrap_or_default();
    println!("cargo::rustc-env=GRADUS_BENCH_RUSTC={version}");
    println!("cargo::rerun-if-changed=build.rs");
}
