//! The book of enclaves: who is alive, in what phase, on what witness, and who is inside.

use std::collections::BTreeMap;

use casemate_model::{ContainerKey, EnclaveId, Measurement, PodKey, Timestamp, WorkerId};

use crate::Rule;
use crate::record::Record;
use crate::witness::Validity;

/// Enclaves alive, workers inside one, and the newest generation of each slot.
#[derive(Debug, Default)]
pub(crate) struct Lives {
    alive: BTreeMap<EnclaveId, Life>,
    inside: BTreeMap<WorkerId, EnclaveId>,
    newest: BTreeMap<u32, u32>,
}

#[derive(Debug)]
struct Life {
    container: ContainerKey,
    phase: Phase,
    measurement: Option<Measurement>,
    witness: Option<Witness>,
    worker: Option<WorkerId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Created,
    Initialised,
    Suspended,
}

#[derive(Debug)]
struct Witness {
    container: ContainerKey,
    measurement: Measurement,
    validity: Validity,
}

impl Lives {
    pub(crate) fn create(
        &mut self,
        record: &mut Record,
        id: EnclaveId,
        container: ContainerKey,
        placed: bool,
    ) {
        if !placed {
            record.breach(
                Rule::EnclaveWithoutPlacement,
                id,
                format_args!("created for {container}, whose pod has no place"),
                format_args!("enclaves of placed pods only"),
            );
        }
        match self.newest.get(&id.index) {
            Some(&newest) if newest >= id.generation => record.breach(
                Rule::EnclaveIdReused,
                id,
                format_args!("created with generation {}", id.generation),
                format_args!("a generation above {newest}"),
            ),
            _ => {
                self.newest.insert(id.index, id.generation);
            }
        }
        let life = Life { container, phase: Phase::Created, measurement: None, witness: None, worker: None };
        self.alive.insert(id, life);
    }

    pub(crate) fn initialise(&mut self, record: &mut Record, id: EnclaveId, measurement: Measurement) {
        if let Some(life) = self.step(record, id, "initialised", Phase::Created, Phase::Initialised) {
            life.measurement = Some(measurement);
        }
    }

    pub(crate) fn witness(
        &mut self,
        record: &mut Record,
        id: EnclaveId,
        container: ContainerKey,
        measurement: Measurement,
        from: Timestamp,
        not_after: Timestamp,
    ) {
        match self.alive.get_mut(&id) {
            Some(life) => {
                let validity = Validity { from: from.0, until: not_after.0 };
                life.witness = Some(Witness { container, measurement, validity });
            }
            None => none_alive(record, id, "attested"),
        }
    }

    pub(crate) fn enter(&mut self, record: &mut Record, id: EnclaveId, worker: WorkerId, at: Timestamp) {
        if let Some(other) = self.inside.insert(worker, id) {
            record.breach(
                Rule::WorkerInTwoEnclaves,
                worker,
                format_args!("entered {id} while inside {other}"),
                format_args!("one enclave at a time"),
            );
        }
        let Some(life) = self.alive.get_mut(&id) else {
            record.breach(
                Rule::EntryOfNone,
                id,
                format_args!("entered by {worker}"),
                format_args!("only between creation and destruction"),
            );
            return;
        };
        if let Some(other) = life.worker.replace(worker).filter(|other| *other != worker) {
            record.breach(
                Rule::EnclaveOnTwoWorkers,
                id,
                format_args!("entered by {worker} while {other} is inside"),
                format_args!("one worker at a time"),
            );
        }
        match life.phase {
            Phase::Initialised => {}
            Phase::Created => record.breach(
                Rule::OutOfOrder,
                id,
                format_args!("entered before it was initialised"),
                format_args!("initialise first"),
            ),
            Phase::Suspended => record.breach(
                Rule::EntryWhileSuspended,
                id,
                format_args!("entered by {worker}"),
                format_args!("after it was resumed"),
            ),
        }
        life.check_witness(record, id, at);
    }

    pub(crate) fn leave(&mut self, record: &mut Record, id: EnclaveId, worker: WorkerId) {
        let was_inside = self.inside.get(&worker) == Some(&id);
        if was_inside {
            self.inside.remove(&worker);
        } else {
            record.breach(
                Rule::LeftWithoutEntering,
                id,
                format_args!("left by {worker}"),
                format_args!("only by a worker that is inside"),
            );
        }
        if let Some(life) = self.alive.get_mut(&id).filter(|life| life.worker == Some(worker)) {
            life.worker = None;
        }
    }

    pub(crate) fn suspend(&mut self, record: &mut Record, id: EnclaveId) {
        self.stop(record, id, "suspended");
        self.step(record, id, "suspended", Phase::Initialised, Phase::Suspended);
    }

    pub(crate) fn resume(&mut self, record: &mut Record, id: EnclaveId) {
        self.step(record, id, "resumed", Phase::Suspended, Phase::Initialised);
    }

    pub(crate) fn destroy(&mut self, record: &mut Record, id: EnclaveId) {
        self.stop(record, id, "destroyed");
        if self.alive.remove(&id).is_none() {
            none_alive(record, id, "destroyed");
        }
    }

    pub(crate) fn page_out(&self, record: &mut Record, id: EnclaveId, page: u64, by: Option<WorkerId>) {
        let runner = self.alive.get(&id).and_then(|life| life.worker);
        if let Some(runner) = runner.filter(|runner| by != Some(*runner)) {
            record.breach(
                Rule::EvictedWhileRunning,
                id,
                format_args!("page {page} sealed while {runner} is inside"),
                format_args!("by that worker, or after it left"),
            );
        }
    }

    pub(crate) fn pod_released(&self, record: &mut Record, pod: &PodKey) {
        if let Some((id, _)) = self.alive.iter().find(|(_, life)| life.container.pod == *pod) {
            record.breach(
                Rule::ReleasedWhileAlive,
                pod,
                format_args!("released while its enclave {id} is alive"),
                format_args!("after its last enclave was destroyed"),
            );
        }
    }

    pub(crate) fn finish(&self, record: &mut Record) {
        for (worker, id) in &self.inside {
            record.breach(
                Rule::StillEntered,
                id,
                format_args!("{worker} is still inside"),
                format_args!("nobody inside"),
            );
        }
        for (id, life) in &self.alive {
            record.breach(
                Rule::NeverDestroyed,
                id,
                format_args!("the enclave of {} is still alive", life.container),
                format_args!("destroyed"),
            );
        }
    }

    fn stop(&mut self, record: &mut Record, id: EnclaveId, what: &str) {
        if let Some(worker) = self.alive.get_mut(&id).and_then(|life| life.worker.take()) {
            self.inside.remove(&worker);
            record.breach(
                Rule::StoppedWhileEntered,
                id,
                format_args!("{what} while {worker} is inside"),
                format_args!("after everybody left"),
            );
        }
    }

    fn step(
        &mut self,
        record: &mut Record,
        id: EnclaveId,
        what: &str,
        from: Phase,
        to: Phase,
    ) -> Option<&mut Life> {
        let Some(life) = self.alive.get_mut(&id) else {
            none_alive(record, id, what);
            return None;
        };
        if life.phase != from {
            record.breach(
                Rule::OutOfOrder,
                id,
                format_args!("{what} when {}", life.phase.as_str()),
                format_args!("only when {}", from.as_str()),
            );
        }
        life.phase = to;
        Some(life)
    }
}

impl Life {
    fn check_witness(&self, record: &mut Record, id: EnclaveId, at: Timestamp) {
        let Some(witness) = &self.witness else {
            record.breach(
                Rule::EntryWithoutWitness,
                id,
                format_args!("entered unattested"),
                format_args!("after its own evidence was affirmed"),
            );
            return;
        };
        if !witness.validity.holds_at(at) {
            record.breach(
                Rule::EntryOnStaleWitness,
                id,
                format_args!("entered at {}", at.0),
                format_args!("from {} to {}", witness.validity.from, witness.validity.until),
            );
        }
        if witness.container != self.container {
            record.breach(
                Rule::EntryOnAnothersWitness,
                id,
                format_args!("entered on a witness for {}", witness.container),
                format_args!("a witness for {}", self.container),
            );
        } else if let Some(own) = self.measurement.filter(|own| own.0 != witness.measurement.0) {
            record.breach(
                Rule::EntryOnAnothersWitness,
                id,
                format_args!("entered on a witness for measurement {}", witness.measurement),
                format_args!("a witness for {own}"),
            );
        }
    }
}

impl Phase {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created and no more",
            Self::Initialised => "initialised",
            Self::Suspended => "suspended",
        }
    }
}

fn none_alive(record: &mut Record, id: EnclaveId, what: &str) {
    record.breach(
        Rule::OutOfOrder,
        id,
        format_args!("{what} although not alive"),
        format_args!("between creation and destruction"),
    );
}

#[cfg(test)]
mod tests;
