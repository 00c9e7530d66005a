use super::{Entry, Made, Schedule, Seen, cosine::RUN, half_cosine, share};
use crate::message::Message;
use crate::words::Parameter;
use crate::{Error, Result};

pub(super) const ROW: Entry = Entry {
    name: "one_cycle",
    about: "up to the rate, down far below where it began; torch.optim.lr_scheduler.OneCycleLR without its momentum cycle",
    formula: "s = a + (b − a) (1 − cos π u) / 2\nu = the share of the phase that is over",
    paper: "Smith & Topin 2017, Super-Convergence, arXiv 1708.07120",
    times: Some(RUN),
    parameters: &[
        Parameter::number("rise", "r", 0.3, (0.0, 1.0), "the share of T in which the rate rises").open(),
        share("start", "a₀", 0.04, "where it begins, as a share of the rate"),
        share("end", "e", 4e-6, "where it ends, as a share of the rate"),
        Parameter::word("shape", &["cosine", "linear"], "along half a cosine, or straight"),
        Parameter::whole(
            "phases",
            "phases",
            2,
            (2, 3),
            "2: down at once; 3: back to the start first, as the paper has it",
        ),
    ],
    wraps: false,
    make,
};

/// The rate rises to η and falls far below where it began, [Smith & Topin 2017](https://arxiv.org/abs/1708.07120).
/// PyTorch: `OneCycleLR` with `max_lr` = η, `div_factor` = 1 / a₀, `final_div_factor` = a₀ / e. That one moves momentum
/// the other way at the same time (`cycle_momentum`); this one leaves momentum alone.
///
/// ```text
/// s = a + (b − a) (1 − cos π u) / 2       in each phase from a to b; shape=linear: a + (b − a) u
/// u = the share of the phase that is over
///
/// two phases:    a₀ → 1 until t = r T − 1,  1 → e until T − 1
/// three phases:  a₀ → 1 until t = r T − 1,  1 → a₀ until 2 r T − 2,  a₀ → e until T − 1
/// ```
struct OneCycle {
    /// Where each phase ends, in steps (r T need not be whole), and s there; the first is where it begins.
    turns: Vec<(f64, f64)>,
    straight: bool,
}

fn make(made: Made) -> Result<Box<dyn Schedule>> {
    let (length, rise) = (made.times[0] as f64, made.values.get("rise"));
    let (start, end) = (made.values.get("start"), made.values.get("end"));
    let mut turns = vec![(0.0, start), (rise * length - 1.0, 1.0)];
    if made.values.whole("phases") == 3 {
        if rise >= 0.5 {
            return Err(Error::Settings {
                message: Message::of("a one_cycle that rises for {rise} of its time has none left to end in")
                    .with("rise", rise),
                mend: "with phases=3 write a rise below 0.5".into(),
            });
        }
        turns.push((2.0 * rise * length - 2.0, start));
    }
    turns.push((length - 1.0, end));
    Ok(Box::new(OneCycle { turns, straight: made.values.word("shape") == "linear" }))
}

impl Schedule for OneCycle {
    fn factor(&self, t: u64, _: &Seen) -> f64 {
        let t = t as f64;
        let phase = self.turns.windows(2).find(|turn| t <= turn[1].0);
        let Some([(from, a), (to, b)]) = phase else { return self.turns[self.turns.len() - 1].1 };
        // A phase of no length is over at once.
        let over = if to > from { (t - from) / (to - from) } else { 1.0 };
        a + (b - a) * if self.straight { over } else { 1.0 - half_cosine(over) }
    }
}
