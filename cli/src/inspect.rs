//! `gradus inspect`: the doctor of a picture folder.

use std::process::ExitCode;

use anyhow::Result;
use gradus_pictures::Settings;

use crate::args::InspectArgs;
use crate::console::{Voice, print, print_json};
use std::io::IsTerminal;

/// Prints what is in the folder and what is wrong with it; changes nothing.
pub fn inspect(args: &InspectArgs) -> Result<ExitCode> {
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
