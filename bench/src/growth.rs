//! How the time of a step grows: against width, depth, batch and picture size, one chart each, beside the floor.

use std::error::Error;
use std::path::Path;

use gradus_figures::{Axis, Chart, Colour, Dash, Lines, Series};

use crate::measure::{Effort, Finding, measure};
use crate::workload::Workload;

/// One thing that grows while all else stays.
struct Growth {
    name: &'static str,
    title: &'static str,
    /// What is counted along the chart.
    along: &'static str,
    sizes: &'static [usize],
    /// (inputs, network, batch) of a size.
    at: fn(usize) -> (String, String, usize),
}

const GROWTHS: [Growth; 4] = [
    Growth {
        name: "width",
        title: "784 inputs, two layers of that width, 10 classes; batches of 128",
        along: "neurons in a layer",
        sizes: &[16, 32, 64, 128, 256, 512, 1024, 2048],
        at: |width| ("784".into(), format!("dense {width} relu, dense {width} relu, dense 10 softmax"), 128),
    },
    Growth {
        name: "depth",
        title: "784 inputs, that many layers of 256, 10 classes; batches of 128",
        along: "hidden layers",
        sizes: &[1, 2, 4, 8, 16, 32],
        at: |depth| ("784".into(), format!("{}dense 10 softmax", "dense 256 relu, ".repeat(depth)), 128),
    },
    Growth {
        name: "batch",
        title: "784 inputs, 512, 512, 10 classes",
        along: "examples in a batch",
        sizes: &[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048],
        at: |batch| ("784".into(), "dense 512 relu, dense 512 relu, dense 10 softmax".into(), batch),
    },
    Growth {
        name: "picture",
        title: "conv 16 3x3, pool 2, conv 32 3x3, pool 2, 10 classes; batches of 16",
        along: "pixels along a side of a picture",
        sizes: &[16, 24, 32, 48, 64, 96, 128, 192],
        at: |side| {
            let layers =
                "conv 16 3x3 relu, pool 2, conv 32 3x3 relu, pool 2, global_average_pool, dense 10 softmax";
            (format!("{side}x{side}x3"), layers.into(), 16)
        },
    },
];

/// Measures all of them with Adam and draws `width`, `depth`, `batch` and `picture`, as SVG and PNG.
///
/// # Errors
/// If a file cannot be written.
pub fn draw(folder: &Path, threads: &[usize], effort: Effort) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    for growth in &GROWTHS {
        let mut chart = Lines::new(growth.title, Axis::log(growth.along), Axis::log("milliseconds a step"));
        // For each team the times and the floors along the chart.
        let mut lines = vec![(Vec::new(), Vec::new()); threads.len()];
        for &size in growth.sizes {
            let found = measure(&growth.workload(size)?, threads, effort)?;
            for (found, (times, floors)) in found.iter().zip(&mut lines) {
                let (threads, ms) = (found.threads, 1e3 * found.median());
                eprintln!("{} {size}, {threads} thread(s): {ms:.3} ms", growth.name);
                times.push((size as f64, ms));
                floors.push((size as f64, 1e3 * floor(found)));
            }
        }
        for (i, (&threads, (times, floors))) in threads.iter().zip(lines).enumerate() {
            let plural = if threads == 1 { "" } else { "s" };
            let series = |name: &str, values: Vec<(f64, f64)>| {
                Series::new(format!("{name}{threads} thread{plural}"), values).coloured(Colour::of_series(i))
            };
            chart = chart.series(series("", times)).series(series("floor of ", floors).dashed(Dash::Dashed));
        }
        chart.save(&folder.join(growth.name))?;
    }
    Ok(())
}

/// Seconds below which no way of doing the step can come: its sums, or the memory it must move.
fn floor(found: &Finding) -> f64 {
    found.floor_of_sums().max(found.floor_of_bytes())
}

impl Growth {
    fn workload(&self, size: usize) -> Result<Workload, Box<dyn Error>> {
        let (inputs, network, batch) = (self.at)(size);
        Ok(Workload {
            name: format!("{} {size}", self.name).into(),
            trains: true,
            members: None,
            input: inputs.parse()?,
            classes: 10,
            network: network.into(),
            loss: "softmax_cross_entropy",
            batch,
            optimizer: "adam",
            learning_rate: 1e-4,
            pool: 4,
            digits: false,
            warmup: 8,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_makes_a_model() {
        for growth in &GROWTHS {
            for &size in growth.sizes {
                growth.workload(size).unwrap().model().unwrap();
            }
        }
    }
}
