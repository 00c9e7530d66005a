//! `gradus lab`: the page without a training under way.

use std::process::ExitCode;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use anyhow::{Context, Result};
use gradus_lab::runs::Runs;
use gradus_lab::{Options, Server};

use crate::args::LabArgs;
use crate::console::{open_in_browser, print};
use crate::train::stop_on_ctrl_c;

/// Serves the page until Ctrl-C.
pub fn lab(args: &LabArgs) -> Result<ExitCode> {
    let stop = stop_on_ctrl_c()?;
    let runs = Runs::find(&args.runs).map_err(anyhow::Error::msg)?;
    let server = start(Options { port: args.port, watch: None, runs })?;
    print(&format!("the lab is at {}   (Ctrl-C ends it)", server.url()));
    if args.open {
        open_in_browser(server.url());
    }
    while !stop.load(Relaxed) {
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(ExitCode::SUCCESS)
}

/// Starts the server.
pub fn start(options: Options) -> Result<Server> {
    let port = options.port;
    Server::start(options).with_context(|| {
        format!("could not serve the page on port {port} of this machine\n  mend: give another --port")
    })
}
