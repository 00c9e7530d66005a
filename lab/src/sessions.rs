//! Experiments that are open: how many, how long, and where they compute.
//!
//! At most [`LIMIT`] live at a time; the least recently used goes for a new one, idle ones after [`IDLE`]. Each question is
//! answered on a worker thread, at most as many at once as the machine has cores, within [`TIME`].

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, TryLockError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;

use gradus::message::Message;
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::bench::{Deadline, Experiment, Session, State};

/// How many sessions live at a time.
pub const LIMIT: usize = 32;
/// How long one lives that is not asked.
pub const IDLE: Duration = Duration::from_secs(600);
/// How long a question may take.
pub const TIME: Duration = Duration::from_secs(10);
/// How much longer until it is given up: the session may not look at its deadline often.
const GRACE: Duration = Duration::from_secs(5);

/// Why there is no answer: a status and words.
pub type Refusal = (StatusCode, Message);

/// All open sessions. A copy is another handle of the same.
#[derive(Clone)]
pub struct Sessions {
    open: Arc<Mutex<BTreeMap<u64, Slot>>>,
    next: Arc<AtomicU64>,
    workers: Arc<Semaphore>,
}

struct Slot {
    experiment: &'static str,
    session: Arc<Mutex<Box<dyn Session>>>,
    used: Instant,
}

impl Default for Sessions {
    fn default() -> Sessions {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Sessions {
            open: Arc::default(),
            next: Arc::new(AtomicU64::new(1)),
            workers: Arc::new(Semaphore::new(cores)),
        }
    }
}

impl Sessions {
    /// Sets an experiment up.
    ///
    /// # Errors
    /// What is wrong with the state, or that it took too long.
    pub async fn open(&self, experiment: &'static Experiment, state: State) -> Result<u64, Refusal> {
        let session = self.compute(move |deadline| (experiment.open)(&state, deadline)).await?;
        let number = self.next.fetch_add(1, Relaxed);
        let mut open = self.open.lock().expect("nothing panics while it is held");
        while open.len() >= LIMIT {
            let oldest = open.iter().min_by_key(|(_, slot)| slot.used).map(|(number, _)| *number);
            oldest.map(|number| open.remove(&number));
        }
        let session = Arc::new(Mutex::new(session));
        open.insert(number, Slot { experiment: experiment.name, session, used: Instant::now() });
        Ok(number)
    }

    /// Asks a session.
    ///
    /// # Errors
    /// 404 if it has ended, 409 if it is still busy, what is wrong with the question, or that it took too long.
    pub async fn ask(&self, experiment: &str, number: u64, question: Value) -> Result<Value, Refusal> {
        let session = {
            let mut open = self.open.lock().expect("nothing panics while it is held");
            let slot = open.get_mut(&number).filter(|slot| slot.experiment == experiment);
            let ended = || (StatusCode::NOT_FOUND, Message::of("this session has ended: open it again"));
            let slot = slot.ok_or_else(ended)?;
            slot.used = Instant::now();
            slot.session.clone()
        };
        let answer = self.compute(move |deadline| match session.try_lock() {
            Ok(mut session) => session.answer(&question, deadline).map(Some),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Poisoned(_)) => panic!("an earlier question broke it"),
        });
        match answer.await {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err((StatusCode::CONFLICT, "the last question is still being answered".into())),
            Err(refusal) => {
                // What panicked, or never came back, is of no more use.
                if refusal.0.is_server_error() {
                    self.open.lock().expect("nothing panics while it is held").remove(&number);
                }
                Err(refusal)
            }
        }
    }

    /// Ends sessions that were not asked for long.
    pub fn end_idle(&self) {
        let mut open = self.open.lock().expect("nothing panics while it is held");
        open.retain(|_, slot| slot.used.elapsed() < IDLE);
    }

    /// Runs `work` on a worker thread.
    async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Deadline) -> gradus::Result<T> + Send + 'static,
    ) -> Result<T, Refusal> {
        let late = |_| (StatusCode::GATEWAY_TIMEOUT, Message::of("that took too long"));
        let wait = self.workers.clone().acquire_owned();
        let permit = tokio::time::timeout(TIME, wait).await.map_err(late)?;
        let worker = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            catch_unwind(AssertUnwindSafe(|| work(&Deadline::after(TIME))))
        });
        match tokio::time::timeout(TIME + GRACE, worker).await.map_err(late)? {
            Ok(Ok(Ok(answer))) => Ok(answer),
            Ok(Ok(Err(error))) => Err((StatusCode::BAD_REQUEST, error.message())),
            _ => Err((StatusCode::INTERNAL_SERVER_ERROR, "the experiment failed; this is a bug".into())),
        }
    }
}
