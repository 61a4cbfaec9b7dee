//! OpenB's lists as numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use casemate_packing::{Label, Node, Request, Want};
use casemate_trace::{Inflation, Limits, Pod, nodes, pods};

/// The kind of device that is counted. The others are CPU (0) and memory (1).
pub(crate) const GPU: usize = 2;

/// A cluster and what is asked of it.
pub(crate) struct OpenB {
    pub(crate) nodes: Vec<Node>,
    pub(crate) gpu_milli: u64,
    pods: Vec<Pod>,
    requests: BTreeMap<String, Request>,
}

impl OpenB {
    /// Reads the node list and the list of a workload.
    pub(crate) fn read(folder: &Path, workload: &str) -> Result<Self, String> {
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
        for node in &listed {
            let next = u16::try_from(labels.len()).map_err(|_| "too many models".to_owned())?;
            labels.entry(node.model.clone()).or_insert(Label(next));
        }
        let mut numbers = Vec::new();
        for node in &listed {
            let label = labels.get(&node.model).copied().unwrap_or_default();
            let gpus = vec![1000; node.gpus as usize];
            let units = vec![vec![node.cpu_milli], vec![node.memory_mib], gpus];
            numbers.push(Node::new(label, units).map_err(|error| format!("{}: {error}", node.name))?);
        }
        let mut requests = BTreeMap::new();
        for pod in &pods {
            let accepted: BTreeSet<Label> =
                pod.models.iter().filter_map(|model| labels.get(model).copied()).collect();
            let gpu = match (pod.gpus, pod.gpu_milli) {
                (0, _) => Want::Nothing,
                (1, milli) if milli < 1000 => Want::Share(milli),
                (gpus, _) => Want::Whole(gpus),
            };
            let wants = vec![Want::Share(pod.cpu_milli), Want::Share(pod.memory_mib), gpu];
            let request = Request::new(wants, (!pod.models.is_empty()).then_some(accepted))
                .map_err(|error| format!("{}: {error}", pod.name))?;
            requests.insert(pod.name.clone(), request);
        }
        let gpu_milli = listed.iter().map(|node| node.gpu_milli()).sum();
        Ok(Self { nodes: numbers, gpu_milli, pods, requests })
    }

    /// Pods in the order in which they come, up to 100 % of the GPUs.
    pub(crate) fn arrivals(&self, seed: u64) -> Inflation<'_> {
        Inflation::new(&self.pods, seed, self.gpu_milli)
    }

    /// What a pod asks for.
    pub(crate) fn request(&self, pod: &Pod) -> &Request {
        &self.requests[&pod.name]
    }
}
