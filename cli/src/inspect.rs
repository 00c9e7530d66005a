//! `gradus inspect`: the doctor of a picture folder, and of a table.

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::Result;
use gradus::train::Split;
use gradus_pictures::Settings;
use gradus_tables::{Table, is_table};
use serde_json::json;

use crate::args::{InspectArgs, none_of};
use crate::console::{Voice, print, print_json};

/// Prints what the data are and what is wrong with them; changes nothing.
pub fn inspect(args: &InspectArgs) -> Result<ExitCode> {
    if is_table(&args.data) {
        return table(args);
    }
    none_of(&args.table.given(), "a table is read", "give a table: a file such as FILE.csv")?;
    let voice = if std::io::stderr().is_terminal() && !args.json { Voice::Terminal } else { Voice::Plain };
    let bar = voice.bar("looking at pictures");
    let found = gradus_pictures::inspect(&args.data, &Settings::default(), &|done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    })?;
    bar.finish_and_clear();
    if args.json {
        print_json(&found);
    } else {
        print(found.to_string().trim_end());
    }
    Ok(ExitCode::SUCCESS)
}

/// What the columns of a table are to a network, as `gradus train` would divide it.
fn table(args: &InspectArgs) -> Result<ExitCode> {
    let table = Table::open(&args.data, &args.table.settings(), &Split::default())?;
    if args.json {
        let skipped: Vec<_> =
            table.skipped().iter().map(|s| json!({ "line": s.line, "reason": s.reason })).collect();
        print_json(&json!({
            "rows": table.len(), "classes": table.classes(), "inputs": table.encoder().inputs(),
            "encoder": table.encoder(), "notes": table.notes(), "skipped": skipped,
        }));
        return Ok(ExitCode::SUCCESS);
    }
    print(&format!("{}: {}", args.data.display(), table.summary_line()));
    table.encoder().describe().iter().for_each(|column| print(&format!("  {column}")));
    table.notes().iter().for_each(|note| print(&format!("  note: {note}")));
    table.skipped().iter().for_each(|skipped| print(&format!("  left out {skipped}")));
    Ok(ExitCode::SUCCESS)
}
