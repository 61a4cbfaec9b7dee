//! A result that can be reopened takes a witness that is fresh, not a subject.

use casemate_attest::VerifiedEvidence;
use casemate_policy::result::{Ear, Issue};
use casemate_policy::{Judgement, Workload};

fn forge(subject: &Workload, evidence: &VerifiedEvidence, judgement: &Judgement, issue: &Issue<'_>) -> Ear {
    Ear::attesting(subject, evidence, judgement, issue).unwrap()
}

fn main() {}
