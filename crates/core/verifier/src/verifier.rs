//! Evidence of every kind, with whatever is remembered of its platform.

use std::fmt;
use std::sync::Arc;

use casemate_attest::dcap::{Collateral, Quote};
use casemate_attest::snp::Report;
use casemate_attest::{Endorsements, Evidence, Fault, Refused, Roots, VerifiedEvidence, verify};
use casemate_model::Timestamp;

use crate::queue::Name;
use crate::{Bounds, Dcap, Event, Forecast, Learnt, Platforms, Snp, SnpCollateral, SnpEvidence};

/// One verifier: Intel's and AMD's platforms remembered, everything else verified whole each time.
///
/// The same verdicts as [`verify`], sooner.
pub struct Verifier {
    roots: Roots,
    endorsements: Arc<Endorsements>,
    dcap: Platforms<Dcap>,
    snp: Platforms<Snp>,
}

/// The answer to a piece of evidence, and what is to be remembered of it.
#[derive(Debug)]
pub struct Examination {
    /// The verdict.
    pub outcome: Result<VerifiedEvidence, Refused>,
    /// To be handed to [`Verifier::learn`].
    pub lesson: Lesson,
}

/// What was learnt from a piece of evidence.
#[derive(Debug)]
pub struct Lesson(Of);

#[derive(Debug)]
enum Of {
    Dcap(Learnt<Dcap>),
    Snp(Learnt<Snp>),
    Nobody,
}

impl Lesson {
    /// Whether its platform was verified for it; `None` for evidence whose platforms are not remembered,
    /// and for what does not hold.
    #[must_use]
    pub fn is_new(&self) -> Option<bool> {
        match &self.0 {
            Of::Dcap(learnt) => learnt.platform().map(|_| learnt.is_new()),
            Of::Snp(learnt) => learnt.platform().map(|_| learnt.is_new()),
            Of::Nobody => None,
        }
    }
}

impl Verifier {
    /// Nothing remembered yet; `generation` numbers `endorsements`. Each vendor's memory has these bounds.
    #[must_use]
    pub fn new(roots: Roots, endorsements: Arc<Endorsements>, generation: u64, bounds: Bounds) -> Self {
        let collateral = Collateral::verify(&endorsements, &roots);
        let lists = SnpCollateral::of(&endorsements);
        Self {
            dcap: Platforms::new(Dcap::new(roots.clone()), collateral, generation, bounds),
            snp: Platforms::new(Snp::new(roots.clone()), lists, generation, bounds),
            roots,
            endorsements,
        }
    }

    /// The number of the endorsements in force.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.dcap.generation()
    }

    /// Platforms remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.dcap.len().saturating_add(self.snp.len())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The platform that has to be verified before evidence costs one signature, for
    /// [`Request::flight`](crate::queue::Request::flight). `None` where it is known, or nobody's.
    #[must_use]
    pub fn flight(&self, evidence: &Evidence) -> Option<Name> {
        match evidence {
            Evidence::Quote(bytes) => self.dcap.flight(&Quote::parse(bytes).ok()?),
            Evidence::SnpReport { report, certificates } => {
                self.snp.flight(SnpEvidence { report: &Report::parse(report).ok()?, certificates })
            }
            _ => None,
        }
    }

    /// Verifies a piece of evidence at the instant `now` by the endorsements in force.
    #[must_use]
    pub fn examine(&self, evidence: &Evidence, now: Timestamp) -> Examination {
        let unreadable =
            |fault: Fault| Examination { outcome: Err(fault.into()), lesson: Lesson(Of::Nobody) };
        match evidence {
            Evidence::Quote(bytes) => match Quote::parse(bytes) {
                Ok(quote) => {
                    let examined = self.dcap.examine(&quote, now);
                    Examination { outcome: examined.outcome, lesson: Lesson(Of::Dcap(examined.learnt)) }
                }
                Err(error) => unreadable(error.into()),
            },
            Evidence::SnpReport { report, certificates } => match Report::parse(report) {
                Ok(report) => {
                    let examined = self.snp.examine(SnpEvidence { report: &report, certificates }, now);
                    Examination { outcome: examined.outcome, lesson: Lesson(Of::Snp(examined.learnt)) }
                }
                Err(error) => unreadable(error.into()),
            },
            _ => Examination {
                outcome: verify(evidence, &self.endorsements, &self.roots, now),
                lesson: Lesson(Of::Nobody),
            },
        }
    }

    /// Remembers what was learnt, as [`Platforms::learn`] does.
    pub fn learn(&mut self, lesson: Lesson, subject: Option<&str>, now: Timestamp) -> Vec<Event> {
        match lesson.0 {
            Of::Dcap(learnt) => self.dcap.learn(learnt, subject, now),
            Of::Snp(learnt) => self.snp.learn(learnt, subject, now),
            Of::Nobody => Vec::new(),
        }
    }

    /// Nobody is to be told of this subject any more.
    pub fn dismiss(&mut self, subject: &str) {
        self.dcap.dismiss(subject);
        self.snp.dismiss(subject);
    }

    /// Puts endorsements in force, and looks every platform up in them anew, without cryptography but that
    /// of the endorsements. Answers what changed.
    pub fn replace(
        &mut self,
        endorsements: Arc<Endorsements>,
        generation: u64,
        now: Timestamp,
    ) -> Vec<Event> {
        let collateral = Collateral::verify(&endorsements, &self.roots);
        let lists = SnpCollateral::of(&endorsements);
        self.endorsements = endorsements;
        let mut events = self.dcap.replace(collateral, generation, now);
        events.extend(self.snp.replace(lists, generation, now));
        events
    }

    /// Looks every platform up anew: collateral says less once it has lapsed.
    pub fn rematch(&mut self, now: Timestamp) -> Vec<Event> {
        let mut events = self.dcap.rematch(now);
        events.extend(self.snp.rematch(now));
        events
    }

    /// What would become of every platform under `early`, which is not in force yet, and what lapses until
    /// `horizon` as things are.
    #[must_use]
    pub fn forecast(&self, early: Option<&Endorsements>, now: Timestamp, horizon: Timestamp) -> Forecast {
        let collateral = early.map(|it| Collateral::verify(it, &self.roots));
        let mut forecast = self.dcap.forecast(collateral.as_ref(), now, horizon);
        forecast.extend(self.snp.forecast(early.map(SnpCollateral::of).as_ref(), now, horizon));
        forecast
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verifier({} platforms under generation {})", self.len(), self.generation())
    }
}
