//! Everything divisible that has no field of its own: GPUs, huge pages, a cluster's own inventions.
//!
//! Amounts are whole, in the unit the resource's name stands for: things of an extended
//! resource, bytes of huge pages and of ephemeral storage (`core/v1 ResourceList`).

use alloc::borrow::Borrow;
use alloc::collections::BTreeMap;
use alloc::string::String;
use core::fmt;

/// So much of each kind of device. What is not in it is not there: zero, never "unlimited".
pub type Devices = BTreeMap<DeviceKind, u64>;

/// A kind of device by its resource's name, as Kubernetes spells it: `nvidia.com/gpu`, `hugepages-2Mi`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceKind(pub String);

impl DeviceKind {
    /// What every pod takes one of where a node lists it, without asking (`core/v1 ResourcePods`).
    pub const PODS: &str = "pods";

    /// The resource's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for DeviceKind {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

/// So that amounts are looked up by the name alone.
impl Borrow<str> for DeviceKind {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeviceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
