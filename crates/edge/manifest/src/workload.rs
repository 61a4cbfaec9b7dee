//! A pod, and where it comes from.

use casemate_model::{Pod, PodKey};

use crate::Place;

/// A pod that is to be placed and run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// What it is and asks for.
    pub pod: Pod,
    /// Where it comes from.
    pub provenance: Provenance,
    /// Where each container's image is written, in the order of [`Pod::all_containers`].
    pub images: Vec<Place>,
}

/// Where a pod comes from. Relative image paths count from this file's directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// Where its document begins.
    pub place: Place,
    /// What the document is.
    pub kind: WorkloadKind,
}

/// What kind of document makes the pod. An index is that of the pod, among those the document makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkloadKind {
    /// A Pod.
    Pod,
    /// A Job.
    Job {
        /// From 0.
        index: u32,
    },
    /// A CronJob's Job.
    CronJob {
        /// From 0.
        index: u32,
    },
    /// A Deployment.
    Deployment {
        /// From 0.
        index: u32,
    },
    /// A ReplicaSet or a ReplicationController.
    ReplicaSet {
        /// From 0.
        index: u32,
    },
    /// A StatefulSet.
    StatefulSet {
        /// From `spec.ordinals.start`, 0 where absent.
        index: u32,
    },
    /// A DaemonSet: one pod a node, and here is one node.
    DaemonSet,
}

/// A document that is understood, and that needs nothing to run here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Understood {
    /// Its namespace and name.
    pub key: PodKey,
    /// Its kind, as written: `DaemonSet`.
    pub kind: String,
    /// Where it begins.
    pub place: Place,
    /// Why nothing runs for it.
    pub because: Idle,
}

/// Why nothing runs for a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idle {
    /// A device plugin: the policy allows it, but this machine has no kubelet, and a software TEE no device.
    DevicePlugin,
    /// It is suspended, paused, or asks for no pods, or for none beside those that are there.
    NoPods,
    /// It has ended in the cluster it was read from, and is not planned again.
    Ended,
    /// What owns it is in the same files and makes its pods.
    Owned,
}

impl Provenance {
    /// The file it is written in.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.place.file
    }
}
