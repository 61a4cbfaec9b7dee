//! What pods say of how their like are spread.
//!
//! Source: `core/v1 TopologySpreadConstraint`, Kubernetes v1.34; `minDomains`: KEP-3022;
//! `nodeAffinityPolicy` and `nodeTaintsPolicy`: KEP-3094; `matchLabelKeys`: KEP-3243.

use alloc::collections::BTreeSet;
use alloc::string::String;
use core::num::NonZeroU32;

use super::LabelSelector;

/// `core/v1 TopologySpreadConstraint`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SpreadConstraint {
    /// `maxSkew`: by how many pods a domain may exceed the emptiest one.
    pub max_skew: NonZeroU32,
    /// `minDomains`: with fewer eligible domains than this, the emptiest counts as empty. `None` is 1.
    pub min_domains: Option<NonZeroU32>,
    /// `topologyKey`: nodes whose label has the same value are one domain.
    pub topology_key: String,
    /// `whenUnsatisfiable`.
    pub when_unsatisfiable: WhenUnsatisfiable,
    /// `labelSelector`: which pods of the pod's namespace are counted. `None` is no pod. Nor is one that is empty
    /// once `match_label_keys` are added to it, for which the scheduler counts none.
    pub label_selector: Option<LabelSelector>,
    /// `matchLabelKeys`: labels whose value has to be the pod's own for a pod to be counted.
    pub match_label_keys: BTreeSet<String>,
    /// `nodeAffinityPolicy`: of nodes that the pod's node selector or affinity rules out. Absent: `Honor`.
    pub node_affinity_policy: Inclusion,
    /// `nodeTaintsPolicy`: of nodes with a taint the pod does not tolerate. Absent: `Ignore`.
    pub node_taints_policy: Inclusion,
}

/// `whenUnsatisfiable`: what is done where the skew would be exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WhenUnsatisfiable {
    /// The pod does not go there.
    DoNotSchedule,
    /// The pod had rather go elsewhere.
    ScheduleAnyway,
}

/// `core/v1 NodeInclusionPolicy`: whether nodes the pod could not use are left out of its domains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Inclusion {
    /// They are left out.
    Honor,
    /// They count as any other.
    Ignore,
}
