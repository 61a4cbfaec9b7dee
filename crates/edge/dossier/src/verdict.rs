//! What is said of evidence, and the document of it that programs read.

use std::collections::BTreeSet;

use casemate_attest::claims::{Claims, Kind, NotChecked};
use casemate_attest::dcap::Tcb;
use casemate_model::Timestamp;
use casemate_policy::{Judgement, document};
use serde::{Serialize, Serializer};

/// What is said of one piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Of which kind the evidence is; `None` where that cannot be told.
    pub kind: Option<Kind>,
    /// The attester, by the name it was given.
    pub subject: String,
    /// Accepted or not.
    pub outcome: Outcome,
    /// What the evidence says; where it is refused, to be shown and never to be trusted. `None` unless
    /// every signature holds.
    pub claims: Option<Claims>,
    /// Everything that speaks against it. Empty where it is accepted.
    pub reasons: Vec<String>,
    /// What was not looked at for want of something that was not given.
    pub not_checked: BTreeSet<NotChecked>,
    /// The last instant at which the verdict stands, or would.
    pub valid_until: Option<Timestamp>,
    /// The policy's judgement, where the evidence verified: what a signed result is made of.
    pub judgement: Option<Judgement>,
}

/// Whether evidence is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It verified, and the policy accepts it.
    Accepted,
    /// It can be read, and does not hold or is not good enough.
    Refused,
    /// It cannot be read.
    Malformed,
}

impl Outcome {
    /// The name programs read.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Malformed => "malformed",
        }
    }
}

impl Verdict {
    pub(crate) fn without_claims(
        subject: &str,
        kind: Option<Kind>,
        outcome: Outcome,
        reasons: Vec<String>,
    ) -> Self {
        Self {
            kind,
            subject: subject.to_owned(),
            outcome,
            claims: None,
            reasons,
            not_checked: BTreeSet::new(),
            valid_until: None,
            judgement: None,
        }
    }

    pub(crate) fn with_claims(
        subject: &str,
        claims: Claims,
        outcome: Outcome,
        reasons: Vec<String>,
        judgement: &Judgement,
    ) -> Self {
        // What has no dates at all stands for ever, which is no instant.
        let valid_until = Some(judgement.valid_until).filter(|it| *it != Timestamp(u64::MAX));
        Self {
            kind: Some(claims.kind()),
            subject: subject.to_owned(),
            outcome,
            reasons,
            not_checked: judgement.not_checked.iter().collect(),
            valid_until,
            claims: Some(claims),
            judgement: None,
        }
    }

    /// What cannot be read, and why.
    #[must_use]
    pub fn malformed(subject: &str, why: impl Into<String>) -> Self {
        Self::without_claims(subject, None, Outcome::Malformed, vec![why.into()])
    }

    /// Intel's verdict on the platform; of a vTPM, on that of the VM it is in.
    #[must_use]
    pub fn tcb(&self) -> Option<&Tcb> {
        self.claims.as_ref().and_then(|it| it.tcb.as_ref())
    }
}

/// One element of the document, as `docs/attest.md` describes it.
#[derive(Serialize)]
struct Element<'a> {
    tee: Option<&'static str>,
    subject: &'a str,
    verdict: &'static str,
    tcb_status: Option<&'static str>,
    advisories: Vec<&'a str>,
    measurement: Option<String>,
    claims: Option<serde_json::Value>,
    reasons: &'a [String],
    not_checked: Vec<&'static str>,
    valid_until: Option<String>,
}

impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let tcb = self.tcb();
        Element {
            tee: self.kind.map(Kind::as_str),
            subject: &self.subject,
            verdict: self.outcome.as_str(),
            tcb_status: tcb.map(|it| it.status.as_str()),
            advisories: tcb.iter().flat_map(|it| &it.advisories).map(String::as_str).collect(),
            measurement: self.claims.as_ref().and_then(Claims::measurement).map(|it| it.to_string()),
            claims: self.claims.as_ref().map(document::claims),
            reasons: &self.reasons,
            not_checked: self.not_checked.iter().map(|it| it.as_str()).collect(),
            valid_until: self.valid_until.map(|it| it.to_string()),
        }
        .serialize(serializer)
    }
}
