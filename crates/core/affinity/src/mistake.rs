//! What the API would not accept of a pod's terms.
//!
//! Source: validation of `core/v1 Affinity` and `core/v1 TopologySpreadConstraint`, Kubernetes v1.34. What
//! the types here cannot express (weights beyond 1 to 100, a `maxSkew` of 0) is not looked for.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::PodTerms;
use casemate_model::affinity::{
    LabelSelector, NodeOperator, NodeSelectorTerm, Operator, PodAffinityTerm, SpreadConstraint,
    WhenUnsatisfiable,
};

/// Something in a pod's terms that the API refuses, with its place under `spec`. Its author erred.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    /// `In` or `NotIn` with no values.
    #[error("{at}: the requirement of {key} lists no values; list at least one")]
    NoValues {
        /// Where.
        at: String,
        /// The label's key.
        key: String,
    },
    /// A term or constraint with an empty topology key.
    #[error("{at}: the topology key is empty; name a label of nodes")]
    NoTopologyKey {
        /// Where.
        at: String,
    },
    /// Required node affinity without terms.
    #[error("{at}: there are no terms, which selects no node; write a term or leave it out")]
    NoTerms {
        /// Where.
        at: String,
    },
    /// Label keys to be merged into a selector that is not there.
    #[error("{at}: matchLabelKeys or mismatchLabelKeys need a labelSelector; write one, if only {{}}")]
    KeysWithoutSelector {
        /// Where.
        at: String,
    },
    /// A label key that has to match and must not.
    #[error("{at}: {key} is in matchLabelKeys and in mismatchLabelKeys; remove it from one")]
    KeyOnBothSides {
        /// Where.
        at: String,
        /// The label's key.
        key: String,
    },
    /// `minDomains` on a constraint that may be ignored.
    #[error("{at}: minDomains needs whenUnsatisfiable: DoNotSchedule")]
    MinDomainsIgnored {
        /// Where.
        at: String,
    },
    /// Two constraints with the same topology key and the same `whenUnsatisfiable`.
    #[error("{at}: a constraint before it has the same topology key {key} and whenUnsatisfiable; remove one")]
    Twice {
        /// Where.
        at: String,
        /// The topology key.
        key: String,
    },
}

impl PodTerms {
    /// Everything the API would refuse. Such terms still have a meaning here, and never a laxer one than
    /// their parts: a requirement that lists no values holds of nothing where it asks for one of them.
    #[must_use]
    pub fn mistakes(&self) -> Vec<Mistake> {
        let mut all = Vec::new();
        let affinity = &self.node_affinity;
        if let Some(required) = &affinity.required {
            let at = "nodeAffinity.required";
            if required.terms.is_empty() {
                all.push(Mistake::NoTerms { at: at.into() });
            }
            for (number, term) in required.terms.iter().enumerate() {
                of_node_term(term, &format!("{at}[{number}]"), &mut all);
            }
        }
        for (number, it) in affinity.preferred.iter().enumerate() {
            of_node_term(&it.term, &format!("nodeAffinity.preferred[{number}]"), &mut all);
        }
        for (name, of) in [("podAffinity", &self.pod_affinity), ("podAntiAffinity", &self.pod_anti_affinity)]
        {
            for (number, term) in of.required.iter().enumerate() {
                of_pod_term(term, &format!("{name}.required[{number}]"), &mut all);
            }
            for (number, it) in of.preferred.iter().enumerate() {
                of_pod_term(&it.term, &format!("{name}.preferred[{number}]"), &mut all);
            }
        }
        let mut before = BTreeSet::new();
        for (number, constraint) in self.spread.iter().enumerate() {
            let at = format!("topologySpreadConstraints[{number}]");
            of_constraint(constraint, &at, &mut all);
            if !before.insert((&constraint.topology_key, constraint.when_unsatisfiable)) {
                all.push(Mistake::Twice { at, key: constraint.topology_key.clone() });
            }
        }
        all
    }
}

fn of_node_term(term: &NodeSelectorTerm, at: &str, all: &mut Vec<Mistake>) {
    for it in &term.expressions {
        if let NodeOperator::Label(operator) = &it.operator {
            of_operator(&it.key, operator, at, all);
        }
    }
}

fn of_pod_term(term: &PodAffinityTerm, at: &str, all: &mut Vec<Mistake>) {
    of_topology_key(&term.topology_key, at, all);
    for selector in [&term.label_selector, &term.namespace_selector].into_iter().flatten() {
        of_selector(selector, at, all);
    }
    let keys = !term.match_label_keys.is_empty() || !term.mismatch_label_keys.is_empty();
    if keys && term.label_selector.is_none() {
        all.push(Mistake::KeysWithoutSelector { at: at.into() });
    }
    for key in term.match_label_keys.intersection(&term.mismatch_label_keys) {
        all.push(Mistake::KeyOnBothSides { at: at.into(), key: key.clone() });
    }
}

fn of_constraint(constraint: &SpreadConstraint, at: &str, all: &mut Vec<Mistake>) {
    of_topology_key(&constraint.topology_key, at, all);
    match &constraint.label_selector {
        Some(selector) => of_selector(selector, at, all),
        None if !constraint.match_label_keys.is_empty() => {
            all.push(Mistake::KeysWithoutSelector { at: at.into() });
        }
        None => {}
    }
    let lax = constraint.when_unsatisfiable == WhenUnsatisfiable::ScheduleAnyway;
    if lax && constraint.min_domains.is_some() {
        all.push(Mistake::MinDomainsIgnored { at: at.into() });
    }
}

fn of_topology_key(key: &str, at: &str, all: &mut Vec<Mistake>) {
    if key.is_empty() {
        all.push(Mistake::NoTopologyKey { at: at.into() });
    }
}

fn of_selector(selector: &LabelSelector, at: &str, all: &mut Vec<Mistake>) {
    for it in &selector.match_expressions {
        of_operator(&it.key, &it.operator, at, all);
    }
}

fn of_operator(key: &str, operator: &Operator, at: &str, all: &mut Vec<Mistake>) {
    if let Operator::In(values) | Operator::NotIn(values) = operator
        && values.is_empty()
    {
        all.push(Mistake::NoValues { at: at.into(), key: key.into() });
    }
}
