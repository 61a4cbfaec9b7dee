//! What is known of a node's hardware beside its amounts.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::{Bytes, DeviceKind, MilliCpu, Tee};

/// What a node is made of. The default knows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hardware {
    /// Its NUMA nodes, in order. Empty: not known, and everything is as near as everything else.
    pub numa: Vec<NumaNode>,
    /// Hardware threads of a physical core. 0: not known.
    pub threads_per_core: u8,
    /// The platform's FMSPC, by which Intel tells TCBs apart.
    pub fmspc: Option<Fmspc>,
    /// TEEs it has beside its first one.
    pub other_tees: BTreeSet<Tee>,
    /// Devices that come in units, of which a pod gets a share of one or several whole ones: by kind, the
    /// capacity of each unit. Their sum is what the node has of the kind.
    pub units: BTreeMap<DeviceKind, Vec<u64>>,
}

/// Family, model, stepping, platform type and custom SKU of a platform's TCB (Intel, "PCK Certificate and CRL
/// Profile Specification").
pub type Fmspc = [u8; 6];

/// A NUMA node: a share of what its node has in all.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct NumaNode {
    /// Encrypted memory.
    pub epc: Bytes,
    /// CPU.
    pub cpu: MilliCpu,
    /// Ordinary memory.
    pub memory: Bytes,
    /// Memory bandwidth in bytes a second. `None`: not known, and not counted.
    pub bandwidth: Option<u64>,
    /// Distance to each NUMA node of the node, in their order (ACPI SLIT: 10 is local). Empty: not known.
    pub distances: Vec<u8>,
}
