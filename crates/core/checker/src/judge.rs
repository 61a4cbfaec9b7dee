//! The judge: hands each observation to the books it concerns.

use casemate_model::Nanos;

use crate::contest::Contest;
use crate::course::Courses;
use crate::life::Lives;
use crate::memory::Memory;
use crate::placement::Placements;
use crate::record::Record;
use crate::{Observation, Violation};

/// Watches one schedule: any number of nodes to place on, and one of them run.
#[derive(Debug)]
pub struct Judge {
    limits: Limits,
    record: Record,
    placements: Placements,
    courses: Courses,
    lives: Lives,
    memory: Memory,
    contest: Contest,
}

/// What the schedule has to live with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Workers of the node that is run: the CPUs that enter enclaves.
    pub workers: u16,
    /// Frames in its pool of encrypted memory.
    pub frames: u64,
    /// How long after appraisal a witness may hold.
    pub evidence_ttl: Nanos,
    /// The most restarts of a pod's containers together, where the pod does not say.
    pub restarts: u32,
    /// Whether policy accepts TEEs that can be debugged.
    pub debug_allowed: bool,
    /// What one nanosecond of CPU adds to the virtual runtime of an enclave of weight 1.
    pub vruntime_per_nano: u64,
    /// Violations kept in full. The rest are counted.
    pub violations: usize,
}

/// What a judge found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Findings {
    /// The first violations, in order.
    pub violations: Vec<Violation>,
    /// How many more there were.
    pub more: u64,
    /// Observations judged.
    pub observations: u64,
}

impl Judge {
    /// A judge who has seen nothing yet.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            record: Record::new(limits.violations),
            placements: Placements::default(),
            courses: Courses::default(),
            lives: Lives::default(),
            memory: Memory::default(),
            contest: Contest::default(),
        }
    }

    /// Takes note of what happened, and of every rule it breaks.
    pub fn observe(&mut self, observation: Observation) {
        let Self { limits, record, placements, courses, lives, memory, contest } = self;
        match observation {
            Observation::NodeOffered { node } => placements.offer(node),
            Observation::NamespaceLabelled { name, labels } => placements.name(name, labels),
            Observation::SharedByDefault { policy } => placements.default_to(policy),
            Observation::NamespaceExempted { name } => placements.exempt(name),
            Observation::OvercommitAllowed { leeway } => placements.allow(leeway),
            Observation::BudgetSet { budget } => placements.budget(budget),
            Observation::PlatformWitnessGranted { at, node, not_before, not_after, evidence } => {
                crate::witness::examine(record, limits, &node, at, not_after, None, &evidence);
                placements.witness(record, &node, None, (not_before, not_after));
            }
            Observation::TeeWitnessGranted { at, node, tee, not_before, not_after, evidence } => {
                crate::witness::examine(record, limits, &node, at, not_after, None, &evidence);
                placements.witness(record, &node, Some(tee), (not_before, not_after));
            }
            Observation::PlatformWitnessRevoked { node } => placements.revoke(record, &node),
            Observation::PodPlaced { at, pod, node } => {
                courses.place(&pod);
                placements.place(record, at, pod, node);
            }
            Observation::PodTook { pod, taken } => placements.took(record, &pod, taken),
            Observation::PodsPreempted { at, by, node, victims, beyond_budgets } => {
                placements.preempt(record, at, (&by, node), &victims, beyond_budgets);
            }
            Observation::PodMoved { at, pod, to, how } => placements.relocate(record, at, &pod, to, how),
            Observation::DrainsListed { at, drains } => placements.drained(record, at, &drains),
            Observation::PodUnplaced { at, pod, verdict } => placements.unplaced(record, at, &pod, verdict),
            Observation::PodReleased { pod } => {
                lives.pod_released(record, &pod);
                courses.release(&pod);
                placements.release(record, &pod);
            }
            Observation::EnclaveCreated { enclave, container, pages_guaranteed } => {
                let placed = placements.is_placed(&container.pod);
                courses.create(record, limits, enclave, &container);
                lives.create(record, enclave, container, placed);
                memory.create(record, limits, enclave, pages_guaranteed);
            }
            Observation::EnclaveInitialised { enclave, measurement } => {
                lives.initialise(record, enclave, measurement);
            }
            Observation::WorkloadWitnessGranted {
                at,
                enclave,
                container,
                measurement,
                not_after,
                evidence,
            } => {
                crate::witness::examine(
                    record,
                    limits,
                    &enclave,
                    at,
                    not_after,
                    Some(measurement),
                    &evidence,
                );
                lives.witness(record, enclave, container, measurement, at, not_after);
            }
            Observation::EnclaveEntered { enclave, worker, at } => {
                courses.enter(record, enclave);
                lives.enter(record, enclave, worker, at);
                contest.entered(at);
            }
            Observation::EnclaveLeft { enclave, worker, at, ran, how } => {
                lives.leave(record, enclave, worker);
                contest.left(record, limits, enclave, at, ran, how);
            }
            Observation::EnclaveEnded { enclave, how } => courses.end(enclave, how),
            Observation::EnclaveSuspended { enclave } => {
                lives.suspend(record, enclave);
                contest.forget(enclave);
            }
            Observation::EnclaveResumed { enclave } => {
                lives.resume(record, enclave);
                // It may have been seen waiting once more before it left the queue. It joins anew.
                contest.forget(enclave);
            }
            Observation::EnclaveDestroyed { enclave, frames_returned, frames_zeroed, keys_zeroed } => {
                courses.destroy(enclave);
                lives.destroy(record, enclave);
                memory.destroy(record, enclave, frames_returned, frames_zeroed, keys_zeroed);
                contest.forget(enclave);
            }
            Observation::PageIn { enclave, page, version, frame } => {
                memory.page_in(record, limits, enclave, page, version, frame);
            }
            Observation::PageOut { enclave, page, version, frame, by } => {
                lives.page_out(record, enclave, page, by);
                memory.page_out(record, enclave, page, version, frame);
            }
            Observation::PageRemoved { enclave, page, frame } => {
                memory.page_removed(record, enclave, page, frame);
            }
            Observation::Pool { frames_capacity, frames_resident } => {
                memory.pool(record, limits, frames_capacity, frames_resident);
            }
            Observation::CpuPicked { worker, picked, contenders } => {
                contest.picked(record, limits, worker, picked, &contenders);
            }
        }
        record.index = record.index.saturating_add(1);
    }

    /// The violations kept so far.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.record.kept
    }

    /// Ends the schedule: everything must have been given back.
    pub fn finish(mut self) -> Findings {
        self.lives.finish(&mut self.record);
        self.placements.finish(&mut self.record);
        Findings { violations: self.record.kept, more: self.record.more, observations: self.record.index }
    }
}

impl Findings {
    /// Whether no rule was broken.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty() && self.more == 0
    }
}

#[cfg(test)]
mod tests {
    use casemate_model::{Nanos, Timestamp};

    use crate::testing::*;
    use crate::{HowLeft, Judge, Limits, Observation, Rule};

    fn whole_life() -> Vec<Observation> {
        let mut stream = prologue();
        stream.extend([
            granted(enclave(1), 100, 900),
            page_in(enclave(1), 0, None, 0),
            entered(enclave(1), 1, 200),
            left(enclave(1), 1, 300, 100, HowLeft::Ended),
            destroyed(enclave(1), 1),
            Observation::PodReleased { pod: pod_key("p") },
        ]);
        stream
    }

    fn judged(stream: Vec<Observation>) -> Vec<Rule> {
        let mut judge = Judge::new(limits());
        stream.into_iter().for_each(|observation| judge.observe(observation));
        judge.finish().violations.iter().map(|violation| violation.rule).collect()
    }

    /// The whole life without the observations at these places from the end.
    fn without(dropped: &[usize]) -> Vec<Observation> {
        let stream = whole_life();
        let len = stream.len();
        let kept = stream.into_iter().enumerate().filter(|(i, _)| !dropped.contains(&(len - 1 - i)));
        kept.map(|(_, observation)| observation).collect()
    }

    #[test]
    fn a_life_in_order_breaks_no_rule() {
        let mut judge = Judge::new(limits());
        let stream = whole_life();
        let observations = stream.len() as u64;
        stream.into_iter().for_each(|observation| judge.observe(observation));
        let findings = judge.finish();
        assert!(findings.is_clean(), "{findings:?}");
        assert_eq!(findings.observations, observations);
    }

    #[test]
    fn every_pod_is_released_in_the_end() {
        assert_eq!(judged(without(&[0])), [Rule::PodNotReleased]);
    }

    #[test]
    fn every_enclave_is_destroyed_in_the_end() {
        assert_eq!(judged(without(&[0, 1])), [Rule::NeverDestroyed, Rule::PodNotReleased]);
    }

    #[test]
    fn nobody_is_inside_in_the_end() {
        let rules = judged(without(&[0, 1, 2]));
        assert_eq!(rules, [Rule::StillEntered, Rule::NeverDestroyed, Rule::PodNotReleased]);
    }

    #[test]
    fn a_full_record_is_not_clean() {
        let mut judge = Judge::new(Limits { violations: 0, ..limits() });
        judge.observe(Observation::PodReleased { pod: pod_key("nobody") });
        let findings = judge.finish();
        assert_eq!((findings.violations.len(), findings.more), (0, 1));
        assert!(!findings.is_clean());
    }

    #[test]
    fn a_violation_says_at_which_observation() {
        let mut judge = Judge::new(Limits { evidence_ttl: Nanos(u64::MAX), ..limits() });
        prologue().into_iter().for_each(|observation| judge.observe(observation));
        let index = prologue().len() as u64;
        judge.observe(Observation::EnclaveEntered {
            enclave: enclave(1),
            worker: worker(1),
            at: Timestamp(0),
        });
        assert_eq!(judge.violations()[0].index, index);
    }
}
