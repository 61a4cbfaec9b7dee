//! A log, read.

use std::fmt;

use casemate_world_log::{Malformed, Record, Setup};

/// A log: what the machine began with, and what happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Log {
    /// What it began with.
    pub setup: Setup,
    /// What happened, in the order in which it was decided.
    pub records: Vec<Record>,
}

/// Why bytes are no log, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotALog {
    /// They do not begin with a set-up.
    Setup(Malformed),
    /// The record of this number is none.
    Record(usize, Malformed),
    /// So many bytes are left after this number of records.
    CutShort(usize, usize),
}

impl fmt::Display for NotALog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setup(why) => write!(f, "no log: it begins with no set-up: {why}"),
            Self::Record(number, why) => write!(f, "no log: record {number} is none: {why}"),
            Self::CutShort(number, left) => {
                write!(f, "the log was cut short: {left} bytes are left after {number} records")
            }
        }
    }
}

impl std::error::Error for NotALog {}

impl Log {
    /// Reads one. Memory is taken for what is there.
    ///
    /// # Errors
    ///
    /// Where the bytes are no log, or not a whole one.
    pub fn read(bytes: &[u8]) -> Result<Self, NotALog> {
        let setup = Setup::decode(bytes).map_err(NotALog::Setup)?;
        let (chunks, left) = bytes[Setup::BYTES..].as_chunks::<{ Record::BYTES }>();
        let records = (0..).zip(chunks);
        let records = records.map(|(at, it)| Record::decode(it).map_err(|why| NotALog::Record(at, why)));
        let records: Vec<_> = records.collect::<Result<_, _>>()?;
        if left.is_empty() {
            Ok(Self { setup, records })
        } else {
            Err(NotALog::CutShort(records.len(), left.len()))
        }
    }

    /// Nanoseconds of a time, from the first that the log tells.
    #[must_use]
    pub fn nanos(&self, time: u64) -> u64 {
        self.in_nanos(time.saturating_sub(self.records.first().map_or(0, |it| it.time)))
    }

    /// So many ticks of the counter in nanoseconds.
    #[must_use]
    pub fn in_nanos(&self, ticks: u64) -> u64 {
        let nanos = u128::from(ticks) * 1_000_000_000 / u128::from(self.setup.frequency.max(1));
        u64::try_from(nanos).unwrap_or(u64::MAX)
    }
}
