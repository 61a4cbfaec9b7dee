//! The search, and what it found.

use std::num::NonZeroUsize;

use stateright::{Checker, HasDiscoveries, Model};

use crate::{Happening, Setting};

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Different states that were looked at.
    pub states: usize,
    /// Laws that are broken, by name.
    pub broken: Vec<Broken>,
    /// Whether there is a way in which every request is answered.
    pub answers_all: bool,
}

/// A law that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub law: &'static str,
    /// A shortest way to where it is broken.
    pub timeline: Vec<Happening>,
}

/// How far a search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// To the end.
    AllIsSeen,
    /// To the first law that is broken.
    Broken,
}

/// Whether every request can be answered: that a search found nothing wrong means little where it did not get
/// there.
pub(crate) const ANSWERS_ALL: &str = "all requests are answered";

/// Looks at everything that can happen.
#[must_use]
pub fn search(setting: &Setting, until: Until, threads: NonZeroUsize) -> Verdict {
    let checker = setting.checker().threads(threads.get());
    let checker = match until {
        Until::AllIsSeen => checker,
        Until::Broken => checker.finish_when(HasDiscoveries::AnyFailures),
    };
    let done = checker.spawn_bfs().join();
    let mut verdict = Verdict { states: done.unique_state_count(), broken: Vec::new(), answers_all: false };
    for (law, path) in done.discoveries() {
        if law == ANSWERS_ALL {
            verdict.answers_all = true;
        } else {
            verdict.broken.push(Broken { law, timeline: path.into_actions() });
        }
    }
    verdict.broken.sort_by_key(|it| it.law);
    verdict
}
