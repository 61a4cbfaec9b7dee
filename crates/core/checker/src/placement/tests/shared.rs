//! With whom pods share.

use casemate_model::{Hardware, MilliCpu, Node, PlacementPolicy, Pod, Scope, Sharing};

use super::without_tee;
use crate::testing::*;
use crate::{Observation, Rule};

fn policy(sharing: Sharing) -> PlacementPolicy {
    PlacementPolicy { sharing, ..PlacementPolicy::default() }
}

fn of(tenant: &str, scope: Option<Scope>) -> Pod {
    let mut pod = pod(tenant);
    pod.key.namespace = tenant.to_owned();
    pod.scheduling.policy = scope.map(|scope| policy(Sharing::Exclusive(scope)));
    pod
}

fn together(first: Pod, second: Pod) -> Vec<Rule> {
    let offered = [Observation::NodeOffered { node: node("n") }, affirmed("n", 0, 1000)];
    rules(offered.into_iter().chain([placed(first, "n", 1), placed(second, "n", 1)]))
}

#[test]
fn a_node_of_ones_own_is_nobody_elses_whoever_comes_first() {
    let alone = || of("one", Some(Scope::Node));
    for other in [of("two", None), without_tee(of("two", None))] {
        assert_eq!(together(other.clone(), alone()), [Rule::ExclusiveIgnored]);
        assert_eq!(together(alone(), other), [Rule::OthersExclusiveIgnored]);
    }
}

#[test]
fn a_tee_of_ones_own_is_shared_with_ordinary_pods_only() {
    let alone = || of("one", Some(Scope::Tee));
    assert_eq!(together(of("two", None), alone()), [Rule::ExclusiveIgnored]);
    assert_eq!(together(alone(), of("two", None)), [Rule::OthersExclusiveIgnored]);
    assert_eq!(together(without_tee(of("two", None)), alone()), []);
    assert_eq!(together(alone(), without_tee(of("two", None))), []);
}

#[test]
fn a_tenants_own_pods_and_those_of_the_system_are_no_rivals() {
    for scope in [Scope::Tee, Scope::Node] {
        let mut own = of("one", None);
        own.key.name = "other".to_owned();
        assert_eq!(together(of("one", Some(scope)), own), []);
        assert_eq!(together(of("one", Some(scope)), of("kube-system", None)), []);
        assert_eq!(together(of("kube-system", None), of("one", Some(scope))), []);
    }
}

#[test]
fn who_does_not_say_shares_as_the_cluster_does() {
    let default = Observation::SharedByDefault { policy: policy(Sharing::Exclusive(Scope::Node)) };
    let offered = [default, Observation::NodeOffered { node: node("n") }, affirmed("n", 0, 1000)];
    let mut open = of("two", None);
    open.scheduling.policy = Some(policy(Sharing::Shared));
    let stream = [placed(of("one", None), "n", 1), placed(open, "n", 1)];
    assert_eq!(rules(offered.into_iter().chain(stream)), [Rule::OthersExclusiveIgnored]);
}

#[test]
fn cores_of_ones_own_are_whole() {
    let hardware = Hardware { threads_per_core: 2, ..Hardware::default() };
    let with = |cpu| {
        let mut node = Node { hardware: hardware.clone(), ..node("n") };
        node.capacity.cpu = MilliCpu(cpu);
        super::placing(of("one", Some(Scope::Core)), node)
    };
    assert_eq!(with(2000), []);
    assert_eq!(with(1999), [Rule::CpuOvercommitted]);
}

#[test]
fn who_shares_with_nobody_is_never_paged() {
    use casemate_model::Bytes;
    let with = |scope| {
        let mut pod = of("one", scope);
        let enclave = pod.containers[0].demand.enclave.as_mut().expect("it has one");
        enclave.epc_limit = Some(Bytes(11 * 4096));
        super::placing(pod, node("n"))
    };
    assert_eq!(with(None), []);
    assert_eq!(with(Some(Scope::Tee)), [Rule::EpcOvercommitted]);
}
