//! Writes the table of `docs/optimizers.md`: how far every optimizer, in every dialect, is from the framework it is
//! named after, on the walks of `core/tests/fixtures/rules_*.json`.
//!
//! ```text
//! cargo run --release -p gradus --example deviations
//! ```

#[path = "../tests/common/golden.rs"]
mod golden;

const TABLE: &str = "| optimizer |";

fn main() -> std::io::Result<()> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/optimizers.md");
    let text = std::fs::read_to_string(&path)?;
    let before = text.split(TABLE).next().unwrap_or_default();
    let table = golden::table();
    print!("{table}");
    std::fs::write(path, format!("{before}{table}"))
}
