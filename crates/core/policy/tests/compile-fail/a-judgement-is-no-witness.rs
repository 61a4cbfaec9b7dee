//! A judgement of claims that nobody verified can be had by anybody, and makes no witness.

use casemate_attest::Claims;
use casemate_policy::{Attested, EvidencePolicy, Question, Workload, judge_claims};

fn forge(claims: &Claims, policy: &EvidencePolicy, question: &Question<'_>) -> Attested<Workload> {
    judge_claims(claims, policy, question).into()
}

fn main() {}
