//! What will fall, when, and by what.

use std::collections::BTreeSet;

use casemate_attest::claims::PlatformId;
use casemate_attest::{Artifact, Window};
use casemate_model::Timestamp;

use crate::queue::Name;
use crate::standing::{Course, Standing};

/// What is known of the future.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forecast {
    /// Platforms whose standing will change, worst first.
    pub falls: Vec<Fall>,
    /// What lapses, earliest first.
    pub expiries: Vec<Expiry>,
}

/// A platform and who rests on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// What it is remembered by.
    pub platform: Name,
    /// Which machine it is.
    pub id: Option<PlatformId>,
    /// Whose verdicts rest on it.
    pub subjects: BTreeSet<String>,
}

/// A platform whose standing will change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fall {
    /// Which.
    pub subject: Subject,
    /// How.
    pub course: Course,
    /// What it is.
    pub before: Standing,
    /// What it will be.
    pub after: Standing,
    /// Advisories that will apply and do not yet.
    pub advisories: BTreeSet<String>,
    /// The first instant at which the early collateral is valid: from then on it may be so.
    pub not_before: Timestamp,
}

/// Something that lapses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// What.
    pub what: Lapsing,
    /// The last instant at which it holds.
    pub at: Timestamp,
    /// The platform it is about, if it is one's.
    pub subject: Option<Subject>,
}

/// What lapses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lapsing {
    /// Something signed.
    Artifact(Artifact),
    /// An attestation result, by its subject.
    Result(String),
}

impl Expiry {
    /// The end of a window if it is between the two instants.
    #[must_use]
    pub fn within(window: Window, now: Timestamp, horizon: Timestamp, of: Option<Subject>) -> Option<Self> {
        let (at, what) = window.ending();
        (now <= at && at <= horizon).then_some(Self { what: Lapsing::Artifact(what), at, subject: of })
    }
}

impl Forecast {
    /// Adds attestation results that lapse, each by its subject and last instant.
    pub fn add_results<'a>(
        &mut self,
        results: impl IntoIterator<Item = (&'a str, Timestamp)>,
        now: Timestamp,
        horizon: Timestamp,
    ) {
        let lapsing = results.into_iter().filter(|(_, at)| now <= *at && *at <= horizon);
        let what = |subject: &str| Lapsing::Result(subject.to_owned());
        self.expiries.extend(lapsing.map(|(subject, at)| Expiry { what: what(subject), at, subject: None }));
        self.sort();
    }

    /// Adds another vendor's.
    pub fn extend(&mut self, other: Self) {
        self.falls.extend(other.falls);
        self.expiries.extend(other.expiries);
        self.sort();
    }

    pub(crate) fn sort(&mut self) {
        self.falls.sort_by(|one, other| {
            (one.course, one.subject.platform).cmp(&(other.course, other.subject.platform))
        });
        self.expiries.sort_by_key(|it| it.at);
    }
}
