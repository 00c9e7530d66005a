//! The program `gradus`: arguments in, library calls out.

#![allow(missing_docs, reason = "a program has no public items to document")]

mod args;
mod check;
mod console;
mod data;
mod evaluate;
mod export;
mod figures;
mod find_rate;
mod finish;
mod inspect;
mod lab;
mod list;
mod list_optimizers;
mod noun;
mod plain;
mod predict;
mod profile;
mod race;
mod recipe;
mod report;
mod source;
mod train;
mod watch;

use std::process::ExitCode;

use args::{Cli, Command};
use clap::{CommandFactory, Parser};

/// Large arrays begin with a cache line.
#[global_allocator]
static LINES: gradus::ByLines = gradus::ByLines;

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        // Whoever reads our output has read enough (`gradus list | head`).
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gradus: {}", whole_story(&error));
            ExitCode::from(1)
        }
    }
}

/// 0: done. 1: an error. 2: arguments (by clap). 3: the training went wrong. 130: stopped by Ctrl-C.
fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Train(args) => train::train(&args),
        Command::Resume(args) => train::resume(&args),
        Command::Evaluate(args) => evaluate::evaluate(&args),
        Command::Predict(args) => predict::predict(&args),
        Command::Export(args) => export::export(&args),
        Command::Race(args) => race::run(&args),
        Command::FindRate(args) => find_rate::find_rate(&args),
        Command::Check { what } => check::run(&what),
        Command::Inspect(args) => inspect::inspect(&args),
        Command::Lab(args) => lab::lab(&args),
        Command::List(args) => list::list(&args),
        Command::Figures(args) => figures::figures(&args),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "gradus", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
        Command::Manual => {
            clap_mangen::Man::new(Cli::command()).render(&mut std::io::stdout())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The error and its causes, each once: many messages quote their cause already.
fn whole_story(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |story, cause| match story {
        story if story.contains(&cause) => story,
        story if story.is_empty() => cause,
        story => format!("{story}: {cause}"),
    })
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|e| {
        e.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
