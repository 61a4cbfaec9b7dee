//! Names and ids. Each kind of thing has its own type.

use alloc::string::String;
use core::fmt;

/// A pod: `namespace/name`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodKey {
    /// Kubernetes namespace; `default` where the manifest names none.
    pub namespace: String,
    /// The pod's own name. A Job's pod is the Job's name and an index.
    pub name: String,
}

impl fmt::Display for PodKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// One container of a pod. In `casemate run` a container is one enclave.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContainerKey {
    /// The pod it belongs to.
    pub pod: PodKey,
    /// The container's name within the pod.
    pub container: String,
}

impl fmt::Display for ContainerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.pod, self.container)
    }
}

/// A node's name, unique in a cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeName(pub String);

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One enclave instance on a node. The index is a slot and is reused; the
/// generation tells two users of the same slot apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnclaveId {
    /// Slot on this node.
    pub index: u32,
    /// How many instances had this slot before.
    pub generation: u32,
}

impl fmt::Display for EnclaveId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "e{}.{}", self.index, self.generation)
    }
}

/// One CPU of the node that runs enclaves. Never zero: zero means "nobody" on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkerId(pub core::num::NonZeroU16);

impl WorkerId {
    /// Which one it is, from 0, as people count CPUs.
    #[must_use]
    pub const fn index(self) -> u16 {
        self.0.get() - 1
    }
}

impl fmt::Display for WorkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "w{}", self.0)
    }
}
