//! What each container went through, read from the events of a recording: its enclaves
//! one after another, the phases of each, and what marks its way.

use std::collections::BTreeMap;

use casemate_model::{ContainerKey, EnclaveId, Timestamp};

use crate::line;
use crate::{Event, Recording, Subject, What};

/// The histories of a run's containers, in the order they first appear.
#[derive(Debug)]
pub(crate) struct Histories {
    numbers: BTreeMap<ContainerKey, usize>,
    entries: Vec<History>,
}

/// What one container went through.
#[derive(Debug)]
pub(crate) struct History {
    pub(crate) container: ContainerKey,
    /// Its enclaves' phases, in order; they do not overlap.
    pub(crate) phases: Vec<Phase>,
    pub(crate) marks: Vec<Mark>,
}

/// A stretch of time in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Phase {
    pub(crate) kind: PhaseKind,
    /// The instance; `None` where its creation was not seen.
    pub(crate) enclave: Option<EnclaveId>,
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
}

/// The states that events tell of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PhaseKind {
    /// From creation to the first entry: filled, measured, attested.
    Building,
    /// Entered, or ready to be.
    Running,
    /// May not be entered until it is attested again.
    Suspended,
    /// Over, and being zeroed.
    Ending,
}

impl PhaseKind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Building => "building",
            Self::Running => "running",
            Self::Suspended => "suspended",
            Self::Ending => "ending",
        }
    }
}

/// Something that happened at one moment.
#[derive(Debug)]
pub(crate) struct Mark {
    pub(crate) time: Timestamp,
    pub(crate) kind: MarkKind,
    /// In the words of the live output.
    pub(crate) words: String,
}

/// What kind of mark it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MarkKind {
    /// Its evidence was accepted: the first time, anew, or after a suspension.
    Attested,
    /// It may not be entered any more.
    Suspended,
    /// It ended and is started again.
    Restarting,
    /// It ended as it should.
    Ended,
    /// It was refused, could not start, or ended badly.
    Failed,
}

impl MarkKind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Attested => "attested",
            Self::Suspended => "suspended",
            Self::Restarting => "restarting",
            Self::Ended => "ended",
            Self::Failed => "failed",
        }
    }
}

impl Histories {
    /// Reads the events; a phase that no event ends is ended by the end of the recording.
    pub(crate) fn of(recording: &Recording) -> Self {
        let mut histories = Self { numbers: BTreeMap::new(), entries: Vec::new() };
        for event in recording.events() {
            if let Subject::Container(key) = &event.subject {
                histories.entry(key).tell(event);
            }
        }
        let end = recording.bounds().map_or(Timestamp(0), |(_, end)| end);
        for history in &mut histories.entries {
            history.close(end);
            history.phases.retain(|phase| phase.until > phase.from);
        }
        histories
    }

    fn entry(&mut self, key: &ContainerKey) -> &mut History {
        let number = *self.numbers.entry(key.clone()).or_insert(self.entries.len());
        if number == self.entries.len() {
            self.entries.push(History { container: key.clone(), phases: Vec::new(), marks: Vec::new() });
        }
        &mut self.entries[number]
    }

    pub(crate) fn get(&self, key: &ContainerKey) -> Option<&History> {
        self.numbers.get(key).and_then(|number| self.entries.get(*number))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &History> {
        self.entries.iter()
    }
}

/// Until a phase is closed it ends at the end of time.
const OPEN: Timestamp = Timestamp(u64::MAX);

impl History {
    fn tell(&mut self, event: &Event) {
        let time = event.time;
        match &event.what {
            What::EnclaveCreated { enclave, .. } => {
                self.close(time);
                self.open(PhaseKind::Building, Some(*enclave), time);
            }
            What::WorkloadAttested { .. } | What::Renewed { .. } => self.mark(MarkKind::Attested, event),
            What::Entered => self.change(PhaseKind::Running, time),
            What::Suspended { .. } => {
                self.change(PhaseKind::Suspended, time);
                self.mark(MarkKind::Suspended, event);
            }
            What::Resumed { .. } => {
                self.change(PhaseKind::Running, time);
                self.mark(MarkKind::Attested, event);
            }
            What::Exited { .. }
            | What::Trapped { .. }
            | What::Killed { .. }
            | What::WorkloadRefused { .. } => {
                self.change(PhaseKind::Ending, time);
                let good = matches!(event.what, What::Exited { code: 0 });
                self.mark(if good { MarkKind::Ended } else { MarkKind::Failed }, event);
            }
            What::Restarting { .. } => self.mark(MarkKind::Restarting, event),
            What::Failed { .. } => self.mark(MarkKind::Failed, event),
            What::Destroyed { .. } => self.close(time),
            _ => {}
        }
    }

    fn open(&mut self, kind: PhaseKind, enclave: Option<EnclaveId>, from: Timestamp) {
        // Events may be told a little out of order; phases never overlap.
        let free = self.phases.last().map_or(from, |before| before.until);
        self.phases.push(Phase { kind, enclave, from: from.max(free), until: OPEN });
    }

    /// Ends the open phase and begins another of the same enclave.
    fn change(&mut self, kind: PhaseKind, time: Timestamp) {
        let enclave = self.phases.last().filter(|phase| phase.until == OPEN).and_then(|phase| phase.enclave);
        self.close(time);
        self.open(kind, enclave, time);
    }

    fn close(&mut self, time: Timestamp) {
        if let Some(phase) = self.phases.last_mut().filter(|phase| phase.until == OPEN) {
            phase.until = time.max(phase.from);
        }
    }

    fn mark(&mut self, kind: MarkKind, event: &Event) {
        let (_, words) = line::words(&event.what);
        self.marks.push(Mark { time: event.time, kind, words });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Observer as _;
    use casemate_model::{Bytes, PodKey};

    fn history(told: &[(u64, What)]) -> Vec<(PhaseKind, u64, u64)> {
        let pod = PodKey { namespace: "d".into(), name: "p".into() };
        let key = ContainerKey { pod, container: "c".into() };
        let mut recording = Recording::default();
        for (time, what) in told {
            let subject = Subject::Container(key.clone());
            recording.event(Event { time: Timestamp(*time), subject, what: what.clone() });
        }
        let histories = Histories::of(&recording);
        let history = histories.get(&key).unwrap();
        history.phases.iter().map(|phase| (phase.kind, phase.from.0, phase.until.0)).collect()
    }

    fn created(index: u32) -> What {
        let enclave = EnclaveId { index, generation: 0 };
        What::EnclaveCreated { enclave, epc_guaranteed: Bytes(0), epc_limit: None }
    }

    #[test]
    fn a_life_is_its_phases_end_to_end() {
        let phases = history(&[
            (10, created(0)),
            (20, What::Entered),
            (30, What::Suspended { why: "lapsed".into() }),
            (40, What::Resumed { not_after: Timestamp(99) }),
            (50, What::Exited { code: 0 }),
            (60, What::Destroyed { pages_zeroed: casemate_model::Pages(1) }),
            (70, created(1)),
            (80, What::Entered),
        ]);
        use PhaseKind::{Building, Ending, Running, Suspended};
        assert_eq!(
            phases,
            [
                (Building, 10, 20),
                (Running, 20, 30),
                (Suspended, 30, 40),
                (Running, 40, 50),
                (Ending, 50, 60),
                (Building, 70, 80),
            ]
        );
    }

    #[test]
    fn what_no_event_ends_is_ended_by_the_end_of_the_recording() {
        let phases = history(&[(10, created(0)), (20, What::Renewed { not_after: Timestamp(9) })]);
        assert_eq!(phases, [(PhaseKind::Building, 10, 20)]);
    }

    #[test]
    fn a_beginning_that_was_left_out_does_not_matter() {
        assert_eq!(
            history(&[(10, What::Entered), (30, What::Exited { code: 1 })]),
            [(PhaseKind::Running, 10, 30)]
        );
    }
}
