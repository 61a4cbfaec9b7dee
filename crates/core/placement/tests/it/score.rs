//! Which of the nodes that fit is chosen.

use crate::{NOW, finish, ledger, lines, placed, words};

/// Asserts where a pod goes, on one node a line.
#[track_caller]
fn check(nodes: &str, pod: &str, expected: &str) {
    let mut ledger = ledger(nodes);
    let explanation = ledger.explain(&words::pod(pod), NOW);
    let plan = placed(&mut ledger, &words::pod(pod));
    assert_eq!(plan.node().0, expected, "{explanation}");
    finish(&mut ledger, [plan]);
}

#[test]
fn the_node_that_would_be_fuller_is_chosen() {
    let nodes = "name=a tee=sgx epc=128\n name=b tee=sgx epc=64\n name=c tee=sgx epc=96";
    check(nodes, "tee=sgx epc=32", "b");
    check(nodes, "tee=sgx epc=80", "c");
}

#[test]
fn fullness_is_that_of_the_scarcest_resource_asked_for() {
    // By EPC b is fuller; by slots, of which there are few, a.
    let nodes = "name=a tee=sgx epc=128 slots=2\n name=b tee=sgx epc=64 slots=100";
    check(nodes, "tee=sgx epc=16 slots=1", "a");
    check(nodes, "tee=sgx epc=16", "b");
}

#[test]
fn a_node_in_use_is_filled_before_another_is_opened() {
    let nodes = "name=a tee=sgx epc=64\n name=b tee=sgx epc=64 taint:k=v:NoSchedule";
    let mut ledger = ledger(nodes);
    let first = placed(&mut ledger, &words::pod("name=first tee=sgx epc=60"));
    let elsewhere = placed(&mut ledger, &words::pod("name=second tee=sgx epc=8 tolerate:*"));
    assert_eq!(elsewhere.node().0, "b");
    // Now b is in use and has room: it is better than an emptier a would be.
    finish(&mut ledger, [first]);
    let third = placed(&mut ledger, &words::pod("name=third tee=sgx epc=8 tolerate:*"));
    assert_eq!(third.node().0, "b");
    finish(&mut ledger, [elsewhere, third]);
}

#[test]
fn an_unwanted_node_is_taken_only_if_no_other_will_do() {
    let nodes = "name=a tee=sgx epc=64 taint:k=v:PreferNoSchedule\n name=b tee=sgx epc=128";
    check(nodes, "tee=sgx epc=32", "b");
    check(nodes, "tee=sgx epc=32 tolerate:k", "a");
    check("name=a epc=64 tee=sgx taint:k=v:PreferNoSchedule", "tee=sgx epc=32", "a");
}

#[test]
fn the_tee_asked_for_comes_before_one_that_stands_in() {
    check("name=a tee=software epc=33\n name=b tee=sgx epc=128", "tee=sgx epc=32", "b");
    check("name=a tee=software epc=33\n name=b tee=sgx epc=16", "tee=sgx epc=32", "a");
}

#[test]
fn an_ordinary_pod_leaves_tees_alone_if_it_can() {
    check("name=a tee=sgx cpu=1000\n name=b cpu=4000", "cpu=1000", "b");
    check("name=a tee=sgx cpu=1000\n name=b cpu=500", "cpu=1000", "a");
}

#[test]
fn among_equals_the_lower_name_wins_in_whatever_order_they_come() {
    for nodes in ["name=b cpu=1000\n name=a cpu=1000", "name=a cpu=1000\n name=b cpu=1000"] {
        check(nodes, "cpu=100", "a");
        check(nodes, "", "a");
        assert_eq!(lines(nodes).count(), 2);
    }
}

#[test]
fn the_largest_numbers_there_are_can_be_compared() {
    let huge = u64::MAX >> 20;
    let nodes = format!("name=a memory={huge}\n name=b memory={}", huge - 1);
    check(&nodes, &format!("memory={}", huge - 1), "b");
}

#[test]
fn what_is_explained_is_what_is_placed_with_affinity_for_one_numa_node() {
    let nodes = (0..24).map(|nth| {
        let mut node = words::node(&format!(
            "name=n{nth} tee=sgx epc={} cpu={}",
            60 + 20 * (nth % 3),
            6000 + 3000 * (nth % 5)
        ));
        let half = casemate_model::NumaNode {
            epc: casemate_model::Bytes(node.capacity.epc.0 / 2),
            ..casemate_model::NumaNode::default()
        };
        node.hardware.numa = vec![half.clone(), half];
        node
    });
    let mut ledger = casemate_placement::Ledger::<casemate_placement::Hypothetical>::new(nodes).unwrap();
    let mut plans = Vec::new();
    for nth in 0..150 {
        let size = [9, 24, 37, 17, 45, 52, 31][nth * nth % 7];
        let mut pod = words::pod(&format!("name=p{nth} tee=sgx epc={size} cpu={}", 500 + 700 * (nth % 4)));
        pod.scheduling.policy = Some("affinity".parse().unwrap());
        if let casemate_placement::Decision::Placed(plan) = crate::place(&mut ledger, &pod) {
            plans.push(plan);
        }
    }
    assert!(plans.len() > 10, "{}", plans.len());
    finish(&mut ledger, plans);
}
