//! What is demanded of the TCB of an Intel platform.

use std::collections::BTreeSet;

use casemate_attest::dcap::{Tcb, TcbStatus};
use casemate_model::Timestamp;
use thiserror::Error;

use super::{Accept, Shown, listed};
use crate::judge::Tally;

/// Which verdicts of Intel's on a platform's security versions are good enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcbRules {
    /// Statuses that are good at any time.
    pub statuses: BTreeSet<AcceptableStatus>,
    /// Statuses that are good until a date.
    pub grace: Vec<Grace>,
    /// Which advisories a platform may have. One that is not among these is a refusal.
    pub advisories: Accept<String>,
    /// Advisories no platform may have.
    pub denied_advisories: BTreeSet<String>,
    /// The oldest set of TCB levels that may be the measure (tcbEvaluationDataNumber): older ones are
    /// signed and valid still, and know less.
    pub min_evaluation_number: Option<u32>,
    /// Whether packages may be added to the platform without a new registration.
    pub allow_dynamic_platform: bool,
    /// Whether the platform's root keys may be kept by Intel's registration service.
    pub allow_cached_keys: bool,
    /// Whether SMT may be on. Where not, a certificate that does not say is refused.
    pub allow_smt: bool,
}

impl Default for TcbRules {
    /// Up to date, and nothing else is asked.
    fn default() -> Self {
        Self {
            statuses: BTreeSet::from([AcceptableStatus::UpToDate]),
            grace: Vec::new(),
            advisories: Accept::Any,
            denied_advisories: BTreeSet::new(),
            min_evaluation_number: None,
            allow_dynamic_platform: true,
            allow_cached_keys: true,
            allow_smt: true,
        }
    }
}

/// A status that is good until a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grace {
    /// Which.
    pub status: AcceptableStatus,
    /// The last instant at which it is.
    pub until: Timestamp,
    /// Only where the platform has no advisories but these.
    pub advisories: Accept<String>,
}

/// A [`TcbStatus`] that a policy can accept. There is none for a revoked platform, and none for one
/// that is below every level Intel lists: no policy can accept those.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AcceptableStatus {
    /// Nothing is to be done.
    UpToDate,
    /// The enclave has to mitigate something in software.
    SwHardeningNeeded,
    /// The platform has to be configured otherwise.
    ConfigurationNeeded,
    /// Both.
    ConfigurationAndSwHardeningNeeded,
    /// The TDX module was updated after the trust domain's launch.
    TdRelaunchAdvised,
    /// As above, and the platform has to be configured otherwise.
    TdRelaunchAdvisedConfigurationNeeded,
    /// The platform has to be updated.
    OutOfDate,
    /// The platform has to be updated and configured otherwise.
    OutOfDateConfigurationNeeded,
}

impl AcceptableStatus {
    /// Every one, best first.
    pub const ALL: [Self; 8] = [
        Self::UpToDate,
        Self::SwHardeningNeeded,
        Self::ConfigurationNeeded,
        Self::ConfigurationAndSwHardeningNeeded,
        Self::TdRelaunchAdvised,
        Self::TdRelaunchAdvisedConfigurationNeeded,
        Self::OutOfDate,
        Self::OutOfDateConfigurationNeeded,
    ];

    /// The name in Intel's documents.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.status().as_str()
    }

    /// The status itself.
    #[must_use]
    pub const fn status(self) -> TcbStatus {
        match self {
            Self::UpToDate => TcbStatus::UpToDate,
            Self::SwHardeningNeeded => TcbStatus::SwHardeningNeeded,
            Self::ConfigurationNeeded => TcbStatus::ConfigurationNeeded,
            Self::ConfigurationAndSwHardeningNeeded => TcbStatus::ConfigurationAndSwHardeningNeeded,
            Self::TdRelaunchAdvised => TcbStatus::TdRelaunchAdvised,
            Self::TdRelaunchAdvisedConfigurationNeeded => TcbStatus::TdRelaunchAdvisedConfigurationNeeded,
            Self::OutOfDate => TcbStatus::OutOfDate,
            Self::OutOfDateConfigurationNeeded => TcbStatus::OutOfDateConfigurationNeeded,
        }
    }
}

impl TryFrom<TcbStatus> for AcceptableStatus {
    type Error = NeverAcceptable;

    fn try_from(status: TcbStatus) -> Result<Self, NeverAcceptable> {
        Self::ALL.into_iter().find(|it| it.status() == status).ok_or(NeverAcceptable { status })
    }
}

/// A status that no policy can accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("no policy can accept the TCB status {status}")]
pub struct NeverAcceptable {
    /// Which.
    pub status: TcbStatus,
}

impl Shown for AcceptableStatus {
    fn shown(&self) -> String {
        self.as_str().to_owned()
    }
}

impl TcbRules {
    pub(crate) fn judge(&self, tcb: Option<&Tcb>, tally: &mut Tally<'_>) {
        let Some(tcb) = tcb else {
            tally.demand(
                false,
                "tcb",
                || "(none)".to_owned(),
                || "Intel's verdict on the platform".to_owned(),
            );
            return;
        };
        self.judge_status(tcb, tally);
        for advisory in &tcb.advisories {
            let is_good = self.advisories.accepts(advisory) && !self.denied_advisories.contains(advisory);
            tally.demand(is_good, "tcb.advisories", || advisory.clone(), || self.shown_advisories());
        }
        if let Some(min) = self.min_evaluation_number {
            let found = tcb.evaluation_number;
            let is_good = found >= min;
            tally.demand(
                is_good,
                "tcb.minEvaluationNumber",
                || found.to_string(),
                || format!("at least {min}"),
            );
        }
        let flags = tcb.flags;
        for (rule, allowed, is_good) in [
            ("tcb.allowDynamicPlatform", self.allow_dynamic_platform, flags.dynamic_platform != Some(true)),
            ("tcb.allowCachedKeys", self.allow_cached_keys, flags.cached_keys != Some(true)),
            ("tcb.allowSmt", self.allow_smt, flags.smt_enabled == Some(false)),
        ] {
            let found = || if rule == "tcb.allowSmt" { flags.smt_enabled.shown() } else { "true".to_owned() };
            tally.demand(allowed || is_good, rule, found, || "false".to_owned());
        }
    }

    fn judge_status(&self, tcb: &Tcb, tally: &mut Tally<'_>) {
        let accepted = AcceptableStatus::try_from(tcb.status).ok();
        if accepted.is_some_and(|status| self.statuses.contains(&status)) {
            return;
        }
        let covers = |grace: &&Grace| {
            Some(grace.status) == accepted
                && tally.now() <= grace.until
                && tcb.advisories.iter().all(|it| grace.advisories.accepts(it))
        };
        match self.grace.iter().filter(covers).map(|grace| grace.until).max() {
            Some(until) => tally.hold_until(until),
            None => tally.demand(false, "tcb.statuses", || tcb.status.to_string(), || self.shown_statuses()),
        }
    }

    fn shown_statuses(&self) -> String {
        let mut shown = listed(&self.statuses);
        for Grace { status, until, advisories } in &self.grace {
            shown.push_str(&format!(", or until {until} {}", status.as_str()));
            if !advisories.is_any() {
                shown.push_str(&format!(" with no advisories but {}", advisories.shown()));
            }
        }
        shown
    }

    fn shown_advisories(&self) -> String {
        let denied = if self.denied_advisories.is_empty() {
            String::new()
        } else {
            format!(" except {}", listed(&self.denied_advisories))
        };
        self.advisories.shown() + &denied
    }
}
