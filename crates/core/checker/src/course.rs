//! The book of pods in place: which of their containers ran to what end, and how often.

use std::collections::BTreeMap;

use casemate_model::{ContainerKey, EnclaveId, Pod, PodKey, RestartPolicy};

use crate::record::Record;
use crate::{HowEnded, Limits, Rule};

/// What every placed pod has come to.
#[derive(Debug, Default)]
pub(crate) struct Courses {
    courses: BTreeMap<PodKey, Course>,
    /// Instances that have not ended.
    alive: BTreeMap<EnclaveId, Instance>,
}

#[derive(Debug)]
struct Instance {
    container: ContainerKey,
    was_entered: bool,
}

#[derive(Debug)]
struct Course {
    /// Init containers, in order.
    init: Vec<String>,
    policy: RestartPolicy,
    /// The most restarts, where the pod itself says.
    most: Option<u32>,
    restarts: u32,
    /// How often the pod was begun anew as a whole.
    round: u32,
    /// Whether a container failed in this round.
    has_failure: bool,
    turns: BTreeMap<String, Turn>,
}

/// What a container last came to.
#[derive(Debug)]
struct Turn {
    round: u32,
    /// Not ended.
    alive: u32,
    end: Option<HowEnded>,
}

impl Courses {
    pub(crate) fn place(&mut self, pod: &Pod) {
        let course = Course {
            init: pod.init_containers.iter().map(|container| container.name.clone()).collect(),
            policy: pod.restart_policy,
            most: pod.restarts_max,
            restarts: 0,
            round: 0,
            has_failure: false,
            turns: BTreeMap::new(),
        };
        self.courses.insert(pod.key.clone(), course);
    }

    pub(crate) fn release(&mut self, pod: &PodKey) {
        self.courses.remove(pod);
    }

    pub(crate) fn create(
        &mut self,
        record: &mut Record,
        limits: &Limits,
        id: EnclaveId,
        container: &ContainerKey,
    ) {
        self.alive.insert(id, Instance { container: container.clone(), was_entered: false });
        let Some(course) = self.courses.get_mut(&container.pod) else { return };
        let again = course.turns.get(&container.container).filter(|turn| turn.alive == 0);
        if let Some(Turn { round, end, .. }) = again
            && *round == course.round
        {
            let end = *end;
            course.start_again(record, limits, container, end);
        }
        let round = course.round;
        let first = Turn { round, alive: 0, end: None };
        let turn = course.turns.entry(container.container.clone()).or_insert(first);
        turn.alive += 1;
        (turn.round, turn.end) = (round, None);
    }

    pub(crate) fn enter(&mut self, record: &mut Record, id: EnclaveId) {
        let Some(instance) = self.alive.get_mut(&id).filter(|instance| !instance.was_entered) else { return };
        instance.was_entered = true;
        let Some(course) = self.courses.get(&instance.container.pod) else { return };
        let name = &instance.container.container;
        for before in course.init.iter().take_while(|init| *init != name) {
            let is_done = course.turns.get(before).is_some_and(|turn| {
                turn.alive == 0 && turn.round == course.round && turn.end == Some(HowEnded::Exited(0))
            });
            if !is_done {
                record.breach(
                    Rule::EnteredBeforeInit,
                    &instance.container,
                    format_args!("entered before init container {before} had ended with 0"),
                    format_args!("after every init container before it"),
                );
            }
        }
    }

    /// The instance's program came to an end, or it will have none.
    pub(crate) fn end(&mut self, id: EnclaveId, how: HowEnded) {
        let Some(Instance { container, .. }) = self.alive.remove(&id) else { return };
        let Some(course) = self.courses.get_mut(&container.pod) else { return };
        course.has_failure |= is_failure(how);
        if let Some(turn) = course.turns.get_mut(&container.container) {
            turn.alive = turn.alive.saturating_sub(1);
            turn.end = Some(how);
        }
    }

    /// An instance that is destroyed without a word of its end was stopped.
    pub(crate) fn destroy(&mut self, id: EnclaveId) {
        self.end(id, HowEnded::Stopped);
    }
}

impl Course {
    /// A container that has run in this round is about to run once more.
    fn start_again(
        &mut self,
        record: &mut Record,
        limits: &Limits,
        container: &ContainerKey,
        end: Option<HowEnded>,
    ) {
        let is_allowed = match self.policy {
            RestartPolicy::Always | RestartPolicy::OnFailure => end.is_some_and(is_failure),
            RestartPolicy::Never => {
                let ends = || self.turns.values().filter(|turn| turn.round == self.round);
                self.most.is_some()
                    && self.has_failure
                    && ends().all(|turn| {
                        let is_good = turn.end == Some(HowEnded::Exited(0));
                        turn.alive == 0 && (is_good || turn.end.is_some_and(is_failure))
                    })
            }
        };
        if !is_allowed {
            let seen = end.map_or("nobody knows what", HowEnded::as_str);
            record.breach(
                Rule::RestartAgainstPolicy,
                container,
                format_args!("started again under {:?} after {seen}", self.policy),
                format_args!("after a failure, and where the policy says so"),
            );
        }
        if matches!(self.policy, RestartPolicy::Never) {
            self.round += 1;
            self.has_failure = false;
        }
        self.restarts += 1;
        let most = self.most.unwrap_or(limits.restarts);
        if self.restarts > most {
            record.breach(
                Rule::RestartBeyondBound,
                container,
                format_args!("restart {} of its pod", self.restarts),
                format_args!("{most}"),
            );
        }
    }
}

fn is_failure(how: HowEnded) -> bool {
    match how {
        HowEnded::Exited(code) => code != 0,
        HowEnded::Trapped => true,
        HowEnded::Distrusted | HowEnded::Unusable | HowEnded::Stopped => false,
    }
}

impl HowEnded {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Exited(0) => "it ended with 0",
            Self::Exited(_) => "it failed",
            Self::Trapped => "it trapped",
            Self::Distrusted => "it was not trusted",
            Self::Unusable => "it could not be made",
            Self::Stopped => "it was stopped",
        }
    }
}

#[cfg(test)]
mod tests;
