//! What a workload is and what it asks for.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::{Bytes, Devices, MilliCpu, Mount, Nanos, PodKey, Scheduling, TaintEffect, Tee, Volume};

/// One pod: the unit that is placed. Its containers start together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    /// Its namespace and name.
    pub key: PodKey,
    /// Larger is more important; Kubernetes' `spec.priority`, 0 where absent.
    pub priority: i32,
    /// Labels a node must carry with exactly these values.
    pub node_selector: BTreeMap<String, String>,
    /// Taints it can live with.
    pub tolerations: Vec<Toleration>,
    /// Memory, CPU and key slots its sandbox costs beside its containers (`spec.overhead`).
    pub overhead_memory: Bytes,
    /// See `overhead_memory`.
    pub overhead_cpu: MilliCpu,
    /// See `overhead_memory`.
    pub overhead_key_slots: u32,
    /// Run to their end one after another, in this order, before any of `containers` starts.
    pub init_containers: Vec<Container>,
    /// At least one. They start together.
    pub containers: Vec<Container>,
    /// What the end of a container leads to.
    pub restart_policy: RestartPolicy,
    /// The most restarts of its containers together (a Job's `backoffLimit`). `None`: its kind sets none.
    pub restarts_max: Option<u32>,
    /// How long it may run from its start until it is ended (`activeDeadlineSeconds`).
    pub active_deadline: Option<Nanos>,
    /// Files its containers may mount.
    pub volumes: Vec<Volume>,
    /// What it says of its place.
    pub scheduling: Scheduling,
}

/// Whether a container that has ended is started again; Kubernetes' `spec.restartPolicy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RestartPolicy {
    /// However it ended.
    #[default]
    Always,
    /// Where it failed.
    OnFailure,
    /// Not at all.
    Never,
}

/// One container of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Its name within the pod.
    pub name: String,
    /// The image reference, as written.
    pub image: String,
    /// The whole argument vector: `command` then `args`. Where the manifest writes no
    /// command, the image's last path part stands in its place, so the first is always the program.
    pub args: Vec<String>,
    /// Environment, in the order written.
    pub env: Vec<(String, String)>,
    /// The directory relative paths start from; absolute. `None`: `/`.
    pub working_dir: Option<String>,
    /// The volumes it sees.
    pub mounts: Vec<Mount>,
    /// What it asks for.
    pub demand: Demand,
}

/// What one container asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// CPU requested.
    pub cpu: MilliCpu,
    /// Ordinary memory requested.
    pub memory: Bytes,
    /// Ordinary memory limit, where one is set.
    pub memory_limit: Option<Bytes>,
    /// What it needs of a TEE. `None`: it asks for none, so it is not confidential.
    pub enclave: Option<EnclaveDemand>,
    /// What else it needs, by kind. None of it zero.
    pub devices: Devices,
}

/// What a confidential container needs of its TEE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnclaveDemand {
    /// The TEE it asks for.
    pub tee: Tee,
    /// Encrypted memory that is always resident: the request. Never over-committed.
    pub epc_guaranteed: Bytes,
    /// The most encrypted memory the enclave may have: the limit. The excess over
    /// the request is paged. `None`: it names no limit.
    pub epc_limit: Option<Bytes>,
    /// Enclave slots (`sgx.intel.com/enclave`).
    pub slots: u32,
    /// Key slots (`tdx.intel.com/keys`, `sev-snp.amd.com/esids`).
    pub key_slots: u32,
}

/// A taint a pod can live with; Kubernetes' `core/v1 Toleration`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Toleration {
    /// The taint's key. `None` with `Exists` tolerates every taint.
    pub key: Option<String>,
    /// How the taint's value is compared.
    pub operator: TolerationOperator,
    /// The one effect tolerated; `None` is all of them.
    pub effect: Option<TaintEffect>,
}

/// How a toleration compares values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TolerationOperator {
    /// Any value will do.
    Exists,
    /// Exactly this value.
    Equal(String),
}

impl Pod {
    /// Every container, those that run first before the others.
    pub fn all_containers(&self) -> impl Iterator<Item = &Container> {
        self.init_containers.iter().chain(&self.containers)
    }

    /// The containers that ask for a TEE.
    pub fn enclaves(&self) -> impl Iterator<Item = (&Container, &EnclaveDemand)> {
        self.all_containers().filter_map(|c| c.demand.enclave.as_ref().map(|e| (c, e)))
    }

    /// What it needs of each kind of device at its most: its containers together, or the init
    /// container that needs most, since those run one by one before them. Saturates.
    #[must_use]
    pub fn devices(&self) -> Devices {
        let mut needed = Devices::new();
        for (kind, amount) in self.containers.iter().flat_map(|container| &container.demand.devices) {
            let sum = needed.entry(kind.clone()).or_default();
            *sum = sum.saturating_add(*amount);
        }
        for (kind, amount) in self.init_containers.iter().flat_map(|container| &container.demand.devices) {
            let most = needed.entry(kind.clone()).or_default();
            *most = (*most).max(*amount);
        }
        needed
    }

    /// A pod is confidential when any of its containers asks for a TEE.
    #[must_use]
    pub fn is_confidential(&self) -> bool {
        self.enclaves().next().is_some()
    }
}
