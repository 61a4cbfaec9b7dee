//! Evidence as a person reads it: every field by its specification's name, as it stands and as it
//! is meant. No verdict, and nothing is verified.

/// One field, and the fields inside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    /// The name the specification gives it.
    pub name: String,
    /// Where it stands, in bytes from the start of the evidence; `None` in formats without offsets.
    pub offset: Option<usize>,
    /// Its content: a number, hex, or text as received.
    pub value: String,
    /// What the content means, where it means something.
    pub meaning: Option<String>,
    /// The fields inside it.
    pub children: Vec<Field>,
}

impl Field {
    /// A field with this content and nothing else.
    #[must_use]
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into(), ..Self::default() }
    }

    /// A field of bytes, shown in hex.
    #[must_use]
    pub fn hex(name: impl Into<String>, bytes: &[u8]) -> Self {
        Self::new(name, hex(bytes))
    }

    /// Fields under one name.
    #[must_use]
    pub fn group(name: impl Into<String>, children: Vec<Field>) -> Self {
        Self { name: name.into(), children, ..Self::default() }
    }

    /// The same at this offset.
    #[must_use]
    pub fn at(mut self, offset: usize) -> Self {
        self.offset = Some(offset);
        self
    }

    /// The same with this meaning.
    #[must_use]
    pub fn meaning(mut self, meaning: impl Into<String>) -> Self {
        self.meaning = Some(meaning.into());
        self
    }
}

/// Bytes in lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('?');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
