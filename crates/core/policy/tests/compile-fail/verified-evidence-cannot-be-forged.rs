//! Existential type (CC 7.2): verified evidence reveals its claims, never how to make more of it.

use casemate_attest::{Claims, VerifiedEvidence};

fn forge(genuine: &VerifiedEvidence) -> VerifiedEvidence {
    let revealed: Claims = genuine.claims().clone();
    VerifiedEvidence { claims: Claims { tcb: None, ..revealed } }
}

fn main() {}
