//! Who will fall when Intel's early TCB set comes into force.
//!
//! Intel publishes a set of TCB levels months before it becomes the one that its service answers with
//! (`update=early`). Evidence that is accepted by the set in force is examined once more by the early
//! one; nothing but the set changes.

use std::collections::BTreeSet;

use casemate_attest::dcap::TcbStatus;
use casemate_attest::{Claims, Endorsements};
use casemate_model::Timestamp;
use serde::{Serialize, Serializer};

use crate::dossier::Found;
use crate::examine::Examiner;
use crate::verdict::{Outcome, Verdict};

/// What is to come for one piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// The verdict by the set in force.
    pub present: Verdict,
    /// The verdict by the early set.
    pub early: Verdict,
}

impl Forecast {
    /// Examines a statement by the set in force, which the examiner has, and by the early one.
    #[must_use]
    pub fn of(examiner: &Examiner<'_>, early: &Endorsements, subject: &str, found: &Found) -> Self {
        let present = examiner.examine(subject, found);
        let endorsements = &replaced(examiner.endorsements, early);
        let mut by_early = Examiner { endorsements, ..*examiner };
        let mut early = by_early.examine(subject, found);
        // What counts is what it will say once it is valid, not that it is not valid yet.
        if let Some(begins) = early.claims.as_ref().map(Claims::not_before)
            && by_early.question.now < begins
        {
            by_early.question.now = begins;
            early = by_early.examine(subject, found);
        }
        Self { early, present }
    }

    /// Whether it is accepted, and will not be.
    #[must_use]
    pub fn falls(&self) -> bool {
        self.present.outcome == Outcome::Accepted && self.early.outcome != Outcome::Accepted
    }

    /// When at the latest: what vouches for the evidence now lapses, and has to be replaced by the set
    /// then in force.
    #[must_use]
    pub fn falls_by(&self) -> Option<Timestamp> {
        self.present.valid_until.filter(|_| self.falls())
    }

    /// Advisories of the early set that do not apply by the set in force.
    #[must_use]
    pub fn new_advisories(&self) -> BTreeSet<String> {
        let advisories =
            |verdict: &Verdict| verdict.tcb().map(|it| it.advisories.clone()).unwrap_or_default();
        let present = advisories(&self.present);
        advisories(&self.early).into_iter().filter(|it| !present.contains(it)).collect()
    }
}

/// The endorsements with these TCB levels in place of those in force; the rest of both.
fn replaced(present: &Endorsements, early: &Endorsements) -> Endorsements {
    let mut replaced = early.clone();
    if replaced.qe_identities.is_empty() {
        replaced.qe_identities.clone_from(&present.qe_identities);
    }
    replaced.certificates.extend(present.certificates.iter().cloned());
    replaced.crls.extend(present.crls.iter().cloned());
    replaced.cca_anchors.extend(present.cca_anchors.iter().cloned());
    replaced
}

/// One element of the document, as `docs/attest.md` describes it.
#[derive(Serialize)]
struct Element<'a> {
    subject: &'a str,
    tee: Option<&'static str>,
    falls: bool,
    falls_by: Option<String>,
    present: Side<'a>,
    early: Side<'a>,
    new_advisories: BTreeSet<String>,
}

/// A verdict in short.
#[derive(Serialize)]
struct Side<'a> {
    verdict: &'static str,
    tcb_status: Option<&'static str>,
    evaluation_number: Option<u32>,
    reasons: &'a [String],
}

impl<'a> Side<'a> {
    fn of(verdict: &'a Verdict) -> Self {
        Self {
            verdict: verdict.outcome.as_str(),
            tcb_status: verdict.tcb().map(|it| it.status).map(TcbStatus::as_str),
            evaluation_number: verdict.tcb().map(|it| it.evaluation_number),
            reasons: &verdict.reasons,
        }
    }
}

impl Serialize for Forecast {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Element {
            subject: &self.present.subject,
            tee: self.present.kind.map(|it| it.as_str()),
            falls: self.falls(),
            falls_by: self.falls_by().map(|it| it.to_string()),
            present: Side::of(&self.present),
            early: Side::of(&self.early),
            new_advisories: self.new_advisories(),
        }
        .serialize(serializer)
    }
}
