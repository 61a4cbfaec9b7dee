//! Attests the node and its enclaves to the policy: nonce out, witness back.
//!
//! The attester's side ([`EvidenceSource`]) and the verifier's side are one
//! process here, but they share nothing except bytes: the nonce goes out in the
//! report data, the evidence comes back as received bytes and is verified over
//! exactly those.

use aws_lc_rs::rand;
use casemate_attest::binding::{config_digest, platform_report_data, workload_report_data};
use casemate_attest::{Endorsements, Evidence, Roots, VerifiedEvidence, verify};
use casemate_checker::EvidenceFacts;
use casemate_model::{
    ConfigDigest, Container, ContainerKey, EnclaveId, Measurement, NodeIdentity, NodeName, Nonce, ReportData,
    Tee, Timestamp, Volume,
};
use casemate_policy::{
    Appraisal, AppraisalPolicy, Attested, Platform, PlatformExpectation, Subject, Workload,
    WorkloadExpectation, appraise_platform, appraise_workload,
};
use casemate_report::Claims;

use crate::claims::{self, Asked};
use crate::guest::Invocation;

/// Where a node's evidence comes from. Whatever it returns is a claim until verified.
pub trait EvidenceSource {
    /// The TEE the evidence is of.
    fn tee(&self) -> Tee;

    /// What the platform probe measures.
    fn probe_measurement(&self) -> Measurement;

    /// The public key this node's agent speaks with.
    fn agent_key(&self) -> &[u8];

    /// Evidence of an enclave of this measurement that asked for this report data;
    /// of the platform, where the measurement is the probe's.
    ///
    /// # Errors
    ///
    /// In words, why there is none.
    fn evidence(
        &mut self,
        measurement: Measurement,
        report_data: ReportData,
        now: Timestamp,
    ) -> Result<Evidence, String>;
}

/// A good answer: the witness, and what the evidence said for whoever checks and whoever reads.
pub(crate) struct Affirmed<S: Subject> {
    pub(crate) witness: Attested<S>,
    pub(crate) facts: EvidenceFacts,
    pub(crate) claims: Claims,
}

/// Any other answer.
pub(crate) struct Refusal {
    /// What the evidence claims; empty where there is none that verifies.
    pub(crate) claims: Claims,
    /// Every reason.
    pub(crate) reasons: Vec<String>,
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Self { claims: Claims::default(), reasons: vec![reason] }
    }
}

/// An enclave about to be attested.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) enclave: EnclaveId,
    pub(crate) container: ContainerKey,
    /// What the enclave that was built measures.
    pub(crate) measurement: Measurement,
    /// What the image the manifest names measures.
    pub(crate) image_measurement: Measurement,
    pub(crate) config: ConfigDigest,
}

/// The verifier's side: draws nonces, verifies, appraises.
pub(crate) struct Attestation {
    source: Box<dyn EvidenceSource>,
    policy: AppraisalPolicy,
    roots: Roots,
    node: NodeName,
    identity: NodeIdentity,
}

impl Attestation {
    pub(crate) fn new(
        source: Box<dyn EvidenceSource>,
        policy: AppraisalPolicy,
        node: NodeName,
        identity: NodeIdentity,
    ) -> Self {
        let roots = Roots::software(policy.roots().iter().copied());
        Self { source, policy, roots, node, identity }
    }

    pub(crate) fn policy(&self) -> &AppraisalPolicy {
        &self.policy
    }

    pub(crate) fn tee(&self) -> Tee {
        self.source.tee()
    }

    /// Attests this node; every reason where it cannot be.
    pub(crate) fn platform(&mut self, now: Timestamp) -> Result<Affirmed<Platform>, Refusal> {
        let nonce = draw_nonce()?;
        let agent_key = self.source.agent_key().to_vec();
        let bound = platform_report_data(&nonce, &self.identity, &agent_key);
        let image_measurement = self.source.probe_measurement();
        let evidence = self.evidence(image_measurement, bound, now)?;
        let subject =
            Platform { node: self.node.clone(), identity: self.identity.clone(), tee: self.source.tee() };
        let expected = PlatformExpectation { subject, agent_key: &agent_key, nonce, image_measurement };
        let appraisal = appraise_platform(&evidence, &expected, &self.policy, now);
        answer(appraisal, &evidence, &Asked { nonce, bound })
    }

    /// Attests an enclave; every reason where it cannot be.
    pub(crate) fn workload(
        &mut self,
        candidate: &Candidate,
        now: Timestamp,
    ) -> Result<Affirmed<Workload>, Refusal> {
        let nonce = draw_nonce()?;
        let Candidate { enclave, container, measurement, image_measurement, config } = candidate.clone();
        let bound = workload_report_data(&nonce, &self.identity, &container, &config);
        let evidence = self.evidence(measurement, bound, now)?;
        let subject = Workload { enclave, container, measurement };
        let identity = self.identity.clone();
        let expected = WorkloadExpectation { subject, identity, config, nonce, image_measurement };
        let appraisal = appraise_workload(&evidence, &expected, &self.policy, now);
        answer(appraisal, &evidence, &Asked { nonce, bound })
    }

    fn evidence(
        &mut self,
        measurement: Measurement,
        report_data: ReportData,
        now: Timestamp,
    ) -> Result<VerifiedEvidence, String> {
        let evidence = self
            .source
            .evidence(measurement, report_data, now)
            .map_err(|why| format!("no evidence: {why}"))?;
        verify(&evidence, &Endorsements::none(), &self.roots, now).map_err(|error| error.to_string())
    }
}

/// What the container is told at start and shown of its pod's volumes, as evidence binds it.
pub(crate) fn config_of(invocation: &Invocation, container: &Container, volumes: &[Volume]) -> ConfigDigest {
    let mounts = container.mounts.iter().filter_map(|mount| {
        let volume = volumes.iter().find(|volume| volume.name == mount.volume)?;
        Some((mount, &volume.source))
    });
    config_digest(&invocation.args, &invocation.env, &mounts.collect::<Vec<_>>())
}

fn answer<S: Subject>(
    appraisal: Appraisal<S>,
    evidence: &VerifiedEvidence,
    asked: &Asked,
) -> Result<Affirmed<S>, Refusal> {
    let verified = evidence.claims();
    let Some(enclave) = verified.enclave() else {
        let reasons = vec![format!("the evidence is of {}, not of an enclave", verified.kind())];
        return Err(Refusal { claims: Claims::default(), reasons });
    };
    let facts = EvidenceFacts {
        measurement: enclave.mr_enclave,
        debug: enclave.debug(),
        not_before: verified.not_before(),
        not_after: verified.not_after(),
    };
    let claims = claims::in_words(verified, enclave, asked);
    match appraisal {
        Appraisal::Affirming(witness) => Ok(Affirmed { witness, facts, claims }),
        Appraisal::Contraindicated(reasons) => {
            Err(Refusal { claims, reasons: reasons.iter().map(ToString::to_string).collect() })
        }
    }
}

fn draw_nonce() -> Result<Nonce, String> {
    let mut nonce = Nonce([0; 32]);
    rand::fill(&mut nonce.0).map_err(|_| "the system gave no random bytes for a nonce".to_owned())?;
    Ok(nonce)
}
