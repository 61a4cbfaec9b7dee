//! Any nodes and any terms, of few keys and few values, so that they meet often.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use casemate_affinity::PodTerms;
use casemate_model::affinity::{
    Inclusion, LabelSelector, Labels, NodeAffinity, NodeFacts, NodeField, NodeOperator, NodeRequirement,
    NodeSelector, NodeSelectorTerm, Operator, PodAffinity, PodAffinityTerm, PreferredNodeTerm,
    PreferredPodTerm, Requirement, SpreadConstraint, Weight, WhenUnsatisfiable,
};
use casemate_model::{NodeName, Taint, TaintEffect, Toleration, TolerationOperator};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;

pub(crate) const NODES: usize = 5;

pub(crate) fn node_name(number: usize) -> NodeName {
    NodeName(format!("n{}", number % NODES))
}

pub(crate) fn namespace() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::from("a")), Just(String::from("b"))]
}

pub(crate) fn labels() -> impl Strategy<Value = Labels> {
    btree_map(key(), value(), 0..3)
}

pub(crate) fn node() -> impl Strategy<Value = NodeFacts> {
    let places = btree_map(topology_key(), value(), 1..4);
    (0..NODES, places, labels(), vec(taint(), 0..2)).prop_map(|(number, places, mut labels, taints)| {
        labels.extend(places);
        NodeFacts { name: node_name(number), labels, taints }
    })
}

pub(crate) fn terms() -> impl Strategy<Value = PodTerms> {
    let of_nodes = (btree_map(key(), value(), 0..1), vec(toleration(), 0..2), node_affinity());
    let of_pods = (pod_affinity(), pod_affinity(), vec(constraint(), 0..3));
    (namespace(), labels(), of_nodes, of_pods).prop_map(|(namespace, labels, of_nodes, of_pods)| {
        let (node_selector, tolerations, node_affinity) = of_nodes;
        let (pod_affinity, pod_anti_affinity, spread) = of_pods;
        PodTerms {
            namespace,
            labels,
            node_selector,
            tolerations,
            node_affinity,
            pod_affinity,
            pod_anti_affinity,
            spread,
        }
    })
}

fn constraint() -> impl Strategy<Value = SpreadConstraint> {
    let inclusion = || prop_oneof![Just(Inclusion::Honor), Just(Inclusion::Ignore)];
    let action = prop_oneof![Just(WhenUnsatisfiable::DoNotSchedule), Just(WhenUnsatisfiable::ScheduleAnyway)];
    let numbers = (1..3_u32, option::weighted(0.3, 1..4_u32));
    let selected = (option::weighted(0.9, selector()), keys());
    (numbers, topology_key(), action, selected, inclusion(), inclusion()).prop_map(
        |((max_skew, min_domains), topology_key, when_unsatisfiable, selected, affinity, taints)| {
            SpreadConstraint {
                max_skew: NonZeroU32::new(max_skew).unwrap(),
                min_domains: min_domains.and_then(NonZeroU32::new),
                topology_key,
                when_unsatisfiable,
                label_selector: selected.0,
                match_label_keys: selected.1,
                node_affinity_policy: affinity,
                node_taints_policy: taints,
            }
        },
    )
}

fn pod_affinity() -> impl Strategy<Value = PodAffinity> {
    let preferred = (1..=100_u8, pod_term())
        .prop_map(|(points, term)| PreferredPodTerm { weight: Weight::new(points).unwrap(), term });
    let required = prop_oneof![3 => Just(Vec::new()), 2 => vec(pod_term(), 1..3)];
    (required, vec(preferred, 0..2)).prop_map(|(required, preferred)| PodAffinity { required, preferred })
}

pub(crate) fn pod_term() -> impl Strategy<Value = PodAffinityTerm> {
    let namespaces = btree_set(namespace(), 0..2);
    let scope = (namespaces, option::weighted(0.3, selector()));
    (option::weighted(0.9, selector()), scope, topology_key(), keys(), keys()).prop_map(
        |(label_selector, (namespaces, namespace_selector), topology_key, same, other)| PodAffinityTerm {
            label_selector,
            namespaces,
            namespace_selector,
            topology_key,
            mismatch_label_keys: other.difference(&same).cloned().collect(),
            match_label_keys: same,
        },
    )
}

fn node_affinity() -> impl Strategy<Value = NodeAffinity> {
    let preferred = (1..=100_u8, node_term())
        .prop_map(|(points, term)| PreferredNodeTerm { weight: Weight::new(points).unwrap(), term });
    let required = option::weighted(0.2, vec(node_term(), 0..3).prop_map(|terms| NodeSelector { terms }));
    (required, vec(preferred, 0..2)).prop_map(|(required, preferred)| NodeAffinity { required, preferred })
}

fn node_term() -> impl Strategy<Value = NodeSelectorTerm> {
    let operator = prop_oneof![
        4 => operator().prop_map(NodeOperator::Label),
        1 => (0..3_i64).prop_map(NodeOperator::Gt),
        1 => (0..3_i64).prop_map(NodeOperator::Lt),
    ];
    let expression = (prop_oneof![key(), topology_key()], operator)
        .prop_map(|(key, operator)| NodeRequirement { key, operator });
    let field = (any::<bool>(), 0..NODES).prop_map(|(is, number)| {
        let name = node_name(number).0;
        if is { NodeField::NameIs(name) } else { NodeField::NameIsNot(name) }
    });
    (vec(expression, 0..2), vec(field, 0..2))
        .prop_map(|(expressions, fields)| NodeSelectorTerm { expressions, fields })
}

fn selector() -> impl Strategy<Value = LabelSelector> {
    let requirement = (key(), operator()).prop_map(|(key, operator)| Requirement { key, operator });
    (btree_map(key(), value(), 0..2), vec(requirement, 0..2))
        .prop_map(|(match_labels, match_expressions)| LabelSelector { match_labels, match_expressions })
}

fn operator() -> impl Strategy<Value = Operator> {
    prop_oneof![
        btree_set(value(), 1..3).prop_map(Operator::In),
        btree_set(value(), 1..3).prop_map(Operator::NotIn),
        Just(Operator::Exists),
        Just(Operator::DoesNotExist),
    ]
}

fn keys() -> impl Strategy<Value = BTreeSet<String>> {
    prop_oneof![3 => Just(BTreeSet::new()), 1 => btree_set(key(), 1..2)]
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::from("app")), Just(String::from("version"))]
}

fn topology_key() -> impl Strategy<Value = String> {
    proptest::sample::select(Vec::from(["zone", "rack", "host"])).prop_map(String::from)
}

fn value() -> impl Strategy<Value = String> {
    (1..3_u8).prop_map(|it| it.to_string())
}

fn taint() -> impl Strategy<Value = Taint> {
    effect().prop_map(|effect| Taint { key: "gpu".into(), value: "1".into(), effect })
}

fn toleration() -> impl Strategy<Value = Toleration> {
    let operator = prop_oneof![Just(TolerationOperator::Exists), value().prop_map(TolerationOperator::Equal)];
    (option::of(Just(String::from("gpu"))), operator, option::of(effect()))
        .prop_map(|(key, operator, effect)| Toleration { key, operator, effect })
}

fn effect() -> impl Strategy<Value = TaintEffect> {
    prop_oneof![
        Just(TaintEffect::NoSchedule),
        Just(TaintEffect::PreferNoSchedule),
        Just(TaintEffect::NoExecute)
    ]
}
