//! What is demanded of evidence, kind by kind.
//!
//! Denies by default: a kind of evidence that no rules are written for is refused, and so is a
//! tenant that no scope selects where there are no rules for everybody. A list that is empty accepts
//! nothing and is refused when the policy is checked.

mod accept;
mod cca;
mod expression;
mod nitro;
mod sgx;
mod snp;
mod software;
mod tcb;
mod tdx;
mod validate;
mod vtpm;

use casemate_model::Nanos;

pub use accept::{Accept, Bits};
pub use cca::{CcaComponentRule, CcaRules};
pub use expression::{Expression, ExpressionError};
pub use nitro::NitroRules;
pub use sgx::SgxRules;
pub use snp::{SnpPolicyVersion, SnpRules};
pub use software::SoftwareRules;
pub use tcb::{AcceptableStatus, Grace, NeverAcceptable, TcbRules};
pub use tdx::{ServiceTd, TdxRules};
pub use validate::EvidencePolicyError;
pub use vtpm::VtpmRules;

pub(crate) use accept::{Shown, listed};
pub(crate) use expression::Seen;
pub(crate) use vtpm::bank_name;

use std::collections::BTreeSet;

use casemate_attest::claims::NotChecked;

use crate::Pattern;

/// What is demanded of evidence, as somebody wrote it, not yet checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceDraft {
    /// What the policy is called in results: `ear_appraisal_policy_ids`.
    pub id: String,
    /// Rules for some tenants. The first scope that selects the tenant decides, alone: nothing is
    /// inherited from `rules`.
    pub scopes: Vec<Scope>,
    /// Rules for everybody else. `None` refuses everybody else.
    pub rules: Option<Rules>,
}

/// Rules for some tenants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Whose evidence.
    pub tenant: Pattern,
    /// What is demanded of it.
    pub rules: Rules,
}

/// What is demanded of evidence of every kind. A kind without rules is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// How fresh evidence has to be.
    pub freshness: Freshness,
    /// What has to have been looked at. What is not among these and was not looked at is listed in the
    /// judgement.
    pub required: BTreeSet<NotChecked>,
    /// Intel SGX.
    pub sgx: Option<SgxRules>,
    /// Intel TDX.
    pub tdx: Option<TdxRules>,
    /// AMD SEV-SNP.
    pub snp: Option<SnpRules>,
    /// Arm CCA.
    pub cca: Option<CcaRules>,
    /// AWS Nitro.
    pub nitro: Option<NitroRules>,
    /// vTPMs. The confidential VM one is in is judged by the rules of its own kind.
    pub vtpm: Option<VtpmRules>,
    /// Software enclaves.
    pub software: Option<SoftwareRules>,
    /// What else has to be true of the claims.
    pub expressions: Vec<Expression>,
}

impl Rules {
    /// Whether evidence of some hardware is accepted.
    pub(crate) const fn accept_hardware(&self) -> bool {
        self.sgx.is_some()
            || self.tdx.is_some()
            || self.snp.is_some()
            || self.cca.is_some()
            || self.nitro.is_some()
            || self.vtpm.is_some()
    }
}

/// How fresh evidence has to be, and how long a verdict stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Freshness {
    /// How long a verdict stands, at most. `None`: as long as every endorsement is valid.
    pub ttl: Option<Nanos>,
    /// How long every endorsement has to be valid still.
    pub min_remaining: Nanos,
}

/// A policy that evidence can be judged by. Made from an [`EvidenceDraft`] only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidencePolicy(EvidenceDraft);

impl EvidencePolicy {
    /// The policy where none is given: a current TCB (Intel), no debugging, VMPL 0, no service TD, a
    /// secured life cycle (Arm), every product. A nonce, reference values and revocation lists other
    /// than Intel's may be missing, and are then listed in the judgement.
    #[must_use]
    pub fn published_default() -> Self {
        let rules = Rules {
            sgx: Some(SgxRules::default()),
            tdx: Some(TdxRules::default()),
            snp: Some(SnpRules::default()),
            cca: Some(CcaRules::default()),
            nitro: Some(NitroRules::default()),
            vtpm: Some(VtpmRules::default()),
            software: Some(SoftwareRules::default()),
            ..Rules::default()
        };
        Self(EvidenceDraft { id: PUBLISHED_DEFAULT.to_owned(), scopes: Vec::new(), rules: Some(rules) })
    }

    /// What the policy is called in results.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// The rules for this tenant: those of the first scope that selects it, or else everybody's. `None`
    /// is no permission.
    #[must_use]
    pub fn rules(&self, tenant: Option<&str>) -> Option<&Rules> {
        let scope = tenant.and_then(|tenant| self.0.scopes.iter().find(|it| it.tenant.matches(tenant)));
        scope.map(|scope| &scope.rules).or(self.0.rules.as_ref())
    }

    /// As it was written.
    #[must_use]
    pub fn draft(&self) -> &EvidenceDraft {
        &self.0
    }
}

/// The name of [`EvidencePolicy::published_default`].
const PUBLISHED_DEFAULT: &str = "casemate.dev/published-default/v1";
