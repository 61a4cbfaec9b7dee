//! Which nodes a pod may go to because of labels, because of other pods, and because its like are to be
//! spread: Kubernetes' node affinity, pod affinity and anti-affinity and topology spread constraints.
//!
//! [`PodTerms`] is what a pod says, [`NodeFacts`](casemate_model::affinity::NodeFacts) what is looked at of a
//! node, and [`Topology`] knows which
//! pods are where. It answers with every [`Objection`], with yes or no, or with a [`Preference`]; a pod's
//! terms that were learned are answered from counts that each change keeps up to date, so that looking at a
//! node costs a few look-ups however many pods there are.
//!
//! Semantics are those of Kubernetes v1.34 (`core/v1 Affinity`, `core/v1 TopologySpreadConstraint`) as its
//! scheduler's plugins `NodeAffinity`, `InterPodAffinity` and `PodTopologySpread` have them, with the default
//! `hardPodAffinityWeight` of 1. Not here: constraints a cluster sets for pods that have none
//! (`defaultConstraints`), and whether taints keep a pod out, which is another filter's matter.
//!
//! Reads no clock and no randomness, and iterates in the order of names. Arithmetic saturates.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

#[cfg(test)]
mod fixture;
mod mistake;
mod objection;
mod preference;
mod reach;
mod relation;
mod shape;
mod spread;
mod tally;
mod terms;
mod topology;
mod view;

pub use mistake::Mistake;
pub use objection::{Objection, Rule};
pub use preference::Preference;
pub use terms::PodTerms;
pub use topology::{Topology, TopologyError};
pub use view::View;
