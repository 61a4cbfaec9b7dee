//! What can be wrong with a list.

use thiserror::Error;

/// A list that cannot be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{problem}", place(*.line, .column.as_deref()))]
pub struct TraceError {
    /// The line, from 1; 0 where the list as a whole is to blame.
    pub line: u64,
    /// The column's name, where one is to blame.
    pub column: Option<String>,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Problem {
    /// The compressed data is broken.
    #[error("the gzip data is damaged; fetch the file again")]
    Gzip,
    /// More text than allowed.
    #[error("more than {0} bytes of text; raise the limit or cut the list")]
    Bytes(usize),
    /// More rows than allowed.
    #[error("more than {0} rows; raise the limit or cut the list")]
    Rows(usize),
    /// Bytes that are no text.
    #[error("is not UTF-8")]
    Utf8,
    /// The heading lacks a column.
    #[error("is missing from the heading")]
    Missing,
    /// The heading has a column that nobody knows the meaning of.
    #[error("is unknown; the columns are {0}")]
    Unknown(&'static str),
    /// The heading names a column twice.
    #[error("is named twice in the heading")]
    Twice,
    /// A row of another length than the heading.
    #[error("has {found} cells where the heading has {expected}")]
    Cells {
        /// Cells of the heading.
        expected: usize,
        /// Cells of the row.
        found: usize,
    },
    /// A cell that should be a number.
    #[error("{found:?} is not a whole number up to {most}")]
    Number {
        /// What stands there, cut to 40 characters.
        found: String,
        /// The largest number that is taken.
        most: u64,
    },
    /// A cell that must not be empty.
    #[error("is empty")]
    Empty,
    /// A name that an earlier line has already.
    #[error("{0:?} stands on an earlier line too")]
    Duplicate(String),
    /// Two cells that contradict each other.
    #[error("{0}")]
    Contradiction(&'static str),
}

fn place(line: u64, column: Option<&str>) -> String {
    match (line, column) {
        (0, _) => String::new(),
        (line, None) => format!("line {line}: "),
        (line, Some(column)) => format!("line {line}, column `{column}`: "),
    }
}

impl TraceError {
    pub(crate) const fn whole(problem: Problem) -> Self {
        Self { line: 0, column: None, problem }
    }
}
