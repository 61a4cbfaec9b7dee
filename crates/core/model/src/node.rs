//! What a node is and what it has.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::{Bytes, Devices, Hardware, MilliCpu, NodeName, Tee};

/// A node as placement sees it: what it offers, not what is in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: NodeName,
    /// What makes it this node and this boot: evidence is bound to it.
    pub identity: NodeIdentity,
    /// The TEE it has. `None` can run nothing confidential.
    pub tee: Option<Tee>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its taints.
    pub taints: Vec<Taint>,
    /// What can be handed out in all.
    pub capacity: Capacity,
    /// What else can be handed out, by kind.
    pub devices: Devices,
    /// What is known of its hardware beside.
    pub hardware: Hardware,
}

/// Which node, and which boot of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeIdentity {
    /// Stable over reboots (Kubernetes' node UID; the machine id elsewhere).
    pub uid: String,
    /// New at each boot (`/proc/sys/kernel/random/boot_id`).
    pub boot_id: String,
}

/// Resources that can be handed out. Also used for what is in use or left.
///
/// A node that lists enclave slots but no EPC has zero EPC, never "unlimited".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capacity {
    /// Encrypted memory.
    pub epc: Bytes,
    /// Enclave slots.
    pub slots: u32,
    /// Memory-encryption key slots.
    pub key_slots: u32,
    /// CPU.
    pub cpu: MilliCpu,
    /// Ordinary memory.
    pub memory: Bytes,
}

/// A node's taint; Kubernetes' `core/v1 Taint`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Taint {
    /// Its key.
    pub key: String,
    /// Its value, often empty.
    pub value: String,
    /// What it does to pods that do not tolerate it.
    pub effect: TaintEffect,
}

/// What a taint does to pods that do not tolerate it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaintEffect {
    /// Not placed here.
    NoSchedule,
    /// Placed here only if nowhere else will do.
    PreferNoSchedule,
    /// Not placed here, and evicted if running.
    NoExecute,
}
