//! Why a pod is where it is, or is nowhere: every filter's answer for every node.

use std::cmp::Ordering;
use std::fmt;

use casemate_model::{NodeName, PodKey};

use crate::{Objection, PodObjection, Score};

/// A decision's reasons, complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The pod.
    pub pod: PodKey,
    /// A reason that holds whatever the node. Then no node was looked at.
    pub objection: Option<PodObjection>,
    /// Every node there is, by name.
    pub nodes: Vec<NodeReport>,
    /// The node that was chosen, if one was.
    pub chosen: Option<NodeName>,
}

/// What was found about one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeReport {
    /// The node.
    pub node: NodeName,
    /// Every filter, in a fixed order.
    pub filters: Vec<FilterReport>,
    /// How good it is; only where every filter passes.
    pub score: Option<Score>,
}

/// What one filter found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterReport {
    /// The filter's name.
    pub filter: &'static str,
    /// Its objections. None: it passes.
    pub objections: Vec<Objection>,
}

impl Explanation {
    /// Every reason against, in words, one a line: what a report shows for a pod without a place.
    #[must_use]
    pub fn reasons(&self) -> Vec<String> {
        if let Some(objection) = &self.objection {
            return vec![objection.to_string()];
        }
        if self.nodes.is_empty() {
            return vec!["there is no node".to_owned()];
        }
        let nodes = self.nodes.iter();
        let lines = nodes.flat_map(|report| {
            report
                .objections()
                .map(move |(filter, objection)| format!("{}: {filter}: {objection}", report.node))
        });
        lines.collect()
    }

    /// Whether no node could take the pod even if it were empty and freshly attested.
    pub(crate) fn is_permanent(&self) -> bool {
        match &self.objection {
            Some(objection) => objection.is_permanent(),
            None => self.nodes.iter().all(NodeReport::is_permanent),
        }
    }

    /// What was found about one node.
    #[must_use]
    pub fn node(&self, name: &NodeName) -> Option<&NodeReport> {
        self.nodes.iter().find(|report| report.node == *name)
    }
}

impl NodeReport {
    /// Every objection, with its filter's name.
    pub fn objections(&self) -> impl Iterator<Item = (&'static str, &Objection)> {
        self.filters.iter().flat_map(|filter| filter.objections.iter().map(|found| (filter.filter, found)))
    }

    /// Whether the node could not take the pod even if it were empty and freshly attested.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        self.objections().any(|(_, objection)| objection.is_permanent())
    }

    /// What is missing, where room is all that is missing.
    pub(crate) fn shortfall(&self) -> Option<Shortfall> {
        let mut worst: Option<Shortfall> = None;
        for (_, objection) in self.objections() {
            if objection.is_permanent() {
                return None;
            }
            let this = match objection {
                Objection::Short { asked, free, capacity, .. } => {
                    Shortfall { missing: asked.saturating_sub(*free), capacity: *capacity }
                }
                Objection::Misfit { asked, misfit, .. } => {
                    let (missing, capacity) = misfit.missing(*asked);
                    Shortfall { missing, capacity }
                }
                _ => return None,
            };
            worst = Some(worst.map_or(this, |worst| if worst.is_less_than(this) { this } else { worst }));
        }
        worst
    }
}

/// How much of a node has to become free, as a part of what it has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shortfall {
    missing: u64,
    capacity: u64,
}

impl Shortfall {
    /// Whether a smaller part of its node is missing than of the other's.
    pub(crate) fn is_less_than(self, other: Self) -> bool {
        let ours = u128::from(self.missing) * u128::from(other.capacity);
        ours.cmp(&(u128::from(other.missing) * u128::from(self.capacity))) == Ordering::Less
    }
}

impl fmt::Display for Explanation {
    /// One line for each node.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.chosen {
            Some(node) => write!(f, "{} is placed on {node}", self.pod)?,
            None if self.is_permanent() => write!(f, "{} can never be placed", self.pod)?,
            None => write!(f, "{} waits", self.pod)?,
        }
        match &self.objection {
            Some(objection) => return write!(f, ": {objection}"),
            None if self.nodes.is_empty() => return f.write_str(": there is no node"),
            None => f.write_str(":")?,
        }
        for report in &self.nodes {
            write!(f, "\n  {report}")?;
        }
        Ok(())
    }
}

impl fmt::Display for NodeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.node)?;
        if let Some(score) = &self.score {
            return write!(f, "passes; {score}");
        }
        for (index, (filter, objection)) in self.objections().enumerate() {
            write!(f, "{}{filter}: {objection}", if index == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}
