//! A workload as numbers: nodes, and what is asked of them one after another.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use casemate_bound::{Group, groups};
use casemate_packing::{Label, Node, Request, Want};
use casemate_trace::{Inflation, Limits, Pod, nodes, pods, synthetic};

/// Of OpenB: CPU is 0, memory 1.
const GPU: usize = 2;

/// Nodes of a synthetic cluster.
const NODES: usize = 200;

/// One cluster and one order of arrivals.
pub(crate) struct Instance {
    pub(crate) nodes: Vec<Node>,
    /// Each request, and how much of what is counted it asks for.
    pub(crate) arrivals: Vec<(Request, u64)>,
    /// How much the nodes have of what is counted.
    pub(crate) capacity: u64,
    /// The kind that fragments.
    pub(crate) counted: usize,
}

impl Instance {
    /// A workload by its name, under a seed.
    pub(crate) fn read(folder: &Path, workload: &str, seed: u64) -> Result<Self, String> {
        let (cluster, counted) = match workload {
            "sgx" => (synthetic::Cluster::Sgx, synthetic::EPC),
            "tdx" => (synthetic::Cluster::Tdx, synthetic::MEMORY),
            "mixed" => (synthetic::Cluster::Mixed, synthetic::EPC),
            _ => return Self::openb(folder, workload, seed),
        };
        let told = |error: casemate_packing::PackingError| error.to_string();
        let nodes = cluster.nodes(NODES, seed).map_err(told)?;
        let arrivals = cluster.arrivals(&nodes, seed).map_err(told)?;
        let capacity = nodes.iter().map(synthetic::encrypted_mib).sum();
        Ok(Self { nodes, arrivals, capacity, counted })
    }

    /// Equal nodes together; where no kind has several units, memory is looked at node by node.
    pub(crate) fn groups(&self) -> Vec<Group> {
        let mut groups = groups(&self.nodes);
        for group in &mut groups {
            if group.node.units(group.divided).len() < 2 && self.counted != GPU {
                group.divided = synthetic::MEMORY;
            }
        }
        groups
    }

    fn openb(folder: &Path, workload: &str, seed: u64) -> Result<Self, String> {
        let bytes = |name: String| {
            let path = folder.join(name);
            std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))
        };
        let limits = Limits::default();
        let listed = nodes(&bytes("openb_node_list_all_node.csv.gz".into())?, &limits)
            .map_err(|error| error.to_string())?;
        let pods = pods(&bytes(format!("openb_pod_list_{workload}.csv.gz"))?, &limits)
            .map_err(|error| error.to_string())?;
        let mut labels = BTreeMap::new();
        let mut nodes = Vec::new();
        for node in &listed {
            let next = u16::try_from(labels.len()).map_err(|_| "too many models".to_owned())?;
            let label = *labels.entry(node.model.as_str()).or_insert(Label(next));
            let units = vec![vec![node.cpu_milli], vec![node.memory_mib], vec![1000; node.gpus as usize]];
            nodes.push(Node::new(label, units).map_err(|error| format!("{}: {error}", node.name))?);
        }
        let capacity = listed.iter().map(|node| node.gpu_milli()).sum();
        let asked = |pod: &Pod| {
            let request = request(pod, &labels).map_err(|error| format!("{}: {error}", pod.name))?;
            Ok((request, pod.total_gpu_milli()))
        };
        let arrivals = Inflation::new(&pods, seed, capacity).map(asked).collect::<Result<_, String>>()?;
        Ok(Self { nodes, arrivals, capacity, counted: GPU })
    }
}

fn request(pod: &Pod, labels: &BTreeMap<&str, Label>) -> Result<Request, casemate_packing::PackingError> {
    let accepted: BTreeSet<Label> =
        pod.models.iter().filter_map(|model| labels.get(model.as_str()).copied()).collect();
    let gpu = match (pod.gpus, pod.gpu_milli) {
        (0, _) => Want::Nothing,
        (1, milli) if milli < 1000 => Want::Share(milli),
        (gpus, _) => Want::Whole(gpus),
    };
    let wants = vec![Want::Share(pod.cpu_milli), Want::Share(pod.memory_mib), gpu];
    Request::new(wants, (!pod.models.is_empty()).then_some(accepted))
}
