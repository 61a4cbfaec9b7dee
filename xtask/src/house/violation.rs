//! One broken rule, at one place.

use std::fmt;

/// Says where, which rule, what is wrong and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// Relative to the workspace's root, with forward slashes.
    pub(crate) path: String,
    /// From 1.
    pub(crate) line: usize,
    /// The rule's name: the file under `rules/` that holds it.
    pub(crate) rule: &'static str,
    /// What is wrong.
    pub(crate) what: String,
    /// What to do about it.
    pub(crate) remedy: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, rule, what, remedy } = self;
        write!(f, "{path}:{line}: [{rule}] {what}\n    remedy: {remedy}")
    }
}

/// All of them, one after the other, for a failing test to print.
#[cfg(test)]
pub(crate) fn list(violations: &[Violation]) -> String {
    violations.iter().map(|violation| format!("\n{violation}")).collect()
}
