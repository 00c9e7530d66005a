//! Exponentially weighted averages of a noisy series: how much of the past is remembered.

use gradus::average::ExponentialAverage;
use gradus::message::Message;
use gradus::rng::{Rng, Stream};
use gradus::{Error, Result};
use serde::Serialize;

use super::{Deadline, Session, State, limits, reading};
use crate::typeset::Formula;

/// What a page asks for. What is left out has its default.
#[derive(Clone, Debug)]
pub struct Ask {
    /// β of each average, in [0, 1).
    pub betas: Vec<f64>,
    /// Whether the start at zero is corrected.
    pub correction: bool,
    /// The deviation of the noise of the series that is made.
    pub noise: f64,
    /// What decides it.
    pub seed: u64,
    /// How many values are made.
    pub count: usize,
    /// Own values instead: numbers with anything but digits, points and signs between.
    pub series: Option<String>,
}

impl Default for Ask {
    fn default() -> Self {
        Ask { betas: vec![0.9], correction: true, noise: 0.3, seed: 1, count: 200, series: None }
    }
}

const PLAIN: &str = "V ← β V + (1 − β) x";
const CORRECTED: &str = "V ← β V + (1 − β) x\nV̂ = V / (1 − βᵗ)";

/// A series and its averages.
#[derive(Clone, Debug, Serialize)]
pub struct Averages {
    /// The values.
    pub values: Vec<f64>,
    /// What they would be without noise; nothing of own values.
    pub without_noise: Vec<f64>,
    /// One for each β.
    pub averages: Vec<Average>,
    /// What is done with each value.
    pub rule: Vec<Formula>,
}

/// One average along the series.
#[derive(Clone, Debug, Serialize)]
pub struct Average {
    /// β
    pub beta: f64,
    /// 1 / (1 − β): about how many values are remembered.
    pub memory: f64,
    /// The average after each value.
    pub values: Vec<f64>,
    /// The same without the correction, or with it: the other way.
    pub otherwise: Vec<f64>,
    /// The weights of the past, the newest first, until 99.9 % of all weight is told.
    pub weights: Vec<f64>,
}

/// The longest series.
const MOST: usize = 5000;

/// Opens the experiment; each answer is an [`Averages`].
///
/// # Errors
/// Never: what is wrong with an address is the answer.
pub fn open(state: &State, _: &Deadline) -> Result<Box<dyn Session>> {
    Ok(reading::Asked::open(state, |state, _| reading::json(&averages(&Ask::of(state)?)?)))
}

impl Ask {
    /// What an address asks for: `beta` (several with `;` between), `correction` (0 or 1), `noise`, `seed`, `count`,
    /// `series`.
    ///
    /// # Errors
    /// [`Error::Range`] for what is no number.
    pub fn of(state: &State) -> Result<Ask> {
        let default = Ask::default();
        Ok(Ask {
            betas: reading::series(state, "beta")?.unwrap_or(default.betas),
            correction: reading::count(state, "correction", 1)? != 0,
            noise: state.number("noise", default.noise)?,
            seed: state.count("seed", default.seed)?,
            count: reading::count(state, "count", default.count)?,
            series: reading::given(state, "series").map(String::from),
        })
    }
}

/// Makes or reads the series, and averages it.
///
/// # Errors
/// For a number that is wrong: which, and how to mend it.
pub fn averages(ask: &Ask) -> Result<Averages> {
    limits::count("betas", ask.betas.len(), (1, 6))?;
    let (values, without_noise) = match &ask.series {
        Some(text) => (read(text)?, Vec::new()),
        None => made(ask)?,
    };
    let along = |beta: f64| {
        let plain = ExponentialAverage::new(beta)?;
        let corrected = ExponentialAverage::corrected(beta)?;
        let (memory, weights) = (plain.memory(), plain.weights());
        let along = |average: ExponentialAverage| average.over(values.iter().copied()).collect();
        let (plain, corrected): (Vec<f64>, Vec<f64>) = (along(plain), along(corrected));
        let mut told = 0.0;
        let weights = weights.take(values.len()).take_while(|w| {
            let more = told < 0.999;
            told += w;
            more
        });
        let weights = weights.collect();
        let (values, otherwise) = if ask.correction { (corrected, plain) } else { (plain, corrected) };
        Ok(Average { beta, memory, values, otherwise, weights })
    };
    let averages = ask.betas.iter().map(|beta| along(*beta)).collect::<Result<_>>()?;
    let rule = Formula::lines(if ask.correction { CORRECTED } else { PLAIN });
    Ok(Averages { values, without_noise, averages, rule })
}

/// cos over a period and a half, with noise.
fn made(ask: &Ask) -> Result<(Vec<f64>, Vec<f64>)> {
    let count = limits::count("count", ask.count, (2, MOST))?;
    let noise = limits::between("noise", ask.noise, (0.0, 100.0))?;
    let mut rng = Rng::new(ask.seed, Stream::Probe, 0);
    let clean = (1..=count).map(|t| gradus::elementary::turns(0.25 + 1.5 * t as f64 / count as f64).0);
    let clean: Vec<f64> = clean.collect();
    let noisy = clean.iter().map(|x| x + noise * rng.normal() as f64).collect();
    Ok((noisy, clean))
}

/// Numbers as people paste them.
fn read(text: &str) -> Result<Vec<f64>> {
    limits::short("series", text, 200_000)?;
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '，' | '；' | '|'));
    let mut values = Vec::new();
    for word in words.filter(|word| !word.is_empty()) {
        match word.parse::<f64>() {
            Ok(x) if x.is_finite() && x.abs() <= 1e100 => values.push(x),
            _ => {
                let shown: String = word.chars().take(40).collect();
                return Err(Error::Data {
                    message: Message::of("value {number} of the series, `{shown}`, is no number")
                        .with("number", values.len() + 1)
                        .with("shown", shown),
                    mend: "write numbers like 1.5 or -2e3 with spaces, commas or line breaks between".into(),
                });
            }
        }
        if values.len() > MOST {
            return Err(Error::range(
                "series",
                values.len(),
                Message::of("at most {most} values").with("most", MOST),
            ));
        }
    }
    match values.is_empty() {
        true => Err(Error::Data { message: "the series is empty".into(), mend: "paste some numbers".into() }),
        false => Ok(values),
    }
}
