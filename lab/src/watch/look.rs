//! Looks inside a training: what is too costly for every step.
//!
//! A thread of its own asks the trainer for a copy of the weights before and after a step, and computes from these, on a few
//! fixed examples: histograms of weights, slopes and activations, the norm of the gradient and how far the step went
//! (‖Δθ‖ / ‖θ‖) for each part, dead and saturated units, the answers on the wall's pictures, the first layer's weights as
//! pictures, and of a small network every weight and activation. It looks only while a page is open, at most twice a second, and rests until a look was less than
//! [`SHARE`] of the machine's time. It writes nothing that the training reads.

mod answers;
mod inside;
mod neurons;

use std::sync::LazyLock;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gradus::threads::Threads;
use serde_json::json;

use super::Hub;
use super::desk::Copy;
use answers::Answers;
use inside::Inside;
use neurons::Neurons;

/// The most that looks may take of the machine's time.
pub const SHARE: f64 = 0.005;

/// Between two looks at least.
const PACE: Duration = Duration::from_millis(500);

/// Begins to look; the thread ends with the hub's training.
///
/// # Errors
/// If the machine gives no thread.
pub fn start(hub: &Hub) -> std::io::Result<JoinHandle<()>> {
    let hub = hub.clone();
    std::thread::Builder::new().name("gradus-look".into()).spawn(move || watch(&hub))
}

fn watch(hub: &Hub) {
    // Nothing is made, and no memory taken, before there is a page.
    let Some(first) = next(hub) else { return };
    let (scene, threads) = (hub.scene(), Threads::new(1));
    let (Ok(mut inside), Ok(mut neurons)) = (Inside::new(scene, &threads), Neurons::new(scene, &threads))
    else {
        return;
    };
    let mut answers = Answers::new(scene, &threads);
    let mut first = Some(first);
    let cores = Threads::available() as f64;
    let (mut last, mut taken) = (None, 0.0f64);
    loop {
        let Some((copies, count)) = first.take().or_else(|| next(hub)) else { return };
        if last != Some(copies[0].step) {
            last = Some(copies[0].step);
            let began = busy();
            let now = &copies[0];
            let next = (count == 2).then_some(&copies[1]);
            let look = json!({
                "step": now.step,
                "parts": inside.parts(scene, now, next),
                "layers": inside.layers(scene, now),
                "first": inside::first_layer(scene, &now.theta),
                "answers": answers.of(scene, now),
                "neurons": neurons.as_mut().and_then(|neurons| neurons.of(scene, now)),
                "seconds": taken,
            });
            taken = busy().saturating_sub(began).as_secs_f64();
            hub.state().look(look);
        }
        hub.desk().give_back(copies);
        let rest = PACE.max(Duration::from_secs_f64(taken / SHARE / cores));
        let woken = hub.desk();
        let over = |desk: &mut super::desk::Desk| !desk.has_ended();
        let waited = hub.0.changed.wait_timeout_while(woken, rest, over);
        if waited.expect("nothing panics while it is held").0.has_ended() {
            return;
        }
    }
}

/// How long this thread has computed: on Linux without the time it waited for a core, elsewhere with it.
fn busy() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|text| text.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

/// Waits for a page and for the trainer; none at the end.
fn next(hub: &Hub) -> Option<([Copy; 2], usize)> {
    let mut desk = hub.desk();
    let mut asked = false;
    loop {
        if desk.has_ended() {
            return None;
        }
        if hub.pages() > 0 {
            if !asked {
                desk.want();
                hub.0.attention.store(true, Relaxed);
                asked = true;
            }
            if let Some(copies) = desk.take() {
                return Some(copies);
            }
        }
        let tenth = Duration::from_millis(100);
        desk = hub.0.changed.wait_timeout(desk, tenth).expect("nothing panics while it is held").0;
    }
}
