//! A person's own points: lines of x, y and a label, as a table program writes them.
//!
//! Between the numbers stand commas, semicolons as the end of a line, blanks or tabs. A first line without numbers is a
//! heading. Labels that are whole numbers from 0 or names are classes; −1 and 1 are two classes; other numbers are
//! values to predict.

use std::collections::BTreeSet;

use gradus::message::Message;
use gradus::rng::{Rng, Stream};
use gradus::{Error, Result};

use super::config::{Config, MOST_EXAMPLES};
use super::data::{Data, Example, Task};

/// Classes that are still told apart by colour.
const MOST_CLASSES: usize = 6;

/// Points further out than this, in units of the network, are brought within ±1.
const REACH: f64 = 1.5;

/// Reads the points.
///
/// # Errors
/// [`Error::Data`] at the first line that is wrong, or if there are too many points or classes.
pub fn read(text: &str, config: &Config) -> Result<Data> {
    let rows = rows(text)?;
    let labels: Vec<&str> = rows.iter().map(|(_, label)| *label).collect();
    let (values, task, names) = meaning(&labels)?;
    let [x, y] = [0, 1].map(|k| brought_near(rows.iter().map(|(at, _)| at[k])));
    let level = if task == Task::Values { brought_near(values.iter().copied()) } else { [0.0, 1.0] };
    let (train, test) = (Vec::new(), Vec::new());
    let mut data = Data { train, test, task, names, centre: [x[0], y[0]], unit: [x[1], y[1]], level };
    for (i, ((at, _), value)) in rows.iter().zip(values).enumerate() {
        let label = ((value - level[0]) / level[1]) as f32;
        // By its number alone: a point more moves none of the others to another part.
        let judges = Rng::new(config.seed, Stream::Split, i as u64).uniform() < config.holdout as f32;
        let part = if judges { &mut data.test } else { &mut data.train };
        part.push(Example { at: *at, label });
    }
    if data.train.is_empty() {
        return Err(Error::Data {
            message: "no point is left to train on".into(),
            mend: "add points, or keep less of them for the test (holdout)".into(),
        });
    }
    Ok(data)
}

/// What is to be taken off numbers, and by what they are then to be divided, to lie within ±1; nothing if they are not far.
fn brought_near(numbers: impl Iterator<Item = f64>) -> [f64; 2] {
    let (least, most) = numbers.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
    if -REACH <= least && most <= REACH {
        return [0.0, 1.0];
    }
    [(least + most) / 2.0, if most > least { (most - least) / 2.0 } else { 1.0 }]
}

/// Each point, with its label as it is written.
fn rows(text: &str) -> Result<Vec<([f64; 2], &str)>> {
    let mut rows = Vec::new();
    let lines = text.split(['\n', ';']).map(str::trim).filter(|line| !line.is_empty());
    for (i, line) in lines.enumerate() {
        let cells: Vec<&str> =
            line.split([',', '\t', ' ']).map(|c| c.trim_matches([' ', '"', '\r'])).collect();
        let cells: Vec<&str> = cells.into_iter().filter(|cell| !cell.is_empty()).collect();
        let wrong = |message: Message| Error::Data {
            message: Message::of("point {number}: {message}")
                .with("number", i + 1)
                .saying("message", message),
            mend: "write x, y and a label in each line, for example 0.5,-0.2,1".into(),
        };
        let number = |text: &str| text.parse::<f64>().ok().filter(|x| x.abs() <= 1e12);
        if i == 0 && cells.len() == 3 && number(cells[0]).is_none() && number(cells[1]).is_none() {
            continue;
        }
        let &[x, y, label] = cells.as_slice() else {
            return Err(wrong(
                Message::of("there are {columns} columns, not 3").with("columns", cells.len()),
            ));
        };
        let read = |name: &str, text: &str| {
            let said =
                || Message::of("{name} is `{text}`, no number").with("name", name).with("text", short(text));
            number(text).ok_or_else(|| wrong(said()))
        };
        rows.push(([read("x", x)?, read("y", y)?], label));
        if rows.len() > MOST_EXAMPLES {
            return Err(Error::Data {
                message: Message::of("there are more than {most} points").with("most", MOST_EXAMPLES),
                mend: "paste fewer: a part of them shows the same".into(),
            });
        }
    }
    if rows.is_empty() {
        return Err(Error::Data {
            message: "there are no points of your own yet".into(),
            mend: "click into the picture, or paste lines of x,y,label".into(),
        });
    }
    Ok(rows)
}

/// What the labels mean: numbers, what is asked, and what classes are called.
fn meaning(labels: &[&str]) -> Result<(Vec<f64>, Task, Vec<String>)> {
    let numbers: Vec<Option<f64>> =
        labels.iter().map(|l| l.parse().ok().filter(|x: &f64| x.is_finite())).collect();
    let all: Option<Vec<f64>> = numbers.iter().copied().collect();
    let named = |names: Vec<String>, place: &dyn Fn(usize) -> usize| {
        let classes = names.len().max(2);
        if classes > MOST_CLASSES {
            return Err(Error::Data {
                message: Message::of("there are {classes} classes").with("classes", classes),
                mend: Message::of("give at most {most}; for values to predict, write numbers with a point")
                    .with("most", MOST_CLASSES),
            });
        }
        let labels = (0..labels.len()).map(|i| place(i) as f64).collect();
        Ok((labels, Task::Classes(classes), names))
    };
    match all {
        None => {
            let names: BTreeSet<&str> = labels.iter().copied().collect();
            let names: Vec<&str> = names.into_iter().collect();
            let place = |i: usize| names.iter().position(|n| *n == labels[i]).unwrap_or(0);
            named(names.iter().map(|n| short(n)).collect(), &place)
        }
        Some(x) if x.iter().all(|x| *x == 1.0 || *x == -1.0) && x.contains(&-1.0) => {
            named(vec!["-1".into(), "1".into()], &|i| usize::from(x[i] > 0.0))
        }
        Some(x) if x.iter().all(|x| *x >= 0.0 && x.fract() == 0.0) => {
            let most = x.iter().fold(1.0, |a: f64, b| a.max(*b)).min(1000.0) as usize;
            named((0..=most).map(|class| class.to_string()).collect(), &|i| x[i] as usize)
        }
        Some(x) => {
            if let Some(far) = x.iter().find(|x| x.abs() > 1e12) {
                return Err(Error::range("label", far, "a value from -1e12 to 1e12"));
            }
            Ok((x, Task::Values, Vec::new()))
        }
    }
}

/// The first letters, for messages and legends.
fn short(text: &str) -> String {
    text.chars().take(24).collect()
}
