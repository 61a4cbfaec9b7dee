//! Attests the node and its enclaves to the policy: nonce out, witness back.
//!
//! The attester's side ([`EvidenceSource`]) and the verifier's side are one
//! process here, but they share nothing except bytes: the nonce goes out in the
//! report data, the evidence comes back as received bytes and is verified over
//! exactly those.

use aws_lc_rs::rand;
use casemate_attest::binding::{config_digest, platform_report_data, workload_report_data};
use casemate_attest::{Evidence, Roots, VerifiedEvidence, verify};
use casemate_checker::EvidenceFacts;
use casemate_model::{
    ConfigDigest, ContainerKey, EnclaveId, Measurement, NodeIdentity, NodeName, Nonce, ReportData, Tee,
    Timestamp,
};
use casemate_policy::{
    AppraisalPolicy, Attested, Platform, PlatformExpectation, Subject, Workload, WorkloadExpectation,
    appraise_platform, appraise_workload,
};

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

/// A good answer: the witness, and what the evidence said for whoever checks.
pub(crate) struct Affirmed<S: Subject> {
    pub(crate) witness: Attested<S>,
    pub(crate) facts: EvidenceFacts,
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
    pub(crate) fn platform(&mut self, now: Timestamp) -> Result<Affirmed<Platform>, Vec<String>> {
        let nonce = draw_nonce()?;
        let agent_key = self.source.agent_key().to_vec();
        let bound = platform_report_data(&nonce, &self.identity, &agent_key);
        let image_measurement = self.source.probe_measurement();
        let evidence = self.evidence(image_measurement, bound, now)?;
        let subject =
            Platform { node: self.node.clone(), identity: self.identity.clone(), tee: self.source.tee() };
        let expected = PlatformExpectation { subject, agent_key: &agent_key, nonce, image_measurement };
        let appraisal = appraise_platform(&evidence, &expected, &self.policy, now);
        affirmed(appraisal.into_result(), &evidence)
    }

    /// Attests an enclave; every reason where it cannot be.
    pub(crate) fn workload(
        &mut self,
        candidate: &Candidate,
        now: Timestamp,
    ) -> Result<Affirmed<Workload>, Vec<String>> {
        let nonce = draw_nonce()?;
        let Candidate { enclave, container, measurement, image_measurement, config } = candidate.clone();
        let bound = workload_report_data(&nonce, &self.identity, &container, &config);
        let evidence = self.evidence(measurement, bound, now)?;
        let subject = Workload { enclave, container, measurement };
        let identity = self.identity.clone();
        let expected = WorkloadExpectation { subject, identity, config, nonce, image_measurement };
        let appraisal = appraise_workload(&evidence, &expected, &self.policy, now);
        affirmed(appraisal.into_result(), &evidence)
    }

    fn evidence(
        &mut self,
        measurement: Measurement,
        report_data: ReportData,
        now: Timestamp,
    ) -> Result<VerifiedEvidence, Vec<String>> {
        let evidence = self
            .source
            .evidence(measurement, report_data, now)
            .map_err(|why| vec![format!("no evidence: {why}")])?;
        verify(&evidence, &self.roots, now).map_err(|error| vec![error.to_string()])
    }
}

/// What the container is told at start, as evidence binds it.
pub(crate) fn config_of(invocation: &Invocation) -> ConfigDigest {
    config_digest(&invocation.args, &invocation.env)
}

fn affirmed<S: Subject>(
    appraisal: Result<Attested<S>, Vec<casemate_policy::Reason>>,
    evidence: &VerifiedEvidence,
) -> Result<Affirmed<S>, Vec<String>> {
    let claims = evidence.claims();
    let facts = EvidenceFacts {
        measurement: claims.measurement,
        debug: claims.debug,
        not_before: claims.not_before,
        not_after: claims.not_after,
    };
    match appraisal {
        Ok(witness) => Ok(Affirmed { witness, facts }),
        Err(reasons) => Err(reasons.iter().map(ToString::to_string).collect()),
    }
}

fn draw_nonce() -> Result<Nonce, Vec<String>> {
    let mut nonce = Nonce([0; 32]);
    rand::fill(&mut nonce.0).map_err(|_| vec!["the system gave no random bytes for a nonce".to_owned()])?;
    Ok(nonce)
}
