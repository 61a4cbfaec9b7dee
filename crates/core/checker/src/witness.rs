//! Whether a witness may say what it says. Times in nanoseconds since the Unix epoch.

use casemate_model::{Measurement, Timestamp};

use crate::judge::Limits;
use crate::record::Record;
use crate::{EvidenceFacts, Rule};

/// A span of time in which a witness holds, both ends included, as certificates have it (RFC 5280, 4.1.2.5).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Validity {
    pub(crate) from: u64,
    pub(crate) until: u64,
}

impl Validity {
    pub(crate) fn holds_at(self, at: Timestamp) -> bool {
        self.from <= at.0 && at.0 <= self.until
    }
}

/// Compares a witness with the evidence it was made from. `measurement` is what a workload's witness speaks of;
/// a platform's witness speaks of none.
pub(crate) fn examine(
    record: &mut Record,
    limits: &Limits,
    subject: &dyn std::fmt::Display,
    at: Timestamp,
    not_after: Timestamp,
    measurement: Option<Measurement>,
    evidence: &EvidenceFacts,
) {
    if at.0 < evidence.not_before.0 || at.0 > evidence.not_after.0 {
        record.breach(
            Rule::EvidenceNotValid,
            subject,
            format_args!("affirmed at {}", at.0),
            format_args!("from {} to {}", evidence.not_before.0, evidence.not_after.0),
        );
    }
    let by_policy = u128::from(at.0) + u128::from(limits.evidence_ttl.0);
    let latest = by_policy.min(u128::from(evidence.not_after.0));
    if u128::from(not_after.0) > latest {
        record.breach(
            Rule::WitnessOutlivesEvidence,
            subject,
            format_args!("a witness until {}", not_after.0),
            format_args!("until {latest} at the latest"),
        );
    }
    if let Some(stated) = measurement.filter(|stated| stated.0 != evidence.measurement.0) {
        record.breach(
            Rule::WitnessMisstatesMeasurement,
            subject,
            format_args!("a witness for {stated}"),
            format_args!("what the evidence carries, {}", evidence.measurement),
        );
    }
    if evidence.debug && !limits.debug_allowed {
        record.breach(
            Rule::DebugAffirmed,
            subject,
            format_args!("affirmed although it can be debugged"),
            format_args!("production mode only"),
        );
    }
}

#[cfg(test)]
mod tests {
    use casemate_model::{Nanos, Timestamp};

    use crate::testing::*;
    use crate::{EvidenceFacts, Limits, Observation, Rule};

    fn granted(at: u64, not_after: u64, evidence: EvidenceFacts) -> Vec<Rule> {
        let limits = Limits { evidence_ttl: Nanos(1000), ..limits() };
        let grant = Observation::WorkloadWitnessGranted {
            at: Timestamp(at),
            enclave: enclave(1),
            container: container("p"),
            measurement: measurement(1),
            not_after: Timestamp(not_after),
            evidence,
        };
        rules_under(limits, prologue().into_iter().chain([grant]))
    }

    #[test]
    fn a_witness_may_end_with_its_evidence_but_not_after() {
        assert_eq!(granted(100, 301, evidence(0, 300)), [Rule::WitnessOutlivesEvidence]);
        assert_eq!(granted(100, 300, evidence(0, 300)), []);
    }

    #[test]
    fn a_witness_may_end_with_the_policys_lifetime_but_not_after() {
        assert_eq!(granted(100, 1101, evidence(0, 9999)), [Rule::WitnessOutlivesEvidence]);
        assert_eq!(granted(100, 1100, evidence(0, 9999)), []);
    }

    #[test]
    fn evidence_is_valid_when_it_is_appraised() {
        assert_eq!(granted(99, 300, evidence(100, 9999)), [Rule::EvidenceNotValid]);
        assert_eq!(granted(100, 300, evidence(100, 9999)), []);
        assert_eq!(granted(300, 300, evidence(100, 300)), []);
        assert_eq!(granted(301, 300, evidence(100, 300)), [Rule::EvidenceNotValid]);
    }

    #[test]
    fn a_witness_states_the_measurement_of_its_evidence() {
        let other = EvidenceFacts { measurement: measurement(2), ..evidence(0, 9999) };
        assert_eq!(granted(100, 300, other), [Rule::WitnessMisstatesMeasurement]);
        assert_eq!(granted(100, 300, evidence(0, 9999)), []);
    }

    #[test]
    fn debug_evidence_is_affirmed_only_where_the_policy_allows_it() {
        let debug = EvidenceFacts { debug: true, ..evidence(0, 9999) };
        assert_eq!(granted(100, 300, debug), [Rule::DebugAffirmed]);
        let grant = Observation::PlatformWitnessGranted {
            at: Timestamp(100),
            node: node_name("n"),
            not_before: Timestamp(100),
            not_after: Timestamp(200),
            evidence: debug,
        };
        let stream = || prologue().into_iter().chain([grant.clone()]);
        assert_eq!(rules_under(limits(), stream()), [Rule::DebugAffirmed]);
        assert_eq!(rules_under(Limits { debug_allowed: true, ..limits() }, stream()), []);
    }
}
