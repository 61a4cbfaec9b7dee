//! Appraisal: verified claims against what is expected, with every reason for a refusal.
//!
//! Everything a policy demands of evidence is [`judge`]d; what is added here is what a witness speaks
//! of: this TEE, this measurement, and a challenge that binds nonce, node, boot and use.

use std::collections::BTreeSet;

use casemate_attest::binding::{platform_report_data, workload_report_data};
use casemate_attest::claims::{Kind, NotChecked};
use casemate_attest::{Claims, VerifiedEvidence};
use casemate_model::{ConfigDigest, Digest, Measurement, NodeIdentity, Nonce, ReportData, Timestamp};
use casemate_mutant::{Mutant, active as seeded};

use crate::{
    AppraisalPolicy, Attested, EvidencePolicy, Judgement, Platform, Question, Reason, Subject, Workload,
    judge,
};

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

    let mut judgement = judge_bound(evidence, &bound, None, policy, now);
    if claims.tee() != Some(subject.tee) {
        judgement.reasons.push(Reason::Tee { expected: subject.tee, found: claims.kind() });
    }
    if claims.enclave().is_some() {
        let accepted = policy.platform().accepted(*image_measurement);
        judgement.reasons.extend(measurement_reason(claims, accepted));
    } else if judgement.not_checked.contains(NotChecked::ReferenceValues) {
        judgement.reasons.push(Reason::NotChecked { what: NotChecked::ReferenceValues });
    }
    conclude(judgement, claims, subject.clone())
}

/// Appraises the evidence of a node that no image of ours runs on: of hardware, or of an enclave that the
/// policy itself knows. What it may be is the policy's to say; one that demands nothing of what it is
/// admits nobody.
///
/// The judgement is the policy's own, for a signed result; the appraisal is affirming only where it
/// accepts.
pub fn appraise_node(
    evidence: &VerifiedEvidence,
    subject: Platform,
    bound: &ReportData,
    policy: &EvidencePolicy,
    tenant: Option<&str>,
    now: Timestamp,
) -> (Appraisal<Platform>, Judgement) {
    let claims = evidence.claims();
    let nonce = Some(challenge(claims.kind(), bound));
    let judgement = judge(evidence, policy, &Question { nonce, tenant, now });
    let mut all = judgement.clone();
    if claims.tee() != Some(subject.tee) {
        all.reasons.push(Reason::Tee { expected: subject.tee, found: claims.kind() });
    }
    if all.not_checked.contains(NotChecked::ReferenceValues) {
        all.reasons.push(Reason::NotChecked { what: NotChecked::ReferenceValues });
    }
    (conclude(all, claims, subject), judgement)
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
    let tenant = Some(subject.container.pod.namespace.as_str());

    let mut judgement = judge_bound(evidence, &bound, tenant, policy, now);
    if claims.measurement() != Some(subject.measurement.into()) && !seeded(Mutant::PolicyIgnoresMeasurement) {
        let found = claims.measurement();
        judgement.reasons.push(Reason::Subject { expected: subject.measurement, found });
    }
    match policy.workload(&subject.container) {
        Some(reference) => {
            judgement.reasons.extend(measurement_reason(claims, reference.accepted(*image_measurement)));
        }
        None => judgement.reasons.push(Reason::NoRule { container: subject.container.clone() }),
    }
    conclude(judgement, claims, subject.clone())
}

/// What of the bytes that evidence is bound to a TEE of this kind is given to sign: all 64 of them, and
/// to a vTPM the first 32, because extraData holds no more than the TPM's longest digest and two bytes
/// (TPM 2.0 library specification, part 2, 10.4.3).
#[must_use]
pub fn challenge(kind: Kind, bound: &ReportData) -> &[u8] {
    match (kind, bound.0.split_first_chunk::<32>()) {
        (Kind::Vtpm, Some((first, _))) => first,
        _ => &bound.0,
    }
}

fn judge_bound(
    evidence: &VerifiedEvidence,
    bound: &ReportData,
    tenant: Option<&str>,
    policy: &AppraisalPolicy,
    now: Timestamp,
) -> Judgement {
    let nonce = challenge(evidence.claims().kind(), bound);
    judge(evidence, policy.evidence(), &Question { nonce: Some(nonce), tenant, now })
}

fn measurement_reason(claims: &Claims, expected: BTreeSet<Measurement>) -> Option<Reason> {
    let found = claims.measurement();
    let is_good = found.is_some_and(|found| expected.iter().any(|it| Digest::from(*it) == found));
    (!is_good).then_some(Reason::Measurement { expected, found })
}

/// No reason against it makes a witness, which lapses when the verdict does.
fn conclude<S: Subject>(judgement: Judgement, claims: &Claims, subject: S) -> Appraisal<S> {
    let Judgement { reasons, valid_until, .. } = judgement;
    if reasons.is_empty() {
        Appraisal::Affirming(Attested::new(subject, claims.root, claims.not_before(), valid_until))
    } else {
        Appraisal::Contraindicated(reasons)
    }
}
