//! `placement` on paper, on three nodes that are soon full: NUMA nodes, GPUs in units, limits beyond requests, pods
//! that displace others. Seeds take turns: one over-commits, the next displaces.

use std::collections::BTreeSet;

use casemate_checker::{Findings, Judge, Leeway, Observation, Taken, Unplaced};
use casemate_model::affinity::LabelSelector;
use casemate_model::{
    BudgetBound, Bytes, Demand, DeviceKind, DisruptionBudget, EnclaveDemand, MilliCpu, Node, NodeName,
    NumaNode, PlacementPolicy, Pod, Scope, Share, Sharing, Tee,
};
use casemate_placement::{
    Decision, Hypothetical, Ledger, Options, Overcommit, Paging, Plan, Resource, Slowdown,
};

use crate::dice::Dice;
use crate::stage;

const STEPS: u32 = 200;
const PAGE: u64 = 4096;
const GPU: &str = "gpu";
const NAMES: [&str; 3] = ["a", "b", "c"];

/// A pod may take a tenth longer for paging.
const SLOWDOWN_MAX: u64 = 1_100;

pub(crate) fn schedule(seed: u64) -> Findings {
    let displaces = seed % 2 == 1;
    let options = options(displaces);
    let mut judge = Judge::new(stage::limits());
    judge.observe(Observation::SharedByDefault { policy: options.policy });
    judge.observe(Observation::NamespaceExempted { name: "agents".into() });
    for budget in &options.budgets {
        judge.observe(Observation::BudgetSet { budget: budget.clone() });
    }
    if let Some(Overcommit { slowdown_max, paging: Paging { page_cost, touches } }) = options.overcommit {
        let leeway = Leeway { slowdown_max: slowdown_max.thousandths(), page_cost, touches };
        judge.observe(Observation::OvercommitAllowed { leeway });
    }
    for node in NAMES.map(node) {
        judge.observe(Observation::NodeOffered { node: node.clone() });
        judge.observe(stage::affirmed(&node.name));
    }
    let ledger = Ledger::<Hypothetical>::with(NAMES.map(node), options).expect("names differ");
    let mut run = Run { judge, dice: Dice::new(seed), ledger, plans: Vec::new(), pods: 0, displaces };
    for _ in 0..STEPS {
        run.step();
    }
    while let Some(plan) = run.plans.pop() {
        run.release(plan);
    }
    run.judge.finish()
}

fn options(displaces: bool) -> Options {
    let mut selector = LabelSelector::default();
    selector.match_labels.insert("app".into(), "kept".into());
    let bound = BudgetBound::MinAvailable(Share::Count(2));
    let budget = DisruptionBudget { namespace: "default".into(), name: "kept".into(), selector, bound };
    Options {
        policy: PlacementPolicy { preemptive: displaces, ..PlacementPolicy::default() },
        overcommit: (!displaces).then(|| Overcommit::up_to(Slowdown::of_thousandths(SLOWDOWN_MAX))),
        budgets: vec![budget],
        exempt: BTreeSet::from(["agents".to_owned()]),
        ..Options::default()
    }
}

/// Eight pages of encrypted memory on each of two NUMA nodes, and two GPUs.
fn node(name: &str) -> Node {
    let mut node = stage::node(name);
    let numa = NumaNode { epc: Bytes(8 * PAGE), bandwidth: Some(1000), ..NumaNode::default() };
    node.hardware.numa = vec![numa.clone(), numa];
    node.hardware.units.insert(DeviceKind::from(GPU), vec![1000, 1000]);
    node.devices.insert(DeviceKind::from(GPU), 2000);
    node.capacity.epc = Bytes(16 * PAGE);
    node.capacity.cpu = MilliCpu(1500);
    node
}

struct Run {
    judge: Judge,
    dice: Dice,
    ledger: Ledger<Hypothetical>,
    plans: Vec<Plan<Hypothetical>>,
    /// Pods so far.
    pods: u32,
    displaces: bool,
}

impl Run {
    fn step(&mut self) {
        if self.dice.once_in(60) {
            self.distrust();
        } else if self.dice.once_in(4) && !self.plans.is_empty() {
            let which = self.dice.below(self.plans.len() as u64) as usize;
            let plan = self.plans.swap_remove(which);
            self.release(plan);
        } else {
            let pod = self.pod();
            self.place(&pod);
        }
    }

    /// Nobody vouches for a node any more.
    fn distrust(&mut self) {
        let node = NodeName(self.dice.one_of(&NAMES[..2]).into());
        self.ledger.distrust(&node, "supposed").expect("it is one of them");
        self.judge.observe(Observation::PlatformWitnessRevoked { node });
    }

    fn place(&mut self, pod: &Pod) {
        let at = stage::START;
        let verdict = match self.ledger.place(pod, at) {
            Decision::Placed(plan) => return self.placed(pod, plan),
            Decision::Waiting => Unplaced::Waiting,
            Decision::Never => Unplaced::Never,
        };
        self.judge.observe(Observation::PodUnplaced { at, pod: pod.clone(), verdict });
        if !self.displaces {
            return;
        }
        let Some(preemption) = self.ledger.preempt(pod, at) else { return };
        self.judge.observe(Observation::PodsPreempted {
            at,
            by: pod.clone(),
            node: preemption.node.clone(),
            victims: preemption.victims.iter().cloned().collect(),
            beyond_budgets: false,
        });
        let is_victim = |plan: &mut Plan<Hypothetical>| preemption.victims.contains(plan.pod());
        let victims: Vec<_> = self.plans.extract_if(.., is_victim).collect();
        victims.into_iter().for_each(|plan| self.release(plan));
        let mut there = pod.clone();
        there.scheduling.node = Some(preemption.node);
        if let Decision::Placed(plan) = self.ledger.place_again(&there, at) {
            self.placed(pod, plan);
        }
    }

    fn placed(&mut self, pod: &Pod, plan: Plan<Hypothetical>) {
        let node = plan.node().clone();
        self.judge.observe(Observation::PodPlaced { at: stage::START, pod: pod.clone(), node });
        let of = |resource| self.ledger.taken(&pod.key, &resource);
        let gpu = DeviceKind::from(GPU);
        let units = of(Resource::Device(gpu.clone()));
        let taken = Taken {
            epc: of(Resource::Epc),
            bandwidth: of(Resource::Bandwidth),
            units: Some((gpu, units)).into_iter().filter(|(_, units)| !units.is_empty()).collect(),
        };
        self.judge.observe(Observation::PodTook { pod: pod.key.clone(), taken });
        self.plans.push(plan);
    }

    fn release(&mut self, plan: Plan<Hypothetical>) {
        self.judge.observe(Observation::PodReleased { pod: plan.pod().clone() });
        assert!(self.ledger.release(plan).is_ok(), "this ledger made it");
    }

    fn pod(&mut self) -> Pod {
        self.pods += 1;
        let request = self.dice.below(5) * PAGE;
        let limit = Bytes(request + self.dice.below(8) * PAGE);
        let enclave = EnclaveDemand {
            tee: Tee::Software,
            epc_guaranteed: Bytes(request),
            epc_limit: self.dice.once_in(2).then_some(limit),
            slots: 1,
            key_slots: 0,
        };
        let demand = Demand {
            cpu: MilliCpu(self.dice.below(600)),
            enclave: (!self.dice.once_in(4)).then_some(enclave),
            ..Demand::default()
        };
        let mut pod = stage::pod(&format!("pod-{}", self.pods), demand);
        pod.priority = self.dice.below(4) as i32;
        pod.key.namespace = self.dice.one_of(&["default", "default", "other", "agents"]).into();
        if self.dice.once_in(3) {
            let amount = self.dice.one_of(&[300, 600, 1000, 1500, 2000]);
            pod.containers[0].demand.devices.insert(DeviceKind::from(GPU), amount);
        }
        let scheduling = &mut pod.scheduling;
        scheduling.labels.insert("app".into(), self.dice.one_of(&["kept", "other"]).into());
        if self.dice.once_in(3) {
            scheduling.bandwidth = Some(1 + self.dice.below(700));
        }
        if self.dice.once_in(3) {
            let used = Bytes(self.dice.below(12) * PAGE);
            scheduling.working_sets.insert(pod.containers[0].name.clone(), used);
        }
        if self.dice.once_in(5) {
            let sharing = Sharing::Exclusive(self.dice.one_of(&[Scope::Tee, Scope::Node]));
            let preemptive = self.displaces;
            scheduling.policy = Some(PlacementPolicy { sharing, preemptive, ..PlacementPolicy::default() });
        }
        pod
    }
}
