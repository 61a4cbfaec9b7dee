//! Everything a pod says that this crate decides by.

use alloc::string::String;
use alloc::vec::Vec;

use casemate_model::{Pod, Scheduling, Toleration};

use casemate_model::affinity::{Labels, NodeAffinity, NodeFacts, PodAffinity, SpreadConstraint};

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
    /// What the pod says.
    #[must_use]
    pub fn of(pod: &Pod) -> Self {
        let Scheduling { labels, node_affinity, pod_affinity, pod_anti_affinity, topology_spread, .. } =
            &pod.scheduling;
        Self {
            namespace: pod.key.namespace.clone(),
            labels: labels.clone(),
            node_selector: pod.node_selector.clone(),
            tolerations: pod.tolerations.clone(),
            node_affinity: node_affinity.clone(),
            pod_affinity: pod_affinity.clone(),
            pod_anti_affinity: pod_anti_affinity.clone(),
            spread: topology_spread.clone(),
        }
    }

    /// Whether its node selector and what it requires of nodes hold of the node.
    #[must_use]
    pub fn admits(&self, node: &NodeFacts) -> bool {
        let selected = self.node_selector.iter().all(|(key, value)| node.labels.get(key) == Some(value));
        selected && self.node_affinity.allows(node)
    }
}
