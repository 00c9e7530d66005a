//! `gradus figures`: the article's figures, computed and drawn now.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Args;
use gradus::error::did_you_mean;
use gradus_figures::article::{Effort, FIGURES, Figure};

use crate::console::print;

#[derive(Args)]
pub struct FiguresArgs {
    /// The folder to write to; figures of the same names there are replaced.
    pub dir: PathBuf,
    /// Only this figure; may be given several times. `gradus list figures` names all.
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// Threads; what is drawn does not depend on it, measured times apart [default: all cores].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

/// Writes an SVG and a PNG for each figure asked for; all, if none is.
pub fn figures(args: &FiguresArgs) -> Result<ExitCode> {
    let figures = asked_for(&args.only)?;
    std::fs::create_dir_all(&args.dir)
        .with_context(|| format!("could not make the folder {}", args.dir.display()))?;
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    let effort = Effort::full(args.threads.map_or(cores, usize::from));
    let began = Instant::now();
    for figure in &figures {
        draw(figure, &effort, &args.dir)?;
    }
    let (count, seconds) = (figures.len(), began.elapsed().as_secs_f64());
    print(&format!("{count} figures, each as .svg and .png, in {}  ({seconds:.1} s)", args.dir.display()));
    Ok(ExitCode::SUCCESS)
}

fn asked_for(names: &[String]) -> Result<Vec<&'static Figure>> {
    if names.is_empty() {
        return Ok(FIGURES.iter().collect());
    }
    let find = |name: &String| match FIGURES.iter().find(|f| f.name == name) {
        Some(figure) => Ok(figure),
        None => bail!(
            "no figure is called `{name}`\n  mend: {}",
            did_you_mean(name, FIGURES.iter().map(|f| f.name))
        ),
    };
    names.iter().map(find).collect()
}

fn draw(figure: &Figure, effort: &Effort, folder: &Path) -> Result<()> {
    let chart = (figure.draw)(effort).with_context(|| format!("the figure {}", figure.name))?;
    chart.save(&folder.join(figure.name))?;
    print(&format!("{:<20}{}", figure.name, figure.about));
    Ok(())
}
