//! How gladly a pod would go to a node, in points.

/// Points of one pod for one node, before any scaling: more is better.
///
/// Kubernetes scales each part over all nodes to 0 to 100 before it adds them; whoever compares nodes may do
/// the same, and therefore gets the parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preference {
    /// Weights of the preferred node affinity terms that hold.
    pub nodes: i64,
    /// For each pod in the node's domains: the weights of its own preferred terms that mean it, and of that
    /// pod's terms that mean this one, 1 for each required affinity term among the latter. Anti-affinity
    /// takes away.
    pub pods: i64,
    /// At most 0: the pods that `ScheduleAnyway` constraints count in the node's domains. A node that lacks
    /// one of their topology keys is worse than any that has them all.
    pub spread: i64,
}

impl Preference {
    /// All points together.
    #[must_use]
    pub const fn total(self) -> i64 {
        self.nodes.saturating_add(self.pods).saturating_add(self.spread)
    }
}
