//! Work shared among threads, with results that never depend on how many there are:
//! the caller cuts the work into tasks, the threads only choose who runs which.
//!
//! Every thread has a share of the tasks that is the same whenever there are as many, so that what it wrote in one step is likely
//! to be in its own cache in the next; who has done his share helps the others with theirs, if any had more than one task.
//!
//! Every helper has a door of its own, one cache line with all it has to know of a job: the caller opens those of helpers who have a share, does
//! its own, and then what others have left. A helper that is awake comes in; one that is asleep, or that the system has put aside, is not waited for: the
//! caller does its share too, and shuts its door. So a busy machine makes a job slower, never stuck; and a fork and join takes little more
//! than a line takes from one core to another and back.

mod shared;

use std::any::Any;
use std::cell::UnsafeCell;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::*, fence};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

pub use shared::Shared;

/// How long a thread looks for news before it sleeps: longer than the gaps inside a training step, shorter
/// than anyone would notice on a meter.
const AWAKE: Duration = Duration::from_micros(100);
/// How many looks before each glance at the clock, and before giving the core to whoever wants it.
const LOOKS: usize = 256;

/// Numbers of a chunk: what the nearest cache holds. Waking a helper takes as long as going through some thousand.
const CHUNK: usize = 8192;

/// A team of threads, the caller's among them. Clones are handles on the same team; it ends with the last of
/// them.
///
/// ```
/// use gradus::threads::Threads;
/// use std::sync::atomic::{AtomicUsize, Ordering};
///
/// let threads = Threads::new(2);
/// let sum = AtomicUsize::new(0);
/// threads.for_each(5, &|task| {
///     sum.fetch_add(task, Ordering::Relaxed);
/// });
/// assert_eq!(sum.into_inner(), 0 + 1 + 2 + 3 + 4);
/// ```
#[derive(Clone)]
pub struct Threads(Arc<Team>);

impl Threads {
    /// A team of `count` threads (at least 1): the caller's and `count - 1` helpers.
    ///
    /// If the system refuses some of them the team is smaller; results do not depend on it.
    pub fn new(count: usize) -> Threads {
        let patience = if count <= Threads::available() { AWAKE } else { Duration::ZERO };
        let desk = Arc::new(Desk::new(patience));
        crate::kernels::prepare();
        let mut helpers = Vec::new();
        for number in 1..count {
            let desk = desk.clone();
            let name = format!("gradus-{number}");
            match std::thread::Builder::new().name(name).spawn(move || desk.help(number)) {
                Ok(helper) => helpers.push(helper),
                Err(_) => break,
            }
        }
        // All that a helper ever allocates, it has allocated once it reports: later steps allocate nothing.
        let mut bell = desk.bell();
        while bell.ready < helpers.len() {
            bell = desk.ended.wait(bell).unwrap_or_else(PoisonError::into_inner);
        }
        drop(bell);
        let door = |_| Door {
            state: AtomicU32::new(SHUT),
            asleep: AtomicBool::new(false),
            next: AtomicUsize::new(0),
            job: UnsafeCell::new(None),
        };
        desk.doors.get_or_init(|| (0..=helpers.len()).map(door).collect());
        Threads(Arc::new(Team { desk, helpers }))
    }

    /// How many threads this machine lets the program run at once (cores, affinity and container limits).
    pub fn available() -> usize {
        std::thread::available_parallelism().map_or(1, usize::from)
    }

    /// The number of threads in the team, the caller's included.
    pub fn count(&self) -> usize {
        self.0.helpers.len() + 1
    }

    /// Runs `task(0)`, …, `task(tasks - 1)`, each once, in any order, and returns when all are done.
    ///
    /// Allocates nothing. If the team is at work already (another thread's call, or a call from inside a
    /// task), the caller runs all tasks itself. If a task panics, the remaining ones are dropped and the
    /// panic goes on in the caller once every thread has stopped; the team stays usable.
    pub fn for_each(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        let desk = &*self.0.desk;
        if tasks <= 1 || self.0.helpers.is_empty() || desk.taken.swap(true, Acquire) {
            return (0..tasks).for_each(task);
        }
        desk.open(tasks, task);
        desk.drain(0, tasks, task);
        desk.close(tasks);
        let panic = desk.bell().panic.take();
        desk.taken.store(false, Release);
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }

    /// Runs `task` with every chunk of the numbers 0 … `count` − 1, in any order: they are cut at fixed places.
    ///
    /// ```
    /// use gradus::threads::{Shared, Threads};
    ///
    /// let mut numbers = vec![1.0; 100_000];
    /// let shared = Shared::of(&mut numbers);
    /// Threads::new(2).in_chunks(100_000, &|range| {
    ///     // SAFETY: chunks are disjoint.
    ///     unsafe { shared.slice(range) }.iter_mut().for_each(|x| *x += 1.0);
    /// });
    /// assert!(numbers.iter().all(|x| *x == 2.0));
    /// ```
    pub fn in_chunks(&self, count: usize, task: &(dyn Fn(Range<usize>) + Sync)) {
        self.for_each(count.div_ceil(CHUNK), &|chunk| {
            task(chunk * CHUNK..count.min((chunk + 1) * CHUNK));
        });
    }
}

/// The helpers, and the desk where they and the caller meet.
struct Team {
    desk: Arc<Desk>,
    helpers: Vec<JoinHandle<()>>,
}

impl Drop for Team {
    fn drop(&mut self) {
        self.desk.over.store(true, SeqCst);
        drop(self.desk.bell());
        self.desk.opened.notify_all();
        let this = std::thread::current().id();
        for helper in self.helpers.drain(..).filter(|helper| helper.thread().id() != this) {
            // A helper catches every panic, so there is none to hear of here.
            let _ = helper.join();
        }
    }
}

/// Looks some hundred times whether `done`, for a microsecond or two; whether it was seen.
pub(crate) fn looks(done: impl Fn() -> bool) -> bool {
    (0..LOOKS).any(|_| {
        let seen = done();
        if !seen {
            std::hint::spin_loop();
        }
        seen
    })
}

type Task = *const (dyn Fn(usize) + Sync);

/// A door nobody may come in by. Who is inside leaves it so.
const SHUT: u32 = 0;
/// A door with a job behind it.
const OPEN: u32 = 1;
/// A door with its helper inside.
const INSIDE: u32 = 2;

/// What passes between the caller and one thread: a line (and the one that is fetched with it), so that all of it comes at once and nothing else does.
#[repr(align(128))]
struct Door {
    state: AtomicU32,
    /// Whether its helper sleeps on `opened`: who opens rings only then.
    asleep: AtomicBool,
    /// Of this thread's share, the next task nobody has taken.
    next: AtomicUsize,
    /// How many tasks there are, and what they are. Written by the owner of the team while the door is shut, read by who is inside.
    job: UnsafeCell<Option<(usize, Task)>>,
}

impl Door {
    fn is(&self, state: u32) -> bool {
        self.state.load(SeqCst) == state
    }
}

struct Desk {
    /// Of each thread; the caller's is the first, and never opened.
    doors: OnceLock<Vec<Door>>,
    /// Whether some call owns the team.
    taken: AtomicBool,
    over: AtomicBool,
    /// How many threads sleep on `ended`: whoever brings news rings only for them.
    waiting: AtomicUsize,
    bell: Mutex<Bell>,
    opened: Condvar,
    ended: Condvar,
    patience: Duration,
}

#[derive(Default)]
struct Bell {
    ready: usize,
    panic: Option<Box<dyn Any + Send>>,
}

// SAFETY: `job` alone is not Sync. It is written only while its door is shut with nobody inside, see `open`, and the
// pointer in it leads to a `Sync` closure that outlives the job, see `close`.
unsafe impl Sync for Door {}
// SAFETY: as above.
unsafe impl Send for Door {}

impl Desk {
    fn new(patience: Duration) -> Desk {
        Desk {
            doors: OnceLock::new(),
            taken: AtomicBool::new(false),
            over: AtomicBool::new(false),
            waiting: AtomicUsize::new(0),
            bell: Mutex::default(),
            opened: Condvar::new(),
            ended: Condvar::new(),
            patience,
        }
    }

    fn bell(&self) -> MutexGuard<'_, Bell> {
        self.bell.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets helpers in, as many as have a share. The caller owns the team and calls `close` before `task` ends.
    fn open(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        // SAFETY: only the lifetime changes; `close` makes sure that nobody uses `task` after it.
        let task =
            unsafe { std::mem::transmute::<&(dyn Fn(usize) + Sync), &'static (dyn Fn(usize) + Sync)>(task) };
        let doors = self.doors(tasks);
        // All before the first is open: who has done his share looks at those of others.
        for (thread, door) in doors.iter().enumerate() {
            // SAFETY: the door is shut with nobody inside, so nobody else touches `job`.
            unsafe { *door.job.get() = Some((tasks, task)) };
            door.next.store(self.share(thread, tasks).start, Relaxed);
        }
        doors.iter().skip(1).for_each(|door| door.state.store(OPEN, Release));
        // Either these stores are seen by a helper before it sleeps, or the helper is seen here.
        fence(SeqCst);
        if doors.iter().skip(1).any(|door| door.asleep.load(SeqCst)) {
            drop(self.bell());
            self.opened.notify_all();
        }
    }

    /// Of the threads that have a share of so many tasks.
    fn doors(&self, tasks: usize) -> &[Door] {
        let all = self.doors.get().map_or(&[][..], |doors| doors);
        &all[..all.len().min(tasks)]
    }

    /// The tasks a thread begins with: one after another, so that all are somebody's.
    fn share(&self, thread: usize, tasks: usize) -> Range<usize> {
        let threads = self.doors(usize::MAX).len();
        let start = |thread| if tasks <= threads { tasks.min(thread) } else { thread * tasks / threads };
        start(thread)..start(thread + 1)
    }

    /// Runs tasks, a thread's own share first, until none is left; where nobody has more than one, only the caller looks whether another's is left:
    /// a helper who looked would be out later, by the time that a line takes from core to core. A panic takes the remaining tasks away and is kept for the caller.
    fn drain(&self, thread: usize, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        let doors = self.doors(tasks);
        let work = || {
            let looks = thread == 0 || tasks > doors.len();
            let others = (thread + 1..doors.len()).chain(0..thread).filter(|_| looks);
            for share in std::iter::once(thread).chain(others) {
                let (next, end) = (&doors[share].next, self.share(share, tasks).end);
                while next.load(Relaxed) < end {
                    let number = next.fetch_add(1, Relaxed);
                    if number < end {
                        task(number);
                    }
                }
            }
        };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(work)) {
            doors.iter().for_each(|door| door.next.store(tasks, Relaxed));
            self.bell().panic.get_or_insert(panic);
        }
    }

    /// Lets no further helper in, and returns when the last one is out.
    fn close(&self, tasks: usize) {
        for door in self.doors(tasks).iter().skip(1) {
            let empty = || door.is(SHUT);
            let shut = || door.state.compare_exchange(OPEN, SHUT, AcqRel, Acquire).is_ok();
            if empty() || shut() || self.look(empty) {
                continue;
            }
            let mut bell = self.bell();
            self.waiting.fetch_add(1, SeqCst);
            while !empty() {
                bell = self.ended.wait(bell).unwrap_or_else(PoisonError::into_inner);
            }
            self.waiting.fetch_sub(1, SeqCst);
        }
    }

    /// The life of a helper.
    fn help(&self, thread: usize) {
        crate::kernels::prepare();
        self.bell().ready += 1;
        self.ended.notify_all();
        let door = &self.doors.wait()[thread];
        while self.wait_for_job(door) {
            if door.state.compare_exchange(OPEN, INSIDE, AcqRel, Relaxed).is_err() {
                continue;
            }
            // SAFETY: this helper is inside: the owner wrote `job` before it opened the door and waits in `close`.
            if let Some((tasks, task)) = unsafe { *door.job.get() } {
                // SAFETY: as above, `task` lives until `close` returns.
                self.drain(thread, tasks, unsafe { &*task });
            }
            door.state.store(SHUT, SeqCst);
            if self.waiting.load(SeqCst) > 0 {
                drop(self.bell());
                self.ended.notify_all();
            }
        }
    }

    /// Returns true when the door is open, false when the team is over.
    fn wait_for_job(&self, door: &Door) -> bool {
        let news = || door.is(OPEN) || self.over.load(SeqCst);
        if !self.look(news) {
            let mut bell = self.bell();
            door.asleep.store(true, SeqCst);
            while !news() {
                bell = self.opened.wait(bell).unwrap_or_else(PoisonError::into_inner);
            }
            door.asleep.store(false, SeqCst);
        }
        !self.over.load(SeqCst)
    }

    /// Looks for a while whether `done`, and says whether it is.
    fn look(&self, done: impl Fn() -> bool) -> bool {
        if done() {
            return true;
        }
        if self.patience.is_zero() {
            return false;
        }
        let start = Instant::now();
        loop {
            if looks(&done) {
                return true;
            }
            if start.elapsed() > self.patience {
                return false;
            }
            std::thread::yield_now();
        }
    }
}

#[cfg(test)]
mod tests;
