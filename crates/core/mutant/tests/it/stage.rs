//! What has to be in place, in the judge's eyes, before the decider under test has its turn.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use casemate_checker::{EvidenceFacts, Judge, Limits, Observation};
use casemate_model::{
    Bytes, Capacity, Container, ContainerKey, Demand, EnclaveId, Measurement, MilliCpu, Nanos, Node,
    NodeIdentity, NodeName, Pod, PodKey, RestartPolicy, Tee, Timestamp, WorkerId,
};

pub(crate) const START: Timestamp = Timestamp::from_unix_secs(1_800_000_000);
pub(crate) const DAY: Nanos = Nanos::from_secs(24 * 3600);

pub(crate) fn limits() -> Limits {
    Limits {
        workers: 3,
        frames: 64,
        evidence_ttl: DAY,
        restarts: 5,
        debug_allowed: false,
        vruntime_per_nano: 1,
        violations: 1000,
    }
}

pub(crate) fn enclave(index: u32) -> EnclaveId {
    EnclaveId { index, generation: 0 }
}

pub(crate) fn worker(number: u16) -> WorkerId {
    WorkerId(NonZeroU16::new(number).expect("workers count from one"))
}

pub(crate) fn measurement(index: u32) -> Measurement {
    Measurement([index as u8; 32])
}

pub(crate) fn pod_key(name: &str) -> PodKey {
    PodKey { namespace: "default".into(), name: name.into() }
}

pub(crate) fn container() -> ContainerKey {
    ContainerKey { pod: pod_key("stage"), container: "main".into() }
}

/// Software enclaves, and plenty of everything.
pub(crate) fn node(name: &str) -> Node {
    Node {
        name: NodeName(name.into()),
        identity: NodeIdentity { uid: format!("uid-{name}"), boot_id: "boot".into() },
        tee: Some(Tee::Software),
        labels: BTreeMap::new(),
        taints: Vec::new(),
        devices: BTreeMap::new(),
        hardware: casemate_model::Hardware::default(),
        capacity: Capacity {
            epc: Bytes::mib(64),
            slots: 100,
            key_slots: 100,
            cpu: MilliCpu(100_000),
            memory: Bytes::mib(100_000),
        },
    }
}

/// Its platform is affirmed for a day.
pub(crate) fn affirmed(node: &NodeName) -> Observation {
    let (at, not_before, not_after) = (START, START, START.after(DAY));
    let evidence = EvidenceFacts { measurement: measurement(0), debug: false, not_before, not_after };
    Observation::PlatformWitnessGranted { at, node: node.clone(), not_before, not_after, evidence }
}

/// The same for one of its TEEs.
pub(crate) fn affirmed_for(node: &NodeName, tee: Tee) -> Observation {
    let (at, not_before, not_after) = (START, START, START.after(DAY));
    let evidence = EvidenceFacts { measurement: measurement(0), debug: false, not_before, not_after };
    Observation::TeeWitnessGranted { at, node: node.clone(), tee, not_before, not_after, evidence }
}

/// One container with this demand.
pub(crate) fn pod(name: &str, demand: Demand) -> Pod {
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
            name: "main".into(),
            image: "image".into(),
            args: Vec::new(),
            env: Vec::new(),
            working_dir: None,
            mounts: Vec::new(),
            demand,
        }],
    }
}

/// Pages that stay resident of each enclave.
pub(crate) const PAGES_GUARANTEED: u64 = 4;

/// A judge who has seen this many enclaves created and initialised for a placed pod.
pub(crate) fn set(limits: Limits, enclaves: u32) -> Judge {
    let mut judge = Judge::new(limits);
    judge.observe(Observation::NodeOffered { node: node("stage") });
    judge.observe(Observation::PodPlaced {
        at: START,
        pod: pod("stage", Demand::default()),
        node: NodeName("stage".into()),
    });
    for index in 0..enclaves {
        let enclave = enclave(index);
        judge.observe(Observation::EnclaveCreated {
            enclave,
            container: container(),
            pages_guaranteed: PAGES_GUARANTEED,
        });
        judge.observe(Observation::EnclaveInitialised { enclave, measurement: measurement(index) });
    }
    judge
}

/// All of them attested for a day.
pub(crate) fn attest(judge: &mut Judge, enclaves: u32) {
    for index in 0..enclaves {
        let not_after = START.after(DAY);
        judge.observe(Observation::WorkloadWitnessGranted {
            at: START,
            enclave: enclave(index),
            container: container(),
            measurement: measurement(index),
            not_after,
            evidence: EvidenceFacts {
                measurement: measurement(index),
                debug: false,
                not_before: START,
                not_after,
            },
        });
    }
}

/// The end of enclaves that hold no frames, and of their pod.
pub(crate) fn strike(judge: &mut Judge, enclaves: u32) {
    for index in 0..enclaves {
        judge.observe(Observation::EnclaveDestroyed {
            enclave: enclave(index),
            frames_returned: 0,
            frames_zeroed: 0,
            keys_zeroed: true,
        });
    }
    judge.observe(Observation::PodReleased { pod: pod_key("stage") });
}
