//! What an example is: a row of numbers, or a picture.

use crate::error::Error;

/// The shape of one example. A plain number of numbers, or `[height, width, channels]`, turns into one.
///
/// ```
/// use gradus::input::Input;
/// assert_eq!(Input::from([24, 16, 3]).numbers(), 24 * 16 * 3);
/// assert_eq!(Input::from(7).to_string(), "7");
/// assert_eq!("24x16x3".parse::<Input>().unwrap(), Input::from([24, 16, 3]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// So many numbers, in no order.
    Numbers(usize),
    /// Rows of pixels, and of each pixel its channels side by side: what convolutions and pools need.
    Picture {
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
        /// Numbers of a pixel: 1 if grey, 3 if in colour.
        channels: usize,
    },
}

impl Input {
    /// How many numbers an example holds.
    pub fn numbers(self) -> usize {
        match self {
            Input::Numbers(n) => n,
            Input::Picture { height, width, channels } => {
                height.saturating_mul(width).saturating_mul(channels)
            }
        }
    }

    /// The lengths of a batch of `batch` examples.
    pub fn dims(self, batch: usize) -> Vec<usize> {
        match self {
            Input::Numbers(n) => vec![batch, n],
            Input::Picture { height, width, channels } => vec![batch, height, width, channels],
        }
    }
}

impl From<usize> for Input {
    fn from(numbers: usize) -> Input {
        Input::Numbers(numbers)
    }
}

impl From<[usize; 3]> for Input {
    fn from([height, width, channels]: [usize; 3]) -> Input {
        Input::Picture { height, width, channels }
    }
}

/// As a model file says it: `7`, or `24x16x3`.
impl std::fmt::Display for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Input::Numbers(n) => write!(f, "{n}"),
            Input::Picture { height, width, channels } => write!(f, "{height}x{width}x{channels}"),
        }
    }
}

impl std::str::FromStr for Input {
    type Err = Error;

    fn from_str(text: &str) -> Result<Input, Error> {
        let numbers: Result<Vec<usize>, _> = text.split('x').map(str::parse).collect();
        match numbers.as_deref() {
            Ok(&[n]) => Ok(Input::Numbers(n)),
            Ok(&[height, width, channels]) => Ok(Input::Picture { height, width, channels }),
            _ => Err(Error::range("input", text, "a number, or HEIGHTxWIDTHxCHANNELS, for example 24x24x3")),
        }
    }
}
