//! A folder of pictures as training examples: decoded, checked, cached and split.
//!
//! ```no_run
//! use gradus_pictures::{Pictures, Settings, Split};
//! let settings = Settings { width: 64, height: 64, ..Settings::default() };
//! let pictures = Pictures::open("pets".as_ref(), &settings, &Split::default(), &|_, _| {})?;
//! println!("{}", pictures.summary_line());
//! for skipped in pictures.skipped() {
//!     println!("left out: {skipped}");
//! }
//! let first: &[u8] = pictures.pixels(0); // 64 rows of 64 pixels of 3 bytes
//! # assert_eq!(first.len(), 64 * 64 * 3);
//! # Ok::<(), gradus_pictures::Error>(())
//! ```
//!
//! The way of a picture: [`folder`](Pictures::open) → bytes → kind by content → decoded → resized → one pixel
//! file, mapped into memory. Nothing in the user's folder is ever changed, and whatever cannot be read is named
//! with its reason, never dropped in silence.

mod assemble;
mod cache;
mod decode;
mod error;
mod folder;
mod idx;
mod index;
mod inspect;
mod jpeg;
mod load;
mod mnist;
mod names;
mod note;
mod passes;
mod pictures;
mod resize;
mod settings;
mod sheet;
mod sniff;
mod store;
mod summary;

pub use decode::{Decoded, decode};
pub use error::{Error, Reason};
pub use gradus::train::{Part, Split};
pub use inspect::{ClassCount, Copies, Inspection, SizeRange, inspect};
pub use mnist::{idx_files, idx_pictures, stored_size};
pub use note::{Note, Noted, Skipped};
pub use pictures::{Picture, Pictures};
pub use resize::resize;
pub use settings::Settings;
pub use sheet::Sheet;
pub use sniff::Format;
