//! Appraisal: verified claims against what is expected, with every reason for a refusal.

use std::collections::BTreeSet;

use casemate_attest::binding::{platform_report_data, workload_report_data};
use casemate_attest::claims::Kind;
use casemate_attest::{Claims, VerifiedEvidence};
use casemate_model::{
    ConfigDigest, ContainerKey, Digest, Fingerprint, Measurement, Nanos, NodeIdentity, Nonce, ReportData,
    Tee, Timestamp,
};
use casemate_mutant::{Mutant, active as seeded};
use thiserror::Error;

use crate::{AppraisalPolicy, Attested, Platform, Subject, Workload};

/// What a platform's evidence has to match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformExpectation<'a> {
    /// Whom the evidence is to speak of.
    pub subject: Platform,
    /// The key the node's agent speaks with.
    pub agent_key: &'a [u8],
    /// The nonce drawn for this appraisal.
    pub nonce: Nonce,
    /// The measurement computed from the platform probe's image.
    pub image_measurement: Measurement,
}

/// What a workload's evidence has to match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkloadExpectation {
    /// Whom the evidence is to speak of.
    pub subject: Workload,
    /// The node it runs on.
    pub identity: NodeIdentity,
    /// What the container is told at start.
    pub config: ConfigDigest,
    /// The nonce drawn for this appraisal.
    pub nonce: Nonce,
    /// The measurement computed from the image the manifest names.
    pub image_measurement: Measurement,
}

/// The answer to evidence, in the words of RFC 9334's attestation results.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum Appraisal<S: Subject> {
    /// The evidence is good; here is the witness.
    Affirming(Attested<S>),
    /// It is not. Never empty, and complete: mending all of these is enough.
    Contraindicated(Vec<Reason>),
}

impl<S: Subject> Appraisal<S> {
    /// The witness, or the reasons there is none.
    ///
    /// # Errors
    ///
    /// The reasons.
    pub fn into_result(self) -> Result<Attested<S>, Vec<Reason>> {
        match self {
            Self::Affirming(witness) => Ok(witness),
            Self::Contraindicated(reasons) => Err(reasons),
        }
    }
}

/// Why evidence is not good enough.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Reason {
    /// The policy does not accept the root.
    #[error("the policy does not accept the root {root}")]
    Root {
        /// The root the evidence chains to.
        root: Fingerprint,
    },
    /// The evidence comes from another kind of TEE.
    #[error("the evidence is of a {found} TEE, the node claims {expected}")]
    Tee {
        /// What the subject claims to have.
        expected: Tee,
        /// What the evidence is of.
        found: Kind,
    },
    /// The evidence was made for another nonce, node, boot, key, container or configuration.
    #[error(
        "report data is {found}, expected {expected}: the evidence was made for another nonce, node or use"
    )]
    ReportData {
        /// What everything expected binds to.
        expected: ReportData,
        /// What the evidence holds, in hex.
        found: String,
    },
    /// The enclave is none that the policy knows as good.
    #[error("measurement {} is not among the policy's reference values ({})", shown(found), list(expected))]
    Measurement {
        /// The reference values.
        expected: BTreeSet<Measurement>,
        /// What the evidence says the enclave is.
        found: Option<Digest>,
    },
    /// The enclave is not the one the witness would speak of.
    #[error("measurement {} is not that of the enclave in question, {expected}", shown(found))]
    Subject {
        /// The measurement of the enclave in question.
        expected: Measurement,
        /// What the evidence says the enclave is.
        found: Option<Digest>,
    },
    /// The host can read and write the enclave.
    #[error("the enclave runs in debug mode, which the policy does not allow")]
    Debug,
    /// Its chain is not yet valid.
    #[error("the evidence is not valid before {not_before}, and it is {now}")]
    NotYetValid {
        /// When it becomes valid.
        not_before: Timestamp,
        /// The instant of appraisal.
        now: Timestamp,
    },
    /// Its chain is no longer valid.
    #[error("the evidence expired at {not_after}, and it is {now}")]
    Expired {
        /// When it was last valid.
        not_after: Timestamp,
        /// The instant of appraisal.
        now: Timestamp,
    },
    /// The policy says nothing about the container, which is a refusal.
    #[error("no rule of the policy selects {container}")]
    NoRule {
        /// The container.
        container: ContainerKey,
    },
}

fn shown(found: &Option<Digest>) -> String {
    found.map_or_else(|| "(none)".to_owned(), |found| found.to_string())
}

fn list(measurements: &BTreeSet<Measurement>) -> String {
    measurements.iter().map(Measurement::to_string).collect::<Vec<_>>().join(", ")
}

/// Appraises a platform's evidence at the instant `now`.
pub fn appraise_platform(
    evidence: &VerifiedEvidence,
    expected: &PlatformExpectation<'_>,
    policy: &AppraisalPolicy,
    now: Timestamp,
) -> Appraisal<Platform> {
    let claims = evidence.claims();
    let PlatformExpectation { subject, agent_key, nonce, image_measurement } = expected;
    let bound = platform_report_data(nonce, &subject.identity, agent_key);

    let mut reasons = common_reasons(claims, bound, policy, now);
    if claims.tee() != Some(subject.tee) {
        reasons.push(Reason::Tee { expected: subject.tee, found: claims.kind() });
    }
    let accepted = policy.platform().accepted(*image_measurement);
    reasons.extend(measurement_reason(claims, accepted));
    conclude(reasons, claims, subject.clone(), policy, now)
}

/// Appraises a workload's evidence at the instant `now`.
pub fn appraise_workload(
    evidence: &VerifiedEvidence,
    expected: &WorkloadExpectation,
    policy: &AppraisalPolicy,
    now: Timestamp,
) -> Appraisal<Workload> {
    let claims = evidence.claims();
    let WorkloadExpectation { subject, identity, config, nonce, image_measurement } = expected;
    let bound = workload_report_data(nonce, identity, &subject.container, config);

    let mut reasons = common_reasons(claims, bound, policy, now);
    if claims.measurement() != Some(subject.measurement.into()) && !seeded(Mutant::PolicyIgnoresMeasurement) {
        reasons.push(Reason::Subject { expected: subject.measurement, found: claims.measurement() });
    }
    match policy.workload(&subject.container) {
        Some(reference) => {
            reasons.extend(measurement_reason(claims, reference.accepted(*image_measurement)));
        }
        None => reasons.push(Reason::NoRule { container: subject.container.clone() }),
    }
    conclude(reasons, claims, subject.clone(), policy, now)
}

/// What is asked of every subject's evidence.
fn common_reasons(
    claims: &Claims,
    bound: ReportData,
    policy: &AppraisalPolicy,
    now: Timestamp,
) -> Vec<Reason> {
    let (root, not_before, not_after) = (claims.root, claims.not_before(), claims.not_after());
    let mut reasons = Vec::new();
    if !policy.roots().contains(&root) {
        reasons.push(Reason::Root { root });
    }
    if claims.challenge() != Some(&bound.0[..]) {
        let found = claims.challenge().unwrap_or_default().iter().map(|byte| format!("{byte:02x}")).collect();
        reasons.push(Reason::ReportData { expected: bound, found });
    }
    if claims.debug() && !policy.debug_allowed() && !seeded(Mutant::PolicyIgnoresDebug) {
        reasons.push(Reason::Debug);
    }
    if now < not_before {
        reasons.push(Reason::NotYetValid { not_before, now });
    }
    if now > not_after && !seeded(Mutant::PolicyIgnoresExpiry) {
        reasons.push(Reason::Expired { not_after, now });
    }
    reasons
}

fn measurement_reason(claims: &Claims, expected: BTreeSet<Measurement>) -> Option<Reason> {
    let found = claims.measurement();
    let is_good = found.is_some_and(|found| expected.iter().any(|it| Digest::from(*it) == found));
    (!is_good).then_some(Reason::Measurement { expected, found })
}

/// No reason against it makes a witness, which lapses with the evidence or after the policy's
/// lifetime, whichever is first.
fn conclude<S: Subject>(
    reasons: Vec<Reason>,
    claims: &Claims,
    subject: S,
    policy: &AppraisalPolicy,
    now: Timestamp,
) -> Appraisal<S> {
    if reasons.is_empty() {
        let ttl = if seeded(Mutant::PolicyIgnoresLifetime) { Nanos(u64::MAX) } else { policy.ttl() };
        let not_after = claims.not_after().min(now.after(ttl));
        Appraisal::Affirming(Attested::new(subject, claims.root, claims.not_before(), not_after))
    } else {
        Appraisal::Contraindicated(reasons)
    }
}
