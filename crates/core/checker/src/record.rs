//! What a judge writes down.

use std::fmt;

use crate::Rule;

/// One breach of one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which rule.
    pub rule: Rule,
    /// The observation that broke it, counting from 0. For what is only known at the end: how many there were.
    pub index: u64,
    /// What or whom it is about.
    pub subject: String,
    /// What was seen.
    pub seen: String,
    /// What would have been allowed.
    pub allowed: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, index, subject, seen, allowed } = self;
        write!(f, "{rule} at observation {index}: {subject}: {seen}; allowed: {allowed}")
    }
}

/// The violations so far: the first ones in full, then a count.
#[derive(Debug)]
pub(crate) struct Record {
    kept_max: usize,
    pub(crate) index: u64,
    pub(crate) kept: Vec<Violation>,
    pub(crate) more: u64,
}

impl Record {
    pub(crate) fn new(kept_max: usize) -> Self {
        Self { kept_max, index: 0, kept: Vec::new(), more: 0 }
    }

    /// Notes a violation at the current observation. Formats nothing once the record is full.
    pub(crate) fn breach(
        &mut self,
        rule: Rule,
        subject: impl fmt::Display,
        seen: fmt::Arguments<'_>,
        allowed: fmt::Arguments<'_>,
    ) {
        if self.kept.len() >= self.kept_max {
            self.more = self.more.saturating_add(1);
            return;
        }
        self.kept.push(Violation {
            rule,
            index: self.index,
            subject: subject.to_string(),
            seen: seen.to_string(),
            allowed: allowed.to_string(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_cap_violations_are_counted_and_not_kept() {
        let mut record = Record::new(2);
        for _ in 0..5 {
            record.breach(Rule::PoolOverfull, "pool", format_args!("9"), format_args!("at most 8"));
        }
        assert_eq!((record.kept.len(), record.more), (2, 3));
    }

    #[test]
    fn a_violation_reads_as_a_sentence() {
        let mut record = Record::new(1);
        record.index = 7;
        record.breach(Rule::PoolOverfull, "pool", format_args!("9 frames"), format_args!("at most 8"));
        assert_eq!(
            record.kept[0].to_string(),
            "pool-overfull at observation 7: pool: 9 frames; allowed: at most 8"
        );
    }
}
