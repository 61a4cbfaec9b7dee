//! Pods that move, and pods that have to leave.

use casemate_model::{Bytes, Capacity, Node, Pod, Tee, Timestamp};

use super::without_tee;
use crate::testing::*;
use crate::{Moved, Observation, Rule};

fn small(name: &str, tee: Tee) -> Node {
    Node { tee: Some(tee), capacity: Capacity { memory: Bytes(1), ..node(name).capacity }, ..node(name) }
}

fn with_tee(name: &str, tee: Tee) -> Pod {
    let mut pod = pod(name);
    pod.containers[0].demand.enclave.as_mut().expect("it has one").tee = tee;
    pod
}

fn moved(pod: &str, to: &str, how: Moved) -> Observation {
    Observation::PodMoved { at: Timestamp(5), pod: pod_key(pod), to: node_name(to), how }
}

/// Nodes n, m and o for one pod each; p is on n, q on m.
fn three(tee: Tee) -> Vec<Observation> {
    let names = ["n", "m", "o"];
    let offered = names.map(|name| Observation::NodeOffered { node: small(name, tee) });
    let granted = names.map(|name| affirmed(name, 0, 1000));
    let pods = [placed(with_tee("p", tee), "n", 1), placed(with_tee("q", tee), "m", 1)];
    offered.into_iter().chain(granted).chain(pods).collect()
}

fn moving(tee: Tee, moves: impl IntoIterator<Item = Observation>) -> Vec<Rule> {
    rules(three(tee).into_iter().chain(moves))
}

#[test]
fn after_each_step_nothing_is_beyond_capacity() {
    let restart = |pod, to| moved(pod, to, Moved::Restart);
    assert_eq!(moving(Tee::Sgx, [restart("q", "o"), restart("p", "m")]), []);
    assert_eq!(moving(Tee::Sgx, [restart("p", "m"), restart("q", "o")]), [Rule::MemoryOvercommitted]);
}

#[test]
fn a_pod_runs_on_only_in_tees_that_can_move_it() {
    for (tee, live, restart) in [
        (Tee::Tdx, true, true),
        (Tee::SevSnp, true, true),
        (Tee::Sgx, false, true),
        (Tee::Software, false, true),
        (Tee::Cca, false, true),
        (Tee::Nitro, false, true),
        (Tee::TrustZone, false, false),
    ] {
        for (how, can) in [(Moved::Live, live), (Moved::Restart, restart)] {
            let broken: &[Rule] = if can { &[] } else { &[Rule::MoveImpossible] };
            assert_eq!(moving(tee, [moved("p", "o", how)]), broken, "{tee} {how:?}");
        }
    }
}

#[test]
fn a_pod_runs_on_only_where_both_nodes_have_its_tee() {
    let offered = [
        Observation::NodeOffered { node: small("n", Tee::Tdx) },
        Observation::NodeOffered { node: small("m", Tee::SevSnp) },
        affirmed("n", 0, 1000),
        affirmed("m", 0, 1000),
    ];
    let mut either = with_tee("p", Tee::Tdx);
    either.scheduling.other_tees = vec![Tee::SevSnp];
    let with = |how| {
        let stream = [placed(either.clone(), "n", 1), moved("p", "m", how)];
        rules(offered.clone().into_iter().chain(stream))
    };
    assert_eq!(with(Moved::Live), [Rule::MoveImpossible]);
    assert_eq!(with(Moved::Restart), []);
}

#[test]
fn an_ordinary_pod_starts_anew() {
    let with = |how| {
        let stream = [placed(without_tee(pod("r")), "o", 1), Observation::PodReleased { pod: pod_key("p") }];
        moving(Tee::Tdx, stream.into_iter().chain([moved("r", "n", how)]))
    };
    assert_eq!(with(Moved::Restart), []);
    assert_eq!(with(Moved::Live), [Rule::MoveImpossible]);
}

#[test]
fn only_what_is_in_place_moves_and_only_to_nodes_on_offer() {
    assert_eq!(moving(Tee::Sgx, [moved("x", "o", Moved::Restart)]), [Rule::NotInPlace]);
    assert_eq!(moving(Tee::Sgx, [moved("p", "x", Moved::Restart)]), [Rule::NodeUnknown]);
}

#[test]
fn a_confidential_pod_moves_only_to_where_a_witness_holds() {
    let late = Observation::PodMoved {
        at: Timestamp(1001),
        pod: pod_key("p"),
        to: node_name("o"),
        how: Moved::Restart,
    };
    assert_eq!(moving(Tee::Sgx, [late]), [Rule::StalePlatformWitness]);
}

fn drains(at: u64, drains: &[(&str, &str)]) -> Observation {
    let drains = drains.iter().map(|(pod, node)| (pod_key(pod), node_name(node))).collect();
    Observation::DrainsListed { at: Timestamp(at), drains }
}

#[test]
fn who_is_on_a_node_whose_witness_has_lapsed_or_is_revoked_has_to_leave() {
    assert_eq!(moving(Tee::Sgx, [drains(1000, &[])]), []);
    assert_eq!(moving(Tee::Sgx, [drains(1001, &[("p", "n"), ("q", "m")])]), []);
    assert_eq!(moving(Tee::Sgx, [drains(1001, &[("p", "n")])]), [Rule::DrainForgotten]);
    let revoked = || Observation::PlatformWitnessRevoked { node: node_name("n") };
    assert_eq!(moving(Tee::Sgx, [revoked(), drains(5, &[("p", "n")])]), []);
    assert_eq!(moving(Tee::Sgx, [revoked(), drains(5, &[])]), [Rule::DrainForgotten]);
}

#[test]
fn nobody_else_has_to_leave() {
    assert_eq!(moving(Tee::Sgx, [drains(5, &[("p", "n")])]), [Rule::DrainUnfounded]);
    let plain = [placed(without_tee(pod("r")), "o", 1)];
    let stream = plain.into_iter().chain([drains(1001, &[("p", "n"), ("q", "m"), ("r", "o")])]);
    assert_eq!(moving(Tee::Sgx, stream), [Rule::DrainUnfounded]);
}
