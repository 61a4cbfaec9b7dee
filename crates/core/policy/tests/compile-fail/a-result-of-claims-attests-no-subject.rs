//! A result that can be reopened takes a witness that is fresh, not a subject.

use casemate_attest::VerifiedEvidence;
use casemate_policy::result::{Ear, Issue};
use casemate_policy::{Judgement, Platform};

fn forge(subject: &Platform, evidence: &VerifiedEvidence, judgement: &Judgement, issue: &Issue<'_>) -> Ear {
    Ear::attesting(subject, evidence, judgement, issue).unwrap()
}

fn main() {}
