//! `pod`: programs end well and badly, containers are started again, deadlines pass.

use casemate_checker::{EvidenceFacts, Findings, HowEnded, HowLeft, Judge, Observation};
use casemate_model::{
    Container, ContainerKey, Demand, EnclaveId, Nanos, NodeName, Pod, RestartPolicy, Timestamp,
};
use casemate_pod::{End, PodLife, Restarts, Step};

use crate::dice::Dice;
use crate::stage;

const PODS: u32 = 12;

pub(crate) fn schedule(seed: u64) -> Findings {
    let mut judge = Judge::new(stage::limits());
    let mut dice = Dice::new(seed);
    judge.observe(Observation::NodeOffered { node: stage::node("stage") });
    let mut slots = 0;
    for number in 0..PODS {
        let pod = pod(&mut dice, number);
        let first_slot = slots;
        slots += pod.all_containers().count() as u32;
        Run { judge: &mut judge, dice: &mut dice, now: stage::START, pod, first_slot, inside: Vec::new() }
            .play();
    }
    judge.finish()
}

/// One pod of up to two init containers and up to three others.
fn pod(dice: &mut Dice, number: u32) -> Pod {
    let mut pod = stage::pod(&format!("pod-{number}"), Demand::default());
    let named = |name: String| Container { name, ..pod.containers[0].clone() };
    let init = (0..dice.below(3)).map(|index| named(format!("init-{index}"))).collect();
    let others = (0..1 + dice.below(3)).map(|index| named(format!("main-{index}"))).collect();
    (pod.init_containers, pod.containers) = (init, others);
    pod.restart_policy =
        dice.one_of(&[RestartPolicy::Always, RestartPolicy::OnFailure, RestartPolicy::Never]);
    pod.restarts_max = dice.one_of(&[None, Some(0), Some(1), Some(4)]);
    pod.active_deadline = dice.one_of(&[None, None, Some(Nanos::from_secs(20))]);
    pod
}

struct Run<'a> {
    judge: &'a mut Judge,
    dice: &'a mut Dice,
    now: Timestamp,
    pod: Pod,
    /// The slot of the first container; each has its own.
    first_slot: u32,
    inside: Vec<(usize, EnclaveId)>,
}

impl Run<'_> {
    fn play(mut self) {
        let limits = stage::limits();
        let restarts = Restarts { max: limits.restarts, ..Restarts::default() };
        let mut life = PodLife::new(&self.pod, restarts);
        self.judge.observe(Observation::PodPlaced {
            at: self.now,
            pod: self.pod.clone(),
            node: NodeName("stage".into()),
        });
        let steps = life.begin(self.now);
        self.follow(steps);
        // A bug may keep a pod going for ever.
        for _ in 0..100 {
            if life.is_over() {
                break;
            }
            self.now = self.now.after(Nanos::from_secs(self.dice.below(3)));
            let steps = match self.inside.len() {
                0 => Vec::new(),
                running => {
                    let which = self.dice.below(running as u64) as usize;
                    let (container, id) = self.inside.swap_remove(which);
                    let end = self.end(id);
                    life.ended(container, end, self.now)
                }
            };
            self.follow(steps);
            let steps = life.due(self.now);
            let stopped = self.follow(steps);
            for container in stopped {
                life.ended(container, End::Stopped, self.now);
            }
        }
        for (_, id) in std::mem::take(&mut self.inside) {
            self.leave(id, HowEnded::Stopped);
        }
        self.judge.observe(Observation::PodReleased { pod: self.pod.key.clone() });
    }

    /// Does what is to be done; the containers that were stopped.
    fn follow(&mut self, steps: Vec<Step>) -> Vec<usize> {
        let mut stopped = Vec::new();
        for step in steps {
            match step {
                Step::Start { container, instance } => self.start(container, instance),
                Step::Stop { container, .. } => {
                    let at = self.inside.iter().position(|(running, _)| *running == container);
                    let (_, id) = self.inside.swap_remove(at.expect("only what runs is stopped"));
                    self.leave(id, HowEnded::Stopped);
                    stopped.push(container);
                }
                Step::BackOff { .. } | Step::GiveUp { .. } | Step::Replace => {}
            }
        }
        stopped
    }

    /// An instance is made, attested and entered.
    fn start(&mut self, container: usize, generation: u32) {
        let index = self.first_slot + container as u32;
        let enclave = EnclaveId { index, generation };
        let name = self.pod.all_containers().nth(container).expect("one of the pod's").name.clone();
        let key = ContainerKey { pod: self.pod.key.clone(), container: name };
        let measurement = stage::measurement(index);
        let (at, not_after) = (self.now, self.now.after(stage::DAY));
        let facts = EvidenceFacts { measurement, debug: false, not_before: at, not_after };
        self.judge.observe(Observation::EnclaveCreated {
            enclave,
            container: key.clone(),
            pages_guaranteed: 0,
        });
        self.judge.observe(Observation::EnclaveInitialised { enclave, measurement });
        self.judge.observe(Observation::WorkloadWitnessGranted {
            at,
            enclave,
            container: key,
            measurement,
            not_after,
            evidence: facts,
        });
        self.inside.push((container, enclave));
        let worker = stage::worker(1);
        self.judge.observe(Observation::EnclaveEntered { enclave, worker, at });
        let (ran, how) = (Nanos::ZERO, HowLeft::Aex);
        self.judge.observe(Observation::EnclaveLeft { enclave, worker, at, ran, how });
    }

    /// A program ends, one way or another.
    fn end(&mut self, id: EnclaveId) -> End {
        let (how, end) = self.dice.one_of(&[
            (HowEnded::Exited(0), End::Succeeded),
            (HowEnded::Exited(0), End::Succeeded),
            (HowEnded::Exited(3), End::Failed),
            (HowEnded::Exited(3), End::Failed),
            (HowEnded::Trapped, End::Failed),
            (HowEnded::Distrusted, End::Distrusted),
            (HowEnded::Unusable, End::Unusable),
        ]);
        self.leave(id, how);
        end
    }

    fn leave(&mut self, enclave: EnclaveId, how: HowEnded) {
        self.judge.observe(Observation::EnclaveEnded { enclave, how });
        self.judge.observe(Observation::EnclaveDestroyed {
            enclave,
            frames_returned: 0,
            frames_zeroed: 0,
            keys_zeroed: true,
        });
    }
}
