//! Encrypted memory by NUMA node: all of it from one where that is asked for, and never more than they have.

use casemate_model::{Bytes, Node, NumaNode, Pod};
use casemate_placement::{Hypothetical, Ledger, Options, Packing, Resource};

use crate::{NOW, finish, placed, words};

const MIB: u64 = 1 << 20;

/// A node with so many MiB of EPC on each NUMA node.
fn node(name: &str, numa: &[u64]) -> Node {
    let mut node = words::node(&format!("name={name} tee=sgx cpu=9000"));
    node.capacity.epc = Bytes::mib(numa.iter().sum());
    node.hardware.numa =
        numa.iter().map(|mib| NumaNode { epc: Bytes::mib(*mib), ..NumaNode::default() }).collect();
    node
}

fn pod(name: &str, mib: u64) -> Pod {
    words::pod(&format!("name={name} tee=sgx epc={mib}"))
}

fn near(name: &str, mib: u64) -> Pod {
    let mut pod = pod(name, mib);
    pod.scheduling.policy = Some("affinity".parse().unwrap());
    pod
}

/// Nodes that are filled one before the next.
fn ledger(nodes: impl IntoIterator<Item = Node>) -> Ledger<Hypothetical> {
    let options = Options { packing: Packing::BestFit, ..Options::default() };
    Ledger::<Hypothetical>::with(nodes, options).unwrap()
}

#[test]
fn who_asks_for_affinity_prefers_a_node_where_one_numa_node_has_all_of_it() {
    let mut ledger = ledger([node("pieces", &[16, 16]), node("whole", &[64])]);
    let anywhere = placed(&mut ledger, &pod("anywhere", 24));
    assert_eq!(anywhere.node().0, "pieces", "it is the fuller one afterwards");
    finish(&mut ledger, [anywhere]);
    let together = placed(&mut ledger, &near("near", 24));
    assert_eq!(together.node().0, "whole");
    finish(&mut ledger, [together]);
}

#[test]
fn affinity_is_one_numa_node_though_less_is_free_there_than_elsewhere_in_pieces() {
    let mut ledger = ledger([node("n", &[32, 16, 16])]);
    let first = placed(&mut ledger, &near("first", 4));
    assert_eq!(ledger.numa(first.pod()).len(), 1);
    let second = placed(&mut ledger, &near("second", 20));
    assert_eq!(ledger.numa(second.pod()), [0], "no other has so much");
    finish(&mut ledger, [first, second]);
}

#[test]
fn more_than_any_numa_node_has_comes_from_several_and_adds_up() {
    let mut ledger = ledger([node("n", &[32, 32])]);
    for pod in [pod("anywhere", 40), near("near", 40)] {
        let plan = placed(&mut ledger, &pod);
        let taken = ledger.taken(plan.pod(), &Resource::Epc);
        assert_eq!(taken.len(), 2);
        assert_eq!(taken.iter().map(|(_, amount)| amount).sum::<u64>(), 40 * MIB);
        assert!(taken.iter().all(|(_, amount)| *amount <= 32 * MIB), "{taken:?}");
        finish(&mut ledger, [plan]);
    }
}

#[test]
fn what_one_pod_has_of_a_numa_node_no_other_has() {
    let mut ledger = ledger([node("n", &[32, 32])]);
    let plans: Vec<_> = (0..3).map(|nth| placed(&mut ledger, &near(&format!("p{nth}"), 20))).collect();
    let mut used = [0, 0];
    for plan in &plans {
        for (unit, amount) in ledger.taken(plan.pod(), &Resource::Epc) {
            used[unit] += amount;
        }
    }
    assert_eq!(used.iter().sum::<u64>(), 60 * MIB);
    assert!(used.iter().all(|it| *it <= 32 * MIB), "{used:?}");
    finish(&mut ledger, plans);
}

#[test]
fn a_node_has_no_more_than_its_numa_nodes() {
    let mut small = node("n", &[16, 16]);
    small.capacity.epc = Bytes::mib(64);
    let ledger = ledger([small]);
    let said = ledger.explain(&pod("p", 40), NOW).to_string();
    assert!(said.contains("asks for 40Mi EPC, the node has 32Mi in all"), "{said}");
}

#[test]
fn what_one_numa_node_does_not_have_comes_from_those_that_are_nearest_to_it() {
    let sockets = |distances: [[u8; 4]; 4]| {
        let mut node = node("n", &[32, 16, 24, 16]);
        for (numa, row) in node.hardware.numa.iter_mut().zip(distances) {
            numa.distances = row.to_vec();
        }
        let mut ledger = ledger([node]);
        let plan = placed(&mut ledger, &near("near", 44));
        let mut numa = ledger.numa(plan.pod());
        numa.sort_unstable();
        finish(&mut ledger, [plan]);
        numa
    };
    let pairs = [[10, 11, 20, 20], [11, 10, 20, 20], [20, 20, 10, 11], [20, 20, 11, 10]];
    assert_eq!(sockets(pairs), [0, 1], "the emptiest, and the other of its pair");
    let crossed = [[10, 20, 20, 11], [20, 10, 11, 20], [20, 11, 10, 20], [11, 20, 20, 10]];
    assert_eq!(sockets(crossed), [0, 3]);
    let alike = [[10, 20, 20, 20], [20, 10, 20, 20], [20, 20, 10, 20], [20, 20, 20, 10]];
    assert_eq!(sockets(alike), [0, 1], "the fullest that holds the rest");
}
