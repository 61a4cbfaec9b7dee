//! Where a fact is written.

use jiff::civil::Date;

/// A page that facts were taken from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What rows call it.
    pub id: String,
    /// Its address; always `https://`.
    pub url: String,
    /// The date the page carries, or of its last change. `None`: it carries none.
    pub dated: Option<Date>,
    /// The day of the copy that was read where the copy says it, else of the reading.
    pub seen: Date,
}
