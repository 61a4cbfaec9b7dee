//! A field's place, kept when its document is gone.

use crate::field::Field;

/// Where a field is: its path, and line and column from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) field: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Spot {
    pub(crate) fn of(field: &Field<'_>) -> Self {
        let (line, column) = field.line_column();
        Self { field: field.path().to_owned(), line, column }
    }
}
