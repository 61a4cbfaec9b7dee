//! A pod, and where it comes from.

use casemate_model::Pod;

use crate::Place;

/// A pod that is to be placed and run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// What it is and asks for.
    pub pod: Pod,
    /// Where it comes from.
    pub provenance: Provenance,
    /// Where each container's image is written, in the order of the containers.
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

/// What kind of document makes the pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkloadKind {
    /// A Pod.
    Pod,
    /// A Job, of which this is the pod with that index.
    Job {
        /// From 0.
        index: u32,
    },
}

impl Provenance {
    /// The file it is written in.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.place.file
    }
}
