//! What a function looks like: its curve, or its heights on a grid.

use gradus::functions::Choice;
use gradus::message::Message;
use gradus::{Error, Result};
use serde::{Serialize, Serializer};

use crate::bench::limits;
use crate::reply::packed;

/// A function on a part of its plane, or of its line.
#[derive(Clone, Debug, Serialize)]
pub struct Map {
    /// The least and the greatest x, and y if there is one.
    pub view: Vec<f64>,
    /// How many columns; of a curve its points.
    pub columns: usize,
    /// How many rows; 1 of a curve.
    pub rows: usize,
    /// f at each point, from the least y up, in each row from the least x on: of a curve from end to end, of a grid in the
    /// middles of its cells; no number where it has no value. Packed.
    #[serde(serialize_with = "pack")]
    pub values: Vec<f32>,
}

/// As the page unpacks it.
fn pack<S: Serializer>(values: &[f32], to: S) -> std::result::Result<S::Ok, S::Error> {
    packed(values).serialize(to)
}

const ACROSS: usize = 121;
const ALONG: usize = 401;

impl Map {
    /// `view`: what part of it, by default the box that is usually searched.
    ///
    /// # Errors
    /// [`Error::Range`] for a part that is none.
    pub fn of(choice: &Choice, view: Option<&[f64]>) -> Result<Map> {
        let dimension = choice.dimension();
        let (low, high) = choice.within();
        let view = view.map_or_else(|| [low, high].repeat(dimension), <[f64]>::to_vec);
        if view.len() != 2 * dimension {
            let range = Message::of("{dimension} numbers: the least and the greatest of each side")
                .with("dimension", 2 * dimension);
            return Err(Error::range("view", format!("{view:?}"), range));
        }
        for side in view.chunks_exact(2) {
            limits::between("view", side[0], (-1e6, 1e6))?;
            limits::between("view", side[1], (-1e6, 1e6))?;
            if side[1] - side[0] < 1e-9 {
                return Err(Error::range("view", format!("{view:?}"), "wider, the lesser number first"));
            }
        }
        let (columns, rows) = if dimension == 1 { (ALONG, 1) } else { (ACROSS, ACROSS) };
        let function = choice.function();
        let mut room = vec![0.0; function.room()];
        let at = |k: usize, count: usize, side: &[f64]| {
            let share =
                if dimension == 1 { k as f64 / (count - 1) as f64 } else { (k as f64 + 0.5) / count as f64 };
            side[0] + (side[1] - side[0]) * share
        };
        let mut values = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            for column in 0..columns {
                let mut point = [at(column, columns, &view), 0.0];
                if dimension == 2 {
                    point[1] = at(row, rows, &view[2..]);
                }
                values.push(function.value(&point[..dimension], &mut room) as f32);
            }
        }
        Ok(Map { view, columns, rows, values })
    }
}
