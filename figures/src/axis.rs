//! Axes: what they are called, from a value to its place on the page, and the round numbers beside them.

use crate::font;

/// Values beyond this are not drawn: nothing can be read off such an axis.
const HUGE: f64 = 1e200;

/// What an axis is to be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Axis {
    /// What it shows, with the unit: `time (s)`.
    pub name: String,
    /// Whether equal distances stand for equal factors; then only values above 0 have a place.
    pub is_logarithmic: bool,
    /// Its ends; none: as the data want it.
    pub range: Option<(f64, f64)>,
}

impl Axis {
    /// Equal distances stand for equal differences.
    pub fn linear(name: impl Into<String>) -> Axis {
        Axis { name: name.into(), is_logarithmic: false, range: None }
    }

    /// Equal distances stand for equal factors.
    pub fn log(name: impl Into<String>) -> Axis {
        Axis { is_logarithmic: true, ..Axis::linear(name) }
    }

    /// With ends that are given.
    pub fn between(self, low: f64, high: f64) -> Axis {
        Axis { range: Some((low, high)), ..self }
    }
}

/// An axis on the page.
#[derive(Clone, Debug)]
pub struct Scale {
    /// The ends: values, or their decimal logarithms.
    low: f64,
    high: f64,
    is_logarithmic: bool,
    from: f64,
    to: f64,
}

/// A value that is marked beside an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// The value.
    pub value: f64,
    /// Its text; empty for the small marks between.
    pub label: String,
}

impl Scale {
    /// The scale that shows all of `values` (with a little room), or what the axis asks for.
    pub fn fit(axis: &Axis, values: impl Iterator<Item = f64>) -> Scale {
        let inner = |v: f64| if axis.is_logarithmic { v.log10() } else { v };
        let is_drawn = |v: &f64| v.abs() < HUGE && inner(*v).is_finite();
        let given = axis.range.filter(|(a, b)| is_drawn(a) && is_drawn(b) && a < b);
        let (low, high) = given.map_or_else(
            || {
                let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
                for v in values.filter(is_drawn) {
                    (low, high) = (low.min(inner(v)), high.max(inner(v)));
                }
                roomy(low, high, axis.is_logarithmic)
            },
            |(low, high)| (inner(low), inner(high)),
        );
        Scale { low, high, is_logarithmic: axis.is_logarithmic, from: 0.0, to: 1.0 }
    }

    /// The same, between two places on the page.
    pub fn at(self, from: f64, to: f64) -> Scale {
        Scale { from, to, ..self }
    }

    /// Where a value lies (also outside of the axis); none for values without a place.
    pub fn place(&self, value: f64) -> Option<f64> {
        let v = if self.is_logarithmic { value.log10() } else { value };
        let share = (v - self.low) / (self.high - self.low);
        (value.abs() < HUGE && share.is_finite())
            .then_some(self.from + share.clamp(-50.0, 50.0) * (self.to - self.from))
    }

    /// Whether 0 lies inside, so that a line there helps.
    pub fn crosses_zero(&self) -> bool {
        !self.is_logarithmic && self.low < 0.0 && self.high > 0.0
    }

    /// Marks whose labels, `size` pixels high, do not touch. `across`: labels stand side by side.
    pub fn ticks(&self, size: f64, across: bool) -> Vec<Tick> {
        let length = (self.to - self.from).abs();
        let fits = |ticks: &[Tick]| {
            let mut last: Option<(f64, f64)> = None;
            ticks.iter().filter(|t| !t.label.is_empty()).all(|tick| {
                let half =
                    if across { font::width(&tick.label, size) / 2.0 + size / 2.0 } else { 0.8 * size };
                let at = self.place(tick.value).unwrap_or(self.from);
                let free = last.is_none_or(|(place, before)| (at - place).abs() >= half + before);
                last = Some((at, half));
                free
            })
        };
        let wanted = if across { (length / 90.0).clamp(2.0, 8.0) } else { (length / 48.0).clamp(2.0, 8.0) };
        let mut coarser = 1.0;
        loop {
            let ticks = if self.is_logarithmic {
                self.log_ticks(wanted / coarser)
            } else {
                self.linear_ticks(wanted / coarser)
            };
            if fits(&ticks) || coarser > 64.0 {
                return ticks;
            }
            coarser *= 1.4;
        }
    }

    fn linear_ticks(&self, wanted: f64) -> Vec<Tick> {
        let values = round_values(self.low, self.high, wanted);
        labelled(&values)
    }

    fn log_ticks(&self, wanted: f64) -> Vec<Tick> {
        let decades = self.high - self.low;
        if decades < 0.7 {
            let values = round_values(10f64.powf(self.low), 10f64.powf(self.high), wanted);
            return labelled(&values);
        }
        let step = (decades / wanted).ceil().max(1.0) as i32;
        let (first, last) = ((self.low - 1e-9).ceil() as i32, (self.high + 1e-9).floor() as i32);
        let mut ticks = Vec::new();
        for e in first - 1..=last {
            for digit in 1..10 {
                let value = digit as f64 * 10f64.powi(e);
                let is_named =
                    e.rem_euclid(step) == 0 && (digit == 1 || decades < 1.7 && matches!(digit, 2 | 5));
                let is_inside = (self.low - 1e-9..=self.high + 1e-9).contains(&value.log10());
                if is_inside && (is_named || step == 1 || digit == 1) {
                    let label = if is_named { power_label(digit, e) } else { String::new() };
                    ticks.push(Tick { value, label });
                }
            }
        }
        ticks
    }
}

/// Ends with a little room around the data; some ends at all if there are none.
fn roomy(low: f64, high: f64, is_logarithmic: bool) -> (f64, f64) {
    if low > high {
        return (0.0, 1.0);
    }
    if low == high {
        let room = if is_logarithmic { 0.5 } else { 0.5 * low.abs().max(1e-9) };
        return (low - room, high + room);
    }
    let room = 0.04 * (high - low);
    // An axis that starts at zero says more than one that starts a little below.
    let floor = if !is_logarithmic && low >= 0.0 && low < 0.3 * high { 0.0 } else { low - room };
    (floor, high + room)
}

/// About `wanted` multiples of 1, 2 or 5 times a power of ten within the ends.
pub fn round_values(low: f64, high: f64, wanted: f64) -> Vec<f64> {
    let rough = (high - low) / wanted.max(0.5);
    let power = 10f64.powf(rough.log10().floor());
    let step =
        [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|s| *s >= 0.999 * rough).unwrap_or(rough);
    let (first, last) = ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor());
    let count = (last - first).clamp(-1.0, 100.0) as i64;
    (0..=count).map(|i| (first + i as f64) * step).collect()
}

/// Ticks with as many decimals as tell them apart; powers of ten where there would be many digits.
fn labelled(values: &[f64]) -> Vec<Tick> {
    let step = values.windows(2).map(|w| w[1] - w[0]).fold(f64::INFINITY, f64::min);
    let largest = values.iter().fold(0.0f64, |a, v| a.max(v.abs()));
    let step = if step.is_finite() { step } else { largest.max(1e-300) };
    let tick = |&value: &f64| {
        let label = if value.abs() < step * 1e-6 {
            "0".into()
        } else if !(1e-3..1e6).contains(&largest) {
            let power = largest.log10().floor() as i32;
            let decimals = (power as f64 - step.log10()).ceil().clamp(0.0, 6.0) as usize;
            format!("{}·10{}", trimmed(value / 10f64.powi(power), decimals), superscript(power))
        } else {
            trimmed(value, (-(step * 1.0001).log10()).ceil().clamp(0.0, 8.0) as usize)
        };
        Tick { value, label }
    };
    values.iter().map(tick).collect()
}

/// Fixed decimals, with a true minus sign.
fn trimmed(value: f64, decimals: usize) -> String {
    format!("{value:.decimals$}").replace('-', "−")
}

/// digit · 10ᵉ, as people write it.
fn power_label(digit: u8, e: i32) -> String {
    match (digit, e) {
        (_, -3..=-1) => trimmed(digit as f64 * 10f64.powi(e), (-e) as usize),
        (_, 0..=4) => format!("{}", digit as u64 * 10u64.pow(e as u32)),
        (1, _) => format!("10{}", superscript(e)),
        _ => format!("{digit}·10{}", superscript(e)),
    }
}

/// A number as a short text: three digits, powers of ten where that is shorter.
///
/// ```
/// use gradus_figures::number;
/// assert_eq!([0.0, 0.5, -12.0, 1234.6, 3.2e-5, 1e9].map(number), ["0", "0.5", "−12", "1235", "3.2·10⁻⁵", "10⁹"]);
/// ```
pub fn number(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 {
        return "0".into();
    }
    if !value.is_finite() {
        return if value.is_nan() {
            "not a number".into()
        } else if value > 0.0 {
            "∞".into()
        } else {
            "−∞".into()
        };
    }
    let shorten = |text: String| {
        let text = if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_string()
        } else {
            text
        };
        text.replace('-', "−")
    };
    if (1e-3..1e6).contains(&size) {
        let decimals = (2 - size.log10().floor() as i32).clamp(0, 5) as usize;
        return shorten(format!("{value:.decimals$}"));
    }
    let power = size.log10().floor() as i32;
    let digits = shorten(format!("{:.2}", value / 10f64.powi(power)));
    if digits == "1" {
        format!("10{}", superscript(power))
    } else {
        format!("{digits}·10{}", superscript(power))
    }
}

/// A whole number as an exponent: ⁻¹²
pub fn superscript(n: i32) -> String {
    let raise = |c: char| match c {
        '-' => '⁻',
        c => ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][c.to_digit(10).unwrap_or(0) as usize],
    };
    n.to_string().chars().map(raise).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: Axis, values: [f64; 2], length: f64) -> Vec<String> {
        let scale = Scale::fit(&axis, values.into_iter()).at(0.0, length);
        scale.ticks(12.0, true).into_iter().map(|t| t.label).filter(|l| !l.is_empty()).collect()
    }

    #[test]
    fn linear_ticks_are_round() {
        assert_eq!(labels(Axis::linear(""), [0.0, 100.0], 500.0), ["0", "20", "40", "60", "80", "100"]);
        assert_eq!(
            labels(Axis::linear("").between(-1.0, 1.0), [0.0; 2], 500.0),
            ["−1.0", "−0.5", "0", "0.5", "1.0"]
        );
        assert_eq!(
            labels(Axis::linear("").between(0.0, 4e-5), [0.0; 2], 400.0),
            ["0", "1·10⁻⁵", "2·10⁻⁵", "3·10⁻⁵", "4·10⁻⁵"]
        );
    }

    #[test]
    fn log_ticks_are_decades() {
        let axis = Axis::log("").between(1e-8, 10.0);
        assert_eq!(labels(axis, [0.0; 2], 600.0), ["10⁻⁸", "10⁻⁶", "10⁻⁴", "0.01", "1"]);
        let axis = Axis::log("").between(0.1, 10.0);
        assert_eq!(labels(axis, [0.0; 2], 600.0), ["0.1", "1", "10"]);
        let axis = Axis::log("").between(1.0, 20.0);
        assert_eq!(labels(axis, [0.0; 2], 600.0), ["1", "2", "5", "10", "20"]);
    }

    #[test]
    fn places_are_linear_in_the_value_or_in_its_logarithm() {
        let scale = Scale::fit(&Axis::linear("").between(0.0, 10.0), std::iter::empty()).at(100.0, 200.0);
        assert_eq!(
            [scale.place(0.0), scale.place(2.5), scale.place(f64::NAN)],
            [Some(100.0), Some(125.0), None]
        );
        let scale = Scale::fit(&Axis::log("").between(1.0, 100.0), std::iter::empty()).at(200.0, 100.0);
        assert_eq!([scale.place(10.0), scale.place(0.0), scale.place(-1.0)], [Some(150.0), None, None]);
    }

    #[test]
    fn any_data_give_an_axis_and_labels_that_do_not_touch() {
        let wild = [
            [0.0, 0.0],
            [5.0, 5.0],
            [-3e-9, 4e12],
            [f64::NAN, f64::INFINITY],
            [1e-300, 1e300],
            [0.1, 0.1000001],
        ];
        for values in wild {
            for axis in [Axis::linear("x"), Axis::log("x")] {
                for length in [30.0, 120.0, 700.0] {
                    let scale = Scale::fit(&axis, values.into_iter()).at(0.0, length);
                    let ticks: Vec<Tick> =
                        scale.ticks(12.0, true).into_iter().filter(|t| !t.label.is_empty()).collect();
                    assert!(ticks.len() <= 12, "{values:?} {axis:?} {length}: {ticks:?}");
                    for pair in ticks.windows(2) {
                        let [a, b] = [0, 1].map(|i| {
                            (scale.place(pair[i].value).unwrap(), font::width(&pair[i].label, 12.0))
                        });
                        assert!(
                            (b.0 - a.0).abs() >= (a.1 + b.1) / 2.0 || ticks.len() <= 2,
                            "{values:?} {axis:?} {length}: {pair:?}"
                        );
                    }
                }
            }
        }
    }
}
