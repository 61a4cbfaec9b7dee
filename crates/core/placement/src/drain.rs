//! Pods that have to leave because nobody vouches for their node any more.

use std::fmt;

use casemate_model::{NodeName, PodKey};
use casemate_policy::Expired;

/// A confidential pod that has to leave its node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drain {
    /// The pod.
    pub pod: PodKey,
    /// Its node.
    pub node: NodeName,
    /// Why.
    pub cause: DrainCause,
}

/// Why nobody vouches for a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DrainCause {
    /// Its witness does not hold now.
    Lapsed(Expired),
    /// Its witness was taken away.
    Revoked,
    /// It is supposed not to be trusted.
    Distrusted(String),
}

impl fmt::Display for DrainCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lapsed(expired) => write!(f, "the node's attestation does not hold: {expired}"),
            Self::Revoked => f.write_str("the node's attestation was revoked"),
            Self::Distrusted(why) => write!(f, "the node is not trusted: {why}"),
        }
    }
}
