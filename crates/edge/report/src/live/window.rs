//! What there is to draw on.

use crate::Style;

/// A terminal's size and abilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Characters in a line.
    pub columns: u16,
    /// Lines.
    pub rows: u16,
    /// Whether ANSI colours may be used.
    pub colour: bool,
    /// What bars are made of.
    pub glyphs: Glyphs,
}

/// What bars are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Glyphs {
    /// Block elements, where the terminal shows UTF-8.
    #[default]
    Blocks,
    /// ASCII, everywhere.
    Ascii,
}

impl Window {
    pub(super) fn style(self) -> Style {
        Style { width: Some(self.columns), colour: self.colour }
    }
}

impl Glyphs {
    /// What stays, what can be put out, and what is not used, as parts of a bar.
    pub(super) const fn kept(self) -> char {
        match self {
            Self::Blocks => '█',
            Self::Ascii => '#',
        }
    }

    pub(super) const fn movable(self) -> char {
        match self {
            Self::Blocks => '▒',
            Self::Ascii => '=',
        }
    }

    pub(super) const fn empty(self) -> char {
        match self {
            Self::Blocks => '░',
            Self::Ascii => '.',
        }
    }

    /// Stands where text was left out.
    pub(super) const fn ellipsis(self) -> char {
        match self {
            Self::Blocks => '…',
            Self::Ascii => '~',
        }
    }

    /// Between two facts of a line.
    pub(super) const fn dot(self) -> &'static str {
        match self {
            Self::Blocks => " · ",
            Self::Ascii => ", ",
        }
    }
}
