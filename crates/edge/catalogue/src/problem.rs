//! What is wrong with a catalogue's files, and where.

use thiserror::Error;

/// A mistake in one of the two files.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{file}, line {line}: {problem}")]
pub struct CatalogueError {
    /// In which file.
    pub file: File,
    /// In which line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: Problem,
}

/// One of the two files of a catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum File {
    /// The rows.
    Types,
    /// What they refer to.
    Sources,
}

impl std::fmt::Display for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Types => "instance_types.csv",
            Self::Sources => "sources.csv",
        })
    }
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Problem {
    /// The first line names other columns.
    #[error("the first line has to be `{expected}`")]
    Heading {
        /// What it has to be.
        expected: &'static str,
    },
    /// Too few or too many cells.
    #[error("{found} cells, not {expected}")]
    Cells {
        /// As many as there are columns.
        expected: usize,
        /// As many as there are.
        found: usize,
    },
    /// A cell that has to say something is empty.
    #[error("`{column}` is empty")]
    Empty {
        /// Of which column.
        column: &'static str,
    },
    /// A cell says what its column cannot hold.
    #[error("`{column}` cannot be `{found}`")]
    Word {
        /// Of which column.
        column: &'static str,
        /// What it says.
        found: String,
    },
    /// An address that is not `https://`.
    #[error("`{0}` is not an https address")]
    NotHttps(String),
    /// A source that `sources.csv` does not list.
    #[error("`{0}` is not in sources.csv")]
    UnknownSource(String),
    /// The same once more.
    #[error("`{0}` is listed twice")]
    Twice(String),
    /// More encrypted memory than memory.
    #[error("`epc_mib` exceeds `memory_mib`")]
    EpcExceedsMemory,
    /// Page cache where the TEE has none, enclaves' numbers where there are no enclaves, or
    /// a parent that keeps every CPU.
    #[error("`{column}` does not go with the other cells")]
    OutOfPlace {
        /// Of which column.
        column: &'static str,
    },
}
