//! Axes: from a value to its place on the chart, and the round numbers beside it.

/// Values beyond this are treated as "not finite" by the charts: nothing can be read off such an axis.
const HUGE: f64 = 1e30;

/// One axis of a chart.
pub struct Scale {
    low: f64,
    high: f64,
    logarithmic: bool,
}

impl Scale {
    /// An axis from `low` to `high`.
    pub fn new(low: f64, high: f64) -> Scale {
        Scale { low, high, logarithmic: false }
    }

    /// An axis for losses: a little room around the values; logarithmic where the largest is over 50 times the
    /// smallest, because one wild epoch would otherwise flatten all others.
    pub fn for_losses(values: impl Iterator<Item = f64>) -> Scale {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(|&v| is_drawn(v)) {
            (low, high) = (low.min(value), high.max(value));
        }
        if low > high {
            return Scale::new(0.0, 1.0);
        }
        if low > 0.0 && high > 50.0 * low {
            return Scale { low: low.log10().floor(), high: high.log10().ceil(), logarithmic: true };
        }
        let room = if high > low { 0.06 * (high - low) } else { 0.1 * high.abs().max(0.1) };
        let floor = if low >= 0.0 { (low - room).max(0.0) } else { low - room };
        Scale::new(floor, high + room)
    }

    /// An axis for shares of 1: the tenths around the values.
    pub fn for_shares(values: impl Iterator<Item = f64>) -> Scale {
        let (mut low, mut high) = (1.0, 0.0);
        for value in values.filter(|v| v.is_finite()) {
            (low, high) = (value.min(low), value.max(high));
        }
        let low = ((low - 0.03) * 10.0).floor().clamp(0.0, 9.0);
        Scale::new(low / 10.0, ((high + 0.03) * 10.0).ceil().clamp(low + 1.0, 10.0) / 10.0)
    }

    /// An axis for epochs; a single one stands in the middle.
    pub fn for_epochs(first: usize, last: usize) -> Scale {
        let (first, last) = (first as f64, last as f64);
        if first < last { Scale::new(first, last) } else { Scale::new(first - 0.5, first + 0.5) }
    }

    /// Whether equal distances stand for equal factors.
    pub fn is_logarithmic(&self) -> bool {
        self.logarithmic
    }

    /// The ends of the axis.
    pub fn ends(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    /// Where `value` lies, 0 at the low end and 1 at the high end; `None` where it cannot be drawn.
    pub fn place(&self, value: f64) -> Option<f64> {
        let value = if self.logarithmic { value.log10() } else { value };
        let place = (value - self.low) / (self.high - self.low);
        (is_drawn(value) && place.is_finite()).then_some(place.clamp(0.0, 1.0))
    }

    /// About `wanted` round values within the axis.
    pub fn ticks(&self, wanted: usize) -> Vec<f64> {
        let span = self.high - self.low;
        let rough = span / wanted as f64;
        let power = 10f64.powf(rough.log10().floor());
        let mut step =
            [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|s| *s >= rough).unwrap_or(rough);
        if self.logarithmic {
            step = step.ceil();
        }
        let first = (self.low / step - 1e-9).ceil() as i64;
        let last = (self.high / step + 1e-9).floor() as i64;
        let tick = |i: i64| if self.logarithmic { 10f64.powf(i as f64 * step) } else { i as f64 * step };
        (first..=last.min(first + 4 * wanted as i64)).map(tick).collect()
    }

    /// A tick as text: as many decimals as tell it from its neighbours.
    pub fn label(&self, tick: f64) -> String {
        if self.logarithmic && !(1e-3..1e5).contains(&tick) {
            return format!("{tick:.0e}");
        }
        let text = format!("{:.*}", if tick.abs() < 1e5 { 6 } else { 0 }, tick);
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
    }
}

/// Whether a value can have a place on a chart.
fn is_drawn(value: f64) -> bool {
    value.abs() < HUGE
}
