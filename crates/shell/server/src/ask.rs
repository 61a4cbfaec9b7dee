//! What somebody asks of one attester, and what is said of it.

use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use casemate_attest::claims::Kind;
use casemate_attest::{Endorsements, Evidence, VerifiedEvidence};
use casemate_dossier::{Dossier, Input, Statement, Verdict};
use casemate_model::{ReportData, Timestamp};
use casemate_policy::{EvidencePolicy, challenge};
use casemate_verifier::queue::{Name, Priority};

/// A question, read.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) terms: Terms,
    pub(crate) dossier: Dossier,
    len: usize,
    digest: Name,
}

/// Everything in a question but the evidence.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) subject: String,
    /// What the evidence is to be made for.
    pub(crate) challenge: Option<Challenge>,
    pub(crate) tenant: Option<String>,
    pub(crate) policy: Arc<EvidencePolicy>,
    pub(crate) priority: Priority,
    /// When the verdict in force lapses; the end of time where there is none.
    pub(crate) deadline: Timestamp,
}

/// What evidence is to be made for.
#[derive(Clone, Debug)]
pub(crate) enum Challenge {
    /// These bytes.
    Nonce(Vec<u8>),
    /// A nonce, node, boot and agent's key, hashed: each TEE signs as much of it as it can.
    Bound(ReportData),
}

/// What is said of one attester.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Never empty; outermost first.
    pub(crate) verdicts: Vec<Verdict>,
    /// The outermost evidence, where it verified.
    pub(crate) verified: Option<VerifiedEvidence>,
    /// When it was judged.
    pub(crate) now: Timestamp,
}

impl Ask {
    /// Reads what an attester sent.
    pub(crate) fn new(terms: Terms, inputs: &[Input]) -> Self {
        let mut hash = Hash(Context::new(&SHA256));
        hash.part(terms.subject.as_bytes());
        hash.part(terms.policy.id().as_bytes());
        let kind = match &terms.challenge {
            None => 0,
            Some(Challenge::Nonce(_)) => 1,
            Some(Challenge::Bound(_)) => 2,
        };
        hash.part(&[kind, u8::from(terms.tenant.is_some())]);
        hash.part(terms.challenge.as_ref().map_or(&[], Challenge::as_bytes));
        hash.part(terms.tenant.as_deref().unwrap_or_default().as_bytes());
        for input in inputs {
            hash.part(input.name.as_bytes());
            hash.part(&input.bytes);
        }
        let len = inputs.iter().map(|it| it.bytes.len()).sum();
        Self { terms, dossier: Dossier::of(inputs), len, digest: hash.name() }
    }

    /// Bytes that were sent.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Equal where the answer would be.
    pub(crate) fn key(&self, generation: u64) -> Name {
        let mut hash = Hash(Context::new(&SHA256));
        hash.part(&generation.to_be_bytes());
        hash.part(&self.digest);
        hash.name()
    }

    /// Whether nothing that vouches for the evidence came along.
    pub(crate) fn is_bare(&self) -> bool {
        self.dossier.endorsements == Endorsements::none()
    }

    /// The evidence in it that can be verified.
    pub(crate) fn evidence(&self) -> impl Iterator<Item = &Evidence> {
        self.dossier.statements.iter().filter_map(|found| match &found.statement {
            Statement::Evidence(evidence) => Some(evidence),
            _ => None,
        })
    }
}

impl Challenge {
    /// All of it.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Nonce(nonce) => nonce,
            Self::Bound(bound) => &bound.0,
        }
    }

    /// What of it this attester's TEE is given to sign.
    pub(crate) fn given_to(&self, statement: &Statement) -> &[u8] {
        let is_vtpm = matches!(
            statement,
            Statement::Evidence(Evidence::AzureVtpm(_) | Evidence::GceVtpm(_) | Evidence::Tpm { .. })
        );
        match self {
            Self::Nonce(nonce) => nonce,
            Self::Bound(bound) => challenge(if is_vtpm { Kind::Vtpm } else { Kind::Tdx }, bound),
        }
    }
}

/// What many questions are called together.
pub(crate) fn name<'a>(keys: impl IntoIterator<Item = &'a Name>) -> Name {
    let mut hash = Hash(Context::new(&SHA256));
    keys.into_iter().for_each(|key| hash.part(key));
    hash.name()
}

/// SHA-256 over parts.
struct Hash(Context);

impl Hash {
    /// Its length first, so that no part can pass for the beginning of the next.
    fn part(&mut self, bytes: &[u8]) {
        self.0.update(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        self.0.update(bytes);
    }

    fn name(self) -> Name {
        let mut name = Name::default();
        name.iter_mut().zip(self.0.finish().as_ref()).for_each(|(to, from)| *to = *from);
        name
    }
}
