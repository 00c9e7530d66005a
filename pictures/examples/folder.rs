//! Reads a folder of pictures and says how long it took; twice with a cache, to see its worth. Without a cache the
//! doctor looks at the folder too.
//!
//! `cargo run --release -p gradus-pictures --example folder -- FOLDER [CACHE [THREADS]]`

use std::time::Instant;

use gradus_pictures::{Pictures, Settings, Split, inspect};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("give a folder of pictures")?;
    let cache = arguments.next().map(Into::into);
    let threads = arguments.next().map_or(Ok(0), |n| n.parse())?;
    let settings = Settings { cache, threads, ..Settings::default() };
    for _ in 0..if settings.cache.is_some() { 2 } else { 1 } {
        let start = Instant::now();
        let pictures = Pictures::open(folder.as_ref(), &settings, &Split::default(), &|_, _| {})?;
        println!("{}\n  in {:.3} s", pictures.summary_line(), start.elapsed().as_secs_f64());
    }
    if settings.cache.is_none() {
        print!("{}", inspect(folder.as_ref(), &settings, &|_, _| {})?);
    }
    Ok(())
}
