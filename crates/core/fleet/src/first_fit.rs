//! First fit: the first node that will do.

use super::score::{Score, Site};

/// The node that was added first, of those that will do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FirstFit;

impl Score for FirstFit {
    fn rank(&self, _: &Site<'_>) -> u64 {
        0
    }
}
