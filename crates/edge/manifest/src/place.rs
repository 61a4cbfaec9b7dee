//! Where something is written: file, line, column, and bytes for a snippet.

use std::fmt;

/// A stretch of a source. Lines and columns count from 1, columns in characters;
/// offsets and lengths are in bytes of the source's text and lie within it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The source's name, as the caller gave it.
    pub file: String,
    /// Line, from 1; 0 where a file or directory is meant as a whole, not by its text.
    pub line: usize,
    /// Column in characters, from 1; 0 where the line is.
    pub column: usize,
    /// First byte.
    pub offset: usize,
    /// Bytes; 0 where only a point is known.
    pub len: usize,
}

impl Place {
    /// The beginning of a source: for what concerns it as a whole.
    #[must_use]
    pub fn start_of(file: &str) -> Self {
        Self { file: file.to_owned(), line: 1, column: 1, offset: 0, len: 0 }
    }

    /// A file or directory as such: it cannot be read, or is not there, or is empty.
    #[must_use]
    pub fn whole(path: &str) -> Self {
        Self { line: 0, column: 0, ..Self::start_of(path) }
    }
}

impl fmt::Display for Place {
    /// `file:line:column`, which editors and terminals make clickable.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return f.write_str(&self.file);
        }
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}
