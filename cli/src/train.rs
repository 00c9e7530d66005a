//! `gradus train` and `gradus resume`.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use anyhow::{Context, Result, bail};
use gradus::Error;
use gradus::message::Message;
use gradus::network::Model;
use gradus::threads::Threads;
use gradus::train::{
    Parts, Record, Stopped, Trainer, checkpoint_path, linear_baseline, majority_baseline, model_hash,
    write_whole,
};
use gradus_lab::watch::Ended;
use serde::{Deserialize, Serialize};

use crate::args::{Rate, ResumeArgs, Shared, TrainArgs, WatchArgs};
use crate::console::{Console, Voice, percent, print_json, rough};
use crate::data::Data;
use crate::find_rate;
use crate::finish::{self, Finished};
use crate::profile;
use crate::recipe::{Recipe, new_run_folder};
use crate::source::{self, Source, read};
use crate::watch::{Everyone, Page};

/// A run of its own, or a run.toml trained again.
pub fn train(args: &TrainArgs) -> Result<ExitCode> {
    let voice = Voice::of(&args.shared);
    let (mut recipe, samples) = recipe_and_samples(args, voice)?;
    let model = recipe.model(samples.input(), samples.classes())?;
    let stop = stop_on_ctrl_c()?;
    let found = match args.lr {
        Some(Rate::Auto) => Some(find_rate::decide(&mut recipe, &*samples, &model, args, voice, &stop)?),
        _ => None,
    };
    let folder = new_run_folder(args.out.as_deref(), &recipe.data.name())?;
    if let Some(finding) = &found {
        find_rate::save(finding, &folder)?;
    }
    write_whole(&folder.join("run.toml"), recipe.text().as_bytes(), None)?;
    let record = match &args.repeat {
        Some(run) => Record::repeat(&folder, &Record::open(run)?)?,
        None => Record::open(&folder)?,
    };
    Run {
        recipe,
        samples: samples.into(),
        model: Arc::new(model),
        folder: &folder,
        voice,
        shared: &args.shared,
        watch: &args.watch,
        open: args.open,
        profile: args.profile,
        stop,
    }
    .go(false, record)
}

/// What is to be trained, and on what: as a run.toml says, or the options.
pub fn recipe_and_samples(args: &TrainArgs, voice: Voice) -> Result<(Recipe, Box<dyn Source>)> {
    let repeated = args.repeat.as_ref().map(|run| run.join("run.toml"));
    let told = args.data.as_deref().filter(|path| path.extension().is_some_and(|e| e == "toml"));
    if let Some(path) = repeated.as_deref().or(told) {
        if let Some(option) = args.deciding() {
            bail!(
                "{option} cannot be given with {}, which decides it\n  mend: change it in a copy of that file",
                path.display()
            );
        }
        let recipe = Recipe::read(path)?;
        let samples = read(&recipe.data, &args.shared, voice)?;
        return Ok((recipe, samples));
    }
    let data = Data::of(args)?;
    // A wrong line is told before a thousand examples are read.
    Recipe::of(args, data.clone(), 2, 0)?;
    let samples = read(&data, &args.shared, voice)?;
    let kind = samples.resolved(&data.kind).unwrap_or(data.kind);
    let recipe = Recipe::of(args, Data { kind, ..data }, samples.classes(), samples.parts().train.len())?;
    Ok((recipe, samples))
}

/// Goes on with a run.
pub fn resume(args: &ResumeArgs) -> Result<ExitCode> {
    let voice = Voice::of(&args.shared);
    let toml = args.run.join("run.toml");
    if !toml.exists() {
        bail!(
            "{} is not the folder of a run: it holds no run.toml\n  mend: give the folder that `gradus train` named",
            args.run.display()
        );
    }
    let mut recipe = Recipe::read(&toml)?;
    if let Some(epochs) = args.epochs {
        recipe.train.epochs = epochs;
        recipe.train.check()?;
        write_whole(&toml, recipe.text().as_bytes(), None)?;
    }
    let samples = read(&recipe.data, &args.shared, voice)?;
    let model = recipe.model(samples.input(), samples.classes())?;
    let stop = stop_on_ctrl_c()?;
    let mut record = Record::open(&args.run)?;
    record.go_on()?;
    Run {
        recipe,
        samples: samples.into(),
        model: Arc::new(model),
        folder: &args.run,
        voice,
        shared: &args.shared,
        watch: &args.watch,
        open: args.open,
        profile: false,
        stop,
    }
    .go(true, record)
}

/// What a result must be better than: measured once, kept in the run's folder.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Baselines {
    /// Accuracy of always answering the most frequent class: validation, test. Where numbers are said, the root of the mean
    /// squared error of always saying their mean.
    pub majority: (f64, f64),
    /// Accuracy of a linear model on the same inputs: validation, test. Or the root of its mean squared error.
    pub linear: (f64, f64),
}

/// A run under way.
pub struct Run<'a> {
    pub recipe: Recipe,
    pub samples: Arc<dyn Source>,
    pub model: Arc<Model>,
    pub folder: &'a Path,
    pub voice: Voice,
    pub shared: &'a Shared,
    pub watch: &'a WatchArgs,
    pub open: bool,
    /// Say where the time went.
    pub profile: bool,
    /// Becomes true at Ctrl-C.
    pub stop: Arc<AtomicBool>,
}

impl Run<'_> {
    fn go(&self, resume: bool, record: Record) -> Result<ExitCode> {
        let threads = source::threads(self.shared);
        let stop = &self.stop;
        let parts = self.samples.parts();
        let fingerprint = self.recipe.fingerprint(&self.samples.fingerprint());
        let batch = match self.recipe.train.batch {
            gradus::train::Batch::All => parts.train.len(),
            gradus::train::Batch::Of(n) => n.min(parts.train.len()),
        };
        let settings = &self.recipe.train;
        let mut trainer = Trainer::new(
            &self.model,
            &*self.samples,
            parts.clone(),
            settings.clone(),
            &threads,
            &fingerprint,
        )?;
        let summary = self.model.summary(batch, &trainer.held())?;
        self.voice.say(&summary.lines().map(|l| format!("  {l}")).collect::<Vec<_>>().join("\n"));
        let told = match settings.batch {
            gradus::train::Batch::Of(n) if n > batch => format!("{n} (more than there are: all {batch})"),
            other => String::from(other),
        };
        self.voice.say(&format!(
            "train      loss {}, optimizer {}, learning rate {}, schedule {}, batch {}{}, augment {}{}, seed {}, threads {}",
            settings.loss,
            settings.optimizer,
            settings.learning_rate,
            settings.schedule,
            told,
            if settings.accumulate > 1 { format!(" × {}", settings.accumulate) } else { String::new() },
            settings.augment,
            if settings.mixup > 0.0 { format!(", mixup {}", settings.mixup) } else { String::new() },
            settings.seed,
            threads.count(),
        ));

        let page = self.watch.lab.then(|| Page::open(self, &parts)).transpose()?;
        if resume && checkpoint_path(self.folder).exists() {
            trainer.restore(self.folder)?;
        }
        if self.profile {
            trainer.watch();
        }
        let mut all = Everyone {
            console: Console::new(self.voice, settings.epochs, self.samples.noun()),
            log: finish::Log::start(self.folder, trainer.history())?,
            record,
            page: page.as_ref(),
            trouble: None,
        };
        all.begin(trainer.history());
        let outcome = trainer.run(Some(self.folder), &mut all, stop);
        all.console.finish();
        if let Some(error) = all.trouble {
            if let Some(page) = page {
                page.end(Ended::Error { words: error.message() });
            }
            return Err(error.into());
        }
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(Error::NotFinite(verdict)) => {
                if self.voice == Voice::Json {
                    print_json(&gradus::train::Event::Verdict((*verdict).clone()));
                }
                eprintln!("gradus: {verdict}");
                finish::verdict(self.folder, &verdict)?;
                if let Some(page) = page {
                    page.end(Ended::Verdict(*verdict));
                }
                return Ok(ExitCode::from(3));
            }
            Err(error) => {
                if let Some(page) = page {
                    page.end(Ended::Error { words: error.message() });
                }
                let at = self.folder.display();
                return Err(error)
                    .with_context(|| format!("training stopped; once that is mended: gradus resume {at}"));
            }
        };
        if outcome.stopped == Stopped::Asked {
            let (step, at) = (outcome.steps, self.folder.display());
            let words = Message::of("stopped and saved at step {step}; go on with: gradus resume {run}")
                .with("step", step)
                .with("run", at);
            self.voice.say(&words.to_string());
            if let Some(page) = page {
                let theta_hash = model_hash(trainer.theta(), trainer.memory());
                page.end(Ended::Done { words, theta_hash });
            }
            return Ok(ExitCode::from(130));
        }
        if let Some(profile) = trainer.profile() {
            profile::show(&profile, threads.count(), self.voice);
        }
        let [last, best] = trainer.into_weights();
        let ended = Ended::Done { words: outcome.because(), theta_hash: model_hash(&last.0, &last.1) };
        // Not before the training, which need not wait for it, nor beside it, where it would take a core from it.
        let Some(baselines) = self.baselines(&parts, &threads, stop)? else {
            let at = self.folder.display();
            self.voice.say(&match outcome.stopped {
                // A run that is resumed takes a stop by hand back.
                Stopped::Steered => {
                    format!("stopped by hand, before its scores; to train on: gradus resume {at}")
                }
                _ => format!("the training has ended; for its scores and its report: gradus resume {at}"),
            });
            if let Some(page) = page {
                page.end(ended);
            }
            return Ok(ExitCode::from(130));
        };
        let finished =
            finish::finish(self, &Finished { parts, outcome, last, best, baselines, summary, threads });
        // The weights are final, also where the report cannot be written.
        if let Some(page) = page {
            page.end(ended);
        }
        finished?;
        Ok(ExitCode::SUCCESS)
    }

    /// None if it was asked to stop meanwhile.
    fn baselines(&self, parts: &Parts, threads: &Threads, stop: &AtomicBool) -> Result<Option<Baselines>> {
        let path = self.folder.join("baselines.json");
        if let Some(known) = std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
            return Ok(Some(known));
        }
        let settings = &self.recipe.train;
        let linear = linear_baseline(&*self.samples, parts, settings, threads, stop)?;
        if stop.load(Relaxed) {
            return Ok(None);
        }
        let majority = |part: &[u32]| majority_baseline(&*self.samples, &parts.train, part);
        let factor = self.samples.scale().map_or(1.0, |(_, deviation)| deviation);
        let scaled = |(a, b): (f64, f64)| (factor * a, factor * b);
        let majority = (majority(&parts.validation), majority(&parts.test));
        let baselines = Baselines { majority: scaled(majority), linear: scaled(linear) };
        write_whole(&path, &serde_json::to_vec(&baselines)?, None)?;
        if !parts.validation.is_empty() {
            let told = self.told(baselines.majority.0, baselines.linear.0);
            self.voice.say(&format!("baselines  {told} (validation)"));
        }
        Ok(Some(baselines))
    }

    /// The baselines of a part, for people.
    pub fn told(&self, majority: f64, linear: f64) -> String {
        if self.samples.scale().is_some() {
            return format!("always the mean {} off, linear model {}", rough(majority), rough(linear));
        }
        format!("most frequent class {}, linear model {}", percent(majority), percent(linear))
    }
}

/// The first Ctrl-C asks to finish the step and save; the second ends at once.
pub fn stop_on_ctrl_c() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = stop.clone();
    ctrlc::set_handler(move || {
        if asked.swap(true, Relaxed) {
            std::process::exit(130);
        }
    })
    .context("cannot watch for Ctrl-C")?;
    Ok(stop)
}
