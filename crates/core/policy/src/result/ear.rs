//! What a result says (draft-ietf-rats-ear-04, sections 3 and 4).

use casemate_attest::{Claims, VerifiedEvidence};
use casemate_model::{Nanos, Timestamp};
use serde_json::{Map, Value, json};
use thiserror::Error;

use super::jws::{self, SignError, Signer, encode};
use super::vector::{Tier, TrustVector};
use crate::{Fresh, Judgement, Subject, document};

/// The profile of every result made here.
pub(crate) const PROFILE: &str = "tag:ietf.org,2026:rats/ear#04";
/// Our claims with the verifier's authority, within `ear_verifier_claims`.
pub(crate) const OURS: &str = "casemate";
/// How long a refusal is news.
const REFUSAL_TTL: Nanos = Nanos::from_secs(300);

/// Who verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierId {
    /// Who built it: `https://example.org`.
    pub developer: String,
    /// What was built: `casemate 0.1.0`.
    pub build: String,
}

/// What a result says of its making.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Issue<'a> {
    /// Who verified.
    pub verifier: &'a VerifierId,
    /// By which policy.
    pub policy: &'a str,
    /// The nonce that was asked with, if there was one.
    pub nonce: Option<&'a [u8]>,
    /// The instant of judgement, which is the one of issue.
    pub now: Timestamp,
}

/// A result, not signed yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Ear {
    payload: Map<String, Value>,
}

/// A judgement that attests nothing of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotAttested {
    /// The evidence was refused.
    #[error("the evidence was refused, so it attests nothing of a subject")]
    Refused,
    /// The witness is of other evidence.
    #[error("the witness is of evidence under another root")]
    OtherEvidence,
}

impl Ear {
    /// A result that says how evidence was judged. It is about no subject, so it cannot be reopened.
    #[must_use]
    pub fn new(claims: &Claims, judgement: &Judgement, issue: &Issue<'_>) -> Self {
        Self::made(claims, judgement, issue, judgement.valid_until, None)
    }

    /// A result that says besides that this subject is attested, as its witness does now. It can be
    /// [reopened](super::reopen) wherever the signer's key is trusted.
    ///
    /// # Errors
    ///
    /// Where the evidence was refused, or is not the witness's.
    pub fn attesting<S: Subject>(
        witness: &Fresh<'_, S>,
        evidence: &VerifiedEvidence,
        judgement: &Judgement,
        issue: &Issue<'_>,
    ) -> Result<Self, NotAttested> {
        let claims = evidence.claims();
        if !judgement.is_accepted() {
            return Err(NotAttested::Refused);
        }
        if witness.root() != claims.root {
            return Err(NotAttested::OtherEvidence);
        }
        let until = judgement.valid_until.min(witness.not_after());
        Ok(Self::made(claims, judgement, issue, until, Some(witness.subject().document())))
    }

    fn made(
        claims: &Claims,
        judgement: &Judgement,
        issue: &Issue<'_>,
        until: Timestamp,
        subject: Option<Value>,
    ) -> Self {
        let vector = TrustVector::of(claims, judgement);
        let status = if judgement.is_accepted() { Tier::Affirming } else { Tier::Contraindicated };
        let expires = if judgement.is_accepted() { until } else { issue.now.after(REFUSAL_TTL) };
        let (said, added) = by_authority(document::claims(claims));
        let mut ours = json!({
            "subject": subject,
            "reasons": judgement.reasons.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "not_checked": judgement.not_checked.iter().map(|it| it.as_str()).collect::<Vec<_>>(),
            "valid_until": judgement.valid_until.to_string(),
        });
        added.into_iter().for_each(|(key, value)| ours[key] = value);
        let mut submod = json!({
            "ear_status": status.as_str(),
            "ear_appraisal_policy_ids": [issue.policy],
            "ear_attester_claims": said,
            "ear_verifier_claims": { OURS: ours },
        });
        let vector = vector.document();
        if vector.as_object().is_some_and(|it| !it.is_empty()) {
            submod["ear_trustworthiness_vector"] = vector;
        }
        let mut payload = json!({
            "eat_profile": PROFILE,
            "iat": issue.now.as_unix_secs(),
            "exp": expires.as_unix_secs(),
            "ear_status": status.as_str(),
            "ear_verifier_id": { "developer": issue.verifier.developer, "build": issue.verifier.build },
        });
        if let Some(nonce) = issue.nonce.filter(|it| EAT_NONCE.contains(&it.len())) {
            payload["eat_nonce"] = encode(nonce).into();
            submod["eat_nonce"] = encode(nonce).into();
        }
        payload["submods"] = json!({ claims.kind().as_str(): submod });
        let Value::Object(payload) = payload else { return Self { payload: Map::new() } };
        Self { payload }
    }

    /// The claims, as they will be signed.
    #[must_use]
    pub const fn payload(&self) -> &Map<String, Value> {
        &self.payload
    }

    /// The result, signed: a JWT.
    ///
    /// # Errors
    ///
    /// Where the signer cannot sign.
    pub fn sign(&self, signer: &dyn Signer) -> Result<String, SignError> {
        let failed =
            |error: serde_json::Error| SignError { kid: signer.kid().to_owned(), cause: error.to_string() };
        jws::sign(&serde_json::to_string(&self.payload).map_err(failed)?, signer)
    }
}

/// What the attester says, and what its endorsements add: the draft keeps the two apart.
fn by_authority(document: Value) -> (Map<String, Value>, Map<String, Value>) {
    let Value::Object(mut said) = document else { return (Map::new(), Map::new()) };
    // Of what was not checked the judgement has the whole.
    said.remove("not_checked");
    let added = ["root", "tcb", "not_before", "not_after"];
    let added = added.into_iter().filter_map(|key| Some((key.to_owned(), said.remove(key)?))).collect();
    (said, added)
}

/// How long a nonce may be in a result (RFC 9711, 4.1). Another is found among the attester's claims.
const EAT_NONCE: std::ops::RangeInclusive<usize> = 8..=64;
