//! `placement` gives a node up: enclaves and confidential VMs move to two others, each of which moves what it runs.

use casemate_checker::{Findings, Judge, Moved, Observation};
use casemate_model::{Bytes, Demand, EnclaveDemand, MilliCpu, Node, NodeName, Pod, Tee};
use casemate_placement::{How, LIVE, Options, Planning, Supposed};

use crate::dice::Dice;
use crate::stage;

const PODS: u64 = 6;

pub(crate) fn schedule(seed: u64) -> Findings {
    let mut dice = Dice::new(seed);
    let mut judge = Judge::new(stage::limits());
    let nodes = ["gone", "left", "right"].map(node);
    for node in &nodes {
        judge.observe(Observation::NodeOffered { node: node.clone() });
        for tee in [Tee::Tdx, Tee::Software] {
            judge.observe(stage::affirmed_for(&node.name, tee));
        }
    }
    let gone = nodes[0].name.clone();
    let pods: Vec<Pod> = (0..PODS).map(|nth| pod(&mut dice, nth)).collect();
    let there: Vec<Pod> = pods.iter().map(|pod| on(pod, &gone)).collect();
    let supposed = Supposed { distrusted: Vec::new(), given_up: vec![gone.clone()] };
    let planning = Planning::with(nodes, &there, &Options::default(), &supposed).expect("the names differ");
    for (nth, _) in planning.placed() {
        let pod = pods[nth].clone();
        judge.observe(Observation::PodPlaced { at: stage::START, pod, node: gone.clone() });
    }
    for it in &planning.migration().moves {
        let how = match it.how {
            How::Restart => Moved::Restart,
            How::Live => Moved::Live,
        };
        let (at, pod, to) = (stage::START, it.pod.clone(), it.to.clone());
        judge.observe(Observation::PodMoved { at, pod, to, how });
    }
    for (nth, _) in planning.placed() {
        judge.observe(Observation::PodReleased { pod: pods[nth].key.clone() });
    }
    judge.finish()
}

fn on(pod: &Pod, node: &NodeName) -> Pod {
    let mut pod = pod.clone();
    pod.scheduling.node = Some(node.clone());
    pod
}

/// It has both TEEs, and moves confidential VMs as they run.
fn node(name: &str) -> Node {
    let mut node = stage::node(name);
    node.tee = Some(Tee::Tdx);
    node.hardware.other_tees.insert(Tee::Software);
    node.labels.insert(LIVE.into(), "true".into());
    node
}

fn pod(dice: &mut Dice, nth: u64) -> Pod {
    let enclave = EnclaveDemand {
        tee: dice.one_of(&[Tee::Tdx, Tee::Software]),
        epc_guaranteed: Bytes(dice.below(4) * 4096),
        epc_limit: None,
        slots: 1,
        key_slots: 1,
    };
    let cpu = MilliCpu(dice.below(400));
    stage::pod(&format!("pod-{nth}"), Demand { cpu, enclave: Some(enclave), ..Demand::default() })
}
