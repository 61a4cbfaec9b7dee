//! When something signed is valid, and which part of it bounds that.

use std::fmt;

use casemate_model::Timestamp;

use crate::Fault;

/// A signed thing with dates: a certificate of a chain, a revocation list, a TCB Info.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// What it is, or the chain it is in.
    pub name: &'static str,
    /// Its place in a chain, leaf 0.
    pub index: Option<usize>,
}

impl fmt::Display for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.index {
            Some(index) => write!(f, "certificate {index} of the {}", self.name),
            None => write!(f, "the {}", self.name),
        }
    }
}

/// A span of time, both ends included, and which artifact sets each end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    not_before: (Timestamp, Artifact),
    not_after: (Timestamp, Artifact),
}

impl Window {
    /// All of time: where nothing has a date.
    pub const ALWAYS: Self = {
        let nothing = Artifact { name: "evidence", index: None };
        Self { not_before: (Timestamp(0), nothing), not_after: (Timestamp(u64::MAX), nothing) }
    };

    /// The validity of one artifact.
    #[must_use]
    pub const fn new(not_before: Timestamp, not_after: Timestamp, artifact: Artifact) -> Self {
        Self { not_before: (not_before, artifact), not_after: (not_after, artifact) }
    }

    /// When both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let not_before = if other.not_before.0 > self.not_before.0 { other } else { self }.not_before;
        let not_after = if other.not_after.0 < self.not_after.0 { other } else { self }.not_after;
        Self { not_before, not_after }
    }

    /// The first instant in it.
    #[must_use]
    pub const fn not_before(&self) -> Timestamp {
        self.not_before.0
    }

    /// The last instant in it.
    #[must_use]
    pub const fn not_after(&self) -> Timestamp {
        self.not_after.0
    }

    /// The last instant in it, and the artifact whose end that is.
    #[must_use]
    pub const fn ending(&self) -> (Timestamp, Artifact) {
        self.not_after
    }

    /// Whether it holds at this instant.
    #[must_use]
    pub fn contains(&self, now: Timestamp) -> bool {
        self.not_before.0 <= now && now <= self.not_after.0
    }

    /// Why it does not hold at this instant: what is not valid yet, and what no longer.
    #[must_use]
    pub fn faults(&self, now: Timestamp) -> Vec<Fault> {
        let ((not_before, begins), (not_after, ends)) = (self.not_before, self.not_after);
        let early = (now < not_before).then_some(Fault::NotYetValid { what: begins, not_before, now });
        let late = (now > not_after).then_some(Fault::Expired { what: ends, not_after, now });
        early.into_iter().chain(late).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: Artifact = Artifact { name: "list", index: None };
    const LEAF: Artifact = Artifact { name: "chain", index: Some(0) };

    fn window(from: u64, until: u64, artifact: Artifact) -> Window {
        Window::new(Timestamp(from), Timestamp(until), artifact)
    }

    #[test]
    fn the_intersection_names_the_artifact_that_bounds_each_end() {
        let both = window(10, 100, LIST).and(window(20, 200, LEAF));
        assert_eq!((both.not_before(), both.not_after()), (Timestamp(20), Timestamp(100)));
        let (early, late) = (Timestamp(19), Timestamp(101));
        let not_yet = Fault::NotYetValid { what: LEAF, not_before: Timestamp(20), now: early };
        assert_eq!(both.faults(early), [not_yet]);
        let expired = Fault::Expired { what: LIST, not_after: Timestamp(100), now: late };
        assert_eq!(both.faults(late), [expired]);
    }

    #[test]
    fn both_ends_are_inside() {
        let window = window(10, 20, LIST);
        assert!(window.contains(Timestamp(10)) && window.contains(Timestamp(20)));
        assert!(!window.contains(Timestamp(9)) && !window.contains(Timestamp(21)));
    }

    #[test]
    fn windows_that_never_meet_hold_at_no_instant_and_say_both_reasons() {
        let never = window(10, 20, LIST).and(window(30, 40, LEAF));
        assert!((0..50).all(|now| !never.contains(Timestamp(now))));
        assert_eq!(never.faults(Timestamp(25)).len(), 2);
    }

    #[test]
    fn always_is_neutral() {
        let some = window(10, 20, LIST);
        assert_eq!(Window::ALWAYS.and(some), some);
        assert_eq!(some.and(Window::ALWAYS), some);
    }
}
