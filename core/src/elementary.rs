//! `exp`, `ln`, `tanh`, sine and cosine, by the project's own polynomials: the same bits on every machine. Those of
//! `f32` become vector code in loops.
//!
//! Only `+ − × ÷` and moves of exponent bits, all exactly rounded by IEEE 754. Coefficients of `exp`
//! and `ln` follow Cephes (Moshier 1989, single precision); measured errors are in the tests.

/// eˣ, within 2 units in the last place. 0 below −103.97, infinite above 88.72; NaN stays NaN.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // x = n ln 2 + r, |r| ≤ ½ ln 2; eˣ = 2ⁿ eʳ. Adding 1.5·2²³ rounds n to the nearest whole number.
    const ROUND: f32 = 12_582_912.0;
    let clamped = if x > 89.0 { 89.0 } else { x };
    let clamped = if clamped < -104.0 { -104.0 } else { clamped };
    let shifted = clamped * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (clamped - n * 0.693_359_4) + n * 2.121_944_4e-4;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    let e = p * r * r + r + 1.0;
    // 2ⁿ in two halves, so that results below the smallest normal number are still right.
    let n = shifted.to_bits().wrapping_sub(ROUND.to_bits()) as i32;
    let half = n >> 1;
    e * power_of_two(half) * power_of_two(n - half)
}

/// 2ⁿ for −126 ≤ n ≤ 127.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits(((n + 127) as u32) << 23)
}

/// ln x, within 2 units in the last place; −∞ at 0, NaN below, ∞ at ∞.
#[inline(always)]
pub fn ln(x: f32) -> f32 {
    // x = 2ᵉ m, ½√2 ≤ m < √2; ln x = e ln 2 + ln m. Tiny x are scaled up first.
    let tiny = x < f32::MIN_POSITIVE;
    let scaled = if tiny { x * 16_777_216.0 } else { x };
    let shift = if tiny { 24.0 } else { 0.0 };
    let bits = scaled.to_bits().wrapping_sub(0x3f35_04f3);
    let e = ((bits as i32) >> 23) as f32 - shift;
    let f = f32::from_bits((bits & 0x007f_ffff) + 0x3f35_04f3) - 1.0;
    let z = f * f;
    let p = 7.037_683_6e-2;
    let p = p * f - 1.151_461e-1;
    let p = p * f + 1.167_699_9e-1;
    let p = p * f - 1.242_014_1e-1;
    let p = p * f + 1.424_932_3e-1;
    let p = p * f - 1.666_805_8e-1;
    let p = p * f + 2.000_071_5e-1;
    let p = p * f - 2.499_999_4e-1;
    let p = p * f + 3.333_333e-1;
    let y = f * z * p - e * 2.121_944_4e-4 - 0.5 * z;
    let result = f + y + e * 0.693_359_4;
    let result = if x == 0.0 { f32::NEG_INFINITY } else { result };
    let result = if x == f32::INFINITY { x } else { result };
    if x >= 0.0 { result } else { f32::NAN }
}

/// (u + ½) / 2³²: of 32 random bits a number in (0, 1], never 0, whose logarithm is finite.
#[inline(always)]
pub fn above_zero(u: u32) -> f32 {
    (u as f32 + 0.5) * (1.0 / 4_294_967_296.0)
}

/// The same in `f64`, where it is below 1 too.
#[inline(always)]
pub fn above_zero64(u: u32) -> f64 {
    (u as f64 + 0.5) * (1.0 / 4_294_967_296.0)
}

/// tanh x, within 3 units in the last place.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    // Near zero an odd polynomial (Cephes); elsewhere 1 − 2 / (e²ˣ + 1).
    let z = x * x;
    let p = -5.704_988_7e-3;
    let p = p * z + 2.063_909e-2;
    let p = p * z - 5.373_972_6e-2;
    let p = p * z + 1.333_144_2e-1;
    let p = p * z - 3.333_328e-1;
    let small = p * z * x + x;
    let a = f32::from_bits(x.to_bits() & 0x7fff_ffff);
    let large = 1.0 - 2.0 / (exp(a + a) + 1.0);
    let large = f32::from_bits(large.to_bits() | (x.to_bits() & 0x8000_0000));
    if a < 0.625 { small } else { large }
}

/// (sin, cos) of 2πu for 0 ≤ u < 1, by Taylor sums in the nearest eighth of a turn: what a normal draw needs.
pub fn turn(u: f64) -> (f64, f64) {
    turn_around(u, ((u * 8.0) as i32 + 1) >> 1)
}

/// The same around the nearest quarter of a turn.
#[inline(always)]
fn turn_around(u: f64, quarter: i32) -> (f64, f64) {
    let x = (u - quarter as f64 * 0.25) * std::f64::consts::TAU;
    let z = x * x;
    let (mut sin, mut cos) = (0.0, 0.0);
    // Not 1..=9, which the compiler leaves a loop: then no vector does it.
    for k in (1..10).rev() {
        let k = k as f64;
        sin = (1.0 + sin) * -z / ((2.0 * k) * (2.0 * k + 1.0));
        cos = (1.0 + cos) * -z / ((2.0 * k - 1.0) * (2.0 * k));
    }
    let (sin, cos) = ((1.0 + sin) * x, 1.0 + cos);
    // Without a branch, so that vectors can do it.
    let (sin, cos) = if quarter & 1 == 1 { (cos, sin) } else { (sin, cos) };
    let turned = |x: f64, quarter: i32| f64::from_bits(x.to_bits() ^ ((quarter as u64 & 2) << 62));
    (turned(sin, quarter), turned(cos, quarter + 1))
}

/// (sin, cos) of 2πv / 2³², within 2 units in the last place of 1: what many normal draws at once need. Coefficients
/// follow Cephes.
#[inline(always)]
pub fn turn32(v: u32) -> (f32, f32) {
    // The nearest quarter of a turn, and what is left: −⅛ … ⅛ of a turn.
    let quarter = v.wrapping_add(1 << 29) >> 30;
    let x = v.wrapping_sub(quarter << 30) as i32 as f32 * (std::f32::consts::TAU / 4_294_967_296.0);
    let z = x * x;
    let p = -1.951_529_6e-4;
    let p = p * z + 8.332_161e-3;
    let p = p * z - 1.666_665_5e-1;
    let s = p * z * x + x;
    let p = 2.443_315_7e-5;
    let p = p * z - 1.388_731_6e-3;
    let p = p * z + 4.166_664_6e-2;
    let c = p * z * z - 0.5 * z + 1.0;
    let odd = quarter & 1 == 1;
    let (sin, cos) = if odd { (c, s) } else { (s, c) };
    let sin = f32::from_bits(sin.to_bits() ^ (quarter & 2) << 30);
    let cos = f32::from_bits(cos.to_bits() ^ (quarter.wrapping_add(1) & 2) << 30);
    (sin, cos)
}

/// (sin, cos) of 2πu for any finite u: [`turn`] of what is left after whole turns, which are taken off exactly.
pub fn turns(u: f64) -> (f64, f64) {
    let a = u.abs();
    let (sin, cos) = turn(a - a.floor());
    (if u < 0.0 { -sin } else { sin }, cos)
}

/// eˣ in `f64`, within 2 units in the last place: 2ⁿ eʳ with |r| ≤ ½ ln 2, eʳ by its Taylor sum.
/// 0 below −745.2, infinite above 709.8; NaN stays NaN.
pub fn exp64(x: f64) -> f64 {
    // Adding 1.5·2⁵² rounds n to the nearest whole number. The first part of ln 2 has so few digits that n times it is
    // exact.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    const LN_2: (f64, f64) = (6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10);
    let clamped = if x > 710.0 { 710.0 } else { x };
    let clamped = if clamped < -746.0 { -746.0 } else { clamped };
    let shifted = clamped * std::f64::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (clamped - n * LN_2.0) - n * LN_2.1;
    let mut sum = 1.0;
    for k in (2..=13).rev() {
        sum = 1.0 + sum * r / k as f64;
    }
    // 2ⁿ in two halves, so that results below the smallest normal number are still right.
    let n = shifted.to_bits().wrapping_sub(ROUND.to_bits()) as i64;
    let power_of_two = |n: i64| f64::from_bits(((n + 1023) as u64) << 52);
    (1.0 + r * sum) * power_of_two(n >> 1) * power_of_two(n - (n >> 1))
}

/// ln x in `f64`, the series of 2 artanh((m − 1) / (m + 1)); −∞ at 0, NaN below, ∞ at ∞.
pub fn ln64(x: f64) -> f64 {
    if !(f64::MIN_POSITIVE..f64::INFINITY).contains(&x) {
        return match x {
            0.0 => f64::NEG_INFINITY,
            x if x > 0.0 && x < 1.0 => ln64(x * 18_014_398_509_481_984.0) - 54.0 * std::f64::consts::LN_2,
            x if x > 0.0 => x,
            _ => f64::NAN,
        };
    }
    ln_of_normal(x)
}

/// The same where x is positive, finite and no smaller than the smallest normal number.
#[inline(always)]
fn ln_of_normal(x: f64) -> f64 {
    let bits = x.to_bits().wrapping_sub(0x3fe6_a09e_667f_3bcd);
    // The upper half is enough, and vectors turn 32 bits into numbers.
    let e = ((bits >> 32) as i32 >> 20) as f64;
    let m = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) + 0x3fe6_a09e_667f_3bcd);
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    let mut sum = 0.0;
    for k in (0..12).rev() {
        sum = sum * z + 1.0 / (2 * k + 1) as f64;
    }
    e * std::f64::consts::LN_2 + 2.0 * s * sum
}

/// A normal number, mean 0 and deviation 1, of two times 32 random bits ([Box & Muller 1958](https://doi.org/10.1214/aoms/1177706645)):
/// √(−2 ln u) cos 2πv.
#[inline(always)]
pub fn normal(u: u32, v: u32) -> f32 {
    let (radius, angle) = (above_zero64(u), v as f64 * (1.0 / 4_294_967_296.0));
    ((-2.0 * ln_of_normal(radius)).sqrt() * turn_around(angle, ((v >> 29) as i32 + 1) >> 1).1) as f32
}

/// tanh x in `f64`, within 4 units in the last place: near zero Lambert's continued fraction x / (1 + x² / (3 + x² / (5 …))),
/// elsewhere 1 − 2 / (e²ˣ + 1).
pub fn tanh64(x: f64) -> f64 {
    let a = x.abs();
    if a < 0.625 {
        let z = x * x;
        let below = (1..=9).rev().fold(0.0, |rest, k| z / ((2 * k + 1) as f64 + rest));
        return x / (1.0 + below);
    }
    (1.0 - 2.0 / (exp64(a + a) + 1.0)).copysign(x)
}

/// xʸ in `f64` for x ≥ 0 and any y; 0⁰ = 1: relative error below 4·10⁻¹⁶ (1 + |y ln x|).
pub fn pow64(x: f64, y: f64) -> f64 {
    if y == 0.0 { 1.0 } else { exp64(y * ln64(x)) }
}

/// xⁿ by repeated squaring, within a unit in the last place: `powi` leaves its rounding to the platform, this does
/// not. What each product rounds away is carried along, as 1 − βᵗ is mostly the last digits of βᵗ.
pub fn power(x: f64, n: u64) -> f64 {
    fn times((a, a_rest): (f64, f64), (b, b_rest): (f64, f64)) -> (f64, f64) {
        let product = a * b;
        if !product.is_normal() {
            return (product, 0.0);
        }
        let rest = a.mul_add(b, -product) + (a * b_rest + a_rest * b);
        let sum = product + rest;
        (sum, rest - (sum - product))
    }
    let (mut result, mut square, mut n) = ((1.0, 0.0), (x, 0.0), n);
    while n > 0 {
        if n & 1 == 1 {
            result = times(result, square);
        }
        square = times(square, square);
        n >>= 1;
    }
    result.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Distance in units of the last place of the f32 nearest to `want`.
    fn units(got: f32, want: f64) -> f64 {
        let near = want as f32;
        let unit = (near.abs().next_up() - near.abs()).max(f32::from_bits(1)) as f64;
        (got as f64 - want).abs() / unit
    }

    fn worst(
        f: impl Fn(f32) -> f32,
        exact: impl Fn(f64) -> f64,
        xs: impl Iterator<Item = f32>,
    ) -> (f64, f32) {
        xs.map(|x| (units(f(x), exact(x as f64)), x)).fold((0.0, 0.0), |a, b| if b.0 > a.0 { b } else { a })
    }

    fn every(from: f32, to: f32) -> impl Iterator<Item = f32> {
        (0..400_001).map(move |i| from + (to - from) * (i as f32 / 400_000.0))
    }

    #[test]
    fn exp_is_within_two_units() {
        let (error, at) = worst(exp, f64::exp, every(-103.0, 88.7));
        assert!(error <= 2.0, "{error} units at {at}");
        assert_eq!([exp(0.0), exp(-200.0), exp(f32::NEG_INFINITY)], [1.0, 0.0, 0.0]);
        assert_eq!([exp(200.0), exp(f32::INFINITY)], [f32::INFINITY; 2]);
        assert!(exp(f32::NAN).is_nan());
    }

    #[test]
    fn ln_is_within_two_units() {
        let (error, at) =
            worst(ln, f64::ln, every(1e-3, 10.0).chain((1..2_000_000_000).step_by(4001).map(f32::from_bits)));
        assert!(error <= 2.0, "{error} units at {at}");
        assert_eq!([ln(1.0), ln(0.0), ln(f32::INFINITY)], [0.0, f32::NEG_INFINITY, f32::INFINITY]);
        assert!(ln(-1.0).is_nan() && ln(f32::NAN).is_nan());
    }

    #[test]
    fn tanh_is_within_three_units() {
        let (error, at) = worst(tanh, f64::tanh, every(-12.0, 12.0).chain(every(-1e-3, 1e-3)));
        assert!(error <= 3.0, "{error} units at {at}");
        assert_eq!([tanh(0.0), tanh(40.0), tanh(-40.0), tanh(f32::INFINITY)], [0.0, 1.0, -1.0, 1.0]);
        assert!(tanh(f32::NAN).is_nan());
    }

    #[test]
    fn those_of_f64_follow_libm() {
        // libm is itself within a unit.
        let units = |got: f64, want: f64| (got - want).abs() / (want.abs().next_up() - want.abs());
        let mut worst = [0.0f64; 3];
        for i in 0..=200_000 {
            let x = -745.0 + 1454.7 * i as f64 / 200_000.0;
            worst[0] = worst[0].max(units(exp64(x), x.exp()));
            let x = -20.0 + 40.0 * i as f64 / 200_000.0;
            worst[0] = worst[0].max(units(exp64(x * 0.02), (x * 0.02).exp()));
            worst[1] =
                worst[1].max(units(tanh64(x), x.tanh())).max(units(tanh64(x * 0.05), (x * 0.05).tanh()));
            worst[2] = worst[2].max(units(ln64(exp64(3.0 * x)), exp64(3.0 * x).ln()));
        }
        assert!(worst[0] <= 3.0 && worst[1] <= 5.0 && worst[2] <= 6.0, "{worst:?} units");
        assert_eq!([exp64(0.0), exp64(-800.0), exp64(800.0)], [1.0, 0.0, f64::INFINITY]);
        assert_eq!([exp64(f64::NEG_INFINITY), exp64(f64::INFINITY)], [0.0, f64::INFINITY]);
        assert_eq!([ln64(0.0), ln64(1.0), ln64(f64::INFINITY)], [f64::NEG_INFINITY, 0.0, f64::INFINITY]);
        assert!((ln64(5e-324) - 5e-324f64.ln()).abs() < 1e-12);
        assert_eq!([tanh64(0.0), tanh64(40.0), tanh64(f64::NEG_INFINITY)], [0.0, 1.0, -1.0]);
        assert!([exp64(f64::NAN), ln64(f64::NAN), ln64(-1.0), tanh64(f64::NAN)].iter().all(|x| x.is_nan()));
    }

    #[test]
    fn pow64_follows_libm() {
        for i in 1..2_000 {
            let x = i as f64 / 500.0;
            for y in [-7.5, -1.0, -0.5, 1e-3, 0.5, 0.9, 1.0, 2.0, 33.3] {
                let (got, want) = (pow64(x, y), x.powf(y));
                let error = (got - want).abs() / want;
                assert!(error < 4e-16 * (1.0 + (y * x.ln()).abs()), "{x} to the {y}: {error:e}");
            }
        }
        assert_eq!([pow64(0.0, 0.0), pow64(0.0, 2.0), pow64(0.0, -1.0)], [1.0, 0.0, f64::INFINITY]);
        assert_eq!([pow64(5.0, 0.0), pow64(1.0, 1e9)], [1.0, 1.0]);
    }

    #[test]
    fn turns_follow_libm_and_repeat() {
        for i in -40_000..40_000 {
            let u = i as f64 / 1999.0;
            let ((sin, cos), (s, c)) = (turns(u), (u * std::f64::consts::TAU).sin_cos());
            // libm is given 2πu already rounded: to 126 rad that alone is 1.5e-14.
            assert!((sin - s).abs() < 3e-14 && (cos - c).abs() < 3e-14, "at {u}");
        }
        assert_eq!([turns(1e15), turns(-3.25), turns(7.5)], [(0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)]);
        assert_eq!(turns(-1e-30).0, -1e-30 * std::f64::consts::TAU);
        assert!(turns(f64::INFINITY).0.is_nan() && turns(f64::NAN).1.is_nan());
    }

    #[test]
    fn turn32_is_within_two_units_of_one() {
        for v in (0..u32::MAX).step_by(9973).chain([1 << 29, (1 << 29) - 1, 1 << 30, 3 << 30, u32::MAX]) {
            let (sin, cos) = turn32(v);
            let (s, c) = (v as f64 / 4_294_967_296.0 * std::f64::consts::TAU).sin_cos();
            let off = (sin as f64 - s).abs().max((cos as f64 - c).abs());
            assert!(off <= 2.0 * f32::EPSILON as f64, "off by {off:e} at {v}");
        }
    }

    #[test]
    fn turn_and_ln64_follow_libm() {
        for i in 0..10_000 {
            let u = i as f64 / 10_000.0;
            let (sin, cos) = turn(u);
            let (s, c) = (u * std::f64::consts::TAU).sin_cos();
            assert!((sin - s).abs() < 1e-14 && (cos - c).abs() < 1e-14, "at {u}");
            let x = u + 1e-9;
            assert!((ln64(x) - x.ln()).abs() < 4e-15 * x.ln().abs().max(1.0), "ln at {x}");
        }
        for (x, n) in (1..2000).flat_map(|n| [(0.9, n), (0.95, n), (0.999, n), (0.9999, n)]) {
            let want = f64::powf(x, n as f64);
            assert!((power(x, n) - want).abs() <= 2.5e-16 * want, "{x} to {n}");
        }
        assert_eq!([power(2.0, 5000), power(0.5, 5000)], [f64::INFINITY, 0.0]);
        assert_eq!([power(2.0, 10), power(0.0, 0), power(3.0, 1)], [1024.0, 1.0, 3.0]);
    }
}
