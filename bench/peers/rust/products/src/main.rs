//! Matrix products of gradus beside those of the crates gemm, faer and matrixmultiply, in turn in one process.
//!
//! `products [--threads N]`: for every shape the rate of each in billions of operations per second (the best of several rounds)
//! and how often gradus is as fast as the best of the others (the middle of the rounds), as a table in Markdown. On one thread
//! the time is that on a core, which others on a busy machine cannot take away. Results are held against a product in 64-bit
//! floats first; whoever strays further than rounding can explain ends the program.

mod crates;
mod shapes;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use common::{core_seconds, version};
use gradus::ceiling;
use gradus::threads::Threads;

use crates::PRODUCTS;
use shapes::{Operands, Shape};

const ROUNDS: usize = 9;
/// Seconds of each in a round, about.
const SECONDS: f64 = 0.01;
const EACH: usize = PRODUCTS.len();

/// What was found for a shape.
struct Found {
    /// Operations per second, the best round of each.
    rates: [f64; EACH],
    /// Time of each over that of gradus, the middle of the rounds.
    ratios: [f64; EACH],
    /// The greatest error of each, in relation to the sum of the sizes of what was added.
    errors: [f64; EACH],
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let count = match &words[..] {
        [] => Some(1),
        [option, count] if option == "--threads" => count.parse().ok().filter(|n| (1..=1024).contains(n)),
        _ => None,
    };
    let Some(count) = count else {
        eprintln!("products [--threads N]");
        return ExitCode::from(2);
    };
    // SAFETY: no other thread runs yet.
    unsafe {
        std::env::set_var("RAYON_NUM_THREADS", count.to_string());
        std::env::set_var("MATMUL_NUM_THREADS", count.to_string());
    }
    table(&Threads::new(count))
}

fn table(threads: &Threads) -> ExitCode {
    let peak = (0..20).map(|_| ceiling::flops_per_second(threads.count())).fold(0.0, f64::max) / 1e9;
    println!("Threads: {}. Peak: {peak:.0} GFLOP/s, {}.", threads.count(), gradus::kernels::isa().name());
    let names = PRODUCTS.map(|p| p.0);
    let versions = names[1..].iter().map(|name| format!("{name} {}", version(name)));
    println!("{}.\n", versions.collect::<Vec<_>>().join(", "));
    println!("| product | m × k × n | operands | {} | best other's time / gradus' |", names.join(" | "));
    println!("|---|---|---|{}---|", "---|".repeat(EACH));
    let (mut behind, mut errors, shapes) = (Vec::new(), [0.0f64; EACH], shapes::all());
    for shape in &shapes {
        let found = match measure(shape, threads) {
            Ok(found) => found,
            Err(message) => {
                eprintln!("products: {message}");
                return ExitCode::FAILURE;
            }
        };
        let best = (1..EACH).min_by(|&a, &b| found.ratios[a].total_cmp(&found.ratios[b])).expect("others");
        let ratio = found.ratios[best];
        let cells = found.rates.map(|r| format!("{:.1}", r / 1e9)).join(" | ");
        let told = format!("{} | {}", shape.about, of(shape));
        println!("| {told} | {cells} | **{ratio:.2}** ({}) |", names[best]);
        if ratio < 1.0 {
            behind.push(format!(
                "- {}, {}: {ratio:.2} ({})",
                shape.about,
                of(shape).replace(" |", ","),
                names[best]
            ));
        }
        errors.iter_mut().zip(found.errors).for_each(|(most, error)| *most = most.max(error));
    }
    println!(
        "\ngradus is the fastest of all in {} of {} products; not in:\n",
        shapes.len() - behind.len(),
        shapes.len()
    );
    println!("{}\n", behind.join("\n"));
    let errors: Vec<String> =
        names.iter().zip(errors).map(|(name, error)| format!("{name} {error:.1e}")).collect();
    println!("The greatest error in relation to Σ |a b|: {}.", errors.join(", "));
    ExitCode::SUCCESS
}

fn of(shape: &Shape) -> String {
    let ([m, k, n], turned) = (shape.size, |is: bool| if is { "ᵀ" } else { "" });
    format!("{m} × {k} × {n} | a{} b{}", turned(shape.turned[0]), turned(shape.turned[1]))
}

fn measure(shape: &Shape, threads: &Threads) -> Result<Found, String> {
    let (operands, [m, k, n]) = (Operands::new(shape), shape.size);
    let mut c = vec![f32::NAN; m * n];
    let exact = operands.exact();
    let mut errors = [0.0f64; EACH];
    for ((name, product), error) in PRODUCTS.iter().zip(&mut errors) {
        c.fill(f32::NAN);
        product(&operands, &mut c, threads);
        for (i, sums, sizes) in &exact {
            for ((c, sum), size) in c[i * n..].iter().zip(sums).zip(sizes) {
                let apart = (*c as f64 - sum).abs() / size.max(f64::MIN_POSITIVE);
                // Higham 2002, Accuracy and Stability of Numerical Algorithms, §3.5: |error| ≤ k u Σ |a b|, to first order. Not ≤: NaN.
                if !(apart <= k as f64 * 0.5 * f32::EPSILON as f64) {
                    return Err(format!("{name} errs by {apart:.1e} of Σ |a b| in {}", of(shape)));
                }
                *error = error.max(apart);
            }
        }
    }
    let flops = 2.0 * (m * k * n) as f64;
    let times = (SECONDS * 50e9 / flops).ceil().clamp(1.0, 20_000.0) as usize;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push(PRODUCTS.map(|(_, product)| {
            let (core, began) = (core_seconds(), Instant::now());
            for _ in 0..times {
                product(black_box(&operands), black_box(&mut c), threads);
            }
            let spent =
                if threads.count() > 1 { began.elapsed().as_secs_f64() } else { core_seconds() - core };
            spent / times as f64
        }));
    }
    let of_each = |f: &dyn Fn(usize) -> f64| std::array::from_fn(f);
    Ok(Found {
        rates: of_each(&|i| flops / rounds.iter().map(|r| r[i]).fold(f64::INFINITY, f64::min)),
        ratios: of_each(&|i| middle(rounds.iter().map(|r| r[i] / r[0]).collect())),
        errors,
    })
}

fn middle(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
