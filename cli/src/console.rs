//! What a person, a pipe or a program reads while a training runs.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use gradus::average::ExponentialAverage;
use gradus::numerals::digits;
use gradus::train::{EpochRecord, Event, GradientCheck, Settings};
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::Shared;
use crate::noun::Noun;
pub use crate::report::rate;

/// How a command speaks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// A bar that moves, and lines.
    Terminal,
    /// Lines only.
    Plain,
    /// One JSON object per line.
    Json,
    /// Only results.
    Quiet,
}

impl Voice {
    /// What the options and the place of the output ask for.
    pub fn of(shared: &Shared) -> Voice {
        match (shared.json, shared.quiet, std::io::stderr().is_terminal() && std::io::stdout().is_terminal())
        {
            (true, ..) => Voice::Json,
            (_, true, _) => Voice::Quiet,
            (.., true) => Voice::Terminal,
            _ => Voice::Plain,
        }
    }

    /// A line for people.
    pub fn say(self, line: &str) {
        if matches!(self, Voice::Terminal | Voice::Plain) {
            print(line);
        }
    }

    /// A bar for `what`, hidden where nobody watches.
    pub fn bar(self, what: &'static str) -> ProgressBar {
        let bar = if self == Voice::Terminal { ProgressBar::new(0) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}  {per_sec}  {eta} left");
        bar.set_style(style.expect("a template that is a constant"));
        bar.set_message(what);
        bar
    }
}

/// Opens a file or an address in the browser; where there is none, says what to open by hand.
pub fn open_in_browser(what: impl AsRef<Path>) {
    let what = what.as_ref();
    if open::that_detached(what).is_err() {
        eprintln!("gradus: no browser could be opened; open {} by hand", what.display());
    }
}

/// Prints a line; a reader that is gone is no reason to stop a training.
pub fn print(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Prints an object of `--json`.
pub fn print_json(value: &impl serde::Serialize) {
    print(&serde_json::to_string(value).expect("plain values"));
}

/// The watcher of the terminal, the pipe or the program that reads JSON.
pub struct Console {
    voice: Voice,
    bar: ProgressBar,
    epochs: u64,
    /// What the speed counts.
    noun: Noun,
    train: usize,
    /// When this epoch's first step was seen, and how many examples were behind it.
    began: Instant,
    before: usize,
    last_step: Option<Instant>,
    /// What the bar shows: the losses of single batches leap too much to be read.
    loss: ExponentialAverage,
    /// When an epoch was last told.
    told: Option<Instant>,
}

/// The bar's loss is that of about the last 1 / (1 − β) = 50 steps.
const LOSS_BETA: f64 = 0.98;

/// Between two lines about generations.
const PACE: Duration = Duration::from_millis(500);
/// JSON steps and redrawing of the bar: at most ten a second.
const PAUSE: Duration = Duration::from_millis(100);

impl Console {
    /// For a training of `epochs` epochs on what is called so.
    pub fn new(voice: Voice, epochs: u64, noun: Noun) -> Console {
        let bar = if voice == Voice::Terminal { ProgressBar::new(0) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{prefix} {wide_bar} {msg}");
        bar.set_style(style.expect("a template that is a constant"));
        let loss = ExponentialAverage::corrected(LOSS_BETA).expect("a constant below 1");
        let (began, last_step, told) = (Instant::now(), None, None);
        Console { voice, bar, epochs, noun, train: 0, began, before: 0, last_step, loss, told }
    }

    /// Shows an event.
    pub fn see(&mut self, event: &Event) {
        match event {
            Event::Start { train, epoch, .. } => {
                self.train = *train;
                self.bar.set_length(*train as u64);
                self.bar.set_prefix(self.epoch_name(*epoch));
            }
            Event::Step { loss, seen, .. } => {
                if self.last_step.is_none() {
                    // A resumed epoch has examples behind it that this run did not see.
                    (self.began, self.before) = (Instant::now(), *seen);
                }
                let loss = self.loss.add(*loss as f64);
                if self.last_step.is_some_and(|last| last.elapsed() < PAUSE) {
                    return;
                }
                self.last_step = Some(Instant::now());
                self.bar.set_position(*seen as u64);
                let speed =
                    seen.saturating_sub(self.before) as f64 / self.began.elapsed().as_secs_f64().max(1e-9);
                let left = self.train.saturating_sub(*seen) as f64 / speed.max(1e-9);
                if *seen > self.before {
                    let pace = format!("{speed:.0} {}/s  {left:.0} s left of the epoch", self.noun.many);
                    self.bar.set_message(format!("loss {loss:.4}  {pace}"));
                }
            }
            Event::Epoch(record) => {
                // A generation may take no longer than a blink: a few lines a second are enough.
                let is_due = record.diversity.is_none()
                    || record.epoch == self.epochs
                    || self.told.is_none_or(|told| told.elapsed() >= PACE);
                if is_due && matches!(self.voice, Voice::Terminal | Voice::Plain) {
                    self.told = Some(Instant::now());
                    self.bar.suspend(|| print(&self.line(record)));
                }
                self.bar.reset();
                (self.began, self.before) = (Instant::now(), 0);
                if record.epoch < self.epochs {
                    self.bar.set_prefix(self.epoch_name(record.epoch + 1));
                }
            }
            Event::GradientCheck(check) => {
                if matches!(self.voice, Voice::Terminal | Voice::Plain) {
                    self.bar.suspend(|| print(&checked(check)));
                }
            }
            Event::Notice(notice) => {
                if matches!(self.voice, Voice::Terminal | Voice::Plain) {
                    self.bar.suspend(|| print(&format!("note       {notice}")));
                }
            }
            Event::Verdict(_) => self.bar.finish_and_clear(),
        }
        if self.voice == Voice::Json {
            print_json(event);
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn epoch_name(&self, epoch: u64) -> String {
        if self.epochs >= Settings::ENDLESS {
            format!("epoch {epoch}")
        } else {
            format!("epoch {epoch}/{}", self.epochs)
        }
    }

    fn line(&self, record: &EpochRecord) -> String {
        let validation = match (record.validation_loss, record.validation_accuracy) {
            (Some(loss), Some(accuracy)) => {
                format!("  validation loss {loss:.4}  accuracy {}", percent(accuracy))
            }
            (Some(loss), None) => format!("  validation loss {loss:.4}"),
            _ => String::new(),
        };
        let diversity = record.diversity.map_or(String::new(), |d| format!("  diversity {d:.4}"));
        format!(
            "{:<12} train loss {:.4}{validation}{diversity}  η {}  {:>7.0} {}/s  {:>6.1} s  θ {}{}",
            self.epoch_name(record.epoch),
            record.train_loss,
            rate(record.learning_rate),
            record.examples_per_second,
            self.noun.many,
            record.seconds,
            record.theta_hash,
            if record.best { "  best" } else { "" },
        )
    }
}

/// How a check in mid-training went.
fn checked(check: &GradientCheck) -> String {
    let GradientCheck { step, checked, kinks, error, place, .. } = check;
    let verdict = match &check.fault {
        None => format!("agrees with differences: largest relative error {error:.1e} ({place})"),
        Some(fault) => format!("DISAGREES with differences in {}: {}", fault.layer, fault.message),
    };
    format!(
        "step {step}: the gradient {verdict}; {checked} weights, {kinks} on kinks, {:.1} s",
        check.seconds
    )
}

/// `63.2 %`
pub fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// A number that is said: six digits of it count.
pub fn number(x: f64) -> String {
    digits(x, 6)
}

/// How far off it is: four.
pub fn rough(x: f64) -> String {
    digits(x, 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps come faster than the bar is redrawn; all of them count.
    #[test]
    fn the_bar_shows_the_average_of_all_steps() {
        let mut console = Console::new(Voice::Quiet, 1, Noun::PICTURE);
        for (i, loss) in [4.0, 2.0, 1.0].into_iter().enumerate() {
            let step = i as u64 + 1;
            console.see(&Event::Step {
                step,
                epoch: 1,
                loss,
                diversity: None,
                learning_rate: 0.1,
                seen: 10 * (i + 1),
                seconds: 0.1,
            });
        }
        // V = 0.02 (4 · 0.98² + 2 · 0.98 + 1), over 1 − 0.98³.
        let by_hand = 0.02 * (4.0 * 0.9604 + 2.0 * 0.98 + 1.0) / (1.0 - 0.941_192);
        assert!((console.loss.value() - by_hand).abs() < 1e-9, "{}", console.loss.value());
    }
}
