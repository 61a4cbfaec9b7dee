mod beyond;
mod labelled;
mod moved;
mod neighbours;
mod parts;
mod preempted;
mod shared;
mod spread;
mod tees;

use std::collections::BTreeMap;

use casemate_model::{
    Bytes, Capacity, MilliCpu, Node, Pod, Taint, TaintEffect, Tee, Timestamp, Toleration, TolerationOperator,
};

use crate::testing::*;
use crate::{Observation, Rule, Unplaced};

/// What breaks when `pod` is placed on `node`, attested from 0 until 1000, at 500.
fn placing(pod: Pod, node: Node) -> Vec<Rule> {
    let name = node.name.0.clone();
    rules([Observation::NodeOffered { node }, affirmed(&name, 0, 1000), placed(pod, &name, 500)])
}

/// What breaks when `pod` gets `verdict` where `node`, attested, is the only one.
fn unplaced_on(verdict: Unplaced, pod: Pod, node: Node) -> Vec<Rule> {
    let name = node.name.0.clone();
    rules([
        Observation::NodeOffered { node },
        affirmed(&name, 0, 1000),
        Observation::PodUnplaced { at: Timestamp(500), pod, verdict },
    ])
}

fn without_tee(pod: Pod) -> Pod {
    let mut pod = pod;
    pod.containers.iter_mut().for_each(|container| container.demand.enclave = None);
    pod
}

#[test]
fn a_pod_goes_only_where_a_node_was_offered() {
    assert_eq!(rules([placed(pod("p"), "nowhere", 0)]), [Rule::NodeUnknown]);
    assert_eq!(placing(pod("p"), node("n")), []);
}

#[test]
fn a_platform_witness_for_no_node_is_noticed() {
    assert_eq!(rules([affirmed("nowhere", 0, 10)]), [Rule::NodeUnknown]);
}

#[test]
fn a_confidential_pod_needs_a_tee() {
    let bare = Node { tee: None, ..node("n") };
    assert_eq!(placing(pod("p"), bare.clone()), [Rule::NodeWithoutTee]);
    assert_eq!(placing(without_tee(pod("p")), bare), []);
}

#[test]
fn a_confidential_pod_needs_the_tee_it_asked_for() {
    for (has, broken) in [
        (Tee::Tdx, &[Rule::WrongTee][..]),
        (Tee::SevSnp, &[Rule::WrongTee]),
        (Tee::Sgx, &[]),
        (Tee::Software, &[]),
    ] {
        assert_eq!(placing(pod("p"), Node { tee: Some(has), ..node("n") }), broken, "{has}");
    }
}

#[test]
fn hardware_never_stands_in_for_software() {
    let mut asks_software = pod("p");
    if let Some(enclave) = &mut asks_software.containers[0].demand.enclave {
        enclave.tee = Tee::Software;
    }
    assert_eq!(placing(asks_software, Node { tee: Some(Tee::Sgx), ..node("n") }), [Rule::WrongTee]);
}

#[test]
fn a_confidential_pod_needs_an_affirmed_platform() {
    let offered = || Observation::NodeOffered { node: node("n") };
    assert_eq!(rules([offered(), placed(pod("p"), "n", 500)]), [Rule::NoPlatformWitness]);
    assert_eq!(rules([offered(), placed(without_tee(pod("p")), "n", 500)]), []);
}

#[test]
fn a_platform_witness_holds_from_its_first_to_its_last_instant() {
    let at = |at| {
        rules([
            Observation::NodeOffered { node: node("n") },
            affirmed("n", 100, 200),
            placed(pod("p"), "n", at),
        ])
    };
    assert_eq!(at(99), [Rule::StalePlatformWitness]);
    assert_eq!(at(100), []);
    assert_eq!(at(200), []);
    assert_eq!(at(201), [Rule::StalePlatformWitness]);
}

#[test]
fn no_resource_is_handed_out_twice() {
    type Shrink = fn(&mut Capacity);
    let cases: [(Rule, Shrink); 5] = [
        (Rule::EpcOvercommitted, |capacity| capacity.epc = Bytes(2 * 4096 - 1)),
        (Rule::SlotsOvercommitted, |capacity| capacity.slots = 1),
        (Rule::KeySlotsOvercommitted, |capacity| capacity.key_slots = 1),
        (Rule::CpuOvercommitted, |capacity| capacity.cpu = MilliCpu(1)),
        (Rule::MemoryOvercommitted, |capacity| capacity.memory = Bytes(1)),
    ];
    for (rule, shrink) in cases {
        let mut small = node("n");
        shrink(&mut small.capacity);
        let offered = [Observation::NodeOffered { node: small }, affirmed("n", 0, 1000)];
        let release = Observation::PodReleased { pod: pod_key("p") };
        let (first, second) = (placed(pod("p"), "n", 1), placed(pod("q"), "n", 2));
        assert_eq!(rules(offered.iter().cloned().chain([first.clone(), second.clone()])), [rule]);
        assert_eq!(rules(offered.into_iter().chain([first, release, second])), []);
    }
}

#[test]
fn a_sandbox_and_every_container_count() {
    let mut heavy = pod("p");
    heavy.containers.push(heavy.containers[0].clone());
    heavy.overhead_cpu = MilliCpu(8);
    heavy.overhead_memory = Bytes(9);
    assert_eq!(placing(heavy.clone(), node("n")), [Rule::MemoryOvercommitted]);
    heavy.overhead_memory = Bytes(8);
    assert_eq!(placing(heavy, node("n")), []);
}

#[test]
fn an_init_container_counts_as_long_as_it_runs_alone() {
    let mut first = pod("p");
    first.init_containers = vec![first.containers[0].clone(), first.containers[0].clone()];
    assert_eq!(placing(first.clone(), node("n")), [], "one at a time");
    first.init_containers[1].demand.memory = Bytes(11);
    assert_eq!(placing(first.clone(), node("n")), [Rule::MemoryOvercommitted]);
    first.init_containers[1].demand.memory = Bytes(10);
    assert_eq!(placing(first.clone(), node("n")), []);
    first.overhead_memory = Bytes(1);
    assert_eq!(placing(first, node("n")), [Rule::MemoryOvercommitted], "the sandbox is there meanwhile");
}

#[test]
fn a_sandbox_takes_key_slots() {
    let mut sandboxed = pod("p");
    sandboxed.overhead_key_slots = 9;
    assert_eq!(placing(sandboxed.clone(), node("n")), []);
    sandboxed.overhead_key_slots = 10;
    assert_eq!(placing(sandboxed, node("n")), [Rule::KeySlotsOvercommitted]);
}

#[test]
fn requests_that_would_wrap_are_still_too_much() {
    let mut huge = pod("p");
    huge.containers[0].demand.memory = Bytes(u64::MAX);
    huge.overhead_memory = Bytes(u64::MAX);
    assert_eq!(placing(huge, node("n")), [Rule::MemoryOvercommitted]);
}

#[test]
fn who_asks_for_none_of_a_resource_may_go_where_none_is_left() {
    let mut empty = node("n");
    empty.capacity.key_slots = 0;
    let mut modest = pod("p");
    if let Some(enclave) = &mut modest.containers[0].demand.enclave {
        enclave.key_slots = 0;
    }
    assert_eq!(placing(modest, empty.clone()), []);
    assert_eq!(placing(pod("p"), empty), [Rule::KeySlotsOvercommitted]);
}

#[test]
fn a_node_carries_every_selected_label_with_its_value() {
    let mut choosy = pod("p");
    choosy.node_selector.insert("zone".to_owned(), "a".to_owned());
    let labelled =
        |value: &str| Node { labels: BTreeMap::from([("zone".to_owned(), value.to_owned())]), ..node("n") };
    assert_eq!(placing(choosy.clone(), node("n")), [Rule::NodeSelectorIgnored]);
    assert_eq!(placing(choosy.clone(), labelled("b")), [Rule::NodeSelectorIgnored]);
    assert_eq!(placing(choosy, labelled("a")), []);
}

#[test]
fn only_taints_that_forbid_scheduling_need_tolerating() {
    for (effect, broken) in [
        (TaintEffect::NoSchedule, &[Rule::TaintIgnored][..]),
        (TaintEffect::NoExecute, &[Rule::TaintIgnored]),
        (TaintEffect::PreferNoSchedule, &[]),
    ] {
        let taint = Taint { key: "sgx".to_owned(), value: "only".to_owned(), effect };
        assert_eq!(placing(pod("p"), Node { taints: vec![taint], ..node("n") }), broken, "{effect:?}");
    }
}

#[test]
fn a_toleration_matches_by_key_operator_value_and_effect() {
    let equal = |value: &str| TolerationOperator::Equal(value.to_owned());
    let cases = [
        (Some("sgx"), TolerationOperator::Exists, None, true),
        (None, TolerationOperator::Exists, None, true),
        (Some("sgx"), equal("only"), Some(TaintEffect::NoSchedule), true),
        (Some("sgx"), equal("other"), None, false),
        (Some("tdx"), TolerationOperator::Exists, None, false),
        (Some("sgx"), TolerationOperator::Exists, Some(TaintEffect::NoExecute), false),
        (None, equal("only"), None, false),
        (Some(""), TolerationOperator::Exists, None, true),
        (Some(""), equal("only"), None, false),
    ];
    let taint = Taint { key: "sgx".to_owned(), value: "only".to_owned(), effect: TaintEffect::NoSchedule };
    for (key, operator, effect, tolerated) in cases {
        let mut tolerant = pod("p");
        tolerant.tolerations = vec![Toleration { key: key.map(str::to_owned), operator, effect }];
        let said = format!("{:?}", tolerant.tolerations);
        let broken = placing(tolerant, Node { taints: vec![taint.clone()], ..node("n") });
        assert_eq!(broken.is_empty(), tolerated, "{said}");
    }
}

#[test]
fn a_pod_has_one_place_at_a_time() {
    let twice = [placed(pod("p"), "n", 1), placed(pod("p"), "n", 2)];
    let once =
        [placed(pod("p"), "n", 1), Observation::PodReleased { pod: pod_key("p") }, placed(pod("p"), "n", 2)];
    let offered = || [Observation::NodeOffered { node: node("n") }, affirmed("n", 0, 1000)].into_iter();
    assert_eq!(rules(offered().chain(twice)), [Rule::PlacedTwice]);
    assert_eq!(rules(offered().chain(once)), []);
}

#[test]
fn only_a_placed_pod_is_released() {
    assert_eq!(rules([Observation::PodReleased { pod: pod_key("p") }]), [Rule::ReleasedUnplaced]);
}

/// What breaks when `p` gets `verdict` at 500 on a node whose witness holds from 0 until `until`.
fn unplaced(verdict: Unplaced, until: u64, memory: u64) -> Vec<Rule> {
    let mut asks = pod("p");
    asks.containers[0].demand.memory = Bytes(memory);
    rules([
        Observation::NodeOffered { node: node("n") },
        affirmed("n", 0, until),
        Observation::PodUnplaced { at: Timestamp(500), pod: asks, verdict },
    ])
}

#[test]
fn a_pod_waits_only_while_nothing_can_take_it() {
    assert_eq!(unplaced(Unplaced::Waiting, 1000, 10), [Rule::WaitsThoughItFits]);
    assert_eq!(unplaced(Unplaced::Waiting, 1000, 11), []);
    assert_eq!(unplaced(Unplaced::Waiting, 499, 10), []);
}

#[test]
fn a_pod_is_held_back_only_for_another_that_waits() {
    let unplaced = |pod, verdict| Observation::PodUnplaced { at: Timestamp(500), pod, verdict };
    let offered = || [Observation::NodeOffered { node: node("n") }, affirmed("n", 0, 1000)].into_iter();
    let mut large = pod("large");
    large.containers[0].demand.memory = Bytes(10);
    let small = || unplaced(pod("small"), Unplaced::HeldBack);
    assert_eq!(rules(offered().chain([small()])), [Rule::WaitsThoughItFits]);
    let taken = [placed(pod("p"), "n", 1), unplaced(large.clone(), Unplaced::Waiting)];
    assert_eq!(rules(offered().chain(taken.clone()).chain([small()])), []);
    let release = Observation::PodReleased { pod: pod_key("p") };
    let served = [release, placed(large, "n", 2)];
    let room_left = Node { capacity: Capacity { memory: Bytes(20), ..node("n").capacity }, ..node("n") };
    let grown = [Observation::NodeOffered { node: room_left }];
    assert_eq!(
        rules(offered().chain(taken).chain(served).chain(grown).chain([small()])),
        [Rule::WaitsThoughItFits],
        "the one it was held back for has its place"
    );
}

#[test]
fn a_pod_is_given_up_only_when_no_empty_attested_node_could_take_it() {
    assert_eq!(unplaced(Unplaced::Never, 499, 10), [Rule::GivenUpThoughPossible]);
    assert_eq!(unplaced(Unplaced::Never, 499, 11), []);
}

#[test]
fn who_names_its_node_is_there_already_and_minds_no_cordon() {
    let with = |effect, named| {
        let key = "node.kubernetes.io/unschedulable".to_owned();
        let tainted = Node { taints: vec![Taint { key, value: String::new(), effect }], ..node("n") };
        let mut pod = pod("p");
        pod.scheduling.node = named;
        placing(pod, tainted)
    };
    let there = || Some(node_name("n"));
    assert_eq!(with(TaintEffect::NoSchedule, there()), []);
    assert_eq!(with(TaintEffect::NoSchedule, None), [Rule::TaintIgnored]);
    assert_eq!(with(TaintEffect::NoExecute, there()), [Rule::TaintIgnored]);
}
