//! The trustworthiness vector (draft-ietf-rats-ar4si, section 2.3): what a judgement says of each aspect
//! of an attester.
//!
//! The vector is by the policy: an aspect all of whose rules hold is affirmed, one of whose rules some
//! does not is contraindicated, and one that nothing was said of is left out, which is no claim. How a
//! platform's vendor rates it stands among the claims in any case.

use casemate_attest::Claims;
use casemate_attest::claims::{Body, Kind, NotChecked};
use serde_json::{Map, Value};

use crate::{Judgement, Reason};

/// A level of trust, of one aspect or of an attester as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// No claim is made.
    None,
    /// Everything that was asked holds.
    Affirming,
    /// Something to think about. Never made here; others may.
    Warning,
    /// Something that was asked does not hold.
    Contraindicated,
}

impl Tier {
    /// The name in a result.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Affirming => "affirming",
            Self::Warning => "warning",
            Self::Contraindicated => "contraindicated",
        }
    }

    /// The tier of a claim's value (AR4SI, 2.3.2).
    #[must_use]
    pub const fn of(value: i8) -> Self {
        match value {
            -1..=1 => Self::None,
            -32..=31 => Self::Affirming,
            -96..=95 => Self::Warning,
            _ => Self::Contraindicated,
        }
    }
}

/// A value for each aspect. `None` is no claim.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrustVector {
    /// Whether it is known which machine it is, and it is one that may.
    pub instance_identity: Option<i8>,
    /// How it is set up: debugging, privilege level, migration, what it was configured with.
    pub configuration: Option<i8>,
    /// What it runs.
    pub executables: Option<i8>,
    /// What it is: the processor, its firmware, its security versions.
    pub hardware: Option<i8>,
    /// Who can see its memory.
    pub runtime_opaque: Option<i8>,
}

/// The instance is recognised.
const RECOGNISED: i8 = 2;
/// The instance is not recognised, and should be.
const UNRECOGNISED: i8 = 97;
/// The configuration is known and approved.
const APPROVED_CONFIGURATION: i8 = 2;
/// Everything loaded, at boot and after, is approved.
const APPROVED_RUN_TIME: i8 = 2;
/// Everything loaded at boot is approved.
const APPROVED_BOOT: i8 = 3;
/// The hardware is genuine and supported.
const GENUINE: i8 = 2;
/// Memory is encrypted, and opaque to everyone outside.
const ENCRYPTED: i8 = 2;
/// Recognised, and contraindicated: of every aspect.
const CONTRAINDICATED: i8 = 96;

impl TrustVector {
    /// What a judgement says of each aspect.
    #[must_use]
    pub fn of(claims: &Claims, judgement: &Judgement) -> Self {
        let against = |aspect| judgement.reasons.iter().any(|it| aspect_of(it) == Some(aspect));
        let or = |aspect, good: Option<i8>, bad| if against(aspect) { Some(bad) } else { good };
        let is_hardware = !matches!(claims.kind(), Kind::Software | Kind::Vtpm) || claims.tee().is_some();
        let hardware = (is_hardware && claims.kind() != Kind::Software).then_some(GENUINE);
        let is_known = claims.platform.is_some();
        let runs = (!judgement.not_checked.contains(NotChecked::ReferenceValues)).then(|| approved(claims));
        let opaque =
            if claims.debug() { Some(CONTRAINDICATED) } else { is_encrypted(claims).then_some(ENCRYPTED) };
        Self {
            instance_identity: or(Aspect::Instance, is_known.then_some(RECOGNISED), UNRECOGNISED),
            configuration: or(Aspect::Configuration, Some(APPROVED_CONFIGURATION), CONTRAINDICATED),
            executables: or(Aspect::Executables, runs, CONTRAINDICATED),
            hardware: or(Aspect::Hardware, hardware, CONTRAINDICATED),
            // What the policy allows to be debugged is visible all the same, and no claim is made of it.
            runtime_opaque: if judgement.is_accepted() {
                opaque.filter(|it| *it == ENCRYPTED)
            } else {
                opaque
            },
        }
    }

    /// The least trusting tier of all claims made.
    #[must_use]
    pub fn worst(&self) -> Tier {
        self.named().into_iter().filter_map(|(_, value)| value).map(Tier::of).max().unwrap_or(Tier::None)
    }

    pub(crate) fn document(&self) -> Value {
        let made =
            self.named().into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into())));
        Value::Object(made.collect::<Map<_, _>>())
    }

    const fn named(&self) -> [(&'static str, Option<i8>); 5] {
        [
            ("instance-identity", self.instance_identity),
            ("configuration", self.configuration),
            ("executables", self.executables),
            ("hardware", self.hardware),
            ("runtime-opaque", self.runtime_opaque),
        ]
    }
}

/// Which claim of the vector a rule is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Aspect {
    Instance,
    Configuration,
    Executables,
    Hardware,
}

/// What a reason is about. Freshness, dates and whose evidence it is are no aspect of the attester.
fn aspect_of(reason: &Reason) -> Option<Aspect> {
    match reason {
        Reason::Root { .. } | Reason::Kind { .. } | Reason::Tee { .. } => Some(Aspect::Hardware),
        Reason::Measurement { .. } | Reason::Subject { .. } => Some(Aspect::Executables),
        Reason::Debug => Some(Aspect::Configuration),
        Reason::Rule { rule, .. } => aspect_of_rule(rule),
        Reason::Tenant { .. }
        | Reason::ReportData { .. }
        | Reason::Nonce { .. }
        | Reason::NotChecked { .. }
        | Reason::Expression { .. }
        | Reason::NotYetValid { .. }
        | Reason::Expired { .. }
        | Reason::NoRule { .. } => None,
    }
}

fn aspect_of_rule(rule: &str) -> Option<Aspect> {
    let rule = rule.strip_prefix("vtpm.inner.").unwrap_or(rule);
    let (section, name) = rule.split_once('.')?;
    let aspect = match (section, name) {
        ("freshness", _) | (_, "maxAge") => return None,
        (_, "cspIds" | "instanceIds" | "moduleIds" | "vmIds" | "projectIds" | "providers") => {
            Aspect::Instance
        }
        ("snp", "products") => Aspect::Hardware,
        (
            _,
            "mrEnclave" | "mrSigner" | "products" | "mrTd" | "measurement" | "idKeyDigest" | "rim" | "pcrs",
        )
        | (_, "rtmr0" | "rtmr1" | "rtmr2" | "rtmr3" | "rem0" | "rem1" | "rem2" | "rem3")
        | (_, "authorKeyDigest" | "familyId" | "imageId" | "extProdId" | "minGuestSvn") => {
            Aspect::Executables
        }
        ("cca", "components" | "implementationIds" | "config")
        | (
            "snp",
            "signingKeys" | "minTcb" | "minLaunchTcb" | "minFirmware" | "mitigations" | "platformInfo",
        )
        | ("snp", "minReportVersion")
        | ("tdx", "mrSeam" | "mrSignerSeam" | "seamAttributes")
        | ("vtpm", "inner") => Aspect::Hardware,
        _ if name.starts_with("tcb") => Aspect::Hardware,
        _ => Aspect::Configuration,
    };
    Some(aspect)
}

/// A TEE that is measured as a whole before it runs is approved as a whole; one that boots and loads more
/// is approved as far as it was measured.
const fn approved(claims: &Claims) -> i8 {
    match claims.body {
        Body::Sgx(_) | Body::Software(_) | Body::Nitro(_) => APPROVED_RUN_TIME,
        Body::Tdx(_) | Body::Snp(_) | Body::Cca(_) | Body::Vtpm(_) => APPROVED_BOOT,
    }
}

/// Nitro isolates memory by its hypervisor and does not attest encryption; a software enclave hides
/// nothing. Of those no claim is made.
fn is_encrypted(claims: &Claims) -> bool {
    match &claims.body {
        Body::Sgx(_) | Body::Tdx(_) | Body::Snp(_) | Body::Cca(_) => true,
        Body::Vtpm(body) => body.inner.as_ref().is_some_and(|inner| is_encrypted(inner)),
        Body::Nitro(_) | Body::Software(_) => false,
    }
}
