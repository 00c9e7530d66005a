//! A report as people read it.

use gradus::gradients::{GradientCost, Report, Way};

use super::formulas::by_number;

/// All tables.
pub fn all(report: &Report, growing: &[GradientCost]) -> String {
    [parts(report), worst(report), rest(report), sweep(report), cost(report), growth(growing)].concat()
}

/// Relative errors of each part of θ.
fn parts(report: &Report) -> String {
    let width = report.parts.iter().map(|p| p.name.len()).max().unwrap_or(0).max(4);
    let mut text = format!(
        "\nrelative error: ‖a − b‖ / max(‖a‖, ‖b‖); backpropagation in f32, differences with h = {:.1e} and formulas in f64\n\
         {:<width$}{:>10}{:>10}{:>7}{:>17}{:>17}{:>17}{:>12}\n",
        report.step,
        "part",
        "weights",
        "compared",
        "kinks",
        "back ~ central",
        "back ~ by hand",
        "hand ~ central",
        "rounding"
    );
    for p in &report.parts {
        text += &format!(
            "{:<width$}{:>10}{:>10}{:>7}{:>17}{:>17}{:>17}{:>12}\n",
            p.name,
            p.weights,
            p.checked,
            p.kinks,
            if p.kinks < p.checked { tiny(Some(p.error)) } else { "–".into() },
            tiny(p.by_hand),
            tiny(p.hand_to_central),
            tiny(Some(p.rounding))
        );
    }
    if !report.single.is_empty() {
        text += &format!(
            "these ops know no f64, so h and the tolerance are larger and less is seen: {}\n",
            report.single.join(", ")
        );
    }
    text
}

/// All weights if they are few, else those furthest apart.
fn worst(report: &Report) -> String {
    let few = report.slopes.len() <= 12;
    let mut shown = if few { report.slopes.iter().collect() } else { report.worst(6) };
    if few {
        shown.sort_by_key(|s| by_number(s));
    }
    let width = report.parts.iter().map(|p| p.name.len() + 14).max().unwrap_or(0);
    let mut text = format!(
        "\n{:<width$}{:>16}{:>16}{:>16}{:>16}{:>9}\n",
        if few { "∂L/∂w" } else { "furthest apart" },
        "backpropagation",
        "central",
        "forward",
        "by hand",
        "error"
    );
    for s in shown {
        text += &format!(
            "{:<width$}{:>16.9}{:>16.9}{:>16.9}{:>16}{:>9}\n",
            format!("{} {}[{}]", s.name.as_deref().unwrap_or(""), s.part, s.place).trim_start(),
            s.backpropagation,
            s.central,
            s.forward,
            s.by_hand.map_or("–".into(), |x| format!("{x:.9}")),
            if s.kink { "kink".into() } else { tiny(Some(s.error)) }
        );
    }
    text
}

/// Directions and ops.
fn rest(report: &Report) -> String {
    let smooth: Vec<f64> = report.directions.iter().filter(|d| !d.kink).map(|d| d.error).collect();
    let largest = |errors: &[f64]| errors.iter().fold(0.0, |a: f64, e| if a >= *e { a } else { *e });
    let mut text = format!(
        "\nalong {} random directions over all {} weights: largest error {}",
        report.directions.len(),
        report.weights,
        if smooth.is_empty() { "–".into() } else { tiny(Some(largest(&smooth))) }
    );
    if smooth.len() < report.directions.len() {
        text += &format!("; {} crossed a kink", report.directions.len() - smooth.len());
    }
    let ops: Vec<f64> = report.ops.iter().filter_map(|op| op.error).collect();
    text += &format!(
        "\neach op by itself, its way back against its way forward: {} slopes, largest error {}\n",
        ops.len(),
        tiny(Some(largest(&ops)))
    );
    text
}

/// The error of differences over their step.
fn sweep(report: &Report) -> String {
    let Some(sweep) = &report.sweep else { return String::new() };
    let against = match sweep.reference {
        "by hand" => "the formulas",
        _ => "central differences extrapolated to h = 0",
    };
    let mut text = format!(
        "\nerror of a difference over its step, against {against}, {} weights\n{:<8}{:>14}{:>14}{:>14}{:>14}{:>7}\n",
        sweep.weights.len(),
        "h",
        "forward f32",
        "central f32",
        "forward f64",
        "central f64",
        "kinks"
    );
    for p in sweep.points.iter().step_by(2) {
        let [a, b, c, d] =
            [p.forward_f32, p.central_f32, p.forward_f64, p.central_f64].map(|e| tiny(Some(e)));
        text += &format!("{:<8}{a:>14}{b:>14}{c:>14}{d:>14}{:>7}\n", format!("{:.0e}", p.step), p.kinks);
    }
    text
}

/// What a gradient of this network costs.
fn cost(report: &Report) -> String {
    let mut text = format!("\n{:<22}{:>12}{:>14}\n", "one gradient", "losses", "time");
    for c in &report.costs {
        let losses = match c.way {
            Way::Backpropagation | Way::ByHand => format!("≈ {:.1}", c.losses),
            _ => format!("{:.0}", c.losses),
        };
        let note = if c.measured { "" } else { "  (not run: the time of one loss, multiplied)" };
        text += &format!("{:<22}{losses:>12}{:>14}{note}\n", c.way.name(), time(c.seconds));
    }
    text
}

/// How the cost grows.
fn growth(growing: &[GradientCost]) -> String {
    let mut sizes: Vec<usize> = growing.iter().map(|c| c.weights).collect();
    sizes.dedup();
    let mut text =
        "\nhow it grows: one gradient of `dense N relu, dense 1 sigmoid`, 8 inputs, a batch of 32\n"
            .to_string();
    text += &format!("{:<22}{}\n", "weights", sizes.iter().map(|n| format!("{n:>12}")).collect::<String>());
    for way in Way::ALL {
        let cells = sizes.iter().map(|n| {
            let cost = growing.iter().find(|c| c.way == way && c.weights == *n);
            format!("{:>12}", cost.map_or("–".into(), |c| time(c.seconds)))
        });
        text += &format!("{:<22}{}\n", way.name(), cells.collect::<String>());
    }
    text
}

/// Whether all agrees, in one line.
pub fn verdict(report: &Report) -> String {
    let (checked, kinks) = report.checked();
    let on_kinks = if kinks > 0 { format!(", {kinks} on a kink and counted apart") } else { String::new() };
    match &report.fault {
        None => {
            let (error, place) = report.largest_error();
            let at = if place.is_empty() { String::new() } else { format!(" ({place})") };
            format!(
                "\nall ways agree: largest relative error {}{at}, allowed {:.0e}; {checked} weights{on_kinks}",
                tiny(Some(error)),
                report.tolerance
            )
        }
        Some(fault) => format!(
            "\nTHE WAYS DISAGREE, in {}: {}; relative error {}, allowed {:.0e}",
            fault.layer,
            fault.message,
            tiny(Some(fault.error)),
            report.tolerance
        ),
    }
}

/// An error in two digits.
fn tiny(x: Option<f64>) -> String {
    match x {
        None => "–".into(),
        Some(0.0) => "0".into(),
        Some(x) => format!("{x:.1e}"),
    }
}

/// A time in the unit that suits it.
fn time(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.1} µs", s * 1e6),
        s if s < 1.0 => format!("{:.2} ms", s * 1e3),
        s if s < 120.0 => format!("{s:.1} s"),
        s => format!("{:.1} min", s / 60.0),
    }
}
