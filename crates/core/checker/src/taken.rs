//! Out of which parts of a node a pod has what it asks for.

use std::collections::BTreeMap;

use casemate_model::DeviceKind;

/// Which units and NUMA nodes of its node a pod has how much of. Each is told by its place in the node's list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Encrypted memory in bytes, by NUMA node. Empty: not said.
    pub epc: Vec<(usize, u64)>,
    /// Bandwidth of encrypted memory in bytes a second, by NUMA node. Empty: not said.
    pub bandwidth: Vec<(usize, u64)>,
    /// Of kinds of device that come in units, by unit. A kind that is not in it was not said.
    pub units: BTreeMap<DeviceKind, Vec<(usize, u64)>>,
}

/// How a pod gets from one node to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// It ends here and starts there.
    Restart,
    /// It runs on.
    Live,
}
