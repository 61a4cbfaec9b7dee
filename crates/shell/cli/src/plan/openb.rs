//! Lists of OpenB as nodes and pods: what is known of them there.
//!
//! A GPU is 1,000 pieces of the device [`GPU`], a unit of its own on the node. A pod that asks for a share of
//! one gets it of one unit; one that asks for several gets whole ones. The models that a pod runs on are a
//! required node affinity on the label [`MODEL`].

use std::collections::{BTreeMap, BTreeSet};

use casemate_model::affinity::{
    NodeAffinity, NodeOperator, NodeRequirement, NodeSelector, NodeSelectorTerm, Operator,
};
use casemate_model::{
    Bytes, Capacity, Container, Demand, DeviceKind, Devices, Hardware, MilliCpu, Node, NodeIdentity,
    NodeName, Pod, PodKey, RestartPolicy, Scheduling,
};
use casemate_trace::{Limits, TraceError, nodes, pods};

/// A thousandth of a GPU.
pub(super) const GPU: &str = "gpu-milli";
/// Its model, as a label of nodes.
pub(super) const MODEL: &str = "gpu-model";

const MILLI: u64 = 1_000;

/// What a list holds.
pub(super) enum List {
    Nodes(Vec<Node>),
    Pods(Vec<Pod>),
}

/// A list of nodes, or of pods: told apart by its heading.
pub(super) fn list(bytes: &[u8]) -> Result<List, TraceError> {
    let limits = Limits::default();
    match nodes(bytes, &limits) {
        Ok(nodes) => Ok(List::Nodes(nodes.iter().map(node).collect())),
        Err(no_nodes) => match pods(bytes, &limits) {
            Ok(pods) => Ok(List::Pods(pods.iter().map(pod).collect())),
            // The one that read further knows better what is wrong.
            Err(no_pods) if no_pods.line > no_nodes.line => Err(no_pods),
            Err(_) => Err(no_nodes),
        },
    }
}

fn device(name: &str) -> DeviceKind {
    DeviceKind(name.to_owned())
}

fn node(of: &casemate_trace::Node) -> Node {
    let gpus = usize::try_from(of.gpus).unwrap_or(0);
    let (mut devices, mut units) = (Devices::new(), BTreeMap::new());
    if gpus > 0 {
        devices.insert(device(GPU), of.gpu_milli());
        units.insert(device(GPU), vec![MILLI; gpus]);
    }
    let model = (!of.model.is_empty()).then(|| (MODEL.to_owned(), of.model.clone()));
    Node {
        name: NodeName(of.name.clone()),
        identity: NodeIdentity { uid: of.name.clone(), boot_id: String::new() },
        tee: None,
        labels: model.into_iter().collect(),
        taints: Vec::new(),
        capacity: Capacity {
            cpu: MilliCpu(of.cpu_milli),
            memory: Bytes::mib(of.memory_mib),
            ..Capacity::default()
        },
        devices,
        hardware: Hardware { units, ..Hardware::default() },
    }
}

fn pod(of: &casemate_trace::Pod) -> Pod {
    let mut devices = Devices::new();
    if of.total_gpu_milli() > 0 {
        devices.insert(device(GPU), of.total_gpu_milli());
    }
    let demand = Demand {
        cpu: MilliCpu(of.cpu_milli),
        memory: Bytes::mib(of.memory_mib),
        devices,
        ..Demand::default()
    };
    let container = Container {
        name: "main".to_owned(),
        image: String::new(),
        args: Vec::new(),
        env: Vec::new(),
        working_dir: None,
        mounts: Vec::new(),
        demand,
    };
    Pod {
        key: PodKey { namespace: "openb".to_owned(), name: of.name.clone() },
        priority: 0,
        node_selector: BTreeMap::new(),
        tolerations: Vec::new(),
        overhead_memory: Bytes(0),
        overhead_cpu: MilliCpu(0),
        overhead_key_slots: 0,
        init_containers: Vec::new(),
        containers: vec![container],
        restart_policy: RestartPolicy::Never,
        restarts_max: None,
        active_deadline: None,
        volumes: Vec::new(),
        scheduling: Scheduling { node_affinity: runs_on(&of.models), ..Scheduling::default() },
    }
}

fn runs_on(models: &BTreeSet<String>) -> NodeAffinity {
    let required = (!models.is_empty()).then(|| {
        let operator = NodeOperator::Label(Operator::In(models.clone()));
        let expressions = vec![NodeRequirement { key: MODEL.to_owned(), operator }];
        NodeSelector { terms: vec![NodeSelectorTerm { expressions, fields: Vec::new() }] }
    });
    NodeAffinity { required, preferred: Vec::new() }
}
