//! Admission of a node: its evidence is good, made for its nonce, this boot of it and its agent's key, and
//! from the machine that is enrolled as it. Decided by `verifier` and `policy`; the answer is a signed
//! result that a scheduler reopens as the node's witness.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use casemate_attest::VerifiedEvidence;
use casemate_attest::binding::platform_report_data;
use casemate_dossier::{Outcome, Verdict};
use casemate_model::{Nanos, NodeIdentity, NodeName, Nonce, ReportData, Timestamp};
use casemate_policy::result::Ear;
use casemate_policy::{Attested, Judgement, Platform, appraise_node};
use casemate_verifier::enrolment::Presented;
use casemate_verifier::nonce::{NonceFault, Nonces};

use crate::ask::{Ask, Challenge};
use crate::service::{NoResult, Service, Unanswered};

/// Nonces that are out at once, of all nodes and of one.
const MAX_OUT: usize = 65_536;
const MAX_OUT_OF_NODE: usize = 16;

/// Nonces given to nodes.
pub(crate) struct NodeNonces(Mutex<Nonces>);

/// A node that asks to be admitted.
#[derive(Clone, Debug)]
pub(crate) struct Applicant {
    pub(crate) name: NodeName,
    pub(crate) identity: NodeIdentity,
    pub(crate) nonce: Nonce,
    pub(crate) agent_key: Vec<u8>,
}

/// The answer to it.
#[derive(Debug)]
pub(crate) struct Admission {
    /// Of all its evidence.
    pub(crate) verdicts: Vec<Verdict>,
    /// Why it is not admitted, beside what the verdicts say.
    pub(crate) reasons: Vec<String>,
    /// The signed result, where it is admitted.
    pub(crate) result: Option<String>,
}

/// Why a node got no nonce.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoNonce {
    #[error("the system has no randomness")]
    Random,
    #[error(transparent)]
    Fault(#[from] NonceFault),
}

impl NodeNonces {
    /// None out; each will be good for `life`.
    pub(crate) fn new(life: Nanos) -> Self {
        Self(Mutex::new(Nonces::new(life, MAX_OUT, MAX_OUT_OF_NODE)))
    }

    /// A new nonce for a node, and the last instant at which it is good.
    pub(crate) fn give(&self, node_uid: &str, now: Timestamp) -> Result<(Nonce, Timestamp), NoNonce> {
        let mut bytes = [0; 32];
        SystemRandom::new().fill(&mut bytes).map_err(|_| NoNonce::Random)?;
        let nonce = Nonce(bytes);
        let until = self.state().give(nonce, node_uid, now)?;
        Ok((nonce, until))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, Nonces> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Applicant {
    /// What its evidence is to be made for.
    pub(crate) fn challenge(&self) -> Challenge {
        Challenge::Bound(self.bound())
    }

    fn bound(&self) -> ReportData {
        platform_report_data(&self.nonce, &self.identity, &self.agent_key)
    }
}

impl Service {
    /// Admits a node, or says everything that speaks against it. Its nonce is used up either way.
    pub(crate) async fn admit(
        self: &Arc<Self>,
        applicant: &Applicant,
        ask: Arc<Ask>,
    ) -> Result<Admission, Unanswered> {
        let answer = self.verify(Arc::clone(&ask)).await?;
        let (mut reasons, witnessed) = match &answer.verified {
            Some(evidence) => self.witness(applicant, &ask, evidence, answer.now),
            None => {
                let mut nonces = self.node_nonces.state();
                let spent = nonces.spend(&applicant.nonce, &applicant.identity.uid, answer.now);
                (spent.err().map(|it| it.to_string()).into_iter().collect(), None)
            }
        };
        let verdicts = answer.verdicts.clone();
        let said = |why: &String| verdicts.iter().any(|it| it.reasons.contains(why));
        reasons.retain(|why| !said(why));
        // Reference values and other evidence that came along count, too.
        let accepted = reasons.is_empty() && verdicts.iter().all(|it| it.outcome == Outcome::Accepted);
        let result = match (witnessed, &answer.verified) {
            (Some((witness, judgement)), Some(evidence)) if accepted => {
                let bound = applicant.bound();
                let issue = self.issue(&ask, Some(&bound.0), answer.now);
                let signed = witness.at(answer.now).map_err(NoResult::from).and_then(|fresh| {
                    let judgement = self.published_for(judgement, answer.now);
                    let ear = Ear::attesting(&fresh, evidence, &judgement, &issue)?;
                    self.sign(&ear, answer.now)
                });
                Some(signed?)
            }
            _ => None,
        };
        Ok(Admission { verdicts, reasons, result })
    }

    /// The node's witness, or why there is none.
    fn witness(
        &self,
        applicant: &Applicant,
        ask: &Ask,
        evidence: &VerifiedEvidence,
        now: Timestamp,
    ) -> (Vec<String>, Option<(Attested<Platform>, Judgement)>) {
        let Applicant { name, identity, nonce, agent_key } = applicant;
        let presented = Presented { node: identity, nonce, agent_key };
        let mut reasons = Vec::new();
        if let Err(fault) = self.enrolled.admit(evidence, &presented, &mut self.node_nonces.state(), now) {
            tracing::warn!(node = identity.uid, %fault, "a node is not admitted");
            reasons.push(fault.to_string());
        }
        let Some(tee) = evidence.claims().tee() else {
            reasons.push("the evidence is of no TEE that runs workloads".to_owned());
            return (reasons, None);
        };
        let subject = Platform { node: name.clone(), identity: identity.clone(), tee };
        let (policy, tenant) = (&ask.terms.policy, ask.terms.tenant.as_deref());
        let (appraisal, judgement) =
            appraise_node(evidence, subject, &applicant.bound(), policy, tenant, now);
        match appraisal.into_result() {
            Ok(witness) => (reasons, Some((witness, judgement))),
            Err(why) => {
                reasons.extend(why.iter().map(ToString::to_string));
                (reasons, None)
            }
        }
    }
}
