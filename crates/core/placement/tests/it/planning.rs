//! Many pods at once, on paper.

use casemate_model::Pod;
use casemate_placement::{LedgerError, Planning, Resource, lost_plans};

use crate::{lines, name, words};

fn planning(nodes: &str, pods: &str) -> (Planning, Vec<Pod>) {
    let pods: Vec<_> = lines(pods).map(words::pod).collect();
    (Planning::of(lines(nodes).map(words::node), &pods).expect("names differ"), pods)
}

const NODES: &str = "name=a tee=sgx epc=64 cpu=4000\n name=b tee=sgx epc=32 cpu=4000\n name=c cpu=2000";

#[test]
fn pods_are_placed_by_priority_and_told_of_in_the_order_given() {
    let pods = "name=first tee=sgx epc=60\n name=second tee=sgx epc=60 priority=5\n name=third cpu=10";
    let (planning, pods) = planning(NODES, pods);
    let told: Vec<_> = planning.placed().map(|(nth, plan)| (nth, plan.node().0.clone())).collect();
    assert_eq!(told, [(1, "a".to_owned()), (2, "c".to_owned())]);
    assert!(planning.placed().all(|(nth, plan)| *plan.pod() == pods[nth].key));
    let [pending] = planning.pending() else { panic!("one is left") };
    assert_eq!((pending.pods.as_slice(), pending.never), (&[0][..], false));
    assert_eq!(pending.hurdles[0].to_string(), "a: asks for 60Mi EPC, 4Mi of 64Mi are free");
}

#[test]
fn pods_that_ask_for_the_same_are_told_of_once() {
    let pods: String = (0..10).map(|nth| format!("name=p{nth} tee=sgx epc=40\n")).collect();
    let (planning, _) = planning(NODES, &pods);
    assert_eq!(planning.placed().count(), 1);
    let [pending] = planning.pending() else { panic!("they ask for the same") };
    assert_eq!(pending.pods, (1..10).collect::<Vec<_>>());
    let told: Vec<_> = pending.hurdles.iter().map(ToString::to_string).collect();
    let expected = [
        "a: asks for 40Mi EPC, 24Mi of 64Mi are free",
        "b: asks for 40Mi EPC, the node has 32Mi in all",
        "c: asks for sgx, the node has no TEE",
    ];
    assert_eq!(told, expected);
}

#[test]
fn two_pods_of_one_name_are_two_and_the_second_has_no_place() {
    let (planning, _) = planning(NODES, "name=p cpu=1\n name=p cpu=1");
    assert_eq!(planning.placed().count(), 1);
    assert_eq!(
        planning.pending()[0].objection.as_ref().map(ToString::to_string).as_deref(),
        Some("it is already placed on c")
    );
}

#[test]
fn what_is_used_is_what_was_placed() {
    let (planning, _) = planning(NODES, "name=p tee=sgx epc=40 cpu=500\n name=q cpu=1000");
    let used: Vec<_> =
        planning.usage().into_iter().map(|it| (it.resource, it.used, it.capacity, it.largest_free)).collect();
    let mib = 1 << 20;
    assert_eq!(used, [(Resource::Epc, 40 * mib, 96 * mib, 32 * mib), (Resource::Cpu, 1500, 10_000, 4000)]);
    assert_eq!(planning.free(&name("c")).map(|it| it.cpu.0), Some(1000));
    drop(planning);
    assert_eq!(lost_plans(), 0);
}

#[test]
fn devices_are_handed_out_and_counted_like_everything_else() {
    let nodes = "name=a device:gpu=2 device:pods=8\n name=b device:gpu=4 device:pods=1";
    let pods = "name=p device:gpu=2\n name=q device:gpu=2\n name=r device:gpu=1\n name=s device:fpga=1";
    let (planning, _) = planning(nodes, pods);
    let told: Vec<_> = planning.placed().map(|(nth, plan)| (nth, plan.node().0.clone())).collect();
    assert_eq!(told, [(0, "a".to_owned()), (1, "b".to_owned())]);
    let hurdles: Vec<Vec<String>> = planning
        .pending()
        .iter()
        .map(|pending| pending.hurdles.iter().map(ToString::to_string).collect())
        .collect();
    assert_eq!(hurdles[0], ["a: asks for 1 gpu, 0 of 2 are free", "b: asks for 1 pods, 0 of 1 are free"]);
    assert_eq!(hurdles[1], ["2 nodes like a: asks for 1 fpga, the node has 0 in all"]);
    let gpu = planning.usage().into_iter().find(|it| it.resource.to_string() == "gpu").expect("gpu");
    assert_eq!((gpu.used, gpu.capacity, gpu.largest_free), (4, 6, 2));
}

#[test]
fn nodes_of_one_name_are_refused() {
    let nodes = ["name=a cpu=1", "name=a cpu=1"].map(words::node);
    assert_eq!(Planning::of(nodes, &[]).err(), Some(LedgerError::Duplicate(name("a"))));
}

#[test]
fn a_cordon_keeps_new_pods_off_a_node_and_lets_those_stay_who_run_there() {
    let cordoned = "name=a cpu=1000 taint:node.kubernetes.io/unschedulable=:NoSchedule";
    let mut pods = ["name=there cpu=400", "name=new cpu=400"].map(words::pod);
    pods[0].scheduling.node = Some(name("a"));
    let planning = Planning::of([words::node(cordoned)], &pods).unwrap();
    let placed: Vec<usize> = planning.placed().map(|(nth, _)| nth).collect();
    assert_eq!(placed, [0]);
    assert_eq!(planning.used(&name("a"), &Resource::Cpu), 400);
    let said = planning.pending()[0].hurdles[0].to_string();
    assert!(said.contains("does not tolerate the taint node.kubernetes.io/unschedulable"), "{said}");
}
