//! The bandwidth of encrypted memory: handed out by NUMA node, and what sharing it costs.

use casemate_model::{Node, NumaNode, Pod};
use casemate_placement::{Decision, Hypothetical, Ledger};

use crate::{NOW, finish, placed, words};

const GIB: u64 = 1 << 30;

/// A node each of whose NUMA nodes moves 10 GiB a second.
fn node(numa: usize) -> Node {
    let mut node = words::node("name=n tee=sgx epc=64 cpu=9000");
    node.hardware.numa = vec![NumaNode { bandwidth: Some(10 * GIB), ..NumaNode::default() }; numa];
    node
}

/// A pod that moves so many GiB a second.
fn mover(name: &str, gib: u64) -> Pod {
    let mut pod = words::pod(&format!("name={name} tee=sgx epc=1"));
    pod.scheduling.bandwidth = Some(gib * GIB);
    pod
}

fn ledger(numa: usize) -> Ledger<Hypothetical> {
    Ledger::<Hypothetical>::new([node(numa)]).unwrap()
}

#[test]
fn each_neighbour_makes_the_predicted_slowdown_larger_and_its_end_takes_that_back() {
    let mut ledger = ledger(1);
    let (watched, quiet) = (mover("watched", 4), words::pod("name=quiet tee=sgx epc=1"));
    let of = |ledger: &Ledger<Hypothetical>| ledger.slowdown(&watched).unwrap().thousandths();
    let first = placed(&mut ledger, &watched);
    assert_eq!(of(&ledger), 1000, "alone");
    let silent = placed(&mut ledger, &quiet);
    assert_eq!(of(&ledger), 1000, "who moves nothing is in nobody's way");
    let second = placed(&mut ledger, &mover("second", 2));
    assert_eq!(of(&ledger), 1100, "1 + 4 * 2 / (10 * 8)");
    let third = placed(&mut ledger, &mover("third", 4));
    assert_eq!(of(&ledger), 1600, "1 + 4 * 6 / (10 * 4)");
    assert!(ledger.slowdown(&quiet).is_none(), "it waits for none of it");
    finish(&mut ledger, [third, second]);
    assert_eq!(of(&ledger), 1000);
    finish(&mut ledger, [first, silent]);
}

#[test]
fn who_is_on_another_numa_node_is_in_nobodys_way() {
    let mut ledger = ledger(2);
    let (one, other) = (mover("one", 8), mover("other", 8));
    let plans = [placed(&mut ledger, &one), placed(&mut ledger, &other)];
    for pod in [&one, &other] {
        assert_eq!(ledger.slowdown(pod).unwrap().thousandths(), 1000, "{}", pod.key);
    }
    finish(&mut ledger, plans);
}

#[test]
fn what_is_not_free_on_one_numa_node_is_refused_and_said() {
    let mut ledger = ledger(2);
    let plans = [placed(&mut ledger, &mover("one", 6)), placed(&mut ledger, &mover("other", 6))];
    let late = mover("late", 7);
    assert!(matches!(ledger.place(&late, NOW), Decision::Waiting));
    let said = ledger.explain(&late, NOW).to_string();
    assert!(
        said.contains(
            "asks for 7Gi/s memory bandwidth of one NUMA node, the largest free NUMA node has 4Gi/s"
        ),
        "{said}"
    );
    let small = placed(&mut ledger, &mover("small", 4));
    finish(&mut ledger, plans.into_iter().chain([small]));
}

#[test]
fn in_pieces_it_is_no_bandwidth_of_one() {
    let mut ledger = ledger(2);
    assert!(matches!(ledger.place(&mover("large", 11), NOW), Decision::Never));
}

#[test]
fn nobody_is_slowed_down_where_nobody_knows_the_bandwidth() {
    let mut node = node(2);
    node.hardware.numa[1].bandwidth = None;
    let mut ledger = Ledger::<Hypothetical>::new([node]).unwrap();
    let pod = mover("p", 50);
    let plan = placed(&mut ledger, &pod);
    assert_eq!(ledger.slowdown(&pod), None);
    finish(&mut ledger, [plan]);
}
