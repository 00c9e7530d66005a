//! The peers in Rust have a lock file of their own, which nothing else looks at: without what the core needs today, `bench/run` could not build them.

use std::collections::BTreeSet;

/// What the core needs by a lock file: names without versions.
fn needs(lock: &str) -> BTreeSet<&str> {
    let (_, core) = lock.split_once("\nname = \"gradus\"\n").expect("the core is in it");
    let (_, list) = core.split_once("\ndependencies = [").expect("the core needs something");
    let (list, _) = list.split_once(']').expect("the list ends");
    list.split('"').skip(1).step_by(2).map(|name| name.split(' ').next().expect("a name")).collect()
}

#[test]
fn their_lock_file_knows_what_the_core_needs() {
    let root = env!("CARGO_MANIFEST_DIR");
    let read = |path: &str| std::fs::read_to_string(format!("{root}/../{path}")).unwrap();
    let [ours, theirs, core] = ["Cargo.lock", "bench/peers/rust/Cargo.lock", "core/Cargo.toml"].map(read);
    let (_, tests) = core.split_once("[dev-dependencies]").expect("the core has tests");
    // What only its tests need is not locked for others.
    let ours: BTreeSet<&str> =
        needs(&ours).into_iter().filter(|name| !tests.contains(&format!("\n{name} = "))).collect();
    assert!(ours.contains("libc"), "{ours:?}");
    assert_eq!(needs(&theirs), ours, "run `cargo update --workspace` in bench/peers/rust");
}
