//! Checks that a policy can mean something.

use thiserror::Error;

use super::{
    Accept, Bits, CcaRules, EvidenceDraft, EvidencePolicy, NitroRules, Rules, ServiceTd, SgxRules, SnpRules,
    SoftwareRules, TcbRules, TdxRules, VtpmRules,
};

/// A policy that can mean nothing. The operator erred.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EvidencePolicyError {
    /// No name.
    #[error("the policy has no id; results could not say what they were judged by")]
    NoId,
    /// No rules for anybody.
    #[error("the policy has rules for nobody; write some, for everybody or for a tenant")]
    NoRules,
    /// No kind of evidence is accepted.
    #[error("{scope} accepts no kind of evidence; write the rules of at least one")]
    NoKind {
        /// Whose rules.
        scope: String,
    },
    /// A list that accepts nothing.
    #[error("{scope}: `{rule}` lists nothing, which nothing can meet; list a value, or leave it out")]
    Empty {
        /// Whose rules.
        scope: String,
        /// Which rule.
        rule: &'static str,
    },
    /// Bits that have to be set and are not looked at.
    #[error("{scope}: `{rule}` demands bits outside its mask, which nothing can meet")]
    Bits {
        /// Whose rules.
        scope: String,
        /// Which rule.
        rule: &'static str,
    },
    /// Verdicts would lapse as they are made.
    #[error("{scope}: `freshness.ttl` is zero; a verdict would lapse as it is made")]
    NoLifetime {
        /// Whose rules.
        scope: String,
    },
}

impl EvidenceDraft {
    /// Checks that the policy can mean something.
    ///
    /// # Errors
    ///
    /// The first demand that nothing could ever meet.
    pub fn validate(self) -> Result<EvidencePolicy, EvidencePolicyError> {
        if self.id.is_empty() {
            return Err(EvidencePolicyError::NoId);
        }
        if self.rules.is_none() && self.scopes.is_empty() {
            return Err(EvidencePolicyError::NoRules);
        }
        if let Some(rules) = &self.rules {
            Checked { scope: "the policy".to_owned() }.rules(rules)?;
        }
        for (index, scope) in self.scopes.iter().enumerate() {
            let scope_name = format!("tenant rule {index} (`{}`)", scope.tenant);
            Checked { scope: scope_name }.rules(&scope.rules)?;
        }
        Ok(EvidencePolicy(self))
    }
}

struct Checked {
    scope: String,
}

type Outcome = Result<(), EvidencePolicyError>;

impl Checked {
    fn rules(&self, rules: &Rules) -> Outcome {
        let Rules { freshness, required: _, sgx, tdx, snp, cca, nitro, vtpm, software, expressions: _ } =
            rules;
        let none = sgx.is_none() && tdx.is_none() && snp.is_none() && cca.is_none();
        if none && nitro.is_none() && vtpm.is_none() && software.is_none() {
            return Err(EvidencePolicyError::NoKind { scope: self.scope.clone() });
        }
        if freshness.ttl == Some(casemate_model::Nanos::ZERO) {
            return Err(EvidencePolicyError::NoLifetime { scope: self.scope.clone() });
        }
        sgx.iter().try_for_each(|it| self.sgx(it))?;
        tdx.iter().try_for_each(|it| self.tdx(it))?;
        snp.iter().try_for_each(|it| self.snp(it))?;
        cca.iter().try_for_each(|it| self.cca(it))?;
        nitro.iter().try_for_each(|it| self.nitro(it))?;
        vtpm.iter().try_for_each(|it| self.vtpm(it))?;
        software.iter().try_for_each(|it| self.software(it))
    }

    fn sgx(&self, rules: &SgxRules) -> Outcome {
        self.list("sgx.roots", &rules.roots)?;
        self.tcb(&rules.tcb)?;
        self.list("sgx.mrEnclave", &rules.mr_enclave)?;
        self.list("sgx.mrSigner", &rules.mr_signer)?;
        self.some("sgx.products", rules.products.as_ref().is_some_and(|it| it.is_empty()))?;
        self.list("sgx.familyId", &rules.family_id)?;
        self.list("sgx.extProdId", &rules.ext_prod_id)?;
        self.list("sgx.configId", &rules.config_id)?;
        self.bits("sgx.attributes", rules.attributes)?;
        self.bits("sgx.xfrm", rules.xfrm)?;
        self.bits("sgx.miscSelect", rules.misc_select)
    }

    fn tdx(&self, rules: &TdxRules) -> Outcome {
        self.list("tdx.roots", &rules.roots)?;
        self.tcb(&rules.tcb)?;
        self.list("tdx.mrTd", &rules.mr_td)?;
        for (rule, accept) in
            ["tdx.rtmr0", "tdx.rtmr1", "tdx.rtmr2", "tdx.rtmr3"].into_iter().zip(&rules.rtmr)
        {
            self.list(rule, accept)?;
        }
        self.list("tdx.mrSeam", &rules.mr_seam)?;
        self.list("tdx.mrSignerSeam", &rules.mr_signer_seam)?;
        self.list("tdx.mrConfigId", &rules.mr_config_id)?;
        self.list("tdx.mrOwner", &rules.mr_owner)?;
        self.list("tdx.mrOwnerConfig", &rules.mr_owner_config)?;
        self.some(
            "tdx.serviceTd",
            matches!(&rules.service_td, ServiceTd::OneOf(digests) if digests.is_empty()),
        )?;
        self.bits("tdx.attributes", rules.attributes)?;
        self.bits("tdx.seamAttributes", rules.seam_attributes)?;
        self.bits("tdx.xfam", rules.xfam)
    }

    fn tcb(&self, rules: &TcbRules) -> Outcome {
        self.some("tcb.statuses", rules.statuses.is_empty() && rules.grace.is_empty())?;
        self.list("tcb.advisories", &rules.advisories)?;
        rules.grace.iter().try_for_each(|it| self.list("tcb.grace.advisories", &it.advisories))
    }

    fn snp(&self, rules: &SnpRules) -> Outcome {
        self.list("snp.roots", &rules.roots)?;
        self.list("snp.products", &rules.products)?;
        self.list("snp.signingKeys", &rules.signing_keys)?;
        self.list("snp.cspIds", &rules.csp_ids)?;
        self.list("snp.measurement", &rules.measurement)?;
        self.list("snp.hostData", &rules.host_data)?;
        self.list("snp.idKeyDigest", &rules.id_key_digest)?;
        self.list("snp.authorKeyDigest", &rules.author_key_digest)?;
        self.list("snp.familyId", &rules.family_id)?;
        self.list("snp.imageId", &rules.image_id)?;
        self.list("snp.vmpl", &rules.vmpl)?;
        self.bits("snp.platformInfo", rules.platform_info)
    }

    fn cca(&self, rules: &CcaRules) -> Outcome {
        self.list("cca.roots", &rules.roots)?;
        self.list("cca.rim", &rules.rim)?;
        for (rule, accept) in ["cca.rem0", "cca.rem1", "cca.rem2", "cca.rem3"].into_iter().zip(&rules.rem) {
            self.list(rule, accept)?;
        }
        self.list("cca.personalization", &rules.personalization)?;
        self.list("cca.implementationIds", &rules.implementation_ids)?;
        self.list("cca.instanceIds", &rules.instance_ids)?;
        self.list("cca.config", &rules.config)?;
        let Some(components) = &rules.components else { return Ok(()) };
        self.some("cca.components", components.is_empty())?;
        for component in components {
            self.some("cca.components.measurements", component.measurements.is_empty())?;
            self.list("cca.components.signers", &component.signers)?;
        }
        Ok(())
    }

    fn nitro(&self, rules: &NitroRules) -> Outcome {
        self.list("nitro.roots", &rules.roots)?;
        self.some("nitro.pcrs", rules.pcrs.values().any(|it| it.is_empty()))?;
        self.list("nitro.moduleIds", &rules.module_ids)
    }

    fn vtpm(&self, rules: &VtpmRules) -> Outcome {
        self.list("vtpm.roots", &rules.roots)?;
        self.list("vtpm.providers", &rules.providers)?;
        self.list("vtpm.inner", &rules.inner)?;
        let banks = rules.pcrs.values();
        self.some("vtpm.pcrs", banks.clone().any(|it| it.is_empty() || it.values().any(|it| it.is_empty())))?;
        self.list("vtpm.vmIds", &rules.vm_ids)?;
        self.list("vtpm.projectIds", &rules.project_ids)
    }

    fn software(&self, rules: &SoftwareRules) -> Outcome {
        self.list("software.roots", &rules.roots)?;
        self.list("software.mrEnclave", &rules.mr_enclave)
    }

    fn list<T: Ord>(&self, rule: &'static str, accept: &Accept<T>) -> Outcome {
        self.some(rule, accept.is_empty())
    }

    fn some(&self, rule: &'static str, is_empty: bool) -> Outcome {
        if is_empty { Err(EvidencePolicyError::Empty { scope: self.scope.clone(), rule }) } else { Ok(()) }
    }

    fn bits(&self, rule: &'static str, bits: Bits) -> Outcome {
        let refused = || EvidencePolicyError::Bits { scope: self.scope.clone(), rule };
        if bits.is_impossible() { Err(refused()) } else { Ok(()) }
    }
}
