//! Rows of comma-separated values (RFC 4180) under a heading that says which column is which.

use std::collections::BTreeSet;

use csv::{ByteRecord, Reader, ReaderBuilder};

use crate::limits::Limits;
use crate::plain::plain;
use crate::problem::{Problem, TraceError};

/// What columns a list may have.
pub(crate) struct Columns {
    pub(crate) required: &'static [&'static str],
    pub(crate) optional: &'static [&'static str],
    /// All of them, for messages.
    pub(crate) told: &'static str,
}

/// Reads each row of a list with `read`. Names (`name_column`) must differ.
pub(crate) fn rows<T>(
    bytes: &[u8],
    limits: &Limits,
    columns: &Columns,
    name_column: &'static str,
    read: impl Fn(&Row<'_>) -> Result<T, TraceError>,
) -> Result<Vec<T>, TraceError> {
    let text = plain(bytes, limits)?;
    let mut reader = ReaderBuilder::new().flexible(true).has_headers(false).from_reader(text.as_ref());
    let mut record = ByteRecord::new();
    if !next(&mut reader, &mut record)? {
        let column = columns.required.first().map(|it| (*it).to_owned());
        return Err(TraceError { line: 1, column, problem: Problem::Missing });
    }
    let heading = heading(&record, columns)?;
    let (mut found, mut names) = (Vec::new(), BTreeSet::new());
    while next(&mut reader, &mut record)? {
        let row = Row { heading: &heading, line: line(&record), cells: &record };
        if record.len() != heading.len() {
            let problem = Problem::Cells { expected: heading.len(), found: record.len() };
            return Err(TraceError { line: row.line, column: None, problem });
        }
        if found.len() == limits.rows {
            return Err(TraceError { line: row.line, column: None, problem: Problem::Rows(limits.rows) });
        }
        let name = row.text(name_column)?;
        if name.is_empty() {
            return Err(row.error(name_column, Problem::Empty));
        }
        if !names.insert(name.to_owned()) {
            return Err(row.error(name_column, Problem::Duplicate(cut(name))));
        }
        found.push(read(&row)?);
    }
    Ok(found)
}

fn next(reader: &mut Reader<&[u8]>, record: &mut ByteRecord) -> Result<bool, TraceError> {
    // Byte records of any length read from memory do not fail.
    reader.read_byte_record(record).map_err(|error| {
        let line = error.position().map_or(0, csv::Position::line);
        TraceError { line, column: None, problem: Problem::Utf8 }
    })
}

fn line(record: &ByteRecord) -> u64 {
    record.position().map_or(0, csv::Position::line)
}

/// The names of the columns, in the list's order.
fn heading(record: &ByteRecord, columns: &Columns) -> Result<Vec<&'static str>, TraceError> {
    let error = |column: &str, problem| TraceError { line: line(record), column: Some(cut(column)), problem };
    let mut heading = Vec::new();
    for cell in record {
        let cell = std::str::from_utf8(cell).map_err(|_| error("?", Problem::Utf8))?;
        let cell = cell.trim_start_matches('\u{feff}');
        let known = columns.required.iter().chain(columns.optional).find(|it| **it == cell);
        let Some(known) = known else { return Err(error(cell, Problem::Unknown(columns.told))) };
        if heading.contains(known) {
            return Err(error(cell, Problem::Twice));
        }
        heading.push(*known);
    }
    match columns.required.iter().find(|it| !heading.contains(it)) {
        Some(missing) => Err(error(missing, Problem::Missing)),
        None => Ok(heading),
    }
}

/// One row below the heading.
pub(crate) struct Row<'a> {
    heading: &'a [&'static str],
    line: u64,
    cells: &'a ByteRecord,
}

impl Row<'_> {
    /// The text of a cell; empty where the list has no such column.
    pub(crate) fn text(&self, column: &'static str) -> Result<&str, TraceError> {
        let at = self.heading.iter().position(|it| *it == column);
        let cell = at.and_then(|at| self.cells.get(at)).unwrap_or_default();
        std::str::from_utf8(cell).map_err(|_| self.error(column, Problem::Utf8))
    }

    /// The number of a cell.
    pub(crate) fn number(&self, column: &'static str, most: u64) -> Result<u64, TraceError> {
        let text = self.text(column)?;
        let number = text.parse().ok().filter(|it| *it <= most && text.bytes().all(|it| it.is_ascii_digit()));
        number.ok_or_else(|| self.error(column, Problem::Number { found: cut(text), most }))
    }

    /// The number of a cell that may be empty.
    pub(crate) fn number_if_any(&self, column: &'static str, most: u64) -> Result<Option<u64>, TraceError> {
        if self.text(column)?.is_empty() { Ok(None) } else { self.number(column, most).map(Some) }
    }

    pub(crate) fn error(&self, column: &str, problem: Problem) -> TraceError {
        TraceError { line: self.line, column: Some(column.to_owned()), problem }
    }
}

/// Enough of an outsider's text to find it.
fn cut(text: &str) -> String {
    text.chars().take(40).collect()
}
