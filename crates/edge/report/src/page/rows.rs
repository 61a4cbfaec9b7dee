//! One row a container: what the report, the events, the samples and the stays say of it.

use std::collections::BTreeMap;

use casemate_model::{ContainerKey, Nanos, PodKey, Timestamp};

use super::scale::TimeScale;
use crate::history::{Histories, History};
use crate::recording::{Reading, Slice};
use crate::{EnclaveState, Recording, RunReport, StayEnd, WorkloadReport};

/// One container.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) container: ContainerKey,
    pub(super) report: Option<&'a WorkloadReport>,
    pub(super) history: Option<&'a History>,
    /// Its enclaves' numbers in the recording, oldest first.
    pub(super) enclaves: Vec<u32>,
}

/// Every container: first those of the report in its order, then others that were seen.
pub(super) fn rows<'a>(
    report: &'a RunReport,
    recording: &Recording,
    histories: &'a Histories,
) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut numbers: BTreeMap<ContainerKey, usize> = BTreeMap::new();
    let mut at = |rows: &mut Vec<Row<'a>>, container: &ContainerKey| {
        let number = *numbers.entry(container.clone()).or_insert(rows.len());
        if number == rows.len() {
            let history = histories.get(container);
            rows.push(Row { container: container.clone(), report: None, history, enclaves: Vec::new() });
        }
        number
    };
    for workload in &report.workloads {
        let pod = PodKey { namespace: workload.namespace.clone(), name: workload.name.clone() };
        let number = at(&mut rows, &ContainerKey { pod, container: workload.container.clone() });
        rows[number].report = Some(workload);
    }
    for history in histories.iter() {
        at(&mut rows, &history.container);
    }
    for (enclave, entry) in recording.enclaves().iter() {
        if let Some(container) = &entry.container {
            let number = at(&mut rows, container);
            rows[number].enclaves.push(enclave);
        }
    }
    rows
}

/// How an enclave's time was spent, in equal bins from the start of the run to its end.
#[derive(Clone, Debug)]
pub(super) struct Activity {
    /// Nanoseconds inside.
    pub(super) inside: Vec<f64>,
    /// Nanoseconds ready for a CPU.
    pub(super) ready: Vec<f64>,
    /// Nanoseconds waiting for the host.
    pub(super) blocked: Vec<f64>,
    /// Asynchronous exits.
    pub(super) aex: Vec<f64>,
    /// Faults that brought pages in.
    pub(super) faults: Vec<f64>,
}

/// The activity of every enclave in the recording.
#[derive(Debug)]
pub(super) struct Activities {
    scale: TimeScale,
    by_enclave: BTreeMap<u32, Source>,
}

/// Stays are exact; where none were recorded, the differences of readings must do.
#[derive(Debug)]
enum Source {
    Stays(Vec<Slice>),
    Readings(Vec<(Timestamp, Reading)>),
}

impl Activities {
    pub(super) fn of(recording: &Recording, scale: TimeScale) -> Self {
        let mut by_enclave: BTreeMap<u32, Source> = BTreeMap::new();
        let slices = recording.slices();
        if slices.is_empty() {
            for moment in recording.moments() {
                for reading in &moment.readings {
                    let source =
                        by_enclave.entry(reading.enclave).or_insert_with(|| Source::Readings(Vec::new()));
                    if let Source::Readings(readings) = source {
                        readings.push((moment.time, *reading));
                    }
                }
            }
        }
        for slice in slices {
            let source = by_enclave.entry(slice.enclave).or_insert_with(|| Source::Stays(Vec::new()));
            if let Source::Stays(slices) = source {
                slices.push(slice);
            }
        }
        for source in by_enclave.values_mut() {
            if let Source::Stays(slices) = source {
                slices.sort_by_key(|slice| (slice.from, slice.until));
            }
        }
        Self { scale, by_enclave }
    }

    /// The activity of these enclaves together, in this many bins.
    pub(super) fn activity(&self, enclaves: &[u32], bins: usize) -> Activity {
        let empty = || vec![0.0; bins];
        let mut activity =
            Activity { inside: empty(), ready: empty(), blocked: empty(), aex: empty(), faults: empty() };
        for enclave in enclaves {
            match self.by_enclave.get(enclave) {
                Some(Source::Stays(slices)) => self.add_stays(&mut activity, slices),
                Some(Source::Readings(readings)) => self.add_readings(&mut activity, readings),
                None => {}
            }
        }
        activity
    }

    fn add_stays(&self, to: &mut Activity, slices: &[Slice]) {
        let mut before: Option<&Slice> = None;
        for slice in slices {
            if let Some(before) = before {
                let waits = if waits_for_host(before) { &mut to.blocked } else { &mut to.ready };
                let gap = slice.from.since(before.until).0 as f64;
                self.spread(waits, (before.until, slice.from), gap);
            }
            let during = (slice.from, slice.until);
            self.spread(&mut to.inside, during, slice.length().0 as f64);
            self.spread(&mut to.faults, during, slice.faults as f64);
            let exits = if slice.stays == 1 { (slice.until, slice.until) } else { during };
            self.spread(&mut to.aex, exits, f64::from(slice.aex));
            before = Some(slice);
        }
    }

    fn add_readings(&self, to: &mut Activity, readings: &[(Timestamp, Reading)]) {
        for pair in readings.windows(2) {
            let [(from, earlier), (until, later)] = pair else { continue };
            let during = (*from, *until);
            let length = until.since(*from).0;
            let inside = later.cpu.0.saturating_sub(earlier.cpu.0).min(length);
            self.spread(&mut to.inside, during, inside as f64);
            let waits = match later.state {
                EnclaveState::Blocked => &mut to.blocked,
                EnclaveState::Building | EnclaveState::Suspended => continue,
                EnclaveState::Ready | EnclaveState::Inside => &mut to.ready,
            };
            self.spread(waits, during, (length - inside) as f64);
            self.spread(&mut to.aex, during, later.aex.saturating_sub(earlier.aex) as f64);
            self.spread(&mut to.faults, during, later.faults.saturating_sub(earlier.faults) as f64);
        }
    }

    /// Adds `amount` to the bins between two instants, to each by its part of the span.
    pub(super) fn spread(&self, bins: &mut [f64], (from, until): (Timestamp, Timestamp), amount: f64) {
        let width = self.scale.length.0 as f64 / bins.len().max(1) as f64;
        let place = |at: Timestamp| at.since(self.scale.start).0 as f64 / width;
        let last = bins.len().saturating_sub(1);
        let (begin, end) = (place(from), place(until));
        let (first_bin, last_bin) = ((begin as usize).min(last), (end as usize).min(last));
        if first_bin == last_bin || end <= begin {
            if let Some(bin) = bins.get_mut(first_bin) {
                *bin += amount;
            }
            return;
        }
        for (number, bin) in bins.iter_mut().enumerate().take(last_bin + 1).skip(first_bin) {
            let overlap = (number as f64 + 1.0).min(end) - (number as f64).max(begin);
            *bin += amount * overlap.max(0.0) / (end - begin);
        }
    }

    /// How long one of so many bins is.
    pub(super) fn bin(&self, bins: usize) -> Nanos {
        Nanos(self.scale.length.0 / bins.max(1) as u64)
    }
}

/// What an enclave did after this stay, until its next.
fn waits_for_host(slice: &Slice) -> bool {
    match slice.end() {
        Some(StayEnd::Eexit) => true,
        Some(StayEnd::Aex | StayEnd::Over) => false,
        None => slice.eexit > slice.aex,
    }
}
