//! What people are told who have more nodes than they can read about.

use crate::{NOW, finish, ledger, placed, words};

#[track_caller]
fn hurdles(nodes: &str, before: &[&str], pod: &str) -> Vec<String> {
    let mut ledger = ledger(nodes);
    let plans: Vec<_> = before.iter().map(|it| placed(&mut ledger, &words::pod(it))).collect();
    let told = ledger.explain(&words::pod(pod), NOW).hurdles();
    finish(&mut ledger, plans);
    told.iter().map(ToString::to_string).collect()
}

const NODES: &str = "name=a tee=sgx epc=64 slots=4
    name=b tee=sgx epc=96 slots=4
    name=c tee=sgx epc=128 slots=4
    name=d tee=tdx keys=4
    name=e tee=tdx keys=8
    name=f cpu=4000";

#[test]
fn alike_nodes_are_told_of_once_with_the_one_that_lacks_least() {
    let told =
        hurdles(NODES, &["name=first tee=sgx epc=128", "name=second tee=sgx epc=90"], "tee=sgx epc=60");
    // One fits.
    assert_eq!(told, Vec::<String>::new());
    let before = ["name=first tee=sgx epc=128", "name=second tee=sgx epc=90", "name=third tee=sgx epc=10"];
    let told = hurdles(NODES, &before, "tee=sgx epc=60");
    assert_eq!(told[0], "3 nodes like a: asks for 60Mi EPC, 54Mi of 64Mi are free");
}

#[test]
fn of_nodes_with_another_tee_it_is_not_said_that_they_lack_what_belongs_to_this_one() {
    let told = hurdles(NODES, &[], "tee=sgx epc=200 slots=1");
    let expected = [
        "3 nodes like a: asks for 200Mi EPC, the node has 128Mi in all",
        "2 nodes like d: asks for sgx, the node has tdx",
        "f: asks for sgx, the node has no TEE",
    ];
    assert_eq!(told, expected);
}

#[test]
fn what_may_change_comes_first_and_is_left_out_where_something_cannot() {
    let nodes = "name=a tee=sgx epc=64 cpu=1000\n name=b tee=sgx epc=64 cpu=100";
    let told =
        hurdles(nodes, &["name=x tee=sgx epc=60 cpu=1", "name=y tee=sgx epc=60"], "tee=sgx epc=8 cpu=500");
    let expected =
        ["a: asks for 8Mi EPC, 4Mi of 64Mi are free", "b: asks for 500m CPU, the node has 100m in all"];
    assert_eq!(told, expected);
}

#[test]
fn two_labels_that_are_missing_are_two_hurdles() {
    let nodes = "name=a label:zone=x cpu=10\n name=b label:zone=y cpu=10\n name=c label:zone=z cpu=10 taint:t=v:NoSchedule";
    let told = hurdles(nodes, &[], "cpu=1 select:zone=w");
    assert_eq!(
        told,
        [
            "2 nodes like a: selects zone=w, the node has zone=x",
            "c: selects zone=w, the node has zone=z; does not tolerate the taint t=v:NoSchedule"
        ]
    );
}
