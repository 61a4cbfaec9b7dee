//! How text for people is laid out and coloured. The caller decides: this crate
//! looks at no terminal and no environment.

/// Layout and colour of text for people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Columns available. `None`: as wide as the content.
    pub width: Option<u16>,
    /// Whether ANSI colours may be used. False for pipes, files and `NO_COLOR`.
    pub colour: bool,
}

/// What a colour says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Bad,
    Waiting,
    Faint,
    Plain,
}

impl Style {
    /// No colour, any width.
    #[must_use]
    pub const fn plain() -> Self {
        Self { width: None, colour: false }
    }

    /// `text` in the colour of `tone`, or as it is.
    pub(crate) fn paint(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Good => "32",
            Tone::Bad => "31",
            Tone::Waiting => "33",
            Tone::Faint => "2",
            Tone::Plain => return text.to_owned(),
        };
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
