//! Devices by kind and in units, encrypted memory and its bandwidth by NUMA node.

use std::collections::BTreeMap;

use casemate_model::{Bytes, DeviceKind, Node, NumaNode, Pod, Timestamp};

use super::unplaced_on;
use crate::testing::*;
use crate::{Observation, Rule, Taken, Unplaced};

fn gpu() -> DeviceKind {
    DeviceKind::from("gpu")
}

/// A node with two GPUs in thousandths.
fn two_gpus() -> Node {
    let mut node = node("n");
    node.devices.insert(gpu(), 2000);
    node.hardware.units.insert(gpu(), vec![1000, 1000]);
    node
}

fn wants(name: &str, amount: u64) -> Pod {
    let mut pod = pod(name);
    pod.containers[0].demand.devices.insert(gpu(), amount);
    pod
}

fn offered(node: Node) -> Vec<Observation> {
    vec![Observation::NodeOffered { node }, affirmed("n", 0, 1000)]
}

fn took(pod: &str, units: &[(usize, u64)]) -> Observation {
    let taken = Taken { units: BTreeMap::from([(gpu(), units.to_vec())]), ..Taken::default() };
    Observation::PodTook { pod: pod_key(pod), taken }
}

#[test]
fn devices_are_handed_out_once() {
    let node = || {
        let mut node = node("n");
        node.devices.insert(gpu(), 3);
        node
    };
    let two = [placed(wants("p", 2), "n", 1), placed(wants("q", 2), "n", 1)];
    assert_eq!(rules(offered(node()).into_iter().chain(two)), [Rule::DevicesOvercommitted]);
    let release = Observation::PodReleased { pod: pod_key("p") };
    let one_by_one = [placed(wants("p", 2), "n", 1), release, placed(wants("q", 2), "n", 1)];
    assert_eq!(rules(offered(node()).into_iter().chain(one_by_one)), []);
    let none = [placed(wants("p", 1), "m", 1)];
    let bare = [Observation::NodeOffered { node: crate::testing::node("m") }, affirmed("m", 0, 1000)];
    assert_eq!(rules(bare.into_iter().chain(none)), [Rule::DevicesOvercommitted]);
}

#[test]
fn a_node_takes_as_many_pods_as_it_lists() {
    let mut one = node("n");
    one.devices.insert(DeviceKind::from(DeviceKind::PODS), 1);
    let two = [placed(pod("p"), "n", 1), placed(pod("q"), "n", 1)];
    assert_eq!(rules(offered(one).into_iter().chain(two)), [Rule::DevicesOvercommitted]);
}

#[test]
fn a_share_is_of_one_unit() {
    let with = |parts: &[(usize, u64)]| {
        rules(offered(two_gpus()).into_iter().chain([placed(wants("p", 600), "n", 1), took("p", parts)]))
    };
    assert_eq!(with(&[(1, 600)]), []);
    assert_eq!(with(&[(0, 300), (1, 300)]), [Rule::UnitsMisstated]);
    assert_eq!(with(&[(1, 500)]), [Rule::UnitsMisstated]);
    assert_eq!(with(&[(2, 600)]), [Rule::UnitsOvercommitted]);
}

#[test]
fn whole_units_are_whole() {
    let with = |before: Option<u64>, parts: &[(usize, u64)]| {
        let before = before
            .into_iter()
            .flat_map(|amount| [placed(wants("b", amount), "n", 1), took("b", &[(0, amount)])]);
        let mut node = two_gpus();
        node.devices.insert(gpu(), 9000);
        rules(
            offered(node)
                .into_iter()
                .chain(before)
                .chain([placed(wants("p", 2000), "n", 1), took("p", parts)]),
        )
    };
    assert_eq!(with(None, &[(0, 1000), (1, 1000)]), []);
    assert_eq!(with(Some(1), &[(0, 1000), (1, 1000)]), [Rule::UnitsOvercommitted, Rule::UnitsOvercommitted]);
    assert_eq!(with(None, &[(0, 2000)]), [Rule::UnitsOvercommitted]);
}

#[test]
fn no_unit_is_handed_out_twice() {
    let (p, q) = (placed(wants("p", 600), "n", 1), placed(wants("q", 600), "n", 1));
    let with = |second| {
        rules(offered(two_gpus()).into_iter().chain([p.clone(), took("p", &[(0, 600)]), q.clone(), second]))
    };
    assert_eq!(with(took("q", &[(1, 600)])), []);
    assert_eq!(with(took("q", &[(0, 600)])), [Rule::UnitsOvercommitted]);
    assert_eq!(with(took("q", &[(0, 600)])), [Rule::UnitsOvercommitted]);
}

#[test]
fn a_pod_waits_for_a_unit_although_there_is_enough_in_pieces() {
    let full = [
        placed(wants("p", 600), "n", 1),
        took("p", &[(0, 600)]),
        placed(wants("q", 700), "n", 1),
        took("q", &[(1, 700)]),
    ];
    let waits = |amount| Observation::PodUnplaced {
        at: Timestamp(1),
        pod: wants("w", amount),
        verdict: Unplaced::Waiting,
    };
    let with = |amount| rules(offered(two_gpus()).into_iter().chain(full.clone()).chain([waits(amount)]));
    assert_eq!(with(500), []);
    assert_eq!(with(400), [Rule::WaitsThoughItFits]);
    let placing = [placed(wants("w", 500), "n", 1)];
    let stream = offered(two_gpus()).into_iter().chain(full.clone()).chain(placing);
    assert_eq!(rules(stream), [Rule::UnitsOvercommitted]);
}

#[test]
fn nobody_is_blamed_for_units_of_which_nothing_was_said() {
    let waits =
        Observation::PodUnplaced { at: Timestamp(1), pod: wants("w", 400), verdict: Unplaced::Waiting };
    assert_eq!(rules(offered(two_gpus()).into_iter().chain([placed(wants("p", 600), "n", 1), waits])), []);
}

#[test]
fn a_pod_is_given_up_where_no_unit_and_no_whole_ones_are_what_it_asks_for() {
    assert_eq!(unplaced_on(Unplaced::Never, wants("p", 1500), two_gpus()), []);
    assert_eq!(unplaced_on(Unplaced::Never, wants("p", 2000), two_gpus()), [Rule::GivenUpThoughPossible]);
    assert_eq!(unplaced_on(Unplaced::Never, wants("p", 900), two_gpus()), [Rule::GivenUpThoughPossible]);
}

/// A node with four pages of EPC on each of two NUMA nodes, of which each moves a thousand bytes a second.
fn two_numa_nodes() -> Node {
    let numa = NumaNode { epc: Bytes(4 * 4096), bandwidth: Some(1000), ..NumaNode::default() };
    let mut node = node("n");
    node.hardware.numa = vec![numa.clone(), numa];
    node
}

fn pages(name: &str, pages: u64) -> Pod {
    let mut pod = pod(name);
    pod.containers[0].demand.enclave.as_mut().expect("it has one").epc_guaranteed = Bytes(pages * 4096);
    pod
}

fn on_numa(pod: &str, parts: &[(usize, u64)]) -> Observation {
    let epc = parts.iter().map(|(node, pages)| (*node, pages * 4096)).collect();
    Observation::PodTook { pod: pod_key(pod), taken: Taken { epc, ..Taken::default() } }
}

#[test]
fn epc_of_a_numa_node_is_handed_out_once() {
    let with = |second: &[(usize, u64)]| {
        let stream = [placed(pages("p", 3), "n", 1), on_numa("p", &[(0, 3)]), placed(pages("q", 3), "n", 1)];
        rules(offered(two_numa_nodes()).into_iter().chain(stream).chain([on_numa("q", second)]))
    };
    assert_eq!(with(&[(1, 3)]), []);
    assert_eq!(with(&[(0, 1), (1, 2)]), []);
    assert_eq!(with(&[(0, 2), (1, 1)]), [Rule::NumaOvercommitted]);
    assert_eq!(with(&[(1, 2)]), [Rule::NumaMisstated]);
}

#[test]
fn epc_is_no_more_than_its_numa_nodes_have() {
    assert_eq!(super::placing(pages("p", 8), two_numa_nodes()), []);
    assert_eq!(super::placing(pages("p", 9), two_numa_nodes()), [Rule::EpcOvercommitted]);
}

#[test]
fn bandwidth_is_of_one_numa_node_and_handed_out_once() {
    let moves = |name: &str, bandwidth| {
        let mut pod = pod(name);
        pod.scheduling.bandwidth = Some(bandwidth);
        pod
    };
    let on = |pod: &str, parts: &[(usize, u64)]| {
        let taken = Taken { bandwidth: parts.to_vec(), ..Taken::default() };
        Observation::PodTook { pod: pod_key(pod), taken }
    };
    let with = |amount, parts: &[(usize, u64)]| {
        let stream = [placed(moves("p", 600), "n", 1), on("p", &[(0, 600)])];
        let second = [placed(moves("q", amount), "n", 1), on("q", parts)];
        rules(offered(two_numa_nodes()).into_iter().chain(stream).chain(second))
    };
    assert_eq!(with(600, &[(1, 600)]), []);
    assert_eq!(with(600, &[(0, 600)]), [Rule::BandwidthOvercommitted]);
    assert_eq!(with(600, &[(0, 300), (1, 300)]), [Rule::NumaMisstated]);
    assert_eq!(super::placing(moves("p", 1001), two_numa_nodes()), [Rule::BandwidthOvercommitted]);
}

#[test]
fn only_a_pod_in_place_takes_parts_and_only_of_what_comes_in_parts() {
    assert_eq!(rules(offered(two_gpus()).into_iter().chain([took("p", &[(0, 1)])])), [Rule::NotInPlace]);
    let mut whole = two_gpus();
    whole.hardware.units.clear();
    let stream = [placed(wants("p", 600), "n", 1), took("p", &[(0, 600)])];
    assert_eq!(rules(offered(whole).into_iter().chain(stream)), [Rule::UnitsMisstated]);
}
