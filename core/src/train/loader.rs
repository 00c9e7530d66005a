//! Examples of the next steps, read while this one is computed.
//!
//! A thread of its own reads up to two parts ahead. A part is cut into chunks, which whoever has time takes one after
//! another: that thread, and, where a step comes before its part is ready, the whole team. So a training never waits for a
//! thread that the system has put aside, and a slow reader is helped by all. What is read is a function of (seed, epoch,
//! place in the order), so nobody can tell afterwards who read it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};

use super::reader::{Desk, Examples, Reader, WORTH_A_THREAD};
use crate::plan::Plan;
use crate::rng::{Rng, Stream};
use crate::threads::{Shared, Threads};

/// Parts that are ahead at most.
const AHEAD: usize = 2;
/// Numbers of a part that are still read ahead: beyond it the memory is better spent elsewhere.
const MOST: usize = 1 << 24;

/// Reads ahead.
pub(super) struct Loader<'a> {
    reader: Arc<Reader<'a>>,
    train: Vec<u32>,
    seed: u64,
    /// Examples of a part.
    part: usize,
    shelf: Mutex<Shelf>,
    /// Something was read, taken or given up.
    news: Condvar,
    slots: [Slot; AHEAD],
    over: AtomicBool,
}

/// (epoch, place in its order): which part.
type Place = (u64, usize);

/// What is ahead: parts `taken` … `opened` − 1, each in the slot of its number.
struct Shelf {
    order: Vec<u32>,
    /// Which part is opened next.
    next: Place,
    opened: usize,
    taken: usize,
    places: [Place; AHEAD],
}

/// Room for one part.
struct Slot {
    /// Its examples, and what the last of them is mixed with.
    contents: RwLock<Contents>,
    rows: Shared,
    rooms: Shared,
    /// The next chunk that nobody has taken.
    next: AtomicUsize,
    /// Chunks that are read.
    done: AtomicUsize,
    /// Owns what `rows` and `rooms` point at.
    _desk: Desk,
}

struct Contents {
    order: Vec<u32>,
    examples: usize,
    epoch: u64,
    chunks: usize,
}

impl<'a> Loader<'a> {
    /// For a training of parts of `part` examples; none if it would not be faster.
    pub fn new(
        reader: &Arc<Reader<'a>>,
        train: &[u32],
        (seed, part): (u64, usize),
        threads: &Threads,
    ) -> Option<Self> {
        let numbers = reader.rows(part) * reader.inputs;
        // On one thread nothing can be done meanwhile.
        if threads.count() < 2 || !reader.is_costly() || !(WORTH_A_THREAD..=MOST).contains(&numbers) {
            return None;
        }
        let slot = || {
            let mut desk = reader.desk(part, threads, true);
            let (rows, rooms) = desk.shared();
            let chunks = desk.chunks(reader.rows(part));
            Slot {
                contents: RwLock::new(Contents {
                    order: Vec::with_capacity(part + 1),
                    examples: 0,
                    epoch: 0,
                    chunks,
                }),
                rows,
                rooms,
                next: AtomicUsize::new(chunks),
                done: AtomicUsize::new(0),
                _desk: desk,
            }
        };
        let places = [(0, 0); AHEAD];
        Some(Loader {
            shelf: Mutex::new(Shelf { order: train.to_vec(), next: (0, 0), opened: 0, taken: 0, places }),
            slots: std::array::from_fn(|_| slot()),
            reader: reader.clone(),
            train: train.to_vec(),
            news: Condvar::new(),
            over: AtomicBool::new(true),
            seed,
            part,
        })
    }

    /// Runs `train`, which begins at that place, while a thread of its own reads ahead. Without that thread, should the
    /// system refuse it or reading panic in it, `train` reads for itself: `take` says no.
    pub fn beside<T>(&self, place: Place, train: impl FnOnce() -> T) -> T {
        /// Also when a panic passes.
        struct End<'l, 'a>(&'l Loader<'a>);
        impl Drop for End<'_, '_> {
            fn drop(&mut self) {
                self.0.end();
            }
        }
        self.start(place);
        std::thread::scope(|scope| {
            let end = End(self);
            let work = || {
                let _end = End(self);
                let _ = catch_unwind(AssertUnwindSafe(|| self.work()));
            };
            if std::thread::Builder::new().name("gradus-loader".into()).spawn_scoped(scope, work).is_err() {
                self.end();
            }
            let result = train();
            drop(end);
            result
        })
    }

    /// Reads ahead until [`Loader::end`].
    fn work(&self) {
        let mut shelf = self.shelf();
        while !self.over.load(SeqCst) {
            let unread = |number: &usize| {
                let slot = &self.slots[number % AHEAD];
                slot.next.load(Acquire) < self.chunks(self.examples(shelf.places[number % AHEAD]))
            };
            let number = (shelf.taken..shelf.opened).find(unread);
            let number = number.or_else(|| self.open(&mut shelf));
            let Some(number) = number else {
                shelf = self.news.wait(shelf).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            drop(shelf);
            self.read(number);
            shelf = self.shelf();
        }
    }

    fn start(&self, place: Place) {
        let mut shelf = self.shelf();
        self.over.store(false, SeqCst);
        shelf.taken = shelf.opened;
        shelf.next = place;
        self.shuffle(&mut shelf);
    }

    /// Lets the thread end, after the examples it is reading.
    fn end(&self) {
        self.over.store(true, SeqCst);
        drop(self.shelf());
        self.news.notify_all();
    }

    /// Puts `examples` where the plan reads them, if they are the next part. False: they must be read anew.
    pub fn take(&self, examples: Examples, plan: &mut Plan, desk: &mut Desk, threads: &Threads) -> bool {
        if self.over.load(SeqCst) || examples.seed != self.seed {
            return false;
        }
        let wanted = (examples.epoch, examples.from);
        let mut shelf = self.shelf();
        let number = loop {
            let number = shelf.taken;
            // Nobody has begun: then this thread does.
            if number == shelf.opened && self.open(&mut shelf).is_none() {
                return false;
            }
            match shelf.places[number % AHEAD].cmp(&wanted) {
                std::cmp::Ordering::Equal => break number,
                std::cmp::Ordering::Greater => return false,
                // Nobody asked for it.
                std::cmp::Ordering::Less => shelf.taken += 1,
            }
        };
        drop(shelf);
        let slot = &self.slots[number % AHEAD];
        let chunks = self.chunks(examples.len());
        if slot.next.load(Acquire) < chunks {
            threads.for_each(threads.count(), &|_| self.read(number));
        }
        let mut shelf = self.shelf();
        while slot.done.load(Acquire) < chunks {
            if self.over.load(SeqCst) {
                return false;
            }
            shelf = self.news.wait(shelf).unwrap_or_else(PoisonError::into_inner);
        }
        drop(shelf);
        let numbers = self.reader.rows(examples.len()) * self.reader.inputs;
        // SAFETY: all chunks are read, and nobody writes to the slot before it is taken, below.
        let rows = unsafe { slot.rows.slice(0..numbers) };
        self.reader.fill_from(examples, rows, plan, desk, threads);
        self.shelf().taken += 1;
        self.news.notify_all();
        true
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn chunks(&self, examples: usize) -> usize {
        self.slots[0]._desk.chunks(self.reader.rows(examples))
    }

    /// How many examples a part has.
    fn examples(&self, place: Place) -> usize {
        self.part.min(self.train.len() - place.1)
    }

    fn shuffle(&self, shelf: &mut Shelf) {
        shelf.order.copy_from_slice(&self.train);
        Rng::new(self.seed, Stream::Shuffle, shelf.next.0).shuffle(&mut shelf.order);
    }

    /// Begins the next part, if there is room for one; its number.
    fn open(&self, shelf: &mut Shelf) -> Option<usize> {
        if shelf.opened - shelf.taken == AHEAD {
            return None;
        }
        let (number, (epoch, from)) = (shelf.opened, shelf.next);
        let slot = &self.slots[number % AHEAD];
        let examples = self.examples(shelf.next);
        // Waits for who still reads a part that nobody asked for.
        let mut contents = slot.contents.write().unwrap_or_else(PoisonError::into_inner);
        contents.order.clear();
        contents.order.extend((from..=from + examples).map(|i| shelf.order[i % shelf.order.len()]));
        (contents.examples, contents.epoch) = (examples, epoch);
        contents.chunks = self.chunks(examples);
        slot.done.store(0, Release);
        slot.next.store(0, Release);
        shelf.places[number % AHEAD] = shelf.next;
        shelf.opened += 1;
        shelf.next.1 += examples;
        if shelf.next.1 == self.train.len() {
            shelf.next = (epoch + 1, 0);
            self.shuffle(shelf);
        }
        Some(number)
    }

    /// Reads chunks of a part until none is left.
    fn read(&self, number: usize) {
        let slot = &self.slots[number % AHEAD];
        let contents = slot.contents.read().unwrap_or_else(PoisonError::into_inner);
        let examples = Examples {
            order: &contents.order,
            from: 0,
            to: contents.examples,
            seed: self.seed,
            epoch: contents.epoch,
        };
        let mut whole = false;
        loop {
            let chunk = slot.next.fetch_add(1, AcqRel);
            if chunk >= contents.chunks || self.over.load(Relaxed) {
                break;
            }
            // SAFETY: the buffers live as long as the slot; each chunk is taken once, and they are disjoint.
            unsafe { self.reader.read(examples, (chunk, contents.chunks), slot.rows, slot.rooms) };
            whole |= slot.done.fetch_add(1, AcqRel) + 1 == contents.chunks;
        }
        drop(contents);
        if whole {
            drop(self.shelf());
            self.news.notify_all();
        }
    }
}
