//! What pods say of nodes, of other pods and of how their like are spread: node affinity, pod affinity and
//! anti-affinity, topology spread constraints, and the selectors that they are made of.
//!
//! Source: `core/v1`, Kubernetes v1.34. What they mean together, where pods are placed, the crate `affinity`
//! answers.

#[cfg(test)]
mod fixture;
mod node;
mod pods;
mod selector;
mod spread;

pub use node::{
    NodeAffinity, NodeFacts, NodeField, NodeOperator, NodeRequirement, NodeSelector, NodeSelectorTerm,
    PreferredNodeTerm,
};
pub use pods::{PodAffinity, PodAffinityTerm, PreferredPodTerm, Weight};
pub use selector::{LabelSelector, Labels, Operator, Requirement};
pub use spread::{Inclusion, SpreadConstraint, WhenUnsatisfiable};
