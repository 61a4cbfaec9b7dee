//! A workload as numbers: nodes, and what is asked of them one after another.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use casemate_bound::{Bound, bound, demands, groups};
use casemate_fleet::{Fleet, Kind, NodeId, Request, RequestError, Score, Stock, Want};
use casemate_trace::{Inflation, Limits, Pod, nodes, pods, synthetic};

/// Of OpenB: CPU in thousandths of a core, memory in MiB, GPUs in thousandths of one.
const CPU: Kind = Kind(0);
const MEMORY: Kind = Kind(1);
const GPU: Kind = Kind(2);

/// Nodes of a synthetic cluster.
const NODES: usize = 200;

/// One cluster and one order of arrivals.
pub(crate) struct Instance {
    /// What each node has, and the number of its GPUs' model.
    nodes: Vec<(Stock, u32)>,
    pub(crate) arrivals: Vec<Arrival>,
    /// Each different set of models that some pod will do with.
    askers: Vec<Option<BTreeSet<u32>>>,
    /// How much the nodes have of what is counted.
    pub(crate) capacity: u64,
    /// The kind that fragments.
    pub(crate) counted: Kind,
}

/// A pod comes.
pub(crate) struct Arrival {
    request: Request,
    /// Its number among the askers.
    asker: u32,
    /// How much of what is counted it asks for.
    value: u64,
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
        let nodes = cluster.nodes(NODES, seed);
        let capacity = nodes.iter().map(synthetic::encrypted_mib).sum();
        let arrivals = cluster.arrivals(&nodes, seed).map_err(|error| error.to_string())?;
        let arrivals = arrivals.into_iter().map(|(request, value)| Arrival { request, asker: 0, value });
        Ok(Self {
            arrivals: arrivals.collect(),
            nodes: nodes.into_iter().map(|stock| (stock, 0)).collect(),
            askers: vec![None],
            capacity,
            counted,
        })
    }

    /// What no placement can exceed.
    pub(crate) fn bound(&self) -> Bound {
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

    /// How much of what is counted finds a place.
    pub(crate) fn place<S: Score>(&self, score: S) -> u64 {
        let mut fleet = Fleet::new(score);
        for (stock, facts) in &self.nodes {
            let group = fleet.group(stock.clone(), *facts);
            fleet.add(group);
        }
        let mut placed = 0;
        for arrival in &self.arrivals {
            let may = |facts| self.on(arrival).is_none_or(|on| on.contains(&facts)).then_some(0);
            let shape = fleet.shape(&arrival.request, arrival.asker, may);
            if fleet.place(shape, |_: NodeId| true).is_some() {
                placed += arrival.value;
            }
        }
        placed
    }

    fn on(&self, arrival: &Arrival) -> Option<&BTreeSet<u32>> {
        self.askers.get(arrival.asker as usize)?.as_ref()
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
        let mut models: BTreeMap<&str, u32> = BTreeMap::new();
        let mut nodes = Vec::new();
        for node in &listed {
            let next = u32::try_from(models.len()).map_err(|_| "too many models".to_owned())?;
            let model = *models.entry(node.model.as_str()).or_insert(next);
            let stock = Stock::new([
                (CPU, vec![node.cpu_milli]),
                (MEMORY, vec![node.memory_mib]),
                (GPU, vec![1_000; node.gpus as usize]),
            ]);
            nodes.push((stock, model));
        }
        let capacity = listed.iter().map(|node| node.gpu_milli()).sum();
        let mut askers: Vec<Option<BTreeSet<u32>>> = Vec::new();
        let mut arrivals = Vec::new();
        for pod in Inflation::new(&pods, seed, capacity) {
            let models = pod.models.iter().filter_map(|model| models.get(model.as_str()).copied());
            let on = (!pod.models.is_empty()).then(|| models.collect());
            let known = askers.iter().position(|it| *it == on);
            let asker =
                u32::try_from(known.unwrap_or(askers.len())).map_err(|_| "too many pods".to_owned())?;
            if known.is_none() {
                askers.push(on);
            }
            let request = request(pod).map_err(|error| format!("{}: {error}", pod.name))?;
            arrivals.push(Arrival { request, asker, value: pod.total_gpu_milli() });
        }
        Ok(Self { nodes, arrivals, askers, capacity, counted: GPU })
    }
}

fn request(pod: &Pod) -> Result<Request, RequestError> {
    let gpu = match (pod.gpus, pod.gpu_milli) {
        (0 | 1, milli) if milli < 1_000 => Want::Share(milli),
        (gpus, _) => Want::Whole(gpus),
    };
    Request::new([(CPU, Want::Share(pod.cpu_milli)), (MEMORY, Want::Share(pod.memory_mib)), (GPU, gpu)])
}
