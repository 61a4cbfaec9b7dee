//! Why a pod may not go to a node, in data and in words.

use alloc::string::String;
use core::fmt;

/// One reason against a node. Terms and constraints are numbered from 0, in the order of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Objection {
    /// `spec.nodeSelector`: the node lacks a label, or has another value.
    NodeSelector {
        /// The label's key.
        key: String,
        /// The value asked for.
        wanted: String,
        /// The node's value.
        has: Option<String>,
    },
    /// Required node affinity: none of the terms holds of the node.
    NodeAffinity {
        /// How many terms there are.
        terms: usize,
    },
    /// The node has no label that says which domain it is in.
    NoDomain {
        /// Whose topology key it is.
        rule: Rule,
        /// The label's key.
        topology_key: String,
    },
    /// Required pod affinity: no pod of those that all terms mean is in the node's domain.
    Alone {
        /// Which term.
        term: usize,
        /// The domain's key.
        topology_key: String,
        /// The node's domain.
        domain: String,
        /// How many there are in other domains of this key.
        elsewhere: u64,
    },
    /// Required pod anti-affinity: pods the term means are in the node's domain.
    Crowded {
        /// Which term.
        term: usize,
        /// The domain's key.
        topology_key: String,
        /// The node's domain.
        domain: String,
        /// How many such pods.
        pods: u64,
    },
    /// Pods in the node's domain require, by their own anti-affinity, that this one is not.
    Repelled {
        /// The domain's key.
        topology_key: String,
        /// The node's domain.
        domain: String,
        /// How many such pods.
        pods: u64,
    },
    /// A spread with `DoNotSchedule`: the domain would exceed the emptiest one by too many.
    Skewed {
        /// Which constraint.
        constraint: usize,
        /// The domain's key.
        topology_key: String,
        /// The node's domain.
        domain: String,
        /// How many pods the domain would then count.
        pods: u64,
        /// How many the emptiest eligible domain counts; 0 where there are too few of them.
        least: u64,
        /// How many eligible domains there are.
        domains: u64,
        /// The most the difference may be.
        max_skew: u64,
    },
}

/// What of a pod names a topology key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A required term of pod affinity.
    Affinity(usize),
    /// A topology spread constraint.
    Spread(usize),
}

impl Objection {
    /// Whether it would stand wherever other pods were: only the node's labels can end it.
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        matches!(self, Self::NodeSelector { .. } | Self::NodeAffinity { .. } | Self::NoDomain { .. })
    }
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NodeSelector { key, wanted, has: Some(has) } => {
                write!(f, "selects {key}={wanted}, the node has {key}={has}")
            }
            Self::NodeSelector { key, wanted, has: None } => {
                write!(f, "selects {key}={wanted}, the node has no label {key}")
            }
            Self::NodeAffinity { terms } => {
                write!(f, "none of the {terms} terms of its required node affinity holds of the node")
            }
            Self::NoDomain { rule, topology_key } => {
                write!(f, "{rule} asks for the label {topology_key}, which the node has not")
            }
            Self::Alone { term, topology_key, domain, elsewhere } => write!(
                f,
                "required pod affinity term {term}: no such pod in {topology_key}={domain}, {elsewhere} elsewhere"
            ),
            Self::Crowded { term, topology_key, domain, pods } => write!(
                f,
                "required pod anti-affinity term {term}: such pods in {topology_key}={domain}: {pods}"
            ),
            Self::Repelled { topology_key, domain, pods } => {
                write!(f, "pods in {topology_key}={domain} whose required anti-affinity keeps it out: {pods}")
            }
            Self::Skewed { constraint, topology_key, domain, pods, least, domains, max_skew } => write!(
                f,
                "topology spread constraint {constraint}: {topology_key}={domain} would count {pods}, the \
                 least of {domains} eligible domains counts {least}, a skew of {max_skew} is allowed"
            ),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Affinity(term) => write!(f, "required pod affinity term {term}"),
            Self::Spread(constraint) => write!(f, "topology spread constraint {constraint}"),
        }
    }
}
