//! A workload as numbers: nodes, and what is asked of them one after another.

use std::collections::{BTreeMap, BTreeSet};

use casemate_bound::{Bound, bound, demands, groups};
use casemate_fleet::{Fleet, Kind, NodeId, Request, Score, Stock, Want};

use crate::synthetic::{self, Cluster};
use crate::{Inflation, Limits, Node, Pod, TraceError, nodes, pods};

/// Of OpenB: CPU in thousandths of a core, memory in MiB, GPUs in thousandths of one.
const CPU: Kind = Kind(0);
const MEMORY: Kind = Kind(1);
const GPU: Kind = Kind(2);

/// One cluster, and one order in which pods arrive.
#[derive(Clone, Debug)]
pub struct Workload {
    /// What each node has, and the number of its GPUs' model.
    nodes: Vec<(Stock, u32)>,
    arrivals: Vec<Arrival>,
    /// Each different set of models that some pod will do with.
    askers: Vec<Option<BTreeSet<u32>>>,
    capacity: u64,
    counted: Kind,
}

/// A pod comes.
#[derive(Clone, Debug)]
struct Arrival {
    request: Request,
    /// Its number among the askers.
    asker: usize,
    /// How much of what is counted it asks for.
    value: u64,
}

impl Workload {
    /// OpenB's lists, the pods inflated to what the nodes have of GPUs. What is counted is GPUs, in thousandths.
    ///
    /// # Errors
    ///
    /// The first mistake in a list, with its line and column: its maker erred.
    pub fn openb(node_list: &[u8], pod_list: &[u8], seed: u64, limits: &Limits) -> Result<Self, TraceError> {
        let (listed, pods) = (nodes(node_list, limits)?, pods(pod_list, limits)?);
        let mut models: BTreeMap<&str, u32> = BTreeMap::new();
        let mut nodes = Vec::new();
        for node in &listed {
            let next = u32::try_from(models.len()).unwrap_or(u32::MAX);
            let model = *models.entry(node.model.as_str()).or_insert(next);
            let stock = Stock::new([
                (CPU, vec![node.cpu_milli]),
                (MEMORY, vec![node.memory_mib]),
                (GPU, vec![1_000; node.gpus as usize]),
            ]);
            nodes.push((stock, model));
        }
        let capacity = listed.iter().map(Node::gpu_milli).fold(0, u64::saturating_add);
        let mut askers: Vec<Option<BTreeSet<u32>>> = Vec::new();
        let mut arrivals = Vec::new();
        for pod in Inflation::new(&pods, seed, capacity) {
            let of = pod.models.iter().filter_map(|model| models.get(model.as_str()).copied());
            let on = (!pod.models.is_empty()).then(|| of.collect());
            let asker = askers.iter().position(|it| *it == on).unwrap_or_else(|| {
                askers.push(on);
                askers.len() - 1
            });
            arrivals.push(Arrival { request: request(pod), asker, value: pod.total_gpu_milli() });
        }
        Ok(Self { nodes, arrivals, askers, capacity, counted: GPU })
    }

    /// A cluster of so many TEE nodes. What is counted is encrypted memory, in MiB.
    #[must_use]
    pub fn synthetic(cluster: Cluster, nodes: usize, seed: u64) -> Self {
        let nodes = cluster.nodes(nodes, seed);
        let capacity = nodes.iter().map(synthetic::encrypted_mib).fold(0, u64::saturating_add);
        let arrivals = cluster.arrivals(&nodes, seed).into_iter();
        Self {
            arrivals: arrivals.map(|(request, value)| Arrival { request, asker: 0, value }).collect(),
            nodes: nodes.into_iter().map(|stock| (stock, 0)).collect(),
            askers: vec![None],
            capacity,
            counted: if cluster == Cluster::Tdx { synthetic::MEMORY } else { synthetic::EPC },
        }
    }

    /// How much the nodes have of what is counted.
    #[must_use]
    pub const fn capacity(&self) -> u64 {
        self.capacity
    }

    /// The kind that fragments.
    #[must_use]
    pub const fn counted(&self) -> Kind {
        self.counted
    }

    /// How many pods arrive.
    #[must_use]
    pub const fn arrivals(&self) -> usize {
        self.arrivals.len()
    }

    /// What no placement of these very pods can exceed.
    #[must_use]
    pub fn bound(&self) -> Bound {
        let mut groups = groups(self.nodes.iter().map(|(stock, facts)| (stock, *facts)));
        for group in &mut groups {
            // Where no kind has several units, memory is looked at node by node.
            if group.stock.units_of(group.divided).len() < 2 && self.counted != GPU {
                group.divided = synthetic::MEMORY;
            }
        }
        let asked = self.arrivals.iter().map(|it| (&it.request, self.on(it), it.value));
        bound(&groups, &demands(asked))
    }

    /// How much of what is counted finds a place, if each pod is placed for good as it arrives.
    #[must_use]
    pub fn place<S: Score>(&self, score: S) -> u64 {
        let mut fleet = Fleet::new(score);
        for (stock, facts) in &self.nodes {
            let group = fleet.group(stock.clone(), *facts);
            fleet.add(group);
        }
        let mut placed = 0;
        for arrival in &self.arrivals {
            let may = |facts| self.on(arrival).is_none_or(|on| on.contains(&facts)).then_some(0);
            let asker = u32::try_from(arrival.asker).unwrap_or(u32::MAX);
            let shape = fleet.shape(&arrival.request, asker, may);
            if fleet.place(shape, |_: NodeId| true).is_some() {
                placed += arrival.value;
            }
        }
        placed
    }

    fn on(&self, arrival: &Arrival) -> Option<&BTreeSet<u32>> {
        self.askers.get(arrival.asker)?.as_ref()
    }
}

fn request(pod: &Pod) -> Request {
    let gpu = match (pod.gpus, pod.gpu_milli) {
        (0 | 1, milli) if milli < 1_000 => Want::Share(milli),
        (gpus, _) => Want::Whole(gpus),
    };
    let wants = [(CPU, Want::Share(pod.cpu_milli)), (MEMORY, Want::Share(pod.memory_mib)), (GPU, gpu)];
    Request::new(wants).expect("three kinds")
}
