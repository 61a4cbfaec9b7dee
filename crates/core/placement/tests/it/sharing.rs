//! Who shares what with whom, and what is asked for beside room.

use casemate_model::{Feature, Features, Pod, Runtime, Tee};
use casemate_placement::{Condition, Options, Overcommit, Planning, Slowdown, Supposed};

use crate::{lines, words};

fn of(namespace: &str, policy: &str, text: &str) -> Pod {
    let mut pod = words::pod(text);
    pod.key.namespace = namespace.to_owned();
    pod.scheduling.policy = (!policy.is_empty()).then(|| policy.parse().unwrap());
    pod
}

/// Which of the pods have a place.
fn placed(nodes: &str, pods: &[Pod]) -> Vec<String> {
    let planning = Planning::of(lines(nodes).map(words::node), pods).unwrap();
    planning.placed().map(|(nth, _)| pods[nth].key.name.clone()).collect()
}

const NODE: &str = "name=n tee=sgx epc=64 cpu=4000";

#[test]
fn a_node_of_ones_own_is_shared_with_ones_own_and_the_system_only() {
    let alone = of("bank", "exclusive:node", "name=alone cpu=100");
    let mine = of("bank", "", "name=mine cpu=100");
    let other = of("shop", "", "name=other cpu=100");
    let system = of("kube-system", "", "name=system cpu=100");
    let all = [alone.clone(), mine.clone(), other.clone(), system.clone()];
    assert_eq!(placed(NODE, &all), ["alone", "mine", "system"]);
    assert_eq!(placed(NODE, &[other, alone]), ["other"]);
    assert_eq!(placed(NODE, &[system, mine]), ["system", "mine"]);
}

#[test]
fn a_tee_of_ones_own_is_beside_ordinary_pods() {
    let alone = of("bank", "exclusive:tee", "name=alone tee=sgx epc=8");
    let plain = of("shop", "", "name=plain cpu=100");
    let secret = of("shop", "", "name=secret tee=sgx epc=8");
    assert_eq!(placed(NODE, &[alone.clone(), plain.clone(), secret.clone()]), ["alone", "plain"]);
    assert_eq!(placed(NODE, &[secret, plain, alone]), ["secret", "plain"]);
}

#[test]
fn what_a_tee_lacks_keeps_a_pod_off_it_for_good() {
    let gap = Feature::ALL.into_iter().find(|it| {
        let lacks = |tee: Tee| {
            let needs = Features::of(&[*it]);
            !casemate_model::tee::lacking(tee.least_variant(), Runtime::SgxSdk, needs).is_empty()
        };
        lacks(Tee::Sgx)
    });
    let mut pod = words::pod("name=needy tee=sgx epc=8");
    pod.scheduling.runtime = Some(Runtime::SgxSdk);
    assert_eq!(placed(NODE, &[pod.clone()]), ["needy"]);
    pod.scheduling.needs = Features::of(&[gap.unwrap()]);
    let planning = Planning::of(lines(NODE).map(words::node), &[pod]).unwrap();
    assert!(planning.pending()[0].never && planning.pending()[0].hurdles[0].is_permanent());
}

#[test]
fn any_of_several_tees_will_do_and_the_one_asked_for_is_preferred() {
    let nodes = "name=a tee=sev-snp keys=9\n name=b tee=tdx keys=9";
    let mut pod = words::pod("name=vm tee=tdx keys=1");
    pod.scheduling.other_tees = vec![Tee::SevSnp];
    let planning = Planning::of(lines(nodes).map(words::node), &[pod.clone()]).unwrap();
    assert_eq!(planning.placed().next().unwrap().1.node().0, "b");
    assert_eq!(placed("name=a tee=sev-snp keys=9", &[pod]), ["vm"]);
}

#[test]
fn a_node_with_two_tees_takes_pods_of_either_and_of_both() {
    let mut node = words::node("name=n tee=tdx keys=2 epc=64");
    node.hardware.other_tees.insert(Tee::Sgx);
    let both = words::pod("name=both tee=tdx keys=1 + tee=sgx epc=8");
    let one = words::pod("name=one tee=sgx epc=8");
    let planning = Planning::of([node], &[both.clone(), one]).unwrap();
    assert_eq!(planning.placed().count(), 2);
    assert!(placed("name=n tee=tdx keys=2 epc=64", &[both]).is_empty());
}

#[test]
fn what_is_not_implemented_is_refused_by_name() {
    let mut pod = words::pod("name=claims cpu=1");
    pod.scheduling.unsupported = vec!["pods.yaml:9:5: spec.resourceClaims: not implemented".to_owned()];
    let planning = Planning::of(lines(NODE).map(words::node), &[pod]).unwrap();
    let pending = &planning.pending()[0];
    assert_eq!(pending.condition, Condition::Unsupported);
    assert!(pending.objection.as_ref().unwrap().to_string().contains("resourceClaims"));
}

#[test]
fn who_names_a_node_that_is_not_there_is_told_so() {
    let mut pod = words::pod("name=lost cpu=1");
    pod.scheduling.node = Some(crate::name("nowhere"));
    let planning = Planning::of(lines(NODE).map(words::node), &[pod]).unwrap();
    let said = planning.pending()[0].objection.as_ref().unwrap().to_string();
    assert_eq!(said, "it names the node nowhere, which is not there");
}

#[test]
fn memory_beyond_requests_is_shared_out_as_far_as_nobody_is_slowed_down_too_much() {
    let pods: Vec<Pod> = (0..4)
        .map(|at| {
            let mut pod = words::pod(&format!("name=p{at} tee=sgx epc=8"));
            let enclave = pod.containers[0].demand.enclave.as_mut().unwrap();
            enclave.epc_limit = Some(casemate_model::Bytes::mib(40));
            pod
        })
        .collect();
    let count = |overcommit: Option<Overcommit>| {
        let options = Options { overcommit, ..Options::default() };
        let planning =
            Planning::with(lines(NODE).map(words::node), &pods, &options, &Supposed::default()).unwrap();
        planning.placed().count()
    };
    assert_eq!(count(None), 4, "requests are all that counts");
    let few = count(Some(Overcommit::up_to(Slowdown::of_thousandths(1_100))));
    assert!((1..4).contains(&few), "{few}");
    assert_eq!(count(Some(Overcommit::up_to(Slowdown::of_thousandths(1_000_000)))), 4);
}
