//! Everything a pod says that this crate decides by.

use alloc::string::String;
use alloc::vec::Vec;

use casemate_model::Toleration;

use crate::{Labels, NodeAffinity, NodeFacts, PodAffinity, SpreadConstraint};

/// What a pod is, and what it says of nodes, of other pods and of its like.
///
/// Pods of one template have equal terms, and share everything that is kept about them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PodTerms {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.labels`.
    pub labels: Labels,
    /// `spec.nodeSelector`: labels a node must carry with exactly these values.
    pub node_selector: Labels,
    /// `spec.tolerations`; only `nodeTaintsPolicy` of a spread looks at them here.
    pub tolerations: Vec<Toleration>,
    /// `spec.affinity.nodeAffinity`.
    pub node_affinity: NodeAffinity,
    /// `spec.affinity.podAffinity`.
    pub pod_affinity: PodAffinity,
    /// `spec.affinity.podAntiAffinity`.
    pub pod_anti_affinity: PodAffinity,
    /// `spec.topologySpreadConstraints`.
    pub spread: Vec<SpreadConstraint>,
}

impl PodTerms {
    /// Whether its node selector and what it requires of nodes hold of the node.
    #[must_use]
    pub fn admits(&self, node: &NodeFacts) -> bool {
        let selected = self.node_selector.iter().all(|(key, value)| node.labels.get(key) == Some(value));
        selected && self.node_affinity.allows(node)
    }
}
