//! Clearing up: whatever ends, nothing of it is left.

use std::sync::Arc;

use casemate_checker::Observation;
use casemate_enclave::{Cleaned, Enclave, State as LifeState, Tally};
use casemate_model::{EnclaveId, Nanos, Pages};
use casemate_report::{State, What};

use super::{Outcome, Supervisor};
use crate::guest::Ending;
use crate::memories::Memories;
use crate::roster::{End, Stage};
use crate::task::{Body, Lifecycle, Task};
use crate::workload::memory_limit;

impl Supervisor<'_> {
    /// A program ended by itself, or noticed that it was condemned or stopped.
    pub(super) fn ended(&mut self, id: EnclaveId, ending: Ending) {
        let Some(at) = self.by_enclave.get(&id).copied() else { return };
        self.bury(at, ending, State::Killed, String::new());
    }

    /// Ends a live container whose program cannot or may not go on. Nobody is inside.
    pub(super) fn kill(&mut self, at: usize, state: State, why: String) {
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
        let (tally, cpu, memory) = self.destroy_task(at, &task);
        let end = End {
            ending,
            stopped_as,
            stopped_why: why,
            at: self.now(),
            cpu,
            memory,
            tally,
            limit: memory_limit(self.container(at)),
            refused_growth: task.control.refused_growth(),
        };
        self.entries[at].end(&end);
        self.release_if_over(at);
    }

    /// Drops the program, then its memory, then the handle: in this order, because a
    /// store may look at its memory while it goes.
    fn destroy_task(&mut self, at: usize, task: &Task) -> (Tally, Nanos, crate::pager::MemoryStats) {
        let mut body = task.body();
        let Body { lifecycle, execution, cpu } = &mut *body;
        drop(execution.take());
        let memory = task.memories.stats();
        let cpu = *cpu;
        let tally = match std::mem::replace(lifecycle, Lifecycle::Gone) {
            Lifecycle::Ready(enclave) => self.destroy(at, enclave, Some(&task.memories)),
            Lifecycle::Suspended(enclave) => self.destroy(at, enclave, Some(&task.memories)),
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
        state: State,
        reasons: Vec<String>,
    ) {
        self.destroy(at, enclave, memories);
        self.entries[at].end_unstarted(state, reasons);
        self.release_if_over(at);
    }

    /// EREMOVE: plaintext zeroed, keys gone, and only then the handle.
    fn destroy<S: LifeState>(
        &mut self,
        at: usize,
        enclave: Enclave<S>,
        memories: Option<&Memories>,
    ) -> Tally {
        let id = enclave.id();
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

    /// Gives a pod's place back once all of its containers are over, and offers it on.
    fn release_if_over(&mut self, at: usize) {
        let pod = self.entries[at].pod;
        let containers = self.pods[pod].containers.clone();
        if !self.entries[containers].iter().all(crate::roster::Entry::is_over) {
            return;
        }
        if let Some(plan) = self.pods[pod].plan.take() {
            self.means.watch.observe(Observation::PodReleased { pod: plan.pod().clone() });
            self.ledger.release(plan).expect("this ledger made the plan");
            if !self.interrupted {
                self.place();
            }
        }
    }

    /// Ends whatever is left, once no worker is inside anything any more.
    pub(crate) fn finish(mut self) -> Outcome {
        let why = "the run was interrupted";
        for at in 0..self.entries.len() {
            match std::mem::replace(&mut self.entries[at].stage, Stage::Over) {
                Stage::Loading(enclave) => {
                    self.abandon(at, enclave, None, State::Killed, vec![why.to_owned()]);
                }
                live @ Stage::Live { .. } => {
                    self.entries[at].stage = live;
                    self.kill(at, State::Killed, why.to_owned());
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
        Outcome { entries: self.entries, platform: self.platform, interrupted: self.interrupted }
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
