//! What lies between request and limit may be handed out more than once; requests, and what belongs to those who
//! share with nobody, may not.

use casemate_model::{Bytes, Node, Pod};
use casemate_placement::{Decision, Hypothetical, Ledger, Options, Overcommit, Slowdown};

use crate::{NOW, finish, placed, words};

fn node() -> Node {
    words::node("name=n tee=sgx epc=64 cpu=9000")
}

/// A ledger where nobody may be slowed down by more than so many thousandths say.
fn ledger(thousandths: u64) -> Ledger<Hypothetical> {
    let overcommit = Some(Overcommit::up_to(Slowdown::of_thousandths(thousandths)));
    Ledger::<Hypothetical>::with([node()], Options { overcommit, ..Options::default() }).unwrap()
}

/// An enclave that requests 8 MiB, may have 40, and was measured to use so many.
fn pod(name: &str, measured: Option<u64>) -> Pod {
    let mut pod = words::pod(&format!("name={name} tee=sgx epc=8"));
    pod.containers[0].demand.enclave.as_mut().unwrap().epc_limit = Some(Bytes::mib(40));
    pod.scheduling.working_sets.extend(measured.map(|mib| ("c0".to_owned(), Bytes::mib(mib))));
    pod
}

fn alone(name: &str, measured: Option<u64>) -> Pod {
    let mut pod = pod(name, measured);
    pod.scheduling.policy = Some("exclusive:tee".parse().unwrap());
    pod
}

/// How many of eight have a place.
fn count(thousandths: u64, pod: impl Fn(&str) -> Pod) -> usize {
    let mut ledger = ledger(thousandths);
    let plans: Vec<_> = (0..8)
        .filter_map(|nth| match ledger.place(&pod(&format!("p{nth}")), NOW) {
            Decision::Placed(plan) => Some(plan),
            Decision::Waiting | Decision::Never => None,
        })
        .collect();
    let count = plans.len();
    finish(&mut ledger, plans);
    count
}

const FAST: u64 = 1000;
const ANY: u64 = 1_000_000;

#[test]
fn where_nobody_may_be_slowed_down_working_sets_fit() {
    assert_eq!(count(FAST, |name| pod(name, None)), 1, "two may have 80 of 64");
    assert_eq!(count(FAST, |name| pod(name, Some(20))), 3, "three use 60");
    assert_eq!(count(FAST, |name| pod(name, Some(8))), 8, "all that they use is requested");
}

#[test]
fn requests_are_never_handed_out_twice_whatever_slowdown_is_allowed() {
    assert_eq!(count(ANY, |name| pod(name, None)), 8);
    let nine = |name: &str| {
        let mut pod = pod(name, None);
        pod.containers[0].demand.enclave.as_mut().unwrap().epc_guaranteed = Bytes::mib(9);
        pod
    };
    assert_eq!(count(ANY, nine), 7, "eight of 9 are more than 64");
}

#[test]
fn who_shares_with_nobody_has_its_limit_for_itself() {
    assert_eq!(count(ANY, |name| alone(name, None)), 1, "two of 40 are more than 64");
    assert_eq!(count(ANY, |name| alone(name, Some(8))), 1, "a measurement binds nobody");
    let unbounded = |name: &str| {
        let mut pod = alone(name, Some(16));
        pod.containers[0].demand.enclave.as_mut().unwrap().epc_limit = None;
        pod
    };
    assert_eq!(count(ANY, unbounded), 4, "where no limit is named, what was measured is reserved");
}

#[test]
fn the_prediction_grows_with_each_and_who_would_break_the_bound_is_told_by_how_much() {
    let mut ledger = ledger(1_500);
    let watched = pod("watched", None);
    let mut plans = vec![placed(&mut ledger, &watched)];
    let mut before = ledger.slowdown(&watched).unwrap();
    assert_eq!(before, Slowdown::NONE, "alone it has all it may have");
    let refused = loop {
        let next = pod(&format!("p{}", plans.len()), None);
        match ledger.place(&next, NOW) {
            Decision::Placed(plan) => plans.push(plan),
            Decision::Waiting | Decision::Never => break next,
        }
        let now = ledger.slowdown(&watched).unwrap();
        assert!(now > before && now <= Slowdown::of_thousandths(1_500), "{now}");
        before = now;
    };
    assert!((2..8).contains(&plans.len()), "{}", plans.len());
    let said = ledger.explain(&refused, NOW).to_string();
    assert!(said.contains("for paging, at most 1.5 times is allowed"), "{said}");
    finish(&mut ledger, plans);
}

#[test]
fn who_asks_for_no_encrypted_memory_is_let_in_however_full_it_is() {
    let mut ledger = ledger(FAST);
    let full = placed(&mut ledger, &pod("full", None));
    assert!(matches!(ledger.place(&pod("late", None), NOW), Decision::Waiting));
    let plain = placed(&mut ledger, &words::pod("name=plain cpu=100"));
    finish(&mut ledger, [full, plain]);
}
