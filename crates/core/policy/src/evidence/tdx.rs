//! What is demanded of a trust domain.

use std::collections::BTreeSet;

use casemate_attest::Claims;
use casemate_attest::claims::TdxBody;
use casemate_model::{Digest, Fingerprint};

use super::{Accept, Bits, Shown, TcbRules, listed};
use crate::judge::Tally;

/// What is demanded of a trust domain: everything here has to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TdxRules {
    /// Roots the evidence may chain to.
    pub roots: Accept<Fingerprint>,
    /// Intel's verdict on the platform.
    pub tcb: TcbRules,
    /// What the trust domain was built from (MRTD).
    pub mr_td: Accept<Digest>,
    /// What was measured at run time (RTMR0 to RTMR3).
    pub rtmr: [Accept<Digest>; 4],
    /// What the TDX module is (MRSEAM). Intel vouches for the module in any case.
    pub mr_seam: Accept<Digest>,
    /// Who signed the TDX module; zero is Intel (MRSIGNERSEAM).
    pub mr_signer_seam: Accept<Digest>,
    /// What the trust domain is configured with (MRCONFIGID).
    pub mr_config_id: Accept<Digest>,
    /// Whom it belongs to (MROWNER).
    pub mr_owner: Accept<Digest>,
    /// What its owner configured (MROWNERCONFIG).
    pub mr_owner_config: Accept<Digest>,
    /// Which service trust domains may be bound to it (MR_SERVICETD).
    pub service_td: ServiceTd,
    /// Whether the host may debug the trust domain.
    pub allow_debug: bool,
    /// Whether `SEPT_VE_DISABLE` has to be set. Azure's paravisor leaves it clear.
    pub require_sept_ve_disable: bool,
    /// Whether the trust domain must not be migratable.
    pub refuse_migratable: bool,
    /// Whether the trust domain must not use performance monitoring, which can leak.
    pub refuse_perfmon: bool,
    /// TD attributes.
    pub attributes: Bits,
    /// Attributes of the TDX module.
    pub seam_attributes: Bits,
    /// Features of the processor's state.
    pub xfam: Bits,
}

/// Which service trust domains may be bound to a trust domain: they can migrate it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ServiceTd {
    /// None.
    #[default]
    None,
    /// One of these, or none.
    OneOf(BTreeSet<Digest>),
    /// Any.
    Any,
}

/// TDATTRIBUTES.SEPT_VE_DISABLE (Intel TDX module, TD attributes).
const SEPT_VE_DISABLE: u64 = 1 << 28;
/// TDATTRIBUTES.MIGRATABLE.
const MIGRATABLE: u64 = 1 << 29;
/// TDATTRIBUTES.PERFMON.
const PERFMON: u64 = 1 << 63;

impl TdxRules {
    pub(crate) fn judge(&self, claims: &Claims, body: &TdxBody, tally: &mut Tally<'_>) {
        tally.debug(body.debug(), self.allow_debug);
        self.tcb.judge(claims.tcb.as_ref(), tally);
        tally.reference(!self.mr_td.is_any() || self.rtmr.iter().any(|it| !it.is_any()));
        tally.one_of("mrTd", &self.mr_td, &body.mr_td);
        let names = ["rtmr0", "rtmr1", "rtmr2", "rtmr3"];
        for ((name, accept), found) in names.iter().zip(&self.rtmr).zip(&body.rtmr) {
            tally.one_of(name, accept, found);
        }
        for (rule, accept, found) in [
            ("mrSeam", &self.mr_seam, &body.mr_seam),
            ("mrSignerSeam", &self.mr_signer_seam, &body.mr_signer_seam),
            ("mrConfigId", &self.mr_config_id, &body.mr_config_id),
            ("mrOwner", &self.mr_owner, &body.mr_owner),
            ("mrOwnerConfig", &self.mr_owner_config, &body.mr_owner_config),
        ] {
            tally.one_of(rule, accept, found);
        }
        self.service_td.judge(body.mr_service_td, tally);
        let has = |bit: u64| body.td_attributes & bit != 0;
        let is_set = has(SEPT_VE_DISABLE) || !self.require_sept_ve_disable;
        tally.demand(is_set, "requireSeptVeDisable", || false.shown(), || true.shown());
        tally.allowed("allowMigratable", !self.refuse_migratable, has(MIGRATABLE));
        tally.allowed("allowPerfmon", !self.refuse_perfmon, has(PERFMON));
        tally.bits("attributes", self.attributes, body.td_attributes);
        tally.bits("seamAttributes", self.seam_attributes, body.seam_attributes);
        tally.bits("xfam", self.xfam, body.xfam);
    }
}

impl ServiceTd {
    /// Zero is none, and so is a module too old to have any (TDX 1.0).
    fn judge(&self, found: Option<Digest>, tally: &mut Tally<'_>) {
        let Some(bound) = found.filter(|it| !it.is_zero()) else { return };
        let is_good = match self {
            Self::None => false,
            Self::OneOf(digests) => digests.contains(&bound),
            Self::Any => true,
        };
        tally.demand(
            is_good,
            "serviceTd",
            || bound.shown(),
            || match self {
                Self::OneOf(digests) => format!("{}, or none", listed(digests)),
                Self::None | Self::Any => "none".to_owned(),
            },
        );
    }
}
