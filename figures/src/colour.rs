//! Colours that people who see fewer colours can tell apart, too.

/// A colour with its opacity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Colour {
    /// Red, green, blue.
    pub rgb: [u8; 3],
    /// 0 (invisible) to 1 (hides what is behind).
    pub opacity: f64,
}

impl Colour {
    /// From `0xRRGGBB`.
    pub const fn hex(rgb: u32) -> Colour {
        Colour { rgb: [(rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8], opacity: 1.0 }
    }

    /// The same, see-through.
    pub const fn with_opacity(self, opacity: f64) -> Colour {
        Colour { opacity, ..self }
    }

    /// A share `t` of the way to another colour.
    pub fn towards(self, to: Colour, t: f64) -> Colour {
        let mix = |a: u8, b: u8| (a as f64 + (b as f64 - a as f64) * t.clamp(0.0, 1.0)).round() as u8;
        let [r, g, b] = self.rgb;
        Colour { rgb: [mix(r, to.rgb[0]), mix(g, to.rgb[1]), mix(b, to.rgb[2])], ..self }
    }

    /// The colour of series number `i`: those of [Okabe & Ito 2008](https://jfly.uni-koeln.de/color/), the strongest on
    /// white first, without the yellow that is too pale for a line. After seven they repeat: then let dashes differ.
    pub fn of_series(i: usize) -> Colour {
        [BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, INK][i % 7]
    }
}

/// Text and axes.
pub const INK: Colour = Colour::hex(0x1A1A1A);
/// Text of lesser weight.
pub const SOFT_INK: Colour = Colour::hex(0x4D4D4D);
/// Lines that help the eye.
pub const HAIR: Colour = Colour::hex(0xE3E3E3);
/// The page.
pub const PAPER: Colour = Colour::hex(0xFFFFFF);
/// Okabe & Ito's blue.
pub const BLUE: Colour = Colour::hex(0x0072B2);
/// Okabe & Ito's vermillion.
pub const VERMILLION: Colour = Colour::hex(0xD55E00);
/// Okabe & Ito's bluish green.
pub const GREEN: Colour = Colour::hex(0x009E73);
/// Okabe & Ito's reddish purple.
pub const PURPLE: Colour = Colour::hex(0xCC79A7);
/// Okabe & Ito's orange.
pub const ORANGE: Colour = Colour::hex(0xE69F00);
/// Okabe & Ito's sky blue.
pub const SKY: Colour = Colour::hex(0x56B4E9);
