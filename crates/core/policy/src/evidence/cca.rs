//! What is demanded of an Arm CCA realm and its platform.

use std::collections::BTreeSet;

use casemate_attest::claims::{CcaBody, CcaComponent};
use casemate_model::{Digest, Fingerprint};

use super::{Accept, Shown, listed};
use crate::judge::Tally;

/// What is demanded of a realm and its platform: everything here has to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CcaRules {
    /// Trust anchors the evidence may be signed by: SHA-256 of the key's point.
    pub roots: Accept<Fingerprint>,
    /// What the realm was built from (RIM).
    pub rim: Accept<Digest>,
    /// What was measured at run time (REM0 to REM3).
    pub rem: [Accept<Digest>; 4],
    /// The realm's personalisation value (RPV), 64 bytes.
    pub personalization: Accept<Vec<u8>>,
    /// Which implementation the platform is.
    pub implementation_ids: Accept<Vec<u8>>,
    /// Which platform it is.
    pub instance_ids: Accept<Vec<u8>>,
    /// The platform's configuration.
    pub config: Accept<Vec<u8>>,
    /// The platform's software. Every rule has to find its component, and every component a rule that
    /// is for it. `None` does not look at it.
    pub components: Option<Vec<CcaComponentRule>>,
    /// Whether the platform may be in another state than secured: anything may then be read.
    pub allow_unsecured: bool,
}

/// One piece of a platform's software that has to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CcaComponentRule {
    /// What it is, such as `BL`. `None` is for any.
    pub component_type: Option<String>,
    /// What it may measure.
    pub measurements: BTreeSet<Digest>,
    /// Who may have signed it.
    pub signers: Accept<Vec<u8>>,
}

impl CcaRules {
    pub(crate) fn judge(&self, body: &CcaBody, tally: &mut Tally<'_>) {
        tally.debug(body.debug(), self.allow_unsecured);
        tally.reference(!self.rim.is_any());
        tally.one_of("rim", &self.rim, &body.rim);
        let names = ["rem0", "rem1", "rem2", "rem3"];
        for (index, (name, accept)) in names.iter().zip(&self.rem).enumerate() {
            tally.one_of_present(name, accept, body.rem.get(index));
        }
        for (rule, accept, found) in [
            ("personalization", &self.personalization, &body.personalization),
            ("implementationIds", &self.implementation_ids, &body.implementation_id),
            ("instanceIds", &self.instance_ids, &body.instance_id),
            ("config", &self.config, &body.config),
        ] {
            tally.one_of(rule, accept, found);
        }
        self.judge_components(&body.components, tally);
    }

    fn judge_components(&self, found: &[CcaComponent], tally: &mut Tally<'_>) {
        let Some(rules) = &self.components else { return };
        for rule in rules {
            let is_there = found.iter().any(|it| rule.accepts(it));
            tally.demand(is_there, "components", || "(missing)".to_owned(), || rule.shown());
        }
        for component in found {
            let is_known = rules.iter().any(|it| it.accepts(component));
            let name = component.component_type.as_deref().unwrap_or("(unnamed)");
            tally.demand(
                is_known,
                "components",
                || {
                    format!(
                        "{name} {} signed by {}",
                        component.measurement,
                        casemate_attest::inspect::hex(&component.signer_id)
                    )
                },
                || "a component that a rule is for".to_owned(),
            );
        }
    }
}

impl CcaComponentRule {
    fn accepts(&self, component: &CcaComponent) -> bool {
        self.component_type.as_ref().is_none_or(|it| component.component_type.as_ref() == Some(it))
            && self.measurements.contains(&component.measurement)
            && self.signers.accepts(&component.signer_id)
    }

    fn shown(&self) -> String {
        let name = self.component_type.as_deref().unwrap_or("a component");
        format!("{name} {} signed by {}", listed(&self.measurements), self.signers.shown())
    }
}
