//! Intel's verdict on a platform's security versions.

use std::collections::BTreeSet;
use std::fmt;

use casemate_model::Timestamp;

/// What TCB Info, QE Identity and TDX module identity say together of a platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tcb {
    /// The verdict: the worst of the platform's, the quoting enclave's and the TDX module's.
    pub status: TcbStatus,
    /// Advisories that apply, of all three.
    pub advisories: BTreeSet<String>,
    /// Which family of platforms (FMSPC).
    pub fmspc: [u8; 6],
    /// The set of TCB levels the verdict is by (tcbEvaluationDataNumber), the lower of TCB Info's and
    /// QE Identity's.
    pub evaluation_number: u32,
    /// When the matching level was current (tcbDate).
    pub tcb_date: Option<Timestamp>,
    /// Of a multi-package platform: whether packages may be added (`dynamicPlatform`), whether its
    /// memory keys are cached (`cachedKeys`), whether SMT is on (`smtEnabled`).
    pub flags: PlatformFlags,
}

/// What the PCK certificate says of a multi-package platform. `None` is not said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlatformFlags {
    /// Whether packages may be added without a new registration.
    pub dynamic_platform: Option<bool>,
    /// Whether the platform's root keys are kept by Intel's registration service.
    pub cached_keys: Option<bool>,
    /// Whether simultaneous multithreading is on.
    pub smt_enabled: Option<bool>,
}

/// A TCB level's status, as Intel spells it, and one of ours: [`TcbStatus::NoMatchingLevel`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TcbStatus {
    /// Nothing is to be done.
    UpToDate,
    /// The enclave has to mitigate something in software.
    SwHardeningNeeded,
    /// The platform has to be configured otherwise.
    ConfigurationNeeded,
    /// Both.
    ConfigurationAndSwHardeningNeeded,
    /// The TDX module was updated, and the trust domain was launched before that.
    TdRelaunchAdvised,
    /// As above, and the platform has to be configured otherwise.
    TdRelaunchAdvisedConfigurationNeeded,
    /// The platform has to be updated.
    OutOfDate,
    /// The platform has to be updated and configured otherwise.
    OutOfDateConfigurationNeeded,
    /// The platform's keys are compromised. Never accepted.
    Revoked,
    /// The platform is below every level Intel lists. Never accepted.
    NoMatchingLevel,
}

impl TcbStatus {
    /// Every status, best first.
    pub const ALL: [Self; 10] = [
        Self::UpToDate,
        Self::SwHardeningNeeded,
        Self::ConfigurationNeeded,
        Self::ConfigurationAndSwHardeningNeeded,
        Self::TdRelaunchAdvised,
        Self::TdRelaunchAdvisedConfigurationNeeded,
        Self::OutOfDate,
        Self::OutOfDateConfigurationNeeded,
        Self::Revoked,
        Self::NoMatchingLevel,
    ];

    /// The name in Intel's documents; `NO_MATCHING_TCB_LEVEL` for ours.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UpToDate => "UpToDate",
            Self::SwHardeningNeeded => "SWHardeningNeeded",
            Self::ConfigurationNeeded => "ConfigurationNeeded",
            Self::ConfigurationAndSwHardeningNeeded => "ConfigurationAndSWHardeningNeeded",
            Self::TdRelaunchAdvised => "TDRelaunchAdvised",
            Self::TdRelaunchAdvisedConfigurationNeeded => "TDRelaunchAdvisedConfigurationNeeded",
            Self::OutOfDate => "OutOfDate",
            Self::OutOfDateConfigurationNeeded => "OutOfDateConfigurationNeeded",
            Self::Revoked => "Revoked",
            Self::NoMatchingLevel => "NO_MATCHING_TCB_LEVEL",
        }
    }
}

impl fmt::Display for TcbStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
