//! What was found, for people and for programs.

use gradus::kernels::isa;
use gradus::threads::Threads;

use crate::measure::Finding;

/// The machine, in one line.
pub fn machine() -> String {
    let model = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|l| l.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_string())
    });
    format!(
        "{} ({}), {} threads available, {}, {}",
        model.unwrap_or_else(|| "unknown processor".into()),
        std::env::consts::ARCH,
        Threads::available(),
        isa().name(),
        env!("GRADUS_BENCH_RUSTC"),
    )
}

/// The two lines above a column of numbers, and its width: those of [`row`], behind the workload's name.
const COLUMNS: [(&str, &str, usize); 14] = [
    ("thr", "", 3),
    ("median", "", 10),
    ("min", "", 10),
    ("max", "", 10),
    ("on core", "", 10),
    ("gain", "", 6),
    ("examples", "/s", 10),
    ("GFLOP", "/s", 8),
    ("peak", "", 7),
    ("share", "", 6),
    ("now", "", 6),
    ("floor:", "sums", 10),
    ("floor:", "bytes", 10),
    ("median/", "floor", 8),
];

/// What the columns of [`row`] are.
pub fn header() -> String {
    let line = |name: &str, cell: fn(&(&'static str, &'static str, usize)) -> &'static str, last: &str| {
        let cells: String = COLUMNS.iter().map(|c| format!("{:>1$}", cell(c), c.2)).collect();
        format!("{name:<19}{cells}  {last}")
    };
    let first = line("workload", |c| c.0, "memory: plan + θ + gradient and state");
    format!("{first}\n{}", line("", |c| c.1, "loss before → after"))
}

/// One finding as a line of the table.
pub fn row(f: &Finding) -> String {
    let (median, (best, worst)) = (f.median(), f.range());
    let floor = f.floor_of_sums().max(f.floor_of_bytes());
    let [plan, theta, optimizer] = f.memory.map(mib);
    format!(
        "{:<19}{:>3}{:>10}{:>10}{:>10}{:>10}{:>6}{:>10.0}{:>8.1}{:>7.1}{:>5.0}%{:>5.0}%{:>10}{:>10}{:>8.1}  {plan} + {theta} + {optimizer} MiB, {:.3} → {:.3}{}{}",
        f.workload.name,
        f.threads,
        time(median),
        time(best),
        time(worst),
        time(f.on_core),
        f.gain.map_or("".into(), |gain| format!("{gain:.2}")),
        f.workload.batch as f64 / median,
        f.flops / median / 1e9,
        f.peak / 1e9,
        100.0 * f.flops / median / f.peak,
        100.0 * f.share_now,
        time(f.floor_of_sums()),
        time(f.floor_of_bytes()),
        median / floor,
        f.losses.0,
        f.losses.1,
        if f.sensible() { "" } else { "  NOT SENSIBLE" },
        f.missed_gain().map_or("".into(), |wanted| format!("  GAIN BELOW {wanted:.1}")),
    )
}

/// One finding as a line of JSON, with the keys the scripts in `peers/` write, and some more.
pub fn json(f: &Finding) -> String {
    format!(
        "{{\"peer\": \"gradus\", \"version\": \"{}\", \"workload\": \"{}\", \"threads\": {}, \"median_s\": {:e}, \
         \"min_s\": {:e}, \"max_s\": {:e}, \"core_s\": {}, \"gain\": {}, \"flops\": {:e}, \"peak\": {:e}, \"share_now\": {:e}, \"floor_sums_s\": {:e}, \
         \"floor_bytes_s\": {:e}, \"memory_bytes\": {}, \"peak_bytes\": {}, \"loss_before\": {:?}, \"loss_after\": {:?}, \
         \"first\": {:?}}}",
        env!("CARGO_PKG_VERSION"),
        f.workload.name,
        f.threads,
        f.median(),
        f.range().0,
        f.range().1,
        if f.on_core.is_finite() { format!("{:e}", f.on_core) } else { "null".into() },
        f.gain.map_or("null".into(), |gain| format!("{gain:e}")),
        f.flops,
        f.peak,
        f.share_now,
        f.floor_of_sums(),
        f.floor_of_bytes(),
        f.memory.iter().sum::<usize>(),
        f.peak_bytes.map_or("null".into(), |bytes| bytes.to_string()),
        f.losses.0,
        f.losses.1,
        f.first,
    )
}

fn mib(bytes: usize) -> String {
    let mib = bytes as f64 / (1 << 20) as f64;
    if mib < 10.0 { format!("{mib:.2}") } else { format!("{mib:.0}") }
}

/// A time for people.
pub fn time(seconds: f64) -> String {
    match seconds {
        s if s < 1e-4 => format!("{:.2} µs", s * 1e6),
        s if s < 1e-3 => format!("{:.1} µs", s * 1e6),
        s if s < 1e-1 => format!("{:.2} ms", s * 1e3),
        s => format!("{:.1} ms", s * 1e3),
    }
}
