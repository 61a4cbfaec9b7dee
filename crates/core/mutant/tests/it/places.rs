//! `placement` on four nodes: two attested now and then, one whose TEE nobody attests, one without a TEE. Pods come
//! and go at random.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use casemate_attest::VerifiedEvidence;
use casemate_attest::binding::platform_report_data;
use casemate_checker::{EvidenceFacts, Findings, Judge, Limits, Observation, Unplaced};
use casemate_model::affinity::{LabelSelector, PodAffinityTerm};
use casemate_model::{
    Bytes, Capacity, Container, Demand, EnclaveDemand, Feature, Features, Measurement, MilliCpu, Nanos, Node,
    NodeName, Nonce, PlacementPolicy, Pod, Scope, Sharing, Taint, TaintEffect, Tee, Timestamp, Toleration,
    TolerationOperator,
};
use casemate_placement::{Decision, Ledger, OnEvidence, Plan};
use casemate_policy::{
    AppraisalPolicy, Attested, Platform, PlatformExpectation, PolicyDraft, Reference, appraise_platform,
};
use casemate_softtee::synthetic::{TestRoot, report};

use crate::dice::Dice;
use crate::stage;

const STEPS: u32 = 300;
const TTL: Nanos = Nanos::from_secs(600);
const NONCE: Nonce = Nonce([2; 32]);
const AGENT_KEY: &[u8] = b"agent";
const PROBE: Measurement = Measurement([7; 32]);

pub(crate) fn schedule(seed: u64) -> Findings {
    let limits = Limits { evidence_ttl: TTL, ..stage::limits() };
    let mut run = Run {
        judge: Judge::new(limits),
        dice: Dice::new(seed),
        now: stage::START,
        ledger: Ledger::<OnEvidence>::new(),
        plans: Vec::new(),
        pods: 0,
    };
    for node in nodes() {
        run.judge.observe(Observation::NodeOffered { node: node.clone() });
        run.ledger.announce(node).expect("names differ");
    }
    for _ in 0..STEPS {
        run.step();
    }
    while !run.plans.is_empty() {
        run.release(0);
    }
    run.judge.finish()
}

struct Run {
    judge: Judge,
    dice: Dice,
    now: Timestamp,
    ledger: Ledger<OnEvidence>,
    plans: Vec<Plan<OnEvidence>>,
    /// Pods so far.
    pods: u32,
}

impl Run {
    fn step(&mut self) {
        self.now = self.now.after(Nanos::from_secs(self.dice.below(120)));
        match self.dice.below(8) {
            0 => self.attest(),
            1 if self.dice.once_in(2) => self.list_drains(),
            1..=3 if !self.plans.is_empty() => {
                let which = self.dice.below(self.plans.len() as u64) as usize;
                self.release(which);
            }
            _ => self.place(),
        }
    }

    fn attest(&mut self) {
        let which = self.dice.below(PLATFORMS.evidence.len() as u64) as usize;
        let (node, evidence) = &PLATFORMS.evidence[which];
        let witness = affirm(node, evidence, self.now);
        let claims = evidence.claims();
        self.judge.observe(Observation::PlatformWitnessGranted {
            at: self.now,
            node: node.name.clone(),
            not_before: claims.not_before(),
            not_after: witness.not_after(),
            evidence: EvidenceFacts {
                measurement: claims.enclave().expect("an enclave").mr_enclave,
                debug: claims.debug(),
                not_before: claims.not_before(),
                not_after: claims.not_after(),
            },
        });
        self.ledger.admit(node.clone(), witness).expect("the witness speaks of this node");
    }

    fn list_drains(&mut self) {
        let drains = self.ledger.drains(self.now).into_iter().map(|drain| (drain.pod, drain.node));
        self.judge.observe(Observation::DrainsListed { at: self.now, drains: drains.collect() });
    }

    fn place(&mut self) {
        let (at, pod) = (self.now, self.pod());
        let verdict = match self.ledger.place(&pod, at) {
            Decision::Placed(plan) => {
                let node = plan.node().clone();
                self.judge.observe(Observation::PodPlaced { at, pod, node });
                self.plans.push(plan);
                return;
            }
            Decision::Waiting => Unplaced::Waiting,
            Decision::Never => Unplaced::Never,
        };
        self.judge.observe(Observation::PodUnplaced { at, pod, verdict });
    }

    fn release(&mut self, which: usize) {
        let plan = self.plans.swap_remove(which);
        self.judge.observe(Observation::PodReleased { pod: plan.pod().clone() });
        assert!(self.ledger.release(plan).is_ok(), "this ledger made it");
    }

    /// What a container asks for, of encrypted memory fewer than so many pages.
    fn demand(&mut self, epc_pages: u64) -> Demand {
        let enclave = EnclaveDemand {
            tee: self.dice.one_of(&[Tee::Sgx, Tee::Sgx, Tee::Software, Tee::Tdx]),
            epc_guaranteed: Bytes(self.dice.below(epc_pages * 4096)),
            epc_limit: None,
            slots: self.dice.below(3) as u32,
            key_slots: self.dice.below(2) as u32,
        };
        Demand {
            cpu: MilliCpu(self.dice.below(400)),
            memory: Bytes(self.dice.below(400)),
            memory_limit: None,
            enclave: (!self.dice.once_in(4)).then_some(enclave),
            ..Demand::default()
        }
    }

    fn pod(&mut self) -> Pod {
        self.pods += 1;
        let demand = self.demand(3);
        let mut pod = stage::pod(&format!("pod-{}", self.pods), demand);
        if self.dice.once_in(3) {
            let mut second = pod.containers[0].clone();
            second.name = "side".into();
            pod.containers.push(second);
        }
        if self.dice.once_in(3) {
            pod.overhead_memory = Bytes(self.dice.below(300));
            pod.overhead_cpu = MilliCpu(self.dice.below(300));
            pod.overhead_key_slots = self.dice.below(2) as u32;
        }
        for _ in 0..self.dice.below(6).saturating_sub(3) {
            let init = Container { demand: self.demand(5), ..pod.containers[0].clone() };
            pod.init_containers.push(init);
        }
        if self.dice.once_in(4) {
            pod.node_selector.insert("zone".into(), self.dice.one_of(&["a", "b", "c"]).into());
        }
        self.say(&mut pod);
        if self.dice.once_in(2) {
            pod.tolerations = vec![Toleration {
                key: Some("enclaves".into()),
                operator: TolerationOperator::Equal(self.dice.one_of(&["only", "maybe"]).into()),
                effect: self.dice.one_of(&[
                    None,
                    Some(TaintEffect::NoSchedule),
                    Some(TaintEffect::NoExecute),
                ]),
            }];
        }
        pod
    }

    /// What the pod says of its place beside.
    fn say(&mut self, pod: &mut Pod) {
        let app = self.dice.one_of(&["a", "b", "c"]);
        let scheduling = &mut pod.scheduling;
        scheduling.labels.insert("app".into(), app.into());
        if self.dice.once_in(3) {
            pod.key.namespace = "other".into();
        }
        match self.dice.below(16) {
            0 | 1 => scheduling.pod_anti_affinity.required.push(like(app)),
            2 => scheduling.pod_affinity.required.push(like(app)),
            3 => scheduling.node = Some(NodeName(self.dice.one_of(&["open", "tainted", "plain"]).into())),
            4 => scheduling.needs = Features::of(&[self.dice.one_of(&[Feature::Fork, Feature::Random])]),
            5 | 6 => {
                let scope = self.dice.one_of(&[Scope::Core, Scope::Tee, Scope::Node]);
                let sharing = Sharing::Exclusive(scope);
                scheduling.policy = Some(PlacementPolicy { sharing, ..PlacementPolicy::default() });
            }
            _ => {}
        }
    }
}

/// Pods of this name in the same zone.
fn like(app: &str) -> PodAffinityTerm {
    let match_labels = [("app".into(), app.into())].into();
    PodAffinityTerm {
        label_selector: Some(LabelSelector { match_labels, match_expressions: Vec::new() }),
        topology_key: "zone".into(),
        ..PodAffinityTerm::default()
    }
}

fn nodes() -> [Node; 4] {
    let small = Capacity {
        epc: Bytes(10 * 4096 + 100),
        slots: 6,
        key_slots: 4,
        cpu: MilliCpu(1500),
        memory: Bytes(1500),
    };
    let zone = |node: &mut Node, zone: &str| {
        node.labels.insert("zone".into(), zone.into());
    };
    let mut open = Node { capacity: small, ..stage::node("open") };
    zone(&mut open, "a");
    // Nobody attests this one.
    open.hardware.other_tees.insert(Tee::Tdx);
    let mut tainted = Node { capacity: small, ..stage::node("tainted") };
    tainted.taints.push(Taint {
        key: "enclaves".into(),
        value: "only".into(),
        effect: TaintEffect::NoSchedule,
    });
    zone(&mut tainted, "b");
    // A whole core is more than it has.
    tainted.hardware.threads_per_core = 2;
    let unattested = Node { tee: Some(Tee::Tdx), capacity: small, ..stage::node("unattested") };
    // It offers EPC all the same, so that not its size keeps enclaves away.
    let plain = Node { tee: None, capacity: small, ..stage::node("plain") };
    [open, tainted, unattested, plain]
}

/// The nodes that can be attested, each with evidence: signing takes long, and none of it depends on the seed.
struct Platforms {
    policy: AppraisalPolicy,
    evidence: Vec<(Node, VerifiedEvidence)>,
}

static PLATFORMS: LazyLock<Platforms> = LazyLock::new(Platforms::new);

impl Platforms {
    fn new() -> Self {
        let root = TestRoot::new(stage::START);
        let attestable = nodes().into_iter().filter(|node| node.tee == Some(Tee::Software));
        let evidence = attestable.map(|node| {
            let bound = platform_report_data(&NONCE, &node.identity, AGENT_KEY);
            let evidence = root.verified(&report(PROBE, bound));
            (node, evidence)
        });
        let draft = PolicyDraft {
            roots: BTreeSet::from([root.fingerprint()]),
            ttl: TTL,
            debug_allowed: false,
            platform: Reference::OneOf(BTreeSet::from([PROBE])),
            workloads: Vec::new(),
        };
        Self { evidence: evidence.collect(), policy: draft.validate().expect("the policy accepts something") }
    }
}

fn affirm(node: &Node, evidence: &VerifiedEvidence, now: Timestamp) -> Attested<Platform> {
    let expected = PlatformExpectation {
        subject: Platform {
            node: node.name.clone(),
            identity: node.identity.clone(),
            tee: node.tee.expect("it is attestable"),
        },
        agent_key: AGENT_KEY,
        nonce: NONCE,
        image_measurement: PROBE,
    };
    appraise_platform(evidence, &expected, &PLATFORMS.policy, now).into_result().expect("good evidence")
}
