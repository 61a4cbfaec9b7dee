//! A claim is not a fact: bytes have to be verified first.

use casemate_attest::Evidence;
use casemate_model::Timestamp;
use casemate_policy::{Appraisal, AppraisalPolicy, Workload, WorkloadExpectation, appraise_workload};

fn trust(
    received: &Evidence,
    expected: &WorkloadExpectation,
    policy: &AppraisalPolicy,
    now: Timestamp,
) -> Appraisal<Workload> {
    appraise_workload(received, expected, policy, now)
}

fn main() {}
