//! What people are told.

use casemate_placement::{Decision, Hypothetical, Ledger};

use crate::{NOW, decide, finish, ledger, placed, words};

const NODES: &str = "name=east tee=sgx epc=64 slots=4
    name=west tee=tdx keys=8 taint:team=red:NoSchedule
    name=wide tee=sgx epc=128 slots=4 label:zone=b";

#[test]
fn a_placement_says_why_here_and_why_not_elsewhere() {
    let (decision, text) = decide(&mut ledger(NODES), "tee=sgx epc=32 slots=1");
    assert_eq!(decision, "placed");
    let expected = "default/p is placed on east:
  east: passes; EPC would be 50 % used (32Mi of 64Mi)
  west: tee: asks for sgx, the node has tdx; epc: asks for 32Mi EPC, the node has 0 in all; \
        slots: asks for 1 enclave slots, the node has 0 in all; \
        taints: does not tolerate the taint team=red:NoSchedule
  wide: passes; EPC would be 25 % used (32Mi of 128Mi)";
    assert_eq!(text, expected);
}

#[test]
fn a_wait_says_what_is_missing_on_each_node() {
    let mut ledger = ledger(NODES);
    let plan = placed(&mut ledger, &words::pod("name=first tee=sgx epc=100 slots=1"));
    let (decision, text) = decide(&mut ledger, "tee=sgx epc=100");
    assert_eq!(decision, "waits");
    assert!(text.starts_with("default/p waits:\n  east: epc: asks for 100Mi EPC, the node has 64Mi in all"));
    assert!(text.ends_with("wide: epc: asks for 100Mi EPC, 28Mi of 128Mi are free"), "{text}");
    finish(&mut ledger, [plan]);
}

#[test]
fn never_is_said_only_where_even_empty_nodes_would_not_do() {
    let never = [
        "tee=sgx epc=129",
        "tee=nitro",
        "cpu=1",
        "tee=sgx select:zone=c",
        "tee=tdx keys=1",
        "tee=sgx epc=100 select:zone=b tolerate:* cpu=1",
    ];
    for pod in never {
        assert_eq!(decide(&mut ledger(NODES), pod).0, "never", "{pod}");
    }
    for pod in ["tee=sgx epc=128", "tee=tdx keys=1 tolerate:team", "tee=sgx select:zone=b"] {
        assert_eq!(decide(&mut ledger(NODES), pod).0, "placed", "{pod}");
    }
}

#[test]
fn requests_nobody_can_count_are_never_placed_and_say_so() {
    let mut pod = words::pod("cpu=1 + cpu=1");
    pod.containers[0].demand.cpu.0 = u64::MAX;
    assert!(matches!(ledger(NODES).place(&pod, NOW), Decision::Never));
    assert_eq!(
        ledger(NODES).explain(&pod, NOW).reasons(),
        ["its requests for CPU add up to more than any node can have"]
    );
}

#[test]
fn without_a_node_there_is_no_place() {
    let (decision, text) = decide(&mut Ledger::<Hypothetical>::new([]).unwrap(), "cpu=1");
    assert_eq!((decision, text.as_str()), ("never", "default/p can never be placed: there is no node"));
}

#[test]
fn every_filter_answers_for_every_node() {
    let filters = [
        "tee",
        "features",
        "witness",
        "epc",
        "slots",
        "key-slots",
        "cpu",
        "memory",
        "bandwidth",
        "devices",
        "node-name",
        "node-selector",
        "affinity",
        "sharing",
        "overcommit",
        "taints",
        "hold",
    ];
    for report in &ledger(NODES).explain(&words::pod("tee=sgx epc=1"), NOW).nodes {
        let names: Vec<_> = report.filters.iter().map(|filter| filter.filter).collect();
        assert_eq!(names, filters, "{}", report.node);
    }
}

#[test]
fn reasons_are_one_a_line_with_node_and_filter() {
    let why = ledger(NODES).explain(&words::pod("tee=cca tolerate:*"), NOW);
    let expected = [
        "east: tee: asks for cca, the node has sgx",
        "west: tee: asks for cca, the node has tdx",
        "wide: tee: asks for cca, the node has sgx",
    ];
    assert_eq!(why.reasons(), expected);
}
