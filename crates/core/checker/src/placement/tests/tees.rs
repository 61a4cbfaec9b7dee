//! Which TEE, what it offers, and who vouches for it.

use casemate_model::tee::{Feature, Features, Runtime};
use casemate_model::{Node, Pod, Tee, Timestamp};

use super::{placing, without_tee};
use crate::testing::*;
use crate::{Observation, Rule};

fn with_tees(first: Tee, others: &[Tee]) -> Node {
    let mut node = Node { tee: Some(first), ..node("n") };
    node.hardware.other_tees = others.iter().copied().collect();
    node
}

fn asks(tee: Tee) -> Pod {
    let mut pod = pod("p");
    pod.containers[0].demand.enclave.as_mut().expect("it has one").tee = tee;
    pod
}

fn or(pod: Pod, others: &[Tee]) -> Pod {
    let mut pod = pod;
    pod.scheduling.other_tees = others.to_vec();
    pod
}

fn needing(pod: Pod, needs: &[Feature], runtime: Option<Runtime>) -> Pod {
    let mut pod = pod;
    pod.scheduling.needs = Features::of(needs);
    pod.scheduling.runtime = runtime;
    pod
}

#[test]
fn another_tee_does_where_the_pod_says_so() {
    let node = || with_tees(Tee::SevSnp, &[]);
    assert_eq!(placing(asks(Tee::Tdx), node()), [Rule::WrongTee]);
    assert_eq!(placing(or(asks(Tee::Tdx), &[Tee::SevSnp]), node()), []);
    assert_eq!(placing(or(asks(Tee::Tdx), &[Tee::Cca]), node()), [Rule::WrongTee]);
}

/// What breaks where `pod` is placed on a node of which these TEEs were affirmed.
fn affirmed_for(pod: Pod, node: Node, tees: &[Tee]) -> Vec<Rule> {
    let grants = tees.iter().map(|tee| Observation::TeeWitnessGranted {
        at: Timestamp(0),
        node: node_name("n"),
        tee: *tee,
        not_before: Timestamp(0),
        not_after: Timestamp(1000),
        evidence: evidence(0, 1000),
    });
    let offered = [Observation::NodeOffered { node }];
    rules(offered.into_iter().chain(grants).chain([placed(pod, "n", 500)]))
}

#[test]
fn the_tee_that_is_used_has_a_witness_of_its_own() {
    let node = || with_tees(Tee::Sgx, &[Tee::Tdx]);
    assert_eq!(affirmed_for(asks(Tee::Tdx), node(), &[Tee::Sgx]), [Rule::NoPlatformWitness]);
    assert_eq!(affirmed_for(asks(Tee::Tdx), node(), &[Tee::Tdx]), []);
    assert_eq!(placing(asks(Tee::Tdx), node()), [Rule::NoPlatformWitness], "the first TEE's is not enough");
    let either = || or(asks(Tee::Tdx), &[Tee::Sgx]);
    assert_eq!(affirmed_for(either(), node(), &[Tee::Sgx]), []);
    assert_eq!(affirmed_for(either(), node(), &[]), [Rule::NoPlatformWitness]);
}

#[test]
fn a_pod_that_asks_for_two_tees_needs_both() {
    let mut both = asks(Tee::Tdx);
    both.containers.push(asks(Tee::Sgx).containers.remove(0));
    assert_eq!(affirmed_for(both.clone(), with_tees(Tee::Tdx, &[]), &[Tee::Tdx]), [Rule::WrongTee]);
    let node = || with_tees(Tee::Tdx, &[Tee::Sgx]);
    assert_eq!(affirmed_for(both.clone(), node(), &[Tee::Tdx]), [Rule::NoPlatformWitness]);
    assert_eq!(affirmed_for(both, node(), &[Tee::Tdx, Tee::Sgx]), []);
}

#[test]
fn a_revoked_witness_is_none() {
    let revoked = Observation::PlatformWitnessRevoked { node: node_name("n") };
    let stream = [
        Observation::NodeOffered { node: node("n") },
        affirmed("n", 0, 1000),
        revoked,
        placed(pod("p"), "n", 1),
    ];
    assert_eq!(rules(stream), [Rule::NoPlatformWitness]);
}

#[test]
fn what_programs_need_the_tee_offers_under_any_runtime() {
    let sgx = || with_tees(Tee::Sgx, &[]);
    assert_eq!(placing(needing(asks(Tee::Sgx), &[Feature::Gpu], None), sgx()), [Rule::NeedsIgnored]);
    assert_eq!(placing(needing(asks(Tee::Sgx), &[Feature::Fork], None), sgx()), []);
    let growing = needing(asks(Tee::Sgx), &[Feature::MemoryGrowth], None);
    assert_eq!(placing(growing, sgx()), [Rule::NeedsIgnored], "not every generation has it");
}

#[test]
fn what_programs_need_the_runtime_offers_where_it_runs() {
    let sgx = || with_tees(Tee::Sgx, &[]);
    let with = |runtime, needs: &[Feature]| placing(needing(asks(Tee::Sgx), needs, Some(runtime)), sgx());
    assert_eq!(with(Runtime::SgxSdk, &[Feature::Fork]), [Rule::NeedsIgnored]);
    assert_eq!(with(Runtime::Gramine, &[Feature::Fork]), []);
    assert_eq!(with(Runtime::Kata, &[Feature::Time]), [Rule::NeedsIgnored]);
}

#[test]
fn of_several_tees_that_would_do_one_has_to_offer_it() {
    let pod = || or(needing(asks(Tee::Sgx), &[Feature::Gpu], None), &[Tee::Tdx]);
    let node = || with_tees(Tee::Sgx, &[Tee::Tdx]);
    assert_eq!(affirmed_for(pod(), node(), &[Tee::Sgx, Tee::Tdx]), []);
    assert_eq!(affirmed_for(pod(), node(), &[Tee::Sgx]), [Rule::NoPlatformWitness]);
}

#[test]
fn an_ordinary_pod_has_whatever_the_machine_has() {
    let plain = needing(without_tee(pod("p")), &[Feature::Gpu, Feature::KernelModules], None);
    assert_eq!(placing(plain, with_tees(Tee::Sgx, &[])), []);
}
