//! What speaks against a place: in words, or only whether anything does.

use std::fmt;

use crate::Rule;
use crate::record::Record;

/// Why a pod may not be where it is.
#[derive(Debug)]
pub(super) struct Objection {
    pub(super) rule: Rule,
    seen: String,
    allowed: String,
}

/// Collects objections.
#[derive(Debug, Default)]
pub(super) struct Against {
    /// Whether the first one is enough, and no word of it is needed.
    only_whether: bool,
    any: bool,
    found: Vec<Objection>,
}

impl Against {
    /// One that keeps no words.
    pub(super) fn only_whether() -> Self {
        Self { only_whether: true, ..Self::default() }
    }

    pub(super) fn add(&mut self, rule: Rule, seen: fmt::Arguments<'_>, allowed: fmt::Arguments<'_>) {
        self.any = true;
        if !self.only_whether {
            self.found.push(Objection { rule, seen: seen.to_string(), allowed: allowed.to_string() });
        }
    }

    /// Whether nothing speaks against it.
    pub(super) fn is_empty(&self) -> bool {
        !self.any
    }

    /// Whether more would change nothing.
    pub(super) fn is_enough(&self) -> bool {
        self.any && self.only_whether
    }

    pub(super) fn rules(&self) -> impl Iterator<Item = Rule> {
        self.found.iter().map(|it| it.rule)
    }

    /// Writes everything down.
    pub(super) fn report(self, record: &mut Record, subject: &dyn fmt::Display, place: &dyn fmt::Display) {
        for Objection { rule, seen, allowed } in self.found {
            record.breach(rule, subject, format_args!("on {place}: {seen}"), format_args!("{allowed}"));
        }
    }
}
