//! Work shared among threads, with results that never depend on how many there are:
//! the caller cuts the work into tasks, the threads only choose who runs which.
//!
//! Every thread has a share of the tasks that is the same whenever there are as many, so that what it wrote in one step is likely
//! to be in its own cache in the next; who has done his share helps the others with theirs.
//!
//! A job is opened by one store, after one for each share, and closed by one more. A helper that is awake takes part; one that is
//! asleep, or that the system has put aside, is not waited for: the caller does the work itself and closes the job. So a fork and
//! join costs a tenth of a microsecond between two threads, some three among sixteen, and a busy machine makes it slower, never stuck.

mod shared;

use std::any::Any;
use std::cell::UnsafeCell;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::*};
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
        desk.next.get_or_init(|| (0..=helpers.len()).map(|_| Apart(AtomicUsize::new(0))).collect());
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
        desk.close();
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

type Task = *const (dyn Fn(usize) + Sync);

/// The gate counts jobs in its upper half. The lower half says whether the job is open and how many helpers
/// are in.
const OPEN: u64 = 1 << 31;
const INSIDE: u64 = OPEN - 1;
const JOB: u64 = 1 << 32;

/// One cache line each, so that a helper that looks at the gate does not slow down those who take tasks.
#[repr(align(128))]
struct Apart<T>(T);

struct Desk {
    gate: Apart<AtomicU64>,
    /// Of each thread's share, the next task nobody has taken; the caller's is the first.
    next: OnceLock<Vec<Apart<AtomicUsize>>>,
    /// Whether some call owns the team.
    taken: AtomicBool,
    over: AtomicBool,
    /// Written by the owner of the team while the gate is closed and nobody inside, read by those inside.
    job: UnsafeCell<Option<(usize, Task)>>,
    /// How many threads sleep on `opened`, on `ended`: whoever brings news rings only for them.
    sleeping: AtomicUsize,
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

// SAFETY: `job` alone is not Sync. It is written only while nobody is inside the gate, see `open`, and the
// pointer in it leads to a `Sync` closure that outlives the job, see `close`.
unsafe impl Sync for Desk {}
// SAFETY: as above.
unsafe impl Send for Desk {}

impl Desk {
    fn new(patience: Duration) -> Desk {
        Desk {
            gate: Apart(AtomicU64::new(0)),
            next: OnceLock::new(),
            taken: AtomicBool::new(false),
            over: AtomicBool::new(false),
            job: UnsafeCell::new(None),
            sleeping: AtomicUsize::new(0),
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

    /// Lets the helpers in. The caller owns the team and calls `close` before `task` ends.
    fn open(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        // SAFETY: only the lifetime changes; `close` makes sure that nobody uses `task` after it.
        let task =
            unsafe { std::mem::transmute::<&(dyn Fn(usize) + Sync), &'static (dyn Fn(usize) + Sync)>(task) };
        // SAFETY: the gate is closed with nobody inside, so nobody else touches `job`.
        unsafe { *self.job.get() = Some((tasks, task)) };
        for (thread, next) in self.shares(tasks).iter().enumerate() {
            next.0.store(self.share(thread, tasks).start, Relaxed);
        }
        let job = self.gate.0.load(Relaxed) & !(JOB - 1);
        // Either this store is seen by a helper before it sleeps, or the helper is seen here (both are
        // SeqCst).
        self.gate.0.store(job.wrapping_add(JOB) | OPEN, SeqCst);
        if self.sleeping.load(SeqCst) > 0 {
            drop(self.bell());
            self.opened.notify_all();
        }
    }

    /// Where the shares stand that have any of so many tasks.
    fn shares(&self, tasks: usize) -> &[Apart<AtomicUsize>] {
        let all = self.next.get().map_or(&[][..], |next| next);
        &all[..all.len().min(tasks)]
    }

    /// The tasks a thread begins with: one after another, so that all are somebody's.
    fn share(&self, thread: usize, tasks: usize) -> Range<usize> {
        let threads = self.shares(usize::MAX).len();
        let start = |thread| if tasks <= threads { tasks.min(thread) } else { thread * tasks / threads };
        start(thread)..start(thread + 1)
    }

    /// Runs tasks until none is left, a thread's own share first. A panic takes the remaining tasks away and is kept for the caller.
    fn drain(&self, thread: usize, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        let shares = self.shares(tasks);
        let work = || {
            for share in (thread..shares.len()).chain(0..thread.min(shares.len())) {
                let (next, end) = (&shares[share].0, self.share(share, tasks).end);
                while next.load(Relaxed) < end {
                    let number = next.fetch_add(1, Relaxed);
                    if number < end {
                        task(number);
                    }
                }
            }
        };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(work)) {
            shares.iter().for_each(|next| next.0.store(tasks, Relaxed));
            self.bell().panic.get_or_insert(panic);
        }
    }

    /// Lets no further helper in, and returns when the last one is out.
    fn close(&self) {
        if self.gate.0.fetch_and(!OPEN, AcqRel) & INSIDE == 0 {
            return;
        }
        let empty = || self.gate.0.load(SeqCst) & INSIDE == 0;
        if !self.look(empty) {
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
        let mut seen = 0;
        while self.wait_for_job(seen) {
            let gate = self.gate.0.load(SeqCst);
            if gate & OPEN == 0 || gate / JOB == seen {
                continue;
            }
            if self.gate.0.compare_exchange(gate, gate + 1, AcqRel, Relaxed).is_err() {
                continue;
            }
            seen = gate / JOB;
            // SAFETY: this helper is inside: the owner wrote `job` before it opened the gate and waits in
            // `close`.
            if let Some((tasks, task)) = unsafe { *self.job.get() } {
                // SAFETY: as above, `task` lives until `close` returns.
                self.drain(thread, tasks, unsafe { &*task });
            }
            let left = self.gate.0.fetch_sub(1, SeqCst) - 1;
            if left & (OPEN | INSIDE) == 0 && self.waiting.load(SeqCst) > 0 {
                drop(self.bell());
                self.ended.notify_all();
            }
        }
    }

    /// Returns true when a job other than `seen` is open, false when the team is over.
    fn wait_for_job(&self, seen: u64) -> bool {
        let news = || {
            let gate = self.gate.0.load(SeqCst);
            (gate & OPEN != 0 && gate / JOB != seen) || self.over.load(SeqCst)
        };
        if !self.look(news) {
            let mut bell = self.bell();
            self.sleeping.fetch_add(1, SeqCst);
            while !news() {
                bell = self.opened.wait(bell).unwrap_or_else(PoisonError::into_inner);
            }
            self.sleeping.fetch_sub(1, SeqCst);
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
            for _ in 0..LOOKS {
                if done() {
                    return true;
                }
                std::hint::spin_loop();
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
