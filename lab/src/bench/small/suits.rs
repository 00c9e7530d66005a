//! Whether network, loss, optimizer and data suit one another, and are small enough to watch.

use gradus::losses::{Link, Loss, Targets};
use gradus::message::Message;
use gradus::network::{Model, Network};
use gradus::optimizers::{Choice, Family};
use gradus::{Error, Result};

use super::config::Config;
use super::data::{Data, Task};

/// Weights of the largest network.
const MOST_WEIGHTS: usize = 20_000;
/// Layers of the deepest.
const MOST_LAYERS: usize = 24;
/// Multiply-adds that one step may take: about a tenth of a second.
const MOST_WORK: f64 = 2e9;

/// The network and the loss of the settings.
///
/// # Errors
/// If a line cannot be read, or they do not suit each other and the data.
pub fn model(config: &Config, data: &Data) -> Result<Model> {
    let network = Network::parse(&config.net)?;
    if network.layers().len() > MOST_LAYERS {
        return Err(Error::Settings {
            message: Message::of("{layers} layers are too many to watch")
                .with("layers", network.layers().len()),
            mend: Message::of("write at most {most}").with("most", MOST_LAYERS),
        });
    }
    let loss = Loss::parse(&config.loss)?;
    let classes = match data.task {
        Task::Classes(classes) => classes,
        Task::Values if loss.entry.link != Link::Identity || loss.entry.targets != Targets::Values => {
            return Err(Error::Settings {
                message: Message::of("{loss} is a loss for classes, but these data are values")
                    .with("loss", loss.entry.name),
                mend: "take loss=squared_error, and end the network with `dense 1`".into(),
            });
        }
        Task::Values => 2,
    };
    let model = Model::new(network, loss, config.features.len(), classes)?;
    if data.task == Task::Values && model.outputs != 1 {
        return Err(Error::Settings {
            message: Message::of("the network ends in {outputs} numbers, but one value is to be predicted")
                .with("outputs", model.outputs),
            mend: "end the network with `dense 1`".into(),
        });
    }
    let weights = model.layout().weights();
    if weights > MOST_WEIGHTS {
        return Err(Error::Settings {
            message: Message::of("{weights} weights are too many to watch").with("weights", weights),
            mend: Message::of("write smaller layers: at most {most} weights").with("most", MOST_WEIGHTS),
        });
    }
    Ok(model)
}

/// Refuses what would take so long that nobody sees a step.
///
/// # Errors
/// [`Error::Settings`], saying what to make smaller.
pub fn check_work(choice: &Choice, model: &Model, batch: usize) -> Result<()> {
    let population = |values: &gradus::words::Values| values.maybe("population").unwrap_or(1.0);
    let members = choice.wrappers.iter().map(|(_, values)| population(values));
    let members = members.fold(population(choice.values()), f64::max);
    let questions = if choice.entry.family == Family::LineSearch { 25.0 * 3.0 } else { members.max(3.0) };
    // Products, and something for each weight and example by itself.
    let work = questions * (model.layout().weights() * (batch + 8)) as f64;
    if work <= MOST_WORK {
        return Ok(());
    }
    Err(Error::Settings {
        message: Message::of("a step would take about {work} multiplications: too long to watch")
            .with("work", format!("{work:.0e}")),
        mend: "take a smaller batch, a smaller network or fewer members (population=…)".into(),
    })
}
