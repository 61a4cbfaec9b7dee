//! Where a workload stands, and what its appraisal said.

use std::fmt;

use serde::Serialize;

/// Where a workload stands. The first four are Kubernetes' pod phases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum State {
    /// Not placed: it waits, or it can never fit.
    Pending,
    /// Placed and not over.
    Running,
    /// Ended by itself with 0.
    Succeeded,
    /// Ended by itself with another code, or could not be started.
    Failed,
    /// Its manifest or its evidence was refused; it never ran.
    Refused,
    /// Did what WebAssembly does not allow.
    Trapped,
    /// Ended by the runtime.
    Killed,
    /// Its evidence lapsed or was refused while it ran, and it was not let in again.
    Suspended,
}

/// The outcome of an appraisal, in the words of EAR (draft-ietf-rats-ear) that we can give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The evidence verified and the policy accepts it.
    Affirming,
    /// The evidence does not verify, or the policy does not accept it.
    Contraindicated,
}

impl State {
    /// The name programs and people read.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Refused => "Refused",
            Self::Trapped => "Trapped",
            Self::Killed => "Killed",
            Self::Suspended => "Suspended",
        }
    }
}

impl Verdict {
    /// The name programs and people read.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Affirming => "affirming",
            Self::Contraindicated => "contraindicated",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
