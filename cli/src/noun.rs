//! What the examples are called: pictures, or rows of a table.

use gradus::numerals::many;

/// What the examples are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noun {
    /// One of them.
    pub one: &'static str,
    /// Several of them.
    pub many: &'static str,
}

impl Noun {
    /// Files of a folder, or the built-in digits.
    pub const PICTURE: Noun = Noun { one: "picture", many: "pictures" };
    /// Lines of a table.
    pub const ROW: Noun = Noun { one: "row", many: "rows" };

    /// `1 picture`, `2,000 pictures`.
    pub fn count(self, n: usize) -> String {
        many(n, self.one, self.many)
    }

    /// The head of a column: `Pictures`.
    pub fn head(self) -> String {
        self.many[..1].to_uppercase() + &self.many[1..]
    }
}

impl Default for Noun {
    fn default() -> Noun {
        Noun::PICTURE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_many() {
        assert_eq!(
            [0, 1, 2000].map(|n| Noun::PICTURE.count(n)),
            ["0 pictures", "1 picture", "2,000 pictures"]
        );
        assert_eq!(Noun::ROW.count(1), "1 row");
        assert_eq!((Noun::ROW.head(), Noun::default().head()), ("Rows".into(), "Pictures".into()));
    }
}
