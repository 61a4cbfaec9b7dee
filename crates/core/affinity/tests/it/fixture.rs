//! Small clusters, written in a line or two.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use casemate_affinity::{PodTerms, Topology};
use casemate_model::affinity::{
    Inclusion, LabelSelector, Labels, NodeFacts, PodAffinity, PodAffinityTerm, SpreadConstraint,
    WhenUnsatisfiable,
};
use casemate_model::{NodeName, PodKey};

pub(crate) type Pairs<'a> = &'a [(&'a str, &'a str)];

pub(crate) fn labels(pairs: Pairs<'_>) -> Labels {
    pairs.iter().map(|(key, value)| (String::from(*key), String::from(*value))).collect()
}

pub(crate) fn selector(pairs: Pairs<'_>) -> LabelSelector {
    LabelSelector { match_labels: labels(pairs), match_expressions: Vec::new() }
}

pub(crate) fn key(name: &str) -> PodKey {
    PodKey { namespace: "default".into(), name: name.into() }
}

pub(crate) fn node(name: &str, pairs: Pairs<'_>) -> NodeFacts {
    NodeFacts { name: NodeName(name.into()), labels: labels(pairs), taints: Vec::new() }
}

/// A pod with the label `app`.
pub(crate) fn app(name: &str) -> PodTerms {
    PodTerms { namespace: "default".into(), labels: labels(&[("app", name)]), ..PodTerms::default() }
}

/// Pods with the label `app`, by topology key.
pub(crate) fn term(topology_key: &str, name: &str) -> PodAffinityTerm {
    PodAffinityTerm {
        label_selector: Some(selector(&[("app", name)])),
        topology_key: topology_key.into(),
        ..PodAffinityTerm::default()
    }
}

/// The pod, with required affinity.
pub(crate) fn near(pod: PodTerms, terms: &[PodAffinityTerm]) -> PodTerms {
    PodTerms { pod_affinity: PodAffinity { required: terms.to_vec(), preferred: Vec::new() }, ..pod }
}

/// The pod, with required anti-affinity.
pub(crate) fn away(pod: PodTerms, terms: &[PodAffinityTerm]) -> PodTerms {
    PodTerms { pod_anti_affinity: PodAffinity { required: terms.to_vec(), preferred: Vec::new() }, ..pod }
}

/// A hard constraint on pods with the label `app`, with the defaults of the API.
pub(crate) fn spread(topology_key: &str, name: &str, max_skew: u32) -> SpreadConstraint {
    SpreadConstraint {
        max_skew: NonZeroU32::new(max_skew).unwrap(),
        min_domains: None,
        topology_key: topology_key.into(),
        when_unsatisfiable: WhenUnsatisfiable::DoNotSchedule,
        label_selector: Some(selector(&[("app", name)])),
        match_label_keys: BTreeSet::new(),
        node_affinity_policy: Inclusion::Honor,
        node_taints_policy: Inclusion::Ignore,
    }
}

/// A cluster by hand: pods get names by themselves.
#[derive(Default)]
pub(crate) struct Cluster {
    pub(crate) topology: Topology,
    nodes: Vec<NodeFacts>,
    pods: usize,
}

impl Cluster {
    /// Nodes, each with its zone.
    pub(crate) fn zones(nodes: &[(&str, &str)]) -> Self {
        let nodes = nodes.iter().map(|(name, zone)| node(name, &[("zone", zone), ("host", name)]));
        Self::of(nodes.collect())
    }

    pub(crate) fn of(nodes: Vec<NodeFacts>) -> Self {
        let mut cluster = Self { nodes: nodes.clone(), ..Self::default() };
        nodes.into_iter().for_each(|node| cluster.topology.set_node(node));
        cluster
    }

    pub(crate) fn put(&mut self, pod: &PodTerms, node: &str) -> PodKey {
        let pod_key = key(&format!("p{}", self.pods));
        self.pods += 1;
        self.topology.add(pod_key.clone(), pod, &NodeName(node.into())).unwrap();
        pod_key
    }

    pub(crate) fn node(&self, name: &str) -> &NodeFacts {
        self.nodes.iter().find(|it| it.name.0 == name).unwrap()
    }

    /// The names of the nodes the pod may go to.
    pub(crate) fn allowed(&self, pod: &PodTerms) -> Vec<&str> {
        let allowed = self.nodes.iter().filter(|it| self.topology.allows(pod, it));
        allowed.map(|it| it.name.0.as_str()).collect()
    }
}
