//! A run's resolved configuration: `run.toml`. Training it again gives the same weights, bit for bit.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use gradus::augmentations::Augment;
use gradus::error::Error;
use gradus::input::Input;
use gradus::losses::{Link, Loss, Targets};
use gradus::network::{Model, Network};
use gradus::optimizers::Choice;
use gradus::presets;
use gradus::schedules;
use gradus::train::Settings;
use serde::{Deserialize, Serialize};

use crate::args::{Rate, TrainArgs};
use crate::data::{Data, Kind};
use crate::plain::{Plain, RISES};

/// Everything that decides a run. Every default is written out.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The version of gradus that wrote it.
    pub gradus: String,
    pub data: Data,
    pub train: Settings,
    /// What is written beside it for people: a line each.
    #[serde(skip)]
    pub notes: Vec<String>,
}

impl Recipe {
    /// What `args` ask for, defaults chosen for `count` training examples of `classes` classes and written out; with 0 classes
    /// a number is to be said.
    pub fn of(args: &TrainArgs, data: Data, classes: usize, count: usize) -> Result<Recipe> {
        let default = Settings::default();
        let optimizer = Choice::parse(args.optimizer.as_deref().unwrap_or(&default.optimizer))?;
        let plain = Plain::of(args, &data, &optimizer, count);
        let loss = match (&args.loss, &args.net) {
            (Some(line), _) => Loss::parse(line)?,
            (None, Some(line)) => Loss::parse(loss_for_line(line, classes)?)?,
            (None, None) => Loss::parse(plain_loss(classes))?,
        };
        let smoothing = args.label_smoothing.or(plain.smoothing().filter(|_| args.loss.is_none()));
        let loss = match smoothing {
            // A loss that has none says so, and one that is given twice too.
            Some(smoothing) => {
                let line = args.loss.as_deref().unwrap_or(loss.entry.name);
                Loss::parse(&format!("{line} smoothing={smoothing}"))?
            }
            None => loss,
        };
        let augment = match (&args.augment, args.no_mirror) {
            (Some(line), _) => line,
            (None, false) if matches!(data.kind, Kind::Table(_)) => "none",
            (None, false) => plain.augment(data.is_of_mnist()?),
            (None, true) => "none",
        };
        let network = match &args.net {
            Some(line) => Network::parse(&whole_line(line, &loss, classes))?,
            None => Network::parse(&plain.network(&loss, classes, count))?,
        };
        let rises = plain.rises(args, &optimizer);
        let learning_rate = match args.lr {
            Some(Rate::Of(rate)) => rate,
            // Until a sweep has decided.
            Some(Rate::Auto) => optimizer.dialect.learning_rate,
            None => plain.learning_rate(&optimizer, rises),
        };
        let schedule = args.schedule.as_deref().unwrap_or(if rises { RISES } else { &default.schedule });
        let schedule = schedules::Choice::parse(schedule)?;
        let train = Settings {
            network: network.line(),
            loss: loss.line(),
            optimizer: optimizer.line(),
            gradient: args.gradient.unwrap_or(default.gradient),
            check_gradient: args.check_gradient,
            learning_rate,
            schedule: schedule.line(),
            batch: args.batch.unwrap_or_else(|| plain.batch(&optimizer, count)),
            accumulate: args.accumulate.unwrap_or(default.accumulate),
            epochs: args.epochs.unwrap_or(if args.steps.or(args.time.map(|_| 0)).is_some() {
                Settings::ENDLESS
            } else {
                plain.epochs(rises, count)
            }),
            epoch_passes: None,
            steps: args.steps,
            seconds: args.time.map(|t| t.as_secs_f64()),
            seed: args.seed.unwrap_or(default.seed),
            clip_norm: args.clip_norm,
            clip_value: args.clip_value,
            clip_adaptive: args.clip_adaptive,
            l1: args.l1.unwrap_or(default.l1),
            l2: args.l2.unwrap_or(default.l2),
            weight_decay: args.weight_decay.unwrap_or(default.weight_decay),
            patience: args.patience.unwrap_or(plain.patience(rises)),
            monitor: args.monitor.unwrap_or(plain.monitor(classes)),
            augment: Augment::parse(augment)?.line(),
            mixup: args.mixup.unwrap_or(default.mixup),
            class_weights: args.class_weights.unwrap_or(default.class_weights),
            checkpoint_seconds: args.checkpoint_seconds.unwrap_or(default.checkpoint_seconds),
        };
        train.check()?;
        let mut horizon = train.horizon(count, data.validation > 0.0);
        if count == 0 {
            // They are not counted yet: what is known is whether the training has an end at all.
            horizon.steps = horizon.steps.map(|_| u64::MAX >> 1);
        }
        schedule.build(&horizon)?;
        Ok(Recipe { gradus: env!("CARGO_PKG_VERSION").into(), data, train, notes: Vec::new() })
    }

    /// Reads a run.toml.
    pub fn read(path: &Path) -> Result<Recipe> {
        let text = std::fs::read_to_string(path).map_err(Error::file("read", path))?;
        let mut recipe: Recipe =
            toml::from_str(&text).with_context(|| format!("{} is not a run.toml", path.display()))?;
        recipe.train.check().with_context(|| format!("in {}", path.display()))?;
        let notes = text.lines().skip(1).map_while(|line| line.strip_prefix("# "));
        recipe.notes = notes.map(str::to_string).collect();
        if recipe.gradus != env!("CARGO_PKG_VERSION") {
            eprintln!(
                "note: {} was written by gradus {}, this is {}: the weights may differ",
                path.display(),
                recipe.gradus,
                env!("CARGO_PKG_VERSION")
            );
        }
        Ok(recipe)
    }

    /// The text of run.toml.
    pub fn text(&self) -> String {
        let command = "# Everything that decided this run. `gradus train run.toml` trains it again, to the same bits.\n";
        let notes: String = self.notes.iter().map(|note| format!("# {note}\n")).collect();
        format!("{command}{notes}{}", toml::to_string(self).expect("plain values"))
    }

    /// The network and the loss, for these data.
    pub fn model(&self, input: Input, classes: usize) -> Result<Model> {
        Ok(Model::new(Network::parse(&self.train.network)?, Loss::parse(&self.train.loss)?, input, classes)?)
    }

    /// What a checkpoint must agree with: all that decides the weights, not when to stop.
    pub fn fingerprint(&self, data: &[u8; 32]) -> String {
        let deciding = Settings {
            epochs: 1,
            steps: None,
            seconds: None,
            patience: 0,
            check_gradient: None,
            checkpoint_seconds: 0.0,
            ..self.train.clone()
        };
        let data: String = data.iter().map(|b| format!("{b:02x}")).collect();
        format!("{data} {}", toml::to_string(&deciding).expect("plain values"))
    }
}

/// The loss that suits any network on so many classes, or on numbers.
pub fn plain_loss(classes: usize) -> &'static str {
    match classes {
        0 => "squared_error",
        2 => "binary_cross_entropy",
        _ => "softmax_cross_entropy",
    }
}

/// The loss that suits the network of a line; a preset takes any.
pub fn loss_for_line(line: &str, classes: usize) -> Result<&'static str> {
    if presets::completed(line, "").is_some() || classes == 0 {
        return Ok(plain_loss(classes));
    }
    Ok(loss_for(&Network::parse(line)?, classes))
}

/// The line of a network: a preset alone gets the last layer that suits loss and classes.
pub fn whole_line(line: &str, loss: &Loss, classes: usize) -> String {
    presets::completed(line, &end_for(loss, classes)).unwrap_or_else(|| line.into())
}

/// The last layer that suits a loss.
pub fn end_for(loss: &Loss, classes: usize) -> String {
    match (loss.entry.link, loss.entry.targets, classes) {
        (.., 0) => "dense 1".into(),
        (Link::Softmax, ..) | (_, Targets::Class, _) => format!("dense {classes} softmax"),
        (_, _, 2) => "dense 1 sigmoid".into(),
        _ => format!("dense {classes} sigmoid"),
    }
}

/// The cross-entropy that suits a network's end.
fn loss_for(network: &Network, classes: usize) -> &'static str {
    match network.ends_in() {
        Link::Sigmoid => "binary_cross_entropy",
        Link::Softmax => "softmax_cross_entropy",
        Link::Identity => {
            let one = network.layers().last().is_some_and(|l| l.line().starts_with("dense 1 "));
            if classes == 2 && one { "binary_cross_entropy" } else { "softmax_cross_entropy" }
        }
    }
}

/// The folder of a new run: the one asked for, or the first free number.
pub fn new_run_folder(asked: Option<&Path>, name: &str) -> Result<PathBuf> {
    if let Some(folder) = asked {
        let used = std::fs::read_dir(folder).map(|mut entries| entries.next().is_some()).unwrap_or(false);
        if used {
            bail!(
                "{} is not empty\n  mend: choose a new folder; to go on with a run there: gradus resume {}",
                folder.display(),
                folder.display()
            );
        }
        std::fs::create_dir_all(folder).map_err(Error::file("make the folder", folder))?;
        return Ok(folder.into());
    }
    let runs = Path::new("runs");
    std::fs::create_dir_all(runs).map_err(Error::file("make the folder", runs))?;
    for number in 1u32.. {
        let folder = runs.join(format!("{name}-{number}"));
        match std::fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(Error::file("make the folder", folder)(e).into()),
        }
    }
    unreachable!("numbers do not end")
}
