//! One enclave as the view knows it.

use std::collections::VecDeque;

use casemate_model::{ContainerKey, EnclaveId, Nanos, Pages, Timestamp, WorkerId};

use crate::{EnclaveSample, EnclaveState, Verdict};

/// Rates are over the last second: long enough to be read, short enough to follow.
const WINDOW: Nanos = Nanos::from_millis(1_000);
/// Samples kept for that, however fast they come.
const POINTS_MAX: usize = 32;

/// What is known of an enclave that exists.
#[derive(Clone, Debug)]
pub(super) struct Enclave {
    pub(super) id: EnclaveId,
    pub(super) container: ContainerKey,
    pub(super) state: EnclaveState,
    pub(super) verdict: Option<Verdict>,
    /// When the verdict lapses.
    pub(super) not_after: Option<Timestamp>,
    pub(super) worker: Option<WorkerId>,
    pub(super) resident: Pages,
    pub(super) total: Pages,
    pub(super) guaranteed: Pages,
    /// When it was first told of.
    pub(super) since: Timestamp,
    points: VecDeque<Point>,
}

/// Counters at one moment.
#[derive(Clone, Copy, Debug)]
struct Point {
    time: Timestamp,
    cpu: Nanos,
    faults: u64,
}

impl Enclave {
    pub(super) fn new(id: EnclaveId, container: ContainerKey, since: Timestamp) -> Self {
        Self {
            id,
            container,
            state: EnclaveState::Building,
            verdict: None,
            not_after: None,
            worker: None,
            resident: Pages(0),
            total: Pages(0),
            guaranteed: Pages(0),
            since,
            points: VecDeque::new(),
        }
    }

    pub(super) fn sample(&mut self, time: Timestamp, sample: &EnclaveSample) {
        self.state = sample.state;
        self.verdict = sample.verdict.or(self.verdict);
        self.worker = sample.worker;
        self.resident = sample.resident;
        self.total = sample.total;
        self.guaranteed = sample.guaranteed;
        // The first point that is a second old or older stays: rates are from there.
        while self.points.len() >= POINTS_MAX
            || self.points.get(1).is_some_and(|point| time.since(point.time) >= WINDOW)
        {
            self.points.pop_front();
        }
        self.points.push_back(Point { time, cpu: sample.cpu, faults: sample.faults });
    }

    /// CPU time inside for each second, in percent of one CPU.
    pub(super) fn cpu_percent(&self) -> Option<u64> {
        self.rate(|from, to| to.cpu.0.saturating_sub(from.cpu.0), 100)
    }

    /// Faults a second.
    pub(super) fn fault_rate(&self) -> Option<u64> {
        self.rate(|from, to| to.faults.saturating_sub(from.faults), 1_000_000_000)
    }

    /// `scale` times what a counter grew by, for each nanosecond.
    fn rate(&self, grown: impl Fn(&Point, &Point) -> u64, scale: u128) -> Option<u64> {
        let (from, to) = (self.points.front()?, self.points.back()?);
        let span = u128::from(to.time.since(from.time).0);
        let rate = (u128::from(grown(from, to)) * scale + span / 2).checked_div(span)?;
        Some(u64::try_from(rate).unwrap_or(u64::MAX))
    }
}
