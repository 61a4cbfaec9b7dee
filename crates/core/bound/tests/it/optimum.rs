//! The bound against the optimum, which is found by trying everything.

use std::collections::BTreeSet;

use casemate_bound::{bound, demands, groups};
use casemate_packing::{Choice, Label, Node, Request, Want};
use proptest::collection::vec;
use proptest::prelude::*;

/// The most that can be placed: every pod on every node, from every unit, or not at all.
fn optimum(nodes: &[Node], pods: &[(Request, u64)]) -> u64 {
    let Some(((request, value), rest)) = pods.split_first() else { return 0 };
    let mut best = optimum(nodes, rest);
    for at in 0..nodes.len() {
        for choice in choices(&nodes[at], request) {
            let mut after = nodes.to_vec();
            if after[at].take(request, &choice) {
                best = best.max(value + optimum(&after, rest));
            }
        }
    }
    best
}

/// Every way to choose units for shares.
fn choices(node: &Node, request: &Request) -> Vec<Choice> {
    let mut choices = vec![Choice::default()];
    for (kind, want) in request.wants().iter().enumerate() {
        if let Want::Share(_) = want {
            let each =
                |choice: &Choice| node.units(kind).map(|unit| choice.with(kind, unit)).collect::<Vec<_>>();
            choices = choices.iter().flat_map(each).collect();
        }
    }
    choices
}

fn want() -> impl Strategy<Value = Want> {
    prop_oneof![
        1 => Just(Want::Nothing),
        4 => (1_u64..12).prop_map(Want::Share),
        1 => (1_u32..3).prop_map(Want::Whole),
        1 => (1_u64..16).prop_map(Want::Spread),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    let labels =
        prop_oneof![3 => Just(None), 1 => (0_u16..2).prop_map(|it| Some(BTreeSet::from([Label(it)])))];
    (1_u64..8, want(), want(), labels)
        .prop_map(|(cpu, a, b, labels)| Request::new(vec![Want::Share(cpu), a, b], labels).unwrap())
}

fn node() -> impl Strategy<Value = Node> {
    let units = || vec(prop_oneof![Just(10_u64), 3_u64..14], 0..3);
    (0_u16..2, 5_u64..20, units(), units())
        .prop_map(|(label, cpu, a, b)| Node::new(Label(label), vec![vec![cpu], a, b]).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn no_placement_beats_the_bound(
        nodes in vec(node(), 1..3),
        pods in vec((request(), 0_u64..30), 1..6),
    ) {
        let asked = pods.iter().map(|(request, value)| (request, *value));
        let bound = bound(&groups(&nodes), &demands(asked));
        prop_assert!(bound.most >= optimum(&nodes, &pods), "{bound:?}");
    }

    #[test]
    fn no_placement_of_amounts_without_a_common_measure_beats_the_bound(
        capacity in 100_000_u64..200_000,
        amounts in vec(1_u64..150_000, 1..6),
    ) {
        let nodes = [Node::new(Label(0), vec![vec![capacity, capacity + 1]]).unwrap()];
        let pods: Vec<_> = amounts
            .iter()
            .map(|amount| (Request::new(vec![Want::Share(*amount)], None).unwrap(), *amount))
            .collect();
        let bound = bound(&groups(&nodes), &demands(pods.iter().map(|(request, value)| (request, *value))));
        prop_assert!(bound.most >= optimum(&nodes, &pods), "{bound:?}");
    }
}
