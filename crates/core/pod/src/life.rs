//! The state of one pod and its transitions.

use alloc::vec::Vec;

use casemate_model::{Nanos, Pod, RestartPolicy, Timestamp};
use casemate_mutant::{Mutant, active as seeded};

use crate::{End, Restarts, Step, Why};

/// Where a pod's containers stand. Init containers come first.
#[derive(Debug)]
pub struct PodLife {
    policy: RestartPolicy,
    restarts: Restarts,
    /// The most restarts, or replacements.
    max: u32,
    /// Whether a failed pod is replaced as a whole.
    is_replaced: bool,
    /// Restarts of all containers, or replacements, so far.
    count: u32,
    init: usize,
    parts: Vec<Part>,
    active_deadline: Option<Nanos>,
    deadline: Option<Timestamp>,
    /// Nothing is started any more.
    is_ending: bool,
}

#[derive(Debug)]
struct Part {
    standing: Standing,
    /// Instances so far.
    instances: u32,
    /// Restarts so far.
    restarts: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Those before it have not ended yet.
    Waiting,
    Running,
    BackingOff(Timestamp),
    Over(End),
}

impl PodLife {
    /// A pod that has yet to begin.
    #[must_use]
    pub fn new(pod: &Pod, restarts: Restarts) -> Self {
        let part = |_| Part { standing: Standing::Waiting, instances: 0, restarts: 0 };
        Self {
            policy: pod.restart_policy,
            restarts,
            max: pod.restarts_max.unwrap_or(restarts.max),
            is_replaced: pod.restart_policy == RestartPolicy::Never && pod.restarts_max.is_some(),
            count: 0,
            init: pod.init_containers.len(),
            parts: pod.all_containers().map(part).collect(),
            active_deadline: pod.active_deadline,
            deadline: None,
            is_ending: false,
        }
    }

    /// The pod has its place: its first containers start, and its deadline counts from now.
    pub fn begin(&mut self, now: Timestamp) -> Vec<Step> {
        self.deadline = self.active_deadline.map(|after| now.after(after));
        let mut steps = Vec::new();
        self.start_next(&mut steps);
        steps
    }

    /// An instance ended. Nothing where the container has none.
    pub fn ended(&mut self, container: usize, end: End, now: Timestamp) -> Vec<Step> {
        let mut steps = Vec::new();
        let Some(part) = self.parts.get_mut(container) else { return steps };
        if part.standing != Standing::Running {
            return steps;
        }
        part.standing = Standing::Over(end);
        if self.is_ending {
            return steps;
        }
        if self.may_run_again(end) {
            if self.count < self.max || seeded(Mutant::PodForgetsBound) {
                self.count += 1;
                self.back_off(container, self.parts[container].restarts + 1, now, &mut steps);
                return steps;
            }
            steps.push(Step::GiveUp { container, why: Why::RestartsExhausted(self.max) });
        }
        let init_failed = container < self.init && end != End::Succeeded;
        if (init_failed || self.is_over()) && self.is_replaceable() {
            self.replace(now, &mut steps);
        } else if init_failed {
            self.give_up_rest(Why::InitFailed(container), &mut steps);
        } else {
            self.start_next(&mut steps);
        }
        steps
    }

    /// What has become due.
    pub fn due(&mut self, now: Timestamp) -> Vec<Step> {
        if let Some(after) = self.active_deadline
            && self.deadline.is_some_and(|deadline| deadline <= now)
        {
            return self.end(Why::DeadlineExceeded(after));
        }
        let mut steps = Vec::new();
        for container in 0..self.parts.len() {
            if matches!(self.parts[container].standing, Standing::BackingOff(until) if until <= now) {
                self.start(container, &mut steps);
            }
        }
        steps
    }

    /// When something becomes due.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        let delays = self.parts.iter().filter_map(|part| match part.standing {
            Standing::BackingOff(until) => Some(until),
            Standing::Waiting | Standing::Running | Standing::Over(_) => None,
        });
        let deadline = self.deadline.filter(|_| !self.is_ending && !self.is_over());
        delays.chain(deadline).min()
    }

    /// Ends the pod: nothing is started any more, and what runs is to stop.
    pub fn end(&mut self, why: Why) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.is_ending {
            return steps;
        }
        self.is_ending = true;
        for (container, part) in self.parts.iter().enumerate() {
            if part.standing == Standing::Running {
                steps.push(Step::Stop { container, why });
            }
        }
        self.give_up_rest(why, &mut steps);
        steps
    }

    /// Whether every container is over for good.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.parts.iter().all(|part| matches!(part.standing, Standing::Over(_)))
    }

    /// The next init container, or all the others, unless somebody runs who comes before.
    fn start_next(&mut self, steps: &mut Vec<Step>) {
        let is_done = |part: &Part| part.standing == Standing::Over(End::Succeeded);
        let first_open = self.parts.iter().take(self.init).position(|part| !is_done(part));
        let next = match first_open {
            Some(container) if seeded(Mutant::PodStartsBesideInit) => container..self.parts.len(),
            Some(container) => container..container + 1,
            None => self.init..self.parts.len(),
        };
        for container in next {
            if self.parts[container].standing == Standing::Waiting {
                self.start(container, steps);
            }
        }
    }

    fn start(&mut self, container: usize, steps: &mut Vec<Step>) {
        let part = &mut self.parts[container];
        let instance = if seeded(Mutant::PodKeepsInstance) { 0 } else { part.instances };
        part.standing = Standing::Running;
        part.instances += 1;
        steps.push(Step::Start { container, instance });
    }

    fn back_off(&mut self, container: usize, restarts: u32, now: Timestamp, steps: &mut Vec<Step>) {
        let delay = self.restarts.delay(restarts);
        let part = &mut self.parts[container];
        part.restarts = restarts;
        steps.push(Step::BackOff { container, restarts, delay });
        if delay == Nanos::ZERO {
            self.start(container, steps);
        } else {
            part.standing = Standing::BackingOff(now.after(delay));
        }
    }

    fn may_run_again(&self, end: End) -> bool {
        match end {
            End::Failed => self.policy != RestartPolicy::Never,
            End::Succeeded => self.policy == RestartPolicy::Always && seeded(Mutant::PodRestartsSucceeded),
            End::Distrusted => self.policy != RestartPolicy::Never && seeded(Mutant::PodRestartsDistrusted),
            End::Unusable | End::Stopped => false,
        }
    }

    /// Whether a pod that has failed is begun anew: only where failing is all that went wrong.
    fn is_replaceable(&self) -> bool {
        let ends = || {
            self.parts.iter().filter_map(|part| match part.standing {
                Standing::Over(end) => Some(end),
                Standing::Waiting | Standing::Running | Standing::BackingOff(_) => None,
            })
        };
        self.is_replaced
            && self.count < self.max
            && ends().any(|end| end == End::Failed)
            && ends().all(|end| matches!(end, End::Failed | End::Succeeded))
    }

    fn replace(&mut self, now: Timestamp, steps: &mut Vec<Step>) {
        self.count += 1;
        for part in &mut self.parts {
            part.standing = Standing::Waiting;
        }
        steps.push(Step::Replace);
        let first = if self.init > 0 { 0..1 } else { 0..self.parts.len() };
        for container in first {
            self.back_off(container, self.count, now, steps);
        }
    }

    fn give_up_rest(&mut self, why: Why, steps: &mut Vec<Step>) {
        for (container, part) in self.parts.iter_mut().enumerate() {
            if matches!(part.standing, Standing::Waiting | Standing::BackingOff(_)) {
                part.standing = Standing::Over(End::Stopped);
                steps.push(Step::GiveUp { container, why });
            }
        }
    }
}

#[cfg(test)]
mod tests;
