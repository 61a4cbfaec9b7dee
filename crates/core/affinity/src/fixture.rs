//! Small pods, nodes and terms for the tests.

use alloc::string::String;
use alloc::vec::Vec;

use casemate_model::NodeName;

use crate::PodTerms;
use casemate_model::affinity::{LabelSelector, Labels, NodeFacts, PodAffinityTerm};

pub(crate) type Pairs<'a> = &'a [(&'a str, &'a str)];

pub(crate) fn labels(pairs: Pairs<'_>) -> Labels {
    pairs.iter().map(|(key, value)| (String::from(*key), String::from(*value))).collect()
}

pub(crate) fn selector(pairs: Pairs<'_>) -> LabelSelector {
    LabelSelector { match_labels: labels(pairs), match_expressions: Vec::new() }
}

pub(crate) fn node(name: &str, pairs: Pairs<'_>) -> NodeFacts {
    NodeFacts { name: NodeName(name.into()), labels: labels(pairs), taints: Vec::new() }
}

pub(crate) fn pod(pairs: Pairs<'_>) -> PodTerms {
    PodTerms { namespace: "default".into(), labels: labels(pairs), ..PodTerms::default() }
}

pub(crate) fn near(topology_key: &str, pairs: Pairs<'_>) -> PodAffinityTerm {
    PodAffinityTerm {
        label_selector: Some(selector(pairs)),
        topology_key: topology_key.into(),
        ..PodAffinityTerm::default()
    }
}
