//! Verifies and judges what attesters say.

use casemate_attest::claims::{Claims, Kind, NotChecked};
use casemate_attest::{Endorsements, Evidence, Fault, Refused, Roots, VerifiedEvidence, verify};
use casemate_policy::{EvidencePolicy, Judgement, Question, Reason, judge, judge_claims};

use crate::dossier::{Found, Statement};
use crate::reference::References;
use crate::verdict::{Outcome, Verdict};

/// Everything a verdict depends on beside the evidence.
#[derive(Clone, Copy, Debug)]
pub struct Examiner<'a> {
    /// What vouches for evidence.
    pub endorsements: &'a Endorsements,
    /// Reference values beside the policy's.
    pub references: &'a References,
    /// Which roots are accepted.
    pub roots: &'a Roots,
    /// What is demanded of evidence.
    pub policy: &'a EvidencePolicy,
    /// Nonce, tenant and the instant.
    pub question: Question<'a>,
}

impl Examiner<'_> {
    /// What is to be said of one statement of the attester `subject`.
    #[must_use]
    pub fn examine(&self, subject: &str, found: &Found) -> Verdict {
        let verify = |evidence: &Evidence| verify(evidence, self.endorsements, self.roots, self.question.now);
        self.examine_with(subject, found, verify)
    }

    /// The same where somebody remembers platforms, and verifies evidence faster by it. The answer of
    /// `verify` has to be the one without memory.
    #[must_use]
    pub fn examine_with(
        &self,
        subject: &str,
        found: &Found,
        verify: impl FnOnce(&Evidence) -> Result<VerifiedEvidence, Refused>,
    ) -> Verdict {
        match &found.statement {
            Statement::Evidence(evidence) => self.evidence(subject, evidence, verify(evidence)),
            Statement::Unsupported(it) => {
                let reason = format!("{}; {}", it.what, it.remedy);
                Verdict::without_claims(subject, it.kind, Outcome::Refused, vec![reason])
            }
            Statement::Malformed { kind, why } => {
                Verdict::without_claims(subject, *kind, Outcome::Malformed, vec![why.clone()])
            }
        }
    }

    fn evidence(
        &self,
        subject: &str,
        evidence: &Evidence,
        verified: Result<VerifiedEvidence, Refused>,
    ) -> Verdict {
        match verified {
            Ok(verified) => {
                let mut judgement = judge(&verified, self.policy, &self.question);
                let judged = self.judge_by_references(verified.claims(), &mut judgement);
                let outcome = if judgement.is_accepted() { Outcome::Accepted } else { Outcome::Refused };
                let reasons = judgement.reasons.iter().map(ToString::to_string).collect();
                let claims = verified.claims().clone();
                let mut verdict = Verdict::with_claims(subject, claims, outcome, reasons, &judgement);
                verdict.not_checked.retain(|it| !(judged && *it == NotChecked::ReferenceValues));
                verdict.judgement = Some(judgement);
                verdict
            }
            Err(refused) => {
                let outcome = if refused.is_malformed() { Outcome::Malformed } else { Outcome::Refused };
                let reasons: Vec<_> = refused.faults.iter().map(Fault::to_string).collect();
                match refused.claims {
                    Some(claims) => self.refused(subject, *claims, reasons),
                    None => Verdict::without_claims(subject, kind_of(evidence), outcome, reasons),
                }
            }
        }
    }

    /// Evidence whose every signature holds, and which is refused for its dates or a revocation; what
    /// the policy has against it besides.
    fn refused(&self, subject: &str, claims: Claims, mut reasons: Vec<String>) -> Verdict {
        let mut judgement = judge_claims(&claims, self.policy, &self.question);
        let judged = self.judge_by_references(&claims, &mut judgement);
        // Dates are among the faults, which name what they are the dates of.
        let is_date = |it: &&Reason| matches!(it, Reason::NotYetValid { .. } | Reason::Expired { .. });
        reasons.extend(judgement.reasons.iter().filter(|it| !is_date(it)).map(ToString::to_string));
        let mut verdict = Verdict::with_claims(subject, claims, Outcome::Refused, reasons, &judgement);
        verdict.not_checked.retain(|it| !(judged && *it == NotChecked::ReferenceValues));
        verdict
    }

    /// Adds what the reference values have against it; whether there are any for it.
    fn judge_by_references(&self, claims: &Claims, judgement: &mut Judgement) -> bool {
        let Some(policy) = self.references.policy(claims) else { return false };
        let question = Question { nonce: None, tenant: None, ..self.question };
        for reason in judge_claims(claims, &policy, &question).reasons {
            if !judgement.reasons.contains(&reason) {
                judgement.reasons.push(reason);
            }
        }
        true
    }
}

/// Of which kind evidence is that did not verify, as far as its bytes say.
fn kind_of(evidence: &Evidence) -> Option<Kind> {
    match evidence {
        Evidence::Quote(bytes) => match bytes.get(4..8)? {
            [0, 0, 0, 0] => Some(Kind::Sgx),
            [0x81, 0, 0, 0] => Some(Kind::Tdx),
            _ => None,
        },
        Evidence::SnpReport { .. } => Some(Kind::Snp),
        Evidence::CcaToken(_) => Some(Kind::Cca),
        Evidence::NitroDocument(_) => Some(Kind::Nitro),
        Evidence::AzureVtpm(_) | Evidence::GceVtpm(_) | Evidence::Tpm { .. } => Some(Kind::Vtpm),
    }
}
