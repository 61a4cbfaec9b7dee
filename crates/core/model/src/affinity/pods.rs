//! What pods say of other pods: affinity and anti-affinity.
//!
//! Source: `core/v1 PodAffinity`, `PodAntiAffinity`, `PodAffinityTerm`, `WeightedPodAffinityTerm`, Kubernetes
//! v1.34; namespaces by label: KEP-2249; `matchLabelKeys` and `mismatchLabelKeys`: KEP-3633.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use super::LabelSelector;

/// `core/v1 PodAffinity`, and `core/v1 PodAntiAffinity`, which has the same fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PodAffinity {
    /// `requiredDuringSchedulingIgnoredDuringExecution`.
    pub required: Vec<PodAffinityTerm>,
    /// `preferredDuringSchedulingIgnoredDuringExecution`.
    pub preferred: Vec<PreferredPodTerm>,
}

/// `core/v1 PodAffinityTerm`: some pods, and what being near them means.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PodAffinityTerm {
    /// `labelSelector`: which pods. `None` is no pod, an empty one is every pod.
    pub label_selector: Option<LabelSelector>,
    /// `namespaces`, added to those of `namespace_selector`.
    pub namespaces: BTreeSet<String>,
    /// `namespaceSelector`. Absent, with no `namespaces`: the pod's own. An empty one: all of them.
    pub namespace_selector: Option<LabelSelector>,
    /// `topologyKey`: nodes whose label has the same value are one place.
    pub topology_key: String,
    /// `matchLabelKeys`: labels whose value has to be the pod's own.
    pub match_label_keys: BTreeSet<String>,
    /// `mismatchLabelKeys`: labels whose value must not be the pod's own.
    pub mismatch_label_keys: BTreeSet<String>,
}

/// `core/v1 WeightedPodAffinityTerm`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PreferredPodTerm {
    /// How much a place gains, or loses, for each pod.
    pub weight: Weight,
    /// Which pods, and where.
    pub term: PodAffinityTerm,
}

/// The weight of a preferred term, 1 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weight(u8);

impl Weight {
    /// A weight, if the API allows it.
    #[must_use]
    pub const fn new(points: u8) -> Option<Self> {
        if points >= 1 && points <= 100 { Some(Self(points)) } else { None }
    }

    /// Its points.
    #[must_use]
    pub const fn points(self) -> i64 {
        self.0 as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_1_to_100() {
        assert!(Weight::new(0).is_none() && Weight::new(101).is_none());
        assert_eq!([1, 100].map(|it| Weight::new(it).unwrap().points()), [1, 100]);
    }
}
