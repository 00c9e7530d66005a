//! `gradus train --profile`: where the time of a step went, beside the least it could take.

use gradus::ceiling;
use gradus::train::Profile;
use serde_json::json;

use crate::console::{Voice, print, print_json};

/// A line of the table.
struct Line {
    what: String,
    forward: f64,
    back: f64,
    /// The least the same work could take here, by multiply-adds or by bytes; none where it is not known.
    floor: Option<f64>,
}

/// Prints the profile of a training on so many threads.
pub fn show(profile: &Profile, threads: usize, voice: Voice) {
    // The best of several looks: somebody else may be at work meanwhile.
    let peak = (0..4).map(|_| ceiling::flops_per_second(threads)).fold(0.0, f64::max);
    let most = profile.ops.iter().map(|op| op.bytes).fold(0.0, f64::max);
    let steps = profile.steps.max(1) as f64;
    let bandwidth = ceiling::bytes_per_second((most / steps) as usize, threads);
    let mut lines: Vec<Line> = (profile.ops.iter())
        .map(|op| Line {
            what: format!("{} {} ({})", op.scope, op.op, op.input),
            forward: op.forward / steps,
            back: op.back / steps,
            floor: Some((2.0 * op.products / peak).max(op.bytes / bandwidth) / steps),
        })
        .collect();
    let plain = |what: &str, seconds: f64| Line {
        what: what.into(),
        forward: seconds / steps,
        back: 0.0,
        floor: None,
    };
    lines.push(plain("batches: read, changed, copied", profile.reading));
    lines.push(plain("optimizer and the rest", profile.rest()));
    let step = profile.seconds / steps;
    if voice == Voice::Json {
        let rows = lines
            .iter()
            .map(|l| json!({ "what": l.what, "forward_s": l.forward, "back_s": l.back, "floor_s": l.floor }));
        return print_json(&json!({
            "event": "profile", "steps": profile.steps, "step_s": step, "threads": threads,
            "peak_flops": peak, "bandwidth": bandwidth, "rows": rows.collect::<Vec<_>>(),
        }));
    }
    let width = lines.iter().map(|l| l.what.chars().count()).max().unwrap_or(0);
    print(&format!(
        "profile    {} steps, {} each, on {threads} thread{}; at best {:.0} GFLOP/s and {:.0} GB/s here",
        profile.steps,
        time(step),
        if threads == 1 { "" } else { "s" },
        peak / 1e9,
        bandwidth / 1e9
    ));
    print(&format!(
        "  {:<width$}  {:>9}  {:>9}  {:>6}  {:>9}  {:>6}",
        "", "forward", "back", "share", "floor", "at it"
    ));
    for l in &lines {
        let both = l.forward + l.back;
        let at = l
            .floor
            .map_or(String::new(), |f| format!("{:>9}  {:>5.0}%", time(f), 100.0 * f / both.max(1e-12)));
        let back = if l.back > 0.0 { time(l.back) } else { String::new() };
        let share = format!("{:.1}%", 100.0 * both / step.max(1e-12));
        print(
            format!("  {:<width$}  {:>9}  {back:>9}  {share:>6}  {at}", l.what, time(l.forward)).trim_end(),
        );
    }
}

fn time(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.1} µs", s * 1e6),
        s if s < 1.0 => format!("{:.2} ms", s * 1e3),
        s => format!("{s:.2} s"),
    }
}
