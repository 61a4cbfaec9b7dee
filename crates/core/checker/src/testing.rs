//! Small streams for the tests of each book.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use casemate_model::affinity::{LabelSelector, Labels};
use casemate_model::{
    Bytes, Capacity, Container, ContainerKey, Demand, EnclaveDemand, EnclaveId, Measurement, MilliCpu, Nanos,
    Node, NodeIdentity, NodeName, Pod, PodKey, RestartPolicy, Tee, Timestamp, WorkerId,
};

use crate::{EvidenceFacts, HowLeft, Judge, Limits, Observation, Rule};

pub(crate) fn limits() -> Limits {
    Limits {
        workers: 2,
        frames: 4,
        evidence_ttl: Nanos(1_000_000),
        restarts: 5,
        debug_allowed: false,
        vruntime_per_nano: 1024,
        violations: 16,
    }
}

/// The rules a stream breaks while it lasts.
pub(crate) fn rules(stream: impl IntoIterator<Item = Observation>) -> Vec<Rule> {
    rules_under(limits(), stream)
}

pub(crate) fn rules_under(limits: Limits, stream: impl IntoIterator<Item = Observation>) -> Vec<Rule> {
    let mut judge = Judge::new(limits);
    stream.into_iter().for_each(|observation| judge.observe(observation));
    judge.violations().iter().map(|violation| violation.rule).collect()
}

pub(crate) fn enclave(index: u32) -> EnclaveId {
    EnclaveId { index, generation: 0 }
}

pub(crate) fn worker(number: u16) -> WorkerId {
    WorkerId(NonZeroU16::new(number).expect("workers count from one"))
}

pub(crate) fn measurement(fill: u8) -> Measurement {
    Measurement([fill; 32])
}

pub(crate) fn pod_key(name: &str) -> PodKey {
    PodKey { namespace: "default".to_owned(), name: name.to_owned() }
}

pub(crate) fn container(pod: &str) -> ContainerKey {
    ContainerKey { pod: pod_key(pod), container: "main".to_owned() }
}

pub(crate) fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// Selects what carries these labels.
pub(crate) fn selector(pairs: &[(&str, &str)]) -> LabelSelector {
    LabelSelector { match_labels: labels(pairs), match_expressions: Vec::new() }
}

pub(crate) fn node_name(name: &str) -> NodeName {
    NodeName(name.to_owned())
}

/// A software-TEE node with ten of everything: of EPC, ten pages.
pub(crate) fn node(name: &str) -> Node {
    Node {
        name: node_name(name),
        identity: NodeIdentity { uid: name.to_owned(), boot_id: "boot".to_owned() },
        tee: Some(Tee::Software),
        labels: BTreeMap::new(),
        taints: Vec::new(),
        devices: BTreeMap::new(),
        hardware: casemate_model::Hardware::default(),
        capacity: Capacity {
            epc: Bytes(10 * 4096),
            slots: 10,
            key_slots: 10,
            cpu: MilliCpu(10),
            memory: Bytes(10),
        },
    }
}

/// A pod that asks for SGX and for one of everything.
pub(crate) fn pod(name: &str) -> Pod {
    Pod {
        key: pod_key(name),
        priority: 0,
        node_selector: BTreeMap::new(),
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
        containers: vec![Container {
            name: "main".to_owned(),
            image: "image".to_owned(),
            args: Vec::new(),
            env: Vec::new(),
            working_dir: None,
            mounts: Vec::new(),
            demand: Demand {
                devices: BTreeMap::new(),
                cpu: MilliCpu(1),
                memory: Bytes(1),
                memory_limit: None,
                enclave: Some(EnclaveDemand {
                    tee: Tee::Sgx,
                    epc_guaranteed: Bytes(1),
                    epc_limit: None,
                    slots: 1,
                    key_slots: 1,
                }),
            },
        }],
    }
}

pub(crate) fn evidence(not_before: u64, not_after: u64) -> EvidenceFacts {
    EvidenceFacts {
        measurement: measurement(1),
        debug: false,
        not_before: Timestamp(not_before),
        not_after: Timestamp(not_after),
    }
}

pub(crate) fn affirmed(name: &str, from: u64, until: u64) -> Observation {
    Observation::PlatformWitnessGranted {
        at: Timestamp(from),
        node: node_name(name),
        not_before: Timestamp(from),
        not_after: Timestamp(until),
        evidence: evidence(from, until),
    }
}

pub(crate) fn placed(pod: Pod, node: &str, at: u64) -> Observation {
    Observation::PodPlaced { at: Timestamp(at), pod, node: node_name(node) }
}

pub(crate) fn created(id: EnclaveId, pod: &str, pages_guaranteed: u64) -> Observation {
    Observation::EnclaveCreated { enclave: id, container: container(pod), pages_guaranteed }
}

pub(crate) fn initialised(id: EnclaveId) -> Observation {
    Observation::EnclaveInitialised { enclave: id, measurement: measurement(1) }
}

/// Node `n` and pod `p` in place, its enclave 1 initialised at measurement 1 and not yet attested.
pub(crate) fn prologue() -> Vec<Observation> {
    prologue_of(RestartPolicy::Never)
}

/// The same of a pod under this policy.
pub(crate) fn prologue_of(restart_policy: RestartPolicy) -> Vec<Observation> {
    vec![
        Observation::NodeOffered { node: node("n") },
        affirmed("n", 0, 1000),
        placed(Pod { restart_policy, ..pod("p") }, "n", 10),
        created(enclave(1), "p", 0),
        initialised(enclave(1)),
    ]
}

pub(crate) fn granted(id: EnclaveId, from: u64, until: u64) -> Observation {
    Observation::WorkloadWitnessGranted {
        at: Timestamp(from),
        enclave: id,
        container: container("p"),
        measurement: measurement(1),
        not_after: Timestamp(until),
        evidence: evidence(from, until),
    }
}

pub(crate) fn entered(id: EnclaveId, by: u16, at: u64) -> Observation {
    Observation::EnclaveEntered { enclave: id, worker: worker(by), at: Timestamp(at) }
}

pub(crate) fn left(id: EnclaveId, by: u16, at: u64, ran: u64, how: HowLeft) -> Observation {
    Observation::EnclaveLeft { enclave: id, worker: worker(by), at: Timestamp(at), ran: Nanos(ran), how }
}

/// Destroyed as it should be, with this many pages resident.
pub(crate) fn destroyed(id: EnclaveId, frames: u64) -> Observation {
    Observation::EnclaveDestroyed {
        enclave: id,
        frames_returned: frames,
        frames_zeroed: frames,
        keys_zeroed: true,
    }
}

pub(crate) fn page_in(id: EnclaveId, page: u64, version: Option<u64>, frame: u64) -> Observation {
    Observation::PageIn { enclave: id, page, version, frame }
}

pub(crate) fn page_out(id: EnclaveId, page: u64, version: u64, frame: u64) -> Observation {
    Observation::PageOut { enclave: id, page, version, frame, by: None }
}

pub(crate) fn page_removed(id: EnclaveId, page: u64, frame: u64) -> Observation {
    Observation::PageRemoved { enclave: id, page, frame }
}
