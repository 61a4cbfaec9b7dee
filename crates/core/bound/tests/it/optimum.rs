//! The bound against the optimum, which is found by trying everything.

use std::collections::BTreeSet;

use casemate_bound::{bound, demands, groups};
use casemate_fleet::{Kind, Request, Stock, Want};
use proptest::collection::vec;
use proptest::prelude::*;

/// A node: its facts, and kind by kind what is free of each unit and what each has.
#[derive(Clone, Debug)]
struct Node {
    facts: u32,
    free: Vec<Vec<u64>>,
    units: Vec<Vec<u64>>,
}

/// What a pod wants of each kind, the facts of the nodes that will do, and what it is worth.
#[derive(Clone, Debug)]
struct Pod {
    wants: Vec<Want>,
    on: Option<BTreeSet<u32>>,
    value: u64,
}

/// The most that can be placed: every pod on every node, from every unit, or not at all.
fn optimum(nodes: &[Node], pods: &[Pod]) -> u64 {
    let Some((pod, rest)) = pods.split_first() else { return 0 };
    let mut best = optimum(nodes, rest);
    for at in 0..nodes.len() {
        if pod.on.as_ref().is_some_and(|on| !on.contains(&nodes[at].facts)) {
            continue;
        }
        for free in ways(&nodes[at], &pod.wants) {
            let mut after = nodes.to_vec();
            after[at].free = free;
            best = best.max(pod.value + optimum(&after, rest));
        }
    }
    best
}

/// What may be free after a pod was taken.
fn ways(node: &Node, wants: &[Want]) -> Vec<Vec<Vec<u64>>> {
    let mut ways = vec![node.free.clone()];
    for (kind, want) in wants.iter().enumerate() {
        let mut after = Vec::new();
        for way in ways {
            for free in taken(&way[kind], &node.units[kind], *want) {
                after.push(way.clone());
                after.last_mut().unwrap()[kind] = free;
            }
        }
        ways = after;
    }
    ways
}

/// Every way to take a want of one kind. Of the ways to spread, those that empty units in some order.
fn taken(free: &[u64], units: &[u64], want: Want) -> Vec<Vec<u64>> {
    match want {
        Want::Share(amount) | Want::Spread(amount) if amount == 0 => vec![free.to_vec()],
        Want::Share(amount) => (0..free.len())
            .filter(|unit| free[*unit] >= amount)
            .map(|unit| {
                let mut after = free.to_vec();
                after[unit] -= amount;
                after
            })
            .collect(),
        Want::Whole(count) => {
            let whole: Vec<usize> =
                (0..free.len()).filter(|it| free[*it] == units[*it] && free[*it] > 0).collect();
            let chosen = (0..1_u32 << whole.len()).filter(|it| it.count_ones() == count);
            chosen
                .map(|chosen| {
                    let mut after = free.to_vec();
                    let of = |(nth, unit): (usize, &usize)| (chosen >> nth & 1 == 1).then_some(*unit);
                    whole.iter().enumerate().filter_map(of).for_each(|unit| after[unit] = 0);
                    after
                })
                .collect()
        }
        Want::Spread(amount) => (0..free.len())
            .filter_map(|first| {
                let (mut after, mut left) = (free.to_vec(), amount);
                for unit in (first..free.len()).chain(0..first) {
                    let part = left.min(after[unit]);
                    after[unit] -= part;
                    left -= part;
                }
                (left == 0).then_some(after)
            })
            .collect(),
    }
}

/// What the bound says of them.
fn bounded(nodes: &[Node], pods: &[Pod]) -> u64 {
    let stocks: Vec<_> = nodes
        .iter()
        .map(|node| (Stock::new((0..).map(Kind).zip(node.units.iter().cloned())), node.facts))
        .collect();
    let requests: Vec<_> = pods
        .iter()
        .map(|pod| (Request::new((0..).map(Kind).zip(pod.wants.iter().copied())).unwrap(), pod))
        .collect();
    let demands = demands(requests.iter().map(|(request, pod)| (request, pod.on.as_ref(), pod.value)));
    bound(&groups(stocks.iter().map(|(stock, facts)| (stock, *facts))), &demands).most
}

fn want() -> impl Strategy<Value = Want> {
    prop_oneof![
        1 => Just(Want::Share(0)),
        4 => (1_u64..12).prop_map(Want::Share),
        1 => (1_u32..3).prop_map(Want::Whole),
        1 => (1_u64..16).prop_map(Want::Spread),
    ]
}

fn pod() -> impl Strategy<Value = Pod> {
    let on = prop_oneof![3 => Just(None), 1 => (0_u32..2).prop_map(|it| Some(BTreeSet::from([it])))];
    (1_u64..8, want(), want(), on, 0_u64..30).prop_map(|(cpu, a, b, on, value)| Pod {
        wants: vec![Want::Share(cpu), a, b],
        on,
        value,
    })
}

fn node() -> impl Strategy<Value = Node> {
    let units = || vec(prop_oneof![Just(10_u64), 3_u64..14], 0..3);
    (0_u32..2, 5_u64..20, units(), units()).prop_map(|(facts, cpu, a, b)| {
        let units = vec![vec![cpu], a, b];
        Node { facts, free: units.clone(), units }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn no_placement_beats_the_bound(nodes in vec(node(), 1..3), pods in vec(pod(), 1..6)) {
        let most = bounded(&nodes, &pods);
        prop_assert!(most >= optimum(&nodes, &pods), "{most}");
    }

    #[test]
    fn no_placement_of_amounts_without_a_common_measure_beats_the_bound(
        capacity in 100_000_u64..200_000,
        amounts in vec(1_u64..150_000, 1..6),
    ) {
        let units = vec![vec![capacity, capacity + 1]];
        let nodes = [Node { facts: 0, free: units.clone(), units }];
        let pod = |amount: &u64| Pod { wants: vec![Want::Share(*amount)], on: None, value: *amount };
        let pods: Vec<_> = amounts.iter().map(pod).collect();
        let most = bounded(&nodes, &pods);
        prop_assert!(most >= optimum(&nodes, &pods), "{most}");
    }
}
