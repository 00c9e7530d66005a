//! Writes docs/evolution.md: our evolution strategies beside pycma, evosax and EvoTorch.
//!
//!     cargo run --release -p gradus --example evolution_table [SEEDS]
#[path = "../tests/common/reference.rs"]
mod reference;

use reference::{Results, Row, fisher, median, medians, rows, run, successes};
use std::fmt::Write as _;
use std::path::Path;

const HEAD: &str = "\
# Evolution strategies beside others

Made by `cargo run --release -p gradus --example evolution_table`. The others ran with `core/tests/fixtures/evolution.py`, whose
results, versions and settings stand in `evolution.json` beside it. Same functions, starts, first deviations and budgets; their
random numbers and ours differ, so a row compares distributions.
";

fn main() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(here.join("tests/fixtures/evolution.json")).expect("the fixture");
    let file = serde_json::from_str(&text).expect("JSON");
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let seeds: u64 = arguments.first().map_or(15, |s| s.parse().expect("a number of seeds"));
    let only = |row: &Row| arguments.get(1).is_none_or(|run| *run == row.run);
    let (mut met, mut best) = (String::new(), String::new());
    let mut ratios = Vec::new();
    for row in rows(&file).iter().filter(|row| only(row)) {
        let ours = run(&file, row, seeds, 1.0);
        let head = format!(
            "| {} | {} | {} | {} |",
            row.line.split(" sigma").next().unwrap_or(""),
            row.by,
            row.function,
            row.dim
        );
        let line = match (&ours, &row.theirs) {
            (Results::Met(a), Results::Met(b)) => {
                let ratio = median(a).zip(median(b)).map(|(a, b)| a as f64 / b as f64);
                ratios.extend(ratio);
                let worse = fisher((successes(a), a.len()), (successes(b), b.len()));
                let shown = |m: Option<u64>| m.map_or("–".into(), |m| m.to_string());
                format!(
                    "{head} {} | {}/{} | {} | {}/{} | {} | {worse:.2} |",
                    shown(median(a)),
                    successes(a),
                    a.len(),
                    shown(median(b)),
                    successes(b),
                    b.len(),
                    ratio.map_or("–".into(), |r| format!("{r:.2}"))
                )
            }
            (Results::Best(a), Results::Best(b)) => {
                let shown = |m: &[f64]| m.iter().map(|x| format!("{x:.1e}")).collect::<Vec<_>>().join(", ");
                format!("{head} {} | {} |", shown(&medians(a)), shown(&medians(b)))
            }
            _ => unreachable!("one kind of results a row"),
        };
        println!("{line}");
        writeln!(if matches!(ours, Results::Met(_)) { &mut met } else { &mut best }, "{line}")
            .expect("memory");
    }
    ratios.sort_by(f64::total_cmp);
    let middle = ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN);
    println!("{} ratios, the median {middle:.3}, the greatest {:?}", ratios.len(), ratios.last());
    if arguments.len() < 2 {
        let text = format!(
            "{HEAD}\n## Evaluations until 10⁻⁸ above the minimum\n\n\
             Medians over seeds (ours {seeds}) and how many of them got there; `p`: how probable so few successes of ours are if both \
             are equally good (Fisher's exact test). Of {} rows where the median seed of both gets there, the median ratio is {middle:.2}.\n\n\
             | strategy | beside | function | dimension | ours | | theirs | | ratio | p |\n|---|---|---|---|---|---|---|---|---|---|\n{met}\n\
             ## The least value after 1/8, 1/4, 1/2 and all of the budget\n\n\
             Medians over seeds.\n\n\
             | strategy | beside | function | dimension | ours | theirs |\n|---|---|---|---|---|---|\n{best}",
            ratios.len()
        );
        std::fs::write(here.join("../docs/evolution.md"), text).expect("docs/evolution.md");
    }
}
