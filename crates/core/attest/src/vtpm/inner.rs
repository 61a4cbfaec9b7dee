//! Evidence of the confidential VM that a vTPM is in.

use casemate_model::Timestamp;

use crate::claims::Claims;
use crate::verify::claims_of;
use crate::{Endorsements, Evidence, Fault, Refused, Roots};

/// What it says, all its signatures verified, and what speaks against it all the same: dates and
/// revocations, which are the outer evidence's too.
pub(crate) struct Inner {
    pub(crate) claims: Claims,
    pub(crate) faults: Vec<Fault>,
}

impl Inner {
    /// Verifies it as if it had come alone.
    pub(crate) fn verify(
        evidence: &Evidence,
        endorsements: &Endorsements,
        roots: &Roots,
        now: Timestamp,
    ) -> Result<Self, Refused> {
        match claims_of(evidence, endorsements, roots, now) {
            Ok(claims) => Ok(Self { claims, faults: Vec::new() }),
            Err(Refused { faults, claims: Some(claims) }) => Ok(Self { claims: *claims, faults }),
            Err(refused) => Err(refused),
        }
    }
}
