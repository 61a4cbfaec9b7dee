//! The search, and what it found.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::time::Duration;

use stateright::report::{ReportData, ReportDiscovery, Reporter};
use stateright::{Checker, CheckerBuilder, HasDiscoveries, Model};

use crate::{Happening, Setting};

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Different states that were looked at.
    pub states: usize,
    /// Steps that were followed; several lead to one state.
    pub steps: usize,
    /// Whether nothing was left to look at.
    pub complete: bool,
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

/// How a search is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Search {
    /// How far it goes.
    pub until: Until,
    /// On how many threads.
    pub threads: NonZeroUsize,
    /// It gives up after about so many steps. Each takes some 50 bytes of memory at most, and those that wait to be
    /// looked at some 500.
    pub steps_most: NonZeroUsize,
}

/// How far a search has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// Different states so far.
    pub states: usize,
    /// For how long it has gone on.
    pub elapsed: Duration,
}

/// Whether every request can be answered: that a search found nothing wrong means little where it did not get
/// there.
pub(crate) const ANSWERS_ALL: &str = "all requests are answered";

/// Looks at everything that can happen.
#[must_use]
pub fn search(setting: &Setting, until: Until, threads: NonZeroUsize) -> Verdict {
    Search { until, threads, steps_most: NonZeroUsize::MAX }.of(setting, None)
}

impl Search {
    /// Looks at everything that can happen in a setting, and tells from time to time how far it has come.
    ///
    /// Several threads do not find shortest ways: for the laws that they find broken one of them looks again.
    #[must_use]
    pub fn of(&self, setting: &Setting, watch: Option<&mut dyn FnMut(Sight)>) -> Verdict {
        let checker = self.begin(setting).threads(self.threads.get());
        let done = match self.until {
            Until::AllIsSeen => checker,
            Until::Broken => checker.finish_when(HasDiscoveries::AnyFailures),
        }
        .spawn_bfs();
        let done = match watch {
            Some(watch) => done.report(&mut Watch { watch }),
            None => done.join(),
        };
        let mut names: BTreeSet<&'static str> = done.discoveries().into_keys().collect();
        let answers_all = names.remove(ANSWERS_ALL);
        let broken = if self.threads.get() == 1 || names.is_empty() {
            found(&done)
        } else {
            found(
                &self.begin(setting).threads(1).finish_when(HasDiscoveries::AllOf(names)).spawn_bfs().join(),
            )
        };
        let steps = done.state_count();
        let complete = self.until == Until::AllIsSeen && steps < self.steps_most.get();
        Verdict { states: done.unique_state_count(), steps, complete, broken, answers_all }
    }

    fn begin(&self, setting: &Setting) -> CheckerBuilder<Setting> {
        setting.checker().target_state_count(self.steps_most.get())
    }
}

fn found(done: &impl Checker<Setting>) -> Vec<Broken> {
    let mut broken: Vec<_> = done
        .discoveries()
        .into_iter()
        .filter(|(law, _)| *law != ANSWERS_ALL)
        .map(|(law, path)| Broken { law, timeline: path.into_actions() })
        .collect();
    broken.sort_by_key(|it| it.law);
    broken
}

struct Watch<'a> {
    watch: &'a mut dyn FnMut(Sight),
}

impl Reporter<Setting> for Watch<'_> {
    fn report_checking(&mut self, data: ReportData) {
        (self.watch)(Sight { states: data.unique_states, elapsed: data.duration });
    }

    fn report_discoveries(
        &mut self,
        _model: &Setting,
        _found: std::collections::BTreeMap<&'static str, ReportDiscovery<Setting>>,
    ) {
    }

    fn delay(&self) -> Duration {
        Duration::from_millis(100)
    }
}
