//! What a pod says of the node: names, node affinity.

use std::collections::BTreeSet;

use casemate_model::affinity::{
    NodeField, NodeOperator, NodeRequirement, NodeSelector, NodeSelectorTerm, Operator,
};
use casemate_model::{Node, Pod};

use super::{placing, unplaced_on};
use crate::testing::*;
use crate::{Rule, Unplaced};

fn labelled(key: &str, value: &str) -> Node {
    Node { labels: labels(&[(key, value)]), ..node("n") }
}

fn values(values: &[&str]) -> BTreeSet<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

fn says(operator: NodeOperator) -> NodeSelectorTerm {
    let requirement = NodeRequirement { key: "zone".to_owned(), operator };
    NodeSelectorTerm { expressions: vec![requirement], fields: Vec::new() }
}

fn is_in(zones: &[&str]) -> NodeSelectorTerm {
    says(NodeOperator::Label(Operator::In(values(zones))))
}

fn requiring(terms: Vec<NodeSelectorTerm>) -> Pod {
    let mut pod = pod("p");
    pod.scheduling.node_affinity.required = Some(NodeSelector { terms });
    pod
}

#[test]
fn every_operator_of_node_affinity_is_held_to() {
    let label = NodeOperator::Label;
    let cases = [
        (label(Operator::In(values(&["1", "2"]))), [true, false, false]),
        (label(Operator::In(values(&[]))), [false, false, false]),
        (label(Operator::NotIn(values(&["1"]))), [false, true, true]),
        (label(Operator::Exists), [true, true, false]),
        (label(Operator::DoesNotExist), [false, false, true]),
        (NodeOperator::Gt(0), [true, false, false]),
        (NodeOperator::Gt(1), [false, false, false]),
        (NodeOperator::Lt(2), [true, false, false]),
        (NodeOperator::Lt(1), [false, false, false]),
    ];
    for (operator, allowed) in cases {
        let nodes = [labelled("zone", "1"), labelled("zone", "x"), node("n")];
        for (node, allowed) in nodes.into_iter().zip(allowed) {
            let broken: &[Rule] = if allowed { &[] } else { &[Rule::NodeAffinityIgnored] };
            let pod = requiring(vec![says(operator.clone())]);
            assert_eq!(placing(pod, node.clone()), broken, "{operator:?} of {:?}", node.labels);
        }
    }
}

#[test]
fn one_term_of_node_affinity_is_enough_and_an_empty_one_is_none() {
    let node = || labelled("zone", "2");
    assert_eq!(placing(requiring(vec![is_in(&["1"]), is_in(&["2"])]), node()), []);
    assert_eq!(placing(requiring(vec![is_in(&["1"])]), node()), [Rule::NodeAffinityIgnored]);
    let empty = NodeSelectorTerm::default();
    assert_eq!(placing(requiring(vec![empty]), node()), [Rule::NodeAffinityIgnored]);
    assert_eq!(placing(requiring(Vec::new()), node()), [Rule::NodeAffinityIgnored]);
}

#[test]
fn fields_of_a_term_name_the_node_and_hold_beside_its_expressions() {
    let named = |field| NodeSelectorTerm { fields: vec![field], ..is_in(&["2"]) };
    let node = || labelled("zone", "2");
    let is = |name: &str| NodeField::NameIs(name.to_owned());
    let is_not = |name: &str| NodeField::NameIsNot(name.to_owned());
    assert_eq!(placing(requiring(vec![named(is("n"))]), node()), []);
    assert_eq!(placing(requiring(vec![named(is_not("m"))]), node()), []);
    for wrong in [is("m"), is_not("n")] {
        assert_eq!(placing(requiring(vec![named(wrong)]), node()), [Rule::NodeAffinityIgnored]);
    }
    assert_eq!(placing(requiring(vec![named(is("n"))]), labelled("zone", "1")), [Rule::NodeAffinityIgnored]);
}

#[test]
fn a_pod_goes_to_the_node_it_names() {
    let mut named = pod("p");
    named.scheduling.node = Some(node_name("m"));
    assert_eq!(placing(named.clone(), node("n")), [Rule::NodeNameIgnored]);
    assert_eq!(placing(named, node("m")), []);
}

#[test]
fn a_pod_that_asks_for_what_is_not_implemented_is_placed_nowhere() {
    let mut odd = pod("p");
    odd.scheduling.unsupported = vec!["resource claims".to_owned()];
    assert_eq!(placing(odd.clone(), node("n")), [Rule::UnsupportedPlaced]);
    assert_eq!(unplaced_on(Unplaced::Never, odd, node("n")), []);
}

#[test]
fn a_pod_whose_affinity_no_node_meets_may_wait_or_be_given_up() {
    for verdict in [Unplaced::Waiting, Unplaced::Never] {
        assert_eq!(unplaced_on(verdict, requiring(vec![is_in(&["1"])]), labelled("zone", "2")), []);
        assert_ne!(unplaced_on(verdict, requiring(vec![is_in(&["2"])]), labelled("zone", "2")), []);
    }
}
