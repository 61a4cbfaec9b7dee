//! Reference values that come as a document of their own, beside a policy.

use std::collections::BTreeSet;

use casemate_attest::claims::{Body, Claims};
use casemate_model::Digest;
use casemate_policy::evidence::{Accept, CcaComponentRule, CcaRules, Rules};
use casemate_policy::{EvidenceDraft, EvidencePolicy};

/// Everything given as reference values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// For Arm CCA, each document as it was given.
    pub cca: Vec<CcaReferences>,
}

/// What Arm CCA platforms and realms are expected to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CcaReferences {
    /// One for each implementation that is known.
    pub platforms: Vec<CcaPlatformReference>,
    /// One for each realm that is known.
    pub realms: Vec<CcaRealmReference>,
}

/// An implementation of the platform, and the software it may run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CcaPlatformReference {
    /// Which implementation (claim 2396).
    pub implementation_id: Vec<u8>,
    /// Its configuration (claim 2401); `None` is any.
    pub config: Option<Vec<u8>>,
    /// Its software; empty is any.
    pub components: Vec<CcaComponentReference>,
}

/// One piece of a platform's software.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CcaComponentReference {
    /// What it is, such as `BL`; `None` is any.
    pub component_type: Option<String>,
    /// What it measures.
    pub measurement: Digest,
    /// Who signed it; `None` is anybody.
    pub signer_id: Option<Vec<u8>>,
}

/// A realm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CcaRealmReference {
    /// What it was built from (RIM).
    pub rim: Digest,
    /// What was measured at run time (REM), from register 0 on.
    pub rem: Vec<Digest>,
    /// Its personalisation value; `None` is any.
    pub personalization: Option<Vec<u8>>,
}

impl References {
    /// Whether nothing was given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cca.is_empty()
    }

    /// These and those.
    pub fn extend(&mut self, others: Self) {
        self.cca.extend(others.cca);
    }

    /// A policy that demands of these claims what the references say, and nothing besides that the
    /// published default does not. `None` where nothing was given for evidence of this kind.
    pub(crate) fn policy(&self, claims: &Claims) -> Option<EvidencePolicy> {
        let Body::Cca(body) = &claims.body else { return None };
        let platforms: Vec<_> = self.cca.iter().flat_map(|it| &it.platforms).collect();
        let realms: Vec<_> = self.cca.iter().flat_map(|it| &it.realms).collect();
        let mut rules = CcaRules { allow_unsecured: true, ..CcaRules::default() };
        if !platforms.is_empty() {
            rules.implementation_ids =
                Accept::one_of(platforms.iter().map(|it| it.implementation_id.clone()));
            if let Some(known) = platforms.iter().find(|it| it.implementation_id == body.implementation_id) {
                known.demand(&mut rules);
            }
        }
        if !realms.is_empty() {
            rules.rim = Accept::one_of(realms.iter().map(|it| it.rim));
            if let Some(known) = realms.iter().find(|it| it.rim == body.rim) {
                known.demand(&mut rules);
            }
        }
        if platforms.is_empty() && realms.is_empty() {
            return None;
        }
        let rules = Rules { cca: Some(rules), ..Rules::default() };
        let draft =
            EvidenceDraft { id: "reference values".to_owned(), scopes: Vec::new(), rules: Some(rules) };
        // No list is empty, and no bits are demanded.
        draft.validate().ok()
    }
}

impl CcaPlatformReference {
    fn demand(&self, rules: &mut CcaRules) {
        if let Some(config) = &self.config {
            rules.config = Accept::one_of([config.clone()]);
        }
        let rule = |it: &CcaComponentReference| CcaComponentRule {
            component_type: it.component_type.clone(),
            measurements: BTreeSet::from([it.measurement]),
            signers: it.signer_id.clone().map_or(Accept::Any, |id| Accept::one_of([id])),
        };
        rules.components = (!self.components.is_empty()).then(|| self.components.iter().map(rule).collect());
    }
}

impl CcaRealmReference {
    fn demand(&self, rules: &mut CcaRules) {
        for (rule, rem) in rules.rem.iter_mut().zip(&self.rem) {
            *rule = Accept::one_of([*rem]);
        }
        if let Some(personalization) = &self.personalization {
            rules.personalization = Accept::one_of([personalization.clone()]);
        }
    }
}
