//! A cluster of many kinds of node and the pods of its tenants, the same in every run.

use casemate_fleet::{Fleet, Kind, Request, Score, ShapeId, Stock, Want};
use casemate_model::{
    Bytes, Capacity, Container, Demand, Devices, EnclaveDemand, MilliCpu, Node, NodeIdentity, NodeName, Pod,
    PodKey, RestartPolicy, Tee, Timestamp,
};

use crate::random::Random;

/// Nothing here has a witness, so the time is of no account.
pub(super) const NOW: Timestamp = Timestamp(0);

/// Different pods: with each of three TEEs, and without any.
const PODS: u64 = 60;

/// Nodes with SGX, TDX, SEV-SNP and no TEE, in equal numbers.
pub(super) struct Cluster {
    nodes: u32,
}

/// What a node has, and the kinds as the fleet knows them.
const KINDS: [Kind; 5] = [Kind(0), Kind(1), Kind(2), Kind(3), Kind(4)];

fn amounts(capacity: &Capacity) -> [u64; 5] {
    let Capacity { epc, slots, key_slots, cpu, memory } = *capacity;
    [epc.0, u64::from(slots), u64::from(key_slots), cpu.0, memory.0]
}

const TEES: [Option<Tee>; 4] = [Some(Tee::Sgx), Some(Tee::Tdx), Some(Tee::SevSnp), None];

fn capacity(tee: Option<Tee>) -> Capacity {
    let gib = |gib: u64| Bytes::mib(gib * 1024);
    let (cpu, memory) = (MilliCpu(64_000), gib(256));
    match tee {
        Some(Tee::Sgx) => Capacity { epc: gib(64), slots: 110, cpu, memory, ..Capacity::default() },
        Some(Tee::Tdx) => Capacity { key_slots: 31, cpu, memory, ..Capacity::default() },
        Some(_) => Capacity { key_slots: 99, cpu, memory, ..Capacity::default() },
        None => Capacity { cpu, memory, ..Capacity::default() },
    }
}

impl Cluster {
    pub(super) const fn new(nodes: u32) -> Self {
        Self { nodes }
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = Node> {
        (0..self.nodes).zip(TEES.into_iter().cycle()).map(|(nth, tee)| Node {
            name: NodeName(format!("node-{nth:06}")),
            identity: NodeIdentity { uid: format!("uid-{nth}"), boot_id: "boot".to_owned() },
            tee,
            labels: std::collections::BTreeMap::new(),
            taints: Vec::new(),
            capacity: capacity(tee),
            devices: Devices::new(),
            hardware: casemate_model::Hardware::default(),
        })
    }

    /// The pods of which many are asked for.
    pub(super) fn pods(&self) -> Vec<Pod> {
        let mut random = Random::new(7);
        (0..PODS).zip(TEES.into_iter().cycle()).map(|(nth, tee)| pod(nth, tee, &mut random)).collect()
    }

    /// The same as the fleet knows them: each with the TEE it asks for.
    pub(super) fn requests(&self) -> Vec<(Option<Tee>, Request)> {
        self.pods().iter().map(|pod| (pod.enclaves().next().map(|it| it.1.tee), request(pod))).collect()
    }

    pub(super) fn fleet<S: Score>(&self, score: S) -> (Fleet<S>, Vec<ShapeId>) {
        let mut fleet = Fleet::new(score);
        let facts = |tee: Option<Tee>| TEES.iter().position(|it| *it == tee).unwrap_or(0);
        for tee in TEES.into_iter().cycle().take(self.nodes as usize) {
            let group = fleet.group(stock(tee), u32::try_from(facts(tee)).unwrap_or(0));
            fleet.add(group);
        }
        let requests = self.requests();
        let shapes = requests.iter().map(|(tee, request)| {
            let asker = u32::try_from(facts(*tee)).unwrap_or(0);
            fleet.shape(request, asker, |of| match tee {
                Some(_) => (of == asker).then_some(0),
                // Whoever asks for none leaves those that have one alone, if it can.
                None => Some(u16::from(of != asker)),
            })
        });
        let shapes = shapes.collect();
        (fleet, shapes)
    }
}

pub(super) fn stock(tee: Option<Tee>) -> Stock {
    Stock::new(KINDS.into_iter().zip(amounts(&capacity(tee)).map(|amount| [amount])))
}

pub(super) fn tee_of(nth: usize) -> Option<Tee> {
    TEES[nth % TEES.len()]
}

fn request(pod: &Pod) -> Request {
    let demand = &pod.containers[0].demand;
    let enclave = demand.enclave;
    let asked = Capacity {
        epc: enclave.map_or(Bytes(0), |it| it.epc_guaranteed),
        slots: enclave.map_or(0, |it| it.slots),
        key_slots: enclave.map_or(0, |it| it.key_slots),
        cpu: demand.cpu,
        memory: demand.memory,
    };
    let wants = KINDS.into_iter().zip(amounts(&asked).map(Want::Share));
    Request::new(wants).expect("each kind once")
}

fn pod(nth: u64, tee: Option<Tee>, random: &mut Random) -> Pod {
    let mut up_to = |end: usize| 1 + random.below(end) as u64;
    let (cpu, memory) = (MilliCpu(500 * up_to(8)), Bytes::mib(1024 * up_to(16)));
    let gib = up_to(8);
    let enclave = tee.map(|tee| {
        let is_enclave = tee == Tee::Sgx;
        EnclaveDemand {
            tee,
            epc_guaranteed: if is_enclave { Bytes::mib(1024 * gib) } else { Bytes(0) },
            epc_limit: None,
            slots: u32::from(is_enclave),
            key_slots: u32::from(!is_enclave),
        }
    });
    let container = Container {
        name: "main".to_owned(),
        image: "image".to_owned(),
        args: Vec::new(),
        env: Vec::new(),
        working_dir: None,
        mounts: Vec::new(),
        demand: Demand { cpu, memory, enclave, ..Demand::default() },
    };
    Pod {
        key: PodKey { namespace: "bench".to_owned(), name: format!("pod-{nth}") },
        priority: 0,
        node_selector: std::collections::BTreeMap::new(),
        tolerations: Vec::new(),
        overhead_memory: Bytes(0),
        overhead_cpu: MilliCpu(0),
        overhead_key_slots: 0,
        init_containers: Vec::new(),
        restart_policy: RestartPolicy::Never,
        restarts_max: None,
        active_deadline: None,
        volumes: Vec::new(),
        scheduling: casemate_model::Scheduling::default(),
        containers: vec![container],
    }
}
