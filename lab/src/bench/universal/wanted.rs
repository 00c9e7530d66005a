//! The function that is to be approximated: typed, or drawn.

use gradus::functions::{Choice, Function};
use gradus::message::Message;
use gradus::{Error, Result};

use super::{Ask, stretch};
use crate::bench::descent::formula;
use crate::bench::limits;
use crate::typeset::Formula;

/// A function of one variable.
pub(super) enum Wanted {
    Typed(Choice, Box<dyn Function>),
    /// Points by ascending x, at least two.
    Drawn(Vec<[f64; 2]>),
}

impl Wanted {
    /// # Errors
    /// For a formula or a point that is wrong, or a function that has no value somewhere on the stretch.
    pub fn of(ask: &Ask) -> Result<Wanted> {
        stretch(ask.on)?;
        if let Some(points) = &ask.drawn {
            return Wanted::drawn(points);
        }
        limits::short("f", &ask.f, 400)?;
        let choice = Choice::parse(&ask.f)?;
        if choice.dimension() != 1 {
            return Err(Error::Settings {
                message: Message::of("{function} takes {dimension} numbers")
                    .with("function", choice.name())
                    .with("dimension", choice.dimension()),
                mend: "write a formula of x alone".into(),
            });
        }
        let function = choice.function();
        let wanted = Wanted::Typed(choice, function);
        for x in super::evenly(ask.on, super::bench::PLACES)
            .into_iter()
            .chain(super::evenly(ask.on, super::POINTS))
        {
            let y = wanted.at(x);
            if y.is_nan() || y.abs() > 1e6 {
                return Err(Error::Data {
                    message: Message::of(
                        "f({x}) is {y}: the function must have a value, up to a million, everywhere",
                    )
                    .with("x", format!("{x:.4}"))
                    .with("y", y),
                    mend: Message::of("write another, or choose a stretch other than {low} to {high}")
                        .with("low", ask.on[0])
                        .with("high", ask.on[1]),
                });
            }
        }
        Ok(wanted)
    }

    fn drawn(points: &[[f64; 2]]) -> Result<Wanted> {
        limits::count("drawn", points.len(), (2, 1000))?;
        for [x, y] in points {
            limits::between("drawn x", *x, (-1000.0, 1000.0))?;
            limits::between("drawn y", *y, (-1e6, 1e6))?;
        }
        let mut points = points.to_vec();
        points.sort_by(|a, b| a[0].total_cmp(&b[0]));
        points.dedup_by(|b, a| a[0] == b[0]);
        limits::count("drawn", points.len(), (2, 1000))?;
        Ok(Wanted::Drawn(points))
    }

    /// f(x); of what was drawn, beyond its ends as at them.
    pub fn at(&self, x: f64) -> f64 {
        match self {
            Wanted::Typed(_, function) => function.value(&[x], &mut vec![0.0; function.room()]),
            Wanted::Drawn(points) => {
                let next = points.partition_point(|p| p[0] <= x).clamp(1, points.len() - 1);
                let ([x0, y0], [x1, y1]) = (points[next - 1], points[next]);
                y0 + (y1 - y0) * ((x - x0) / (x1 - x0)).clamp(0.0, 1.0)
            }
        }
    }

    /// The formula of what was typed.
    pub fn formula(&self) -> Option<Formula> {
        match self {
            Wanted::Typed(choice, _) => Some(formula(choice)),
            Wanted::Drawn(_) => None,
        }
    }
}
