//! The README's program is the one that is compiled and run: `examples/xor.rs`, which the crate's documentation includes,
//! so that the doc tests run it.

#[test]
fn the_program_of_the_readme_is_the_example() {
    let readme = include_str!("../../README.md");
    let shown =
        readme.split("```rust\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a program");
    let example = include_str!("../examples/xor.rs");
    assert!(example.ends_with(shown), "README.md and core/examples/xor.rs differ");
}
