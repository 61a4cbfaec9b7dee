//! Clearing up: whatever ends, nothing of it is left.

use std::sync::Arc;

use casemate_checker::{HowEnded, Observation};
use casemate_enclave::{Cleaned, Enclave, State as LifeState, Tally};
use casemate_model::{EnclaveId, Nanos, Pages};
use casemate_pod::End as LifeEnd;
use casemate_report::{State, What};

use super::{Outcome, Supervisor};
use crate::guest::Ending;
use crate::memories::Memories;
use crate::pager::MemoryStats;
use crate::roster::{End, Stage};
use crate::task::{Body, Lifecycle, Task};
use crate::workload::memory_limit;

/// Why an enclave that was never entered goes.
pub(super) struct Abandoned {
    state: State,
    reasons: Vec<String>,
    how: HowEnded,
    end: LifeEnd,
}

impl Abandoned {
    /// No enclave could be made.
    pub(super) fn unusable(why: String) -> Self {
        let (how, end) = (HowEnded::Unusable, LifeEnd::Unusable);
        Self { state: State::Failed, reasons: vec![why], how, end }
    }

    /// Its evidence was not accepted.
    pub(super) fn refused(reasons: Vec<String>) -> Self {
        let (how, end) = (HowEnded::Distrusted, LifeEnd::Distrusted);
        Self { state: State::Refused, reasons, how, end }
    }

    /// It was told to end.
    pub(super) fn stopped(why: String) -> Self {
        let (how, end) = (HowEnded::Stopped, LifeEnd::Stopped);
        Self { state: State::Killed, reasons: vec![why], how, end }
    }
}

impl Supervisor<'_> {
    /// A program ended by itself, or noticed that it was condemned or stopped.
    pub(super) fn ended(&mut self, id: EnclaveId, ending: Ending) {
        let Some(at) = self.by_enclave.get(&id).copied() else { return };
        self.bury(at, ending, State::Killed, String::new());
    }

    /// Ends a live container whose program cannot or may not go on. Where a worker is inside, it
    /// comes out at the next tick.
    pub(super) fn kill(&mut self, at: usize, state: State, why: String) {
        if let Stage::Live { task, .. } = &self.entries[at].stage {
            task.control.request_stop();
        }
        self.bury(at, Ending::Stopped, state, why);
    }

    fn bury(&mut self, at: usize, ending: Ending, stopped_as: State, why: String) {
        let Stage::Live { task, .. } = &self.entries[at].stage else { return };
        let task = Arc::clone(task);
        let what = match &ending {
            Ending::Exited(code) => What::Exited { code: *code },
            Ending::Trapped(trap) => What::Trapped { message: trap.clone() },
            Ending::Tampered(poison) => What::Killed { why: poison.to_string() },
            Ending::Stopped => What::Killed { why: why.clone() },
        };
        self.tell_of(at, what);
        self.means.schedule.remove(task.id());
        let mut end = End {
            ending,
            stopped_as,
            stopped_why: why,
            at: self.now(),
            cpu: Nanos::ZERO,
            memory: MemoryStats::default(),
            tally: Tally::default(),
            limit: memory_limit(self.container(at)),
            refused_growth: task.control.refused_growth(),
        };
        (end.tally, end.cpu, end.memory) = self.destroy_task(at, &task, end.as_observed());
        self.entries[at].end(&end);
        task.let_go();
        self.concluded(at, end.in_life());
    }

    /// Drops the program, then its memory, then the handle: in this order, because a
    /// store may look at its memory while it goes.
    fn destroy_task(&mut self, at: usize, task: &Task, how: HowEnded) -> (Tally, Nanos, MemoryStats) {
        let mut body = task.body();
        let Body { lifecycle, execution, cpu } = &mut *body;
        drop(execution.take());
        let memory = task.memories.stats();
        let cpu = *cpu;
        let tally = match std::mem::replace(lifecycle, Lifecycle::Gone) {
            Lifecycle::Ready(enclave) => self.destroy(at, enclave, Some(&task.memories), how),
            Lifecycle::Suspended(enclave) => self.destroy(at, enclave, Some(&task.memories), how),
            Lifecycle::Gone => Tally::default(),
        };
        (tally, cpu, memory)
    }

    /// Ends a container that has an enclave and never ran.
    pub(super) fn abandon<S: LifeState>(
        &mut self,
        at: usize,
        enclave: Enclave<S>,
        memories: Option<&Memories>,
        abandoned: Abandoned,
    ) {
        let Abandoned { state, reasons, how, end } = abandoned;
        self.destroy(at, enclave, memories, how);
        self.entries[at].end_unstarted(state, reasons);
        self.concluded(at, end);
    }

    /// EREMOVE: plaintext zeroed, keys gone, and only then the handle.
    fn destroy<S: LifeState>(
        &mut self,
        at: usize,
        enclave: Enclave<S>,
        memories: Option<&Memories>,
        how: HowEnded,
    ) -> Tally {
        let id = enclave.id();
        self.means.watch.observe(Observation::EnclaveEnded { enclave: id, how });
        // An enclave that was never built holds nothing: no frame, and no key.
        let pages = memories.map(Memories::destroy);
        let (held, zeroed, keys_zeroed) =
            pages.map_or((0, 0, true), |pages| (pages.held_pages, pages.zeroed_pages, pages.key_destroyed));
        self.means.watch.observe(Observation::EnclaveDestroyed {
            enclave: id,
            frames_returned: held,
            frames_zeroed: zeroed,
            keys_zeroed,
        });
        let cleaned = Cleaned::new(id, held, zeroed, keys_zeroed).expect("the pool zeroes what it holds");
        let tally = enclave.destroy(cleaned).map_err(|refused| refused.why.to_string());
        self.by_enclave.remove(&id);
        self.tell_of(at, What::Destroyed { pages_zeroed: Pages(zeroed) });
        tally.expect("what was cleaned is this enclave")
    }

    /// Gives back the places of pods that are over, and offers them on. Called between
    /// steps, when whatever a step had of an enclave's memory is gone: the next enclave
    /// may need the same guarantee and the same slot.
    pub(super) fn release_what_is_over(&mut self) {
        if self.release() {
            self.place();
        }
    }

    /// Gives back the places of pods whose containers are all over. Whether there were any.
    fn release(&mut self) -> bool {
        let mut is_room = false;
        for pod in &mut self.pods {
            if !self.entries[pod.containers.clone()].iter().all(crate::roster::Entry::is_over) {
                continue;
            }
            if let Some(plan) = pod.plan.take() {
                pod.volumes = None;
                self.means.watch.observe(Observation::PodReleased { pod: plan.pod().clone() });
                self.ledger.release(plan).expect("this ledger made the plan");
                is_room = true;
            }
        }
        is_room
    }

    /// Ends whatever is left, once no worker is inside anything any more.
    pub(crate) fn finish(mut self) -> Outcome {
        self.is_finishing = true;
        self.means.loader.close();
        let why = "the run was interrupted";
        for at in 0..self.entries.len() {
            match std::mem::replace(&mut self.entries[at].stage, Stage::Over) {
                Stage::Loading(enclave) => {
                    self.abandon(at, enclave, None, Abandoned::stopped(why.to_owned()));
                }
                live @ Stage::Live { .. } => {
                    self.entries[at].stage = live;
                    self.kill(at, State::Killed, why.to_owned());
                }
                Stage::Waiting if self.pods[self.entries[at].pod].plan.is_some() => {
                    self.end_between_instances(at, why);
                }
                Stage::Waiting => {
                    let mut reasons = self.pods[self.entries[at].pod].waits.clone();
                    if self.interrupted {
                        reasons.insert(0, why.to_owned());
                    }
                    self.entries[at].end_unstarted(State::Pending, reasons);
                }
                Stage::Over => {}
            }
        }
        self.release();
        // Where it held volumes, they are gone; where it holds anything else, it stays.
        let _ = std::fs::remove_dir(&self.means.volumes);
        self.hand_over_stays();
        self.sample();
        Outcome { entries: self.entries, platform: self.platform, interrupted: self.interrupted }
    }

    /// The run ends while the container's turn has yet to come, for the first time or again.
    fn end_between_instances(&mut self, at: usize, why: &str) {
        let entry = &mut self.entries[at];
        if entry.has_run {
            // What it came to last stays.
            entry.stage = Stage::Over;
            entry.report.reasons.push(format!("not started again: {why}"));
        } else {
            entry.end_unstarted(State::Killed, vec![format!("not started: {why}")]);
        }
    }

    /// Asks everything that runs to end at its next exit.
    pub(crate) fn stop_all(&self) {
        for entry in &self.entries {
            if let Stage::Live { task, .. } = &entry.stage {
                task.control.request_stop();
            }
        }
    }
}
