//! What becomes of a pod once it has a place: its containers start, end and start again.
//!
//! What is to be done is `casemate-pod`'s to decide; it is done here.

use casemate_model::{Nanos, Timestamp};
use casemate_pod::{End, Step, Why};
use casemate_report::{State, What};

use super::Supervisor;
use crate::roster::Stage;

impl Supervisor<'_> {
    /// A placed pod begins.
    pub(super) fn begin(&mut self, pod: usize) {
        let now = self.monotonic();
        let steps = self.pods[pod].life.begin(now);
        self.follow(pod, steps);
    }

    /// A container's instance is gone.
    pub(super) fn concluded(&mut self, at: usize, end: End) {
        let (pod, container) = (self.entries[at].pod, self.entries[at].container);
        if self.is_finishing {
            return;
        }
        if end == End::Succeeded {
            self.evict_if_overfull(pod);
        }
        let now = self.monotonic();
        let steps = self.pods[pod].life.ended(container, end, now);
        self.follow(pod, steps);
    }

    /// Does what has become due in any pod's life.
    pub(super) fn follow_what_is_due(&mut self) {
        let now = self.monotonic();
        for pod in 0..self.pods.len() {
            if self.pods[pod].life.next_due().is_some_and(|due| due <= now) {
                let steps = self.pods[pod].life.due(now);
                self.follow(pod, steps);
            }
        }
    }

    /// How long nothing becomes due in any pod's life.
    pub(super) fn until_next_due(&self) -> Nanos {
        let due = self.pods.iter().filter_map(|pod| pod.life.next_due()).min();
        due.map_or(Nanos(u64::MAX), |due| due.since(self.monotonic()))
    }

    pub(super) fn follow(&mut self, pod: usize, steps: Vec<Step>) {
        let first = self.pods[pod].containers.start;
        for step in steps {
            match step {
                Step::Start { container, instance } => self.create(first + container, instance),
                Step::BackOff { container, restarts, delay } => {
                    let at = first + container;
                    self.entries[at].report.restarts = restarts;
                    self.entries[at].stage = Stage::Waiting;
                    self.tell_of(at, What::Restarting { restarts, delay });
                }
                Step::Stop { container, why } => self.stop(first + container, self.words(pod, why)),
                Step::GiveUp { container, why } => self.give_up_container(pod, first + container, why),
                Step::Replace => self.begin_anew(pod),
            }
        }
    }

    /// Ends an instance, wherever it is.
    fn stop(&mut self, at: usize, why: String) {
        match &self.entries[at].stage {
            // Nobody can tell its builder; it is taken down once it stands.
            Stage::Loading(_) => self.entries[at].condemned = Some(why),
            Stage::Live { .. } => self.kill(at, State::Killed, why),
            Stage::Waiting | Stage::Over => {}
        }
    }

    /// A container without an instance is over.
    fn give_up_container(&mut self, pod: usize, at: usize, why: Why) {
        let words = self.words(pod, why);
        let entry = &mut self.entries[at];
        entry.stage = Stage::Over;
        if entry.has_run {
            // What it came to stays; this is why it was left at that. Its pod was begun anew since
            // if it came to a good end.
            if entry.report.state == State::Succeeded {
                entry.report.state = State::Failed;
            }
            return entry.report.reasons.push(words);
        }
        let (state, what) = match why {
            Why::InitFailed(_) | Why::RestartsExhausted(_) => {
                (State::Failed, What::Failed { why: words.clone() })
            }
            Why::DeadlineExceeded(_) | Why::Evicted => (State::Killed, What::Killed { why: words.clone() }),
        };
        entry.end_unstarted(state, vec![words]);
        self.tell_of(at, what);
    }

    /// All containers of a failed pod wait for their turn again.
    fn begin_anew(&mut self, pod: usize) {
        self.pods[pod].volumes = None;
        for entry in &mut self.entries[self.pods[pod].containers.clone()] {
            entry.stage = Stage::Waiting;
        }
    }

    fn words(&self, pod: usize, why: Why) -> String {
        let pod = &self.pods[pod];
        match why {
            Why::InitFailed(container) => {
                let name = &self.entries[pod.containers.start + container].key.container;
                format!("not started: init container {name} failed")
            }
            Why::RestartsExhausted(0) => "its pod's restarts are limited to none".to_owned(),
            Why::RestartsExhausted(max) => {
                format!("its pod's containers were started again {max} times, which is the most allowed")
            }
            Why::DeadlineExceeded(after) => format!(
                "DeadlineExceeded: its pod was active for longer than the {} s of activeDeadlineSeconds",
                after.as_secs_f64()
            ),
            Why::Evicted => {
                let why = pod.eviction.as_deref().unwrap_or("its volumes are full");
                format!("Evicted: {why}")
            }
        }
    }

    /// Time as lives of pods count it.
    fn monotonic(&self) -> Timestamp {
        Timestamp(self.means.clock.monotonic().0)
    }
}
