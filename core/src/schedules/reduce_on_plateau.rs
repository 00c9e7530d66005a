use super::{Entry, Judged, Made, Schedule, Seen, share, step::FACTOR};
use crate::elementary::power;
use crate::words::Parameter;
use crate::{Error, Result};

pub(super) const ROW: Entry = Entry {
    name: "reduce_on_plateau",
    about: "falls by a factor whenever an epoch's score has not improved for long; torch.optim.lr_scheduler.ReduceLROnPlateau",
    formula: "s = max(γⁿ, e)\nn = how many times more than p epochs went by without an improvement",
    paper: "as in Krizhevsky, Sutskever & Hinton 2012, section 5: divided by 10 when the validation error stopped improving",
    times: None,
    parameters: &[
        FACTOR,
        Parameter::whole("patience", "p", 10, (0, 1_000_000), "epochs without an improvement that are borne"),
        Parameter::number("threshold", "τ", 1e-4, (0.0, f64::INFINITY), "less than this is no improvement"),
        Parameter::word("by", &["share", "size"], "τ is a share of the best (×(1 ± τ)), or a size (± τ)"),
        Parameter::whole("cooldown", "c", 0, (0, 1_000_000), "epochs after a cut in which none are counted"),
        share("end", "e", 0.0, "the least it falls to, as a share of the rate"),
        Parameter::word(
            "watch",
            &["monitor", "loss", "accuracy", "train_loss"],
            "the loss or accuracy on the validation part (monitor: whichever the training goes by), or the training loss",
        ),
    ],
    wraps: false,
    make,
};

/// The rate falls by γ whenever more than p epochs went by without an improvement, as in
/// [Krizhevsky, Sutskever & Hinton 2012](https://papers.nips.cc/paper/4824), section 5. PyTorch: `ReduceLROnPlateau` with
/// `eps` = 0 and `min_lr` = e η.
///
/// ```text
/// s = max(γⁿ, e)
/// n = how many times more than p epochs went by without an improvement
///
/// better: x < best (1 − τ) of a loss, x > best (1 + τ) of an accuracy      by=share
///         x < best − τ,               x > best + τ                         by=size
/// ```
///
/// After a cut, c epochs do not count. What is watched is a score on the validation part (`watch` is `loss`, `accuracy`,
/// or `monitor`: the one that the training goes by), or `train_loss`.
struct ReduceOnPlateau {
    /// γ in (0, 1).
    factor: f64,
    /// p ≥ 0, in epochs.
    patience: u64,
    /// τ ≥ 0.
    threshold: f64,
    /// Whether τ is a share of the best.
    relative: bool,
    /// c ≥ 0, in epochs.
    cooldown: u64,
    /// e in [0, 1].
    end: f64,
    watch: &'static str,
}

fn make(made: Made) -> Result<Box<dyn Schedule>> {
    let (values, watch) = (made.values, made.values.word("watch"));
    if watch != "train_loss" && !made.horizon.validates {
        return Err(Error::Settings {
            message: "the schedule reduce_on_plateau watches the validation part, and there is none".into(),
            mend: "keep a share of the data to validate with, or write `reduce_on_plateau watch=train_loss`"
                .into(),
        });
    }
    Ok(Box::new(ReduceOnPlateau {
        factor: values.get("factor"),
        patience: values.whole("patience") as u64,
        threshold: values.get("threshold"),
        relative: values.word("by") == "share",
        cooldown: values.whole("cooldown") as u64,
        end: values.get("end"),
        watch,
    }))
}

impl Schedule for ReduceOnPlateau {
    fn factor(&self, _: u64, seen: &Seen) -> f64 {
        power(self.factor, seen.cuts).max(self.end)
    }

    fn judged(&self, _: u64, epoch: &Judged, seen: &mut Seen) {
        let (score, more) = match self.watch {
            "train_loss" => (Some(epoch.train_loss), false),
            "accuracy" => (epoch.validation_accuracy, true),
            "monitor" if epoch.by_accuracy => (epoch.validation_accuracy, true),
            _ => (epoch.validation_loss, false),
        };
        let margin = |best: f64| if self.relative { best * self.threshold } else { self.threshold };
        // A loss that is no number is no improvement.
        let better = score.filter(|x| match seen.best {
            None => true,
            Some(best) if more => *x > best + margin(best),
            Some(best) => *x < best - margin(best),
        });
        match better {
            Some(x) => (seen.best, seen.waited) = (Some(x), 0),
            None => seen.waited += 1,
        }
        if seen.resting > 0 {
            (seen.resting, seen.waited) = (seen.resting - 1, 0);
        }
        if seen.waited > self.patience {
            (seen.cuts, seen.waited, seen.resting) = (seen.cuts + 1, 0, self.cooldown);
        }
    }
}
