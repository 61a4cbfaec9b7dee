//! Whoever writes down claims has verified nothing.

use casemate_attest::Claims;
use casemate_model::Timestamp;
use casemate_policy::{Appraisal, AppraisalPolicy, Platform, PlatformExpectation, appraise_platform};

fn trust(
    claims: &Claims,
    expected: &PlatformExpectation<'_>,
    policy: &AppraisalPolicy,
    now: Timestamp,
) -> Appraisal<Platform> {
    appraise_platform(claims, expected, policy, now)
}

fn main() {}
