//! What a platform is worth by its vendor's collateral, and how that changed.

use std::collections::BTreeSet;
use std::fmt;

use casemate_attest::claims::PlatformId;
use casemate_attest::dcap::TcbStatus;

use crate::queue::Name;

/// What a platform is worth, without regard to dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its security versions are at a level.
    Rated {
        /// The level's status.
        status: TcbStatus,
        /// Advisories that apply.
        advisories: BTreeSet<String>,
    },
    /// Its vendor rates nothing, or nothing of it, and did not revoke it.
    Unrated,
    /// A certificate of it is on its issuer's revocation list.
    Revoked {
        /// Which, as faults say it.
        why: String,
    },
    /// Nothing can be said for want of collateral.
    Unknown {
        /// What is missing.
        why: String,
    },
}

impl Standing {
    /// Whether it can ever be accepted. Whether it *is* is a policy's to say.
    #[must_use]
    pub fn is_acceptable(&self) -> bool {
        match self {
            Self::Rated { status, .. } => !matches!(status, TcbStatus::Revoked | TcbStatus::NoMatchingLevel),
            Self::Unrated => true,
            Self::Revoked { .. } | Self::Unknown { .. } => false,
        }
    }

    /// The better the smaller.
    fn rank(&self) -> (bool, Option<TcbStatus>) {
        let status = match self {
            Self::Rated { status, .. } => Some(*status),
            _ => None,
        };
        (!self.is_acceptable(), status)
    }

    /// Advisories that apply.
    #[must_use]
    pub fn advisories(&self) -> BTreeSet<String> {
        match self {
            Self::Rated { advisories, .. } => advisories.clone(),
            _ => BTreeSet::new(),
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rated { status, .. } => status.fmt(f),
            Self::Unrated => f.write_str("not rated"),
            Self::Revoked { why } | Self::Unknown { why } => f.write_str(why),
        }
    }
}

/// How a platform's standing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Course {
    /// It is worth less: verdicts that were given on it are taken back.
    Revoked,
    /// It is worth more.
    Restored,
    /// It is worth the same, and other advisories apply.
    Changed,
}

impl Course {
    /// `None` where nothing changed.
    #[must_use]
    pub fn between(before: &Standing, after: &Standing) -> Option<Self> {
        match before.rank().cmp(&after.rank()) {
            _ if before == after => None,
            std::cmp::Ordering::Less => Some(Self::Revoked),
            std::cmp::Ordering::Greater => Some(Self::Restored),
            std::cmp::Ordering::Equal => Some(Self::Changed),
        }
    }

    /// The name programs read.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Restored => "restored",
            Self::Changed => "changed",
        }
    }
}

/// Something whoever holds verdicts has to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Collateral says otherwise of a platform than it did.
    Standing(Box<Change>),
    /// A platform was forgotten to make room: changes of its standing will not be told. Its subjects
    /// have to attest again.
    Forgotten {
        /// What it was remembered by.
        platform: Name,
        /// Which machine it is.
        id: Option<PlatformId>,
        /// Whose verdicts rest on it.
        subjects: BTreeSet<String>,
    },
}

/// A change of a platform's standing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What it is remembered by.
    pub platform: Name,
    /// Which machine it is.
    pub id: Option<PlatformId>,
    /// How it changed.
    pub course: Course,
    /// What it was.
    pub before: Standing,
    /// What it is.
    pub after: Standing,
    /// Advisories that apply now and did not.
    pub advisories: BTreeSet<String>,
    /// The collateral by which.
    pub generation: u64,
    /// Whose verdicts rest on it.
    pub subjects: BTreeSet<String>,
}
