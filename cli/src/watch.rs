//! Whoever watches a training, and steers it: the console, the log, the record, and the page of `--lab`.

use std::time::{Duration, Instant};

use anyhow::Result;
use gradus::train::{Between, Change, EpochRecord, Event, Order, Parts, Record, Samples, Watcher, What};
use gradus_lab::drawing::Drawing;
use gradus_lab::watch::{Ended, Hub, Scene, Wall, Wish, look};
use gradus_lab::{Options, Server};
use serde_json::json;

use crate::console::{Console, Voice, open_in_browser, print_json};
use crate::finish::Log;
use crate::lab;
use crate::report::Thumbnail;
use crate::train::Run;

/// All of them.
pub struct Everyone<'a> {
    pub console: Console,
    pub log: Log,
    pub record: Record,
    pub page: Option<&'a Page>,
    /// What went wrong with the log first; it does not end a training.
    pub trouble: Option<gradus::Error>,
}

impl Everyone<'_> {
    /// Before the first step: what came earlier.
    pub fn begin(&self, history: &[EpochRecord]) {
        if let Some(page) = self.page {
            page.hub.history(history);
            page.hub.changes(self.record.changes());
        }
    }
}

impl Watcher for Everyone<'_> {
    fn see(&mut self, event: &Event) {
        self.console.see(event);
        if let Some(page) = self.page {
            page.hub.see(event);
        }
        if let Event::Epoch(record) = event {
            self.trouble = self.trouble.take().or(self.log.add(record).err());
        }
    }

    /// What the record says happened here, and what a person wants now; that is written down first.
    fn between(&mut self, here: &Between) -> gradus::Result<Order> {
        let mut order = self.record.at(here.step);
        let Some(page) = self.page else { return Ok(order) };
        let wanted = page.hub.between(here);
        order.save |= wanted.save;
        if wanted.stop && here.step == 0 {
            // Without a step there is nothing to keep.
            page.hub.wish(Wish::Stop);
        } else if wanted.stop {
            self.add(page, here, What::Stop)?;
            order.stop = true;
        }
        if let Some(factor) = wanted.rate {
            self.add(page, here, What::Rate { factor })?;
            order.rate = Some(factor);
        }
        Ok(order)
    }
}

impl Everyone<'_> {
    fn add(&mut self, page: &Page, here: &Between, what: What) -> gradus::Result<()> {
        self.record.add(Change { after_step: here.step, what })?;
        page.hub.changes(self.record.changes());
        Ok(())
    }
}

/// The page of a training. It ends when this is dropped.
pub struct Page {
    pub hub: Hub,
    // Dropped after the hub was told to end.
    _server: Server,
}

impl Page {
    /// Serves it, and says where.
    pub fn open(run: &Run, parts: &Parts) -> Result<Page> {
        let hub = Hub::new(scene(run, parts));
        look::start(&hub)?;
        let server =
            lab::start(Options { port: run.watch.port, watch: Some(hub.clone()), ..Options::default() })?;
        match run.voice {
            Voice::Json => print_json(&json!({ "event": "page", "url": server.url() })),
            Voice::Quiet => eprintln!("page       {}", server.url()),
            voice => voice.say(&format!("page       {}", server.url())),
        }
        if run.open {
            open_in_browser(server.url());
        }
        Ok(Page { hub, _server: server })
    }

    /// Tells pages how it ended, and gives them a moment to hear it.
    pub fn end(self, ended: Ended) {
        self.hub.end(ended);
        let began = Instant::now();
        while self.hub.pages() > 0 && began.elapsed() < Duration::from_secs(2) {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.hub.close();
    }
}

/// What pages are told of a run.
fn scene(run: &Run, parts: &Parts) -> Scene {
    Scene {
        title: run.recipe.data.name(),
        folder: run.folder.display().to_string(),
        model: run.model.clone(),
        samples: run.samples.clone() as std::sync::Arc<dyn Samples>,
        parts: parts.clone(),
        settings: run.recipe.train.clone(),
        classes: run.samples.names().to_vec(),
        wall: wall(run, parts),
        drawing: Drawing::of(&run.model),
    }
}

/// Examples to look at, if they can be seen.
fn wall(run: &Run, parts: &Parts) -> Option<Wall> {
    let (part, all) =
        if parts.validation.is_empty() { ("train", &parts.train) } else { ("validation", &parts.validation) };
    let examples = Wall::choose(all);
    let seen: Option<Vec<Thumbnail>> = examples.iter().map(|i| run.samples.picture(*i as usize)).collect();
    let seen = seen?;
    let &Thumbnail { width, height, channels, .. } = seen.first()?;
    let every = (width.max(height)).div_ceil(LARGEST);
    Some(Wall {
        part,
        of: all.len(),
        bytes: seen.iter().flat_map(|seen| thinned(&seen.pixels, width, channels, every)).collect(),
        examples,
        width: width.div_ceil(every),
        height: height.div_ceil(every),
        channels,
    })
}

/// Pixels of a picture on the page at most, each way.
const LARGEST: usize = 64;

/// Each `every`-th pixel of each `every`-th row.
fn thinned(bytes: &[u8], width: usize, channels: usize, every: usize) -> Vec<u8> {
    let rows = bytes.chunks_exact(width * channels).step_by(every);
    rows.flat_map(|row| row.chunks_exact(channels).step_by(every)).flatten().copied().collect()
}
