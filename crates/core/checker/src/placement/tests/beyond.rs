//! What lies between requests and limits, and whose rivals nobody is.

use casemate_model::{Bytes, Nanos, PlacementPolicy, Pod, Scope, Sharing, Timestamp};

use crate::testing::*;
use crate::{Leeway, Observation, Rule, Unplaced};

/// An enclave that requests 2 pages of the node's 10 and may have so many.
fn pages(name: &str, limit: u64) -> Pod {
    let mut pod = pod(name);
    let enclave = pod.containers[0].demand.enclave.as_mut().expect("it has one");
    (enclave.epc_guaranteed, enclave.epc_limit) = (Bytes(2 * 4096), Some(Bytes(limit * 4096)));
    pod
}

fn measured(name: &str, limit: u64, pages_used: u64) -> Pod {
    let mut pod = pages(name, limit);
    let container = pod.containers[0].name.clone();
    pod.scheduling.working_sets.insert(container, Bytes(pages_used * 4096));
    pod
}

/// A touch that misses every microsecond costs a microsecond: as many thousandths more as miss.
fn allowed(slowdown_max: u64) -> Observation {
    let leeway = Leeway { slowdown_max, page_cost: Nanos(1000), touches: 1_000_000 };
    Observation::OvercommitAllowed { leeway }
}

fn with(slowdown_max: Option<u64>, stream: impl IntoIterator<Item = Observation>) -> Vec<Rule> {
    let offered = [Observation::NodeOffered { node: node("n") }, affirmed("n", 0, 1000)];
    rules(offered.into_iter().chain(slowdown_max.map(allowed)).chain(stream))
}

fn two(limit: u64) -> [Observation; 2] {
    [placed(pages("p", limit), "n", 1), placed(pages("q", limit), "n", 1)]
}

#[test]
fn until_it_is_said_how_far_nobody_looks_at_what_lies_beyond_requests() {
    assert_eq!(with(None, two(100)), []);
}

#[test]
fn nobody_is_slowed_down_where_working_sets_fit() {
    // 2 * 3 beyond requests, and 10 - 2 * 2 that nobody requested.
    assert_eq!(with(Some(1000), two(5)), []);
    assert_eq!(with(Some(1000), two(6)), [Rule::SlowedDown]);
}

#[test]
fn a_slowdown_is_allowed_up_to_the_bound() {
    // Of 6 pages 4 are beyond the request, and of 8 such pages 2 are sealed: 667 thousandths of a quarter.
    assert_eq!(with(Some(1167), two(6)), []);
    assert_eq!(with(Some(1166), two(6)), [Rule::SlowedDown]);
}

#[test]
fn what_was_measured_counts_and_no_enclave_has_more_than_its_limit() {
    let two = |used| [placed(measured("p", 6, used), "n", 1), placed(measured("q", 6, used), "n", 1)];
    assert_eq!(with(Some(1000), two(5)), []);
    assert_eq!(with(Some(1000), two(6)), [Rule::SlowedDown]);
    assert_eq!(with(Some(1167), two(900)), []);
}

#[test]
fn who_was_refused_for_paging_would_have_broken_the_bound() {
    let waits = |bound| {
        let pod = pages("q", 6);
        let unplaced = Observation::PodUnplaced { at: Timestamp(1), pod, verdict: Unplaced::Waiting };
        with(Some(bound), [placed(pages("p", 6), "n", 1), unplaced])
    };
    assert_eq!(waits(1166), []);
    assert_eq!(waits(1167), [Rule::WaitsThoughItFits]);
}

#[test]
fn who_leaves_takes_its_excess_along() {
    let released = Observation::PodReleased { pod: pod_key("p") };
    let stream = [placed(pages("p", 8), "n", 1), released, placed(pages("q", 8), "n", 2)];
    assert_eq!(with(Some(1000), stream), []);
}

#[test]
fn who_shares_with_nobody_has_nothing_that_could_be_shared_out() {
    let alone = |name: &str| {
        let mut pod = pages(name, 6);
        let sharing = Sharing::Exclusive(Scope::Tee);
        pod.scheduling.policy = Some(PlacementPolicy { sharing, ..PlacementPolicy::default() });
        pod
    };
    let two = [placed(alone("p"), "n", 1), placed(alone("q"), "n", 1)];
    assert_eq!(with(Some(u64::MAX), two), [Rule::EpcOvercommitted]);
}

#[test]
fn who_has_no_encrypted_memory_slows_nobody_down() {
    let mut plain = super::without_tee(pod("plain"));
    plain.key.name = "plain".to_owned();
    let crowded = two(6).into_iter().chain([placed(plain, "n", 1)]);
    assert_eq!(with(Some(1000), crowded), [Rule::SlowedDown], "of the second, and of no other");
}

#[test]
fn a_namespace_that_is_exempt_is_nobodys_rival_from_then_on() {
    let alone = |namespace: &str| {
        let mut pod = pod(namespace);
        pod.key.namespace = namespace.to_owned();
        let sharing = Sharing::Exclusive(Scope::Node);
        pod.scheduling.policy = Some(PlacementPolicy { sharing, ..PlacementPolicy::default() });
        pod
    };
    let exempted = |name: &str| Observation::NamespaceExempted { name: name.to_owned() };
    let both = || [placed(alone("bank"), "n", 1), placed(alone("agents"), "n", 1)];
    for exempt in ["agents", "bank"] {
        assert_eq!(with(None, [exempted(exempt)].into_iter().chain(both())), []);
    }
    let rivals = [Rule::ExclusiveIgnored, Rule::OthersExclusiveIgnored];
    assert_eq!(with(None, [exempted("others")].into_iter().chain(both())), rivals);
}
