//! What is changed on a picture while training, so that it is seen a little different in every epoch; one change per file.
//! A new one: its file, its `mod` line, its row in the table.
//!
//! A picture is `height` rows of `width` pixels of `channels` numbers, normalised: 0 is the mean of its channel, 1 a
//! deviation above it. Places that nothing is known of become 0. Changes are made in the order of the line. All draws of a
//! picture are keyed by (seed, epoch, its number): neither threads nor batches nor a pause can change them.

mod colour;
mod cutout;
mod flip;
mod picture;
mod rotate;
mod shift;
mod views;

pub use picture::{Picture, Size};
pub use views::Views;

use crate::error::did_you_mean;
use crate::message::Message;
use crate::rng::{Rng, Stream};
use crate::words::{Parameter, Values, Words};
use crate::{Error, Result};

/// A random change of a picture.
pub trait Augmentation: Send + Sync {
    /// Changes the picture by draws of `rng` alone.
    fn change(&self, rng: &mut Rng, picture: &mut Picture);
    /// Whether it takes no longer than to copy the picture.
    fn is_cheap(&self) -> bool {
        false
    }
}

/// A named change.
pub struct Entry {
    /// As `--augment` writes it.
    pub name: &'static str,
    /// In one line.
    pub about: &'static str,
    /// What becomes of a pixel.
    pub formula: &'static str,
    /// Where it is from.
    pub paper: &'static str,
    /// Its numbers. The first may be written without its name; `p` is how often the change is made.
    pub parameters: &'static [Parameter],
    /// Makes it.
    pub build: fn(&Values) -> Box<dyn Augmentation>,
}

/// What `--augment` accepts.
pub static AUGMENTATIONS: &[Entry] = &[flip::ROW, shift::ROW, rotate::ROW, colour::ROW, cutout::ROW];

/// p of a change that is made every time unless told otherwise.
const ALWAYS: Parameter = Parameter::number("p", "p", 1.0, (0.0, 1.0), "how often the change is made");

/// Changes, one after another: read from a line such as `flip, shift 4, rotate 10`.
///
/// ```
/// use gradus::augmentations::Augment;
/// let augment = Augment::parse("flip, shift 4").unwrap();
/// assert_eq!(augment.line(), "flip 0.5, shift 4 edge=mean p=1");
/// let error = Augment::parse("flip, shft 4").err().unwrap().to_string();
/// assert!(error.contains("did you mean `shift`?"));
/// assert!(Augment::parse("none").unwrap().is_empty());
/// ```
pub struct Augment(Vec<Change>);

struct Change {
    entry: &'static Entry,
    values: Values,
    made: Box<dyn Augmentation>,
}

/// Draws of 64 bits apart that the changes of a line have their own at. A change that needs more than these goes on into
/// those of the next: nothing breaks, but the two are no longer independent.
const PLACE: u64 = 32;

impl Augment {
    /// Reads a line of changes, or `none`.
    ///
    /// # Errors
    /// [`Error::Line`] pointing at the wrong word.
    pub fn parse(line: &str) -> Result<Augment> {
        if line.trim() == "none" {
            return Ok(Augment(Vec::new()));
        }
        let mut changes = Vec::new();
        let mut start = 0;
        for piece in line.split(',') {
            let mut words = Words::within(line, start..start + piece.len());
            start += piece.len() + 1;
            let name = words.need("a change", "for example `flip, shift 4`, or `none`")?;
            let entry = AUGMENTATIONS.iter().find(|e| e.name == name).ok_or_else(|| {
                let mend = match name {
                    "none" => "`none` stands alone".into(),
                    _ => did_you_mean(name, AUGMENTATIONS.iter().map(|e| e.name)),
                };
                words.wrong(Message::of("no change of pictures is called `{name}`").with("name", name), mend)
            })?;
            let values = words.values_led(entry.parameters)?;
            words.end()?;
            changes.push(Change { entry, made: (entry.build)(&values), values });
        }
        Ok(Augment(changes))
    }

    /// The line that reads back to it, every default written out.
    pub fn line(&self) -> String {
        if self.is_empty() {
            return "none".into();
        }
        let line = |c: &Change| format!("{}{}", c.entry.name, c.values.written_led());
        self.0.iter().map(line).collect::<Vec<_>>().join(", ")
    }

    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it takes much longer than to copy a picture: then batches are read ahead.
    pub fn is_costly(&self) -> bool {
        self.0.iter().any(|c| !c.made.is_cheap())
    }

    /// Whether all it does is to mirror.
    pub fn only_flips(&self) -> bool {
        matches!(&self.0[..], [one] if one.entry.name == flip::ROW.name)
    }

    /// That data of these lengths can be changed: nothing is asked for, or they are pictures.
    ///
    /// # Errors
    /// [`Error::Settings`] if not.
    pub fn size(&self, dims: &[usize]) -> Result<Size> {
        match dims {
            [height, width, channels] => Ok(Size { height: *height, width: *width, channels: *channels }),
            _ if self.is_empty() => Ok(Size::default()),
            _ => Err(Error::Settings {
                message: Message::of("`{change}` changes pictures, but these data are none: they are {dims} numbers an example")
                    .with("change", self.line())
                    .with("dims", format!("{dims:?}")),
                mend: "train without changes (`none`), or say in `Samples::shape` how high, how wide and how deep the pictures are".into(),
            }),
        }
    }

    /// Changes the numbers of example `index` as in `epoch` of the training of `seed`. `room` is as long as they are.
    ///
    /// # Panics
    /// If `pixels` and `room` are not pictures of that size.
    pub fn apply(
        &self,
        (seed, epoch, index): (u64, u64, u32),
        size: Size,
        pixels: &mut [f32],
        room: &mut [f32],
    ) {
        if !self.is_empty() {
            self.change(
                Rng::new(seed, Stream::Augment, epoch << 32 | index as u64),
                false,
                size,
                pixels,
                room,
            );
        }
    }

    /// With `always`, changes are made whatever their p.
    fn change(&self, mut rng: Rng, always: bool, size: Size, pixels: &mut [f32], room: &mut [f32]) {
        let mut picture = Picture::new(size, pixels, room);
        for (k, change) in self.0.iter().enumerate() {
            rng.seek(k as u64 * PLACE);
            let missed = 1.0 - change.values.get("p") as f32;
            if rng.uniform() >= missed || always {
                change.made.change(&mut rng, &mut picture);
            }
        }
        picture.finish();
    }
}
