//! Options of the page.

use std::path::PathBuf;

use clap::Args;

/// What the page shows, and where it is served.
#[derive(Args)]
pub struct LabArgs {
    /// Folders of runs, or folders that hold such: their curves and settings side by side.
    pub runs: Vec<PathBuf>,
    /// The port on this machine; 0: any that is free.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub port: u16,
    /// Open the page in the browser.
    #[arg(long)]
    pub open: bool,
}

/// Whether a training is served as a page.
#[derive(Args, Clone)]
pub struct WatchArgs {
    /// Serve a page on this machine where the training is watched and steered.
    #[arg(long, help_heading = "Run")]
    pub lab: bool,
    /// The page's port on this machine; 0: any that is free.
    #[arg(long, value_name = "PORT", default_value_t = 0, requires = "lab", help_heading = "Run")]
    pub port: u16,
}
