//! Reservations: never more than there is, and given back exactly.

use casemate_model::{Capacity, Pod};
use casemate_placement::{Decision, Hypothetical, Ledger, LedgerError, Plan, Resource};
use proptest::prelude::*;

use crate::{NOW, decide, finish, ledger, name, place, placed, words};

#[derive(Clone, Debug)]
enum Op {
    Place(String),
    /// Release the plan at this position, modulo how many there are.
    Release(usize),
}

fn op() -> impl Strategy<Value = Op> {
    let amounts = (0..40_u64, 0..4_u32, 0..3_u32, 0..2000_u64, 0..300_u64, 0..3_u64);
    let container = (prop_oneof![Just(""), Just("tee=sgx"), Just("tee=tdx")], amounts).prop_map(
        |(tee, (epc, slots, keys, cpu, memory, gpu))| {
            format!("{tee} epc={epc} slots={slots} keys={keys} cpu={cpu} memory={memory} device:gpu={gpu}")
        },
    );
    let terms = prop_oneof![
        4 => Just(""),
        1 => Just("select:zone=b"),
        1 => Just("select:zone=a tolerate:team"),
        1 => Just("tolerate:*"),
    ];
    let pod =
        (prop::collection::vec(container, 1..3), 0..500_u64, terms).prop_map(|(containers, cpu, terms)| {
            Op::Place(format!("overhead-cpu={cpu} {terms} {}", containers.join(" + ")))
        });
    prop_oneof![3 => pod, 2 => (0..64_usize).prop_map(Op::Release)]
}

const NODES: &str = "name=a tee=sgx epc=93 slots=7 cpu=4000 memory=900 label:zone=a device:gpu=4
    name=b tee=software epc=64 slots=3 keys=1 cpu=3000 memory=700 label:zone=b
    name=c tee=tdx keys=4 cpu=8000 memory=999 device:gpu=9 label:zone=b taint:team=red:PreferNoSchedule
    name=d cpu=2000 memory=500 taint:team=red:NoSchedule label:zone=a device:gpu=2 device:pods=3";

/// Applies a history; returns the plans still held.
fn apply(ledger: &mut Ledger<Hypothetical>, ops: &[Op]) -> (Vec<Plan<Hypothetical>>, Vec<String>) {
    let (mut plans, mut log) = (Vec::<Plan<Hypothetical>>::new(), Vec::new());
    for (step, op) in ops.iter().enumerate() {
        match op {
            Op::Place(words) => {
                let pod = words::pod(&format!("name=p{step} {words}"));
                log.push(ledger.explain(&pod, NOW).to_string());
                if let Decision::Placed(plan) = place(ledger, &pod) {
                    plans.push(plan);
                }
            }
            Op::Release(index) if !plans.is_empty() => {
                let plan = plans.swap_remove(index % plans.len());
                ledger.release(plan).unwrap();
            }
            Op::Release(_) => {}
        }
    }
    (plans, log)
}

fn free(ledger: &Ledger<Hypothetical>) -> Vec<Capacity> {
    ["a", "b", "c", "d"].map(|node| ledger.free(&name(node)).unwrap()).to_vec()
}

proptest! {
    #[test]
    fn no_history_over_commits_any_resource(ops in prop::collection::vec(op(), 1..60)) {
        let mut ledger = ledger(NODES);
        let (plans, _) = apply(&mut ledger, &ops);
        for node in ledger.nodes() {
            let here = plans.iter().filter(|plan| *plan.node() == node.name);
            let reserved: Vec<_> = here.map(Plan::reserved).collect();
            for resource in Resource::ALL {
                // Summed apart from the ledger's own books.
                let sum: u64 = reserved.iter().map(|capacity| resource.of(capacity)).sum();
                let all = resource.of(&node.capacity);
                let free = resource.of(&ledger.free(&node.name).unwrap());
                prop_assert!(sum <= all, "{} of {resource} on {}, which has {all}", sum, node.name);
                prop_assert_eq!(free, all - sum, "{} on {}", resource, node.name);
            }
        }
        finish(&mut ledger, plans);
    }

    #[test]
    fn releasing_everything_restores_exactly_what_there_was(ops in prop::collection::vec(op(), 1..60)) {
        let mut ledger = ledger(NODES);
        let before = free(&ledger);
        let (plans, _) = apply(&mut ledger, &ops);
        finish(&mut ledger, plans);
        prop_assert_eq!(free(&ledger), before);
    }

    #[test]
    fn the_same_history_is_decided_the_same_way(ops in prop::collection::vec(op(), 1..40)) {
        let (mut one, mut other) = (ledger(NODES), ledger(NODES));
        let ((plans, log), (other_plans, other_log)) = (apply(&mut one, &ops), apply(&mut other, &ops));
        prop_assert_eq!(log, other_log);
        finish(&mut one, plans);
        finish(&mut other, other_plans);
    }

    #[test]
    fn a_pod_waits_only_where_it_would_fit_the_empty_nodes(ops in prop::collection::vec(op(), 1..40), last in op()) {
        let Op::Place(words) = last else { return Ok(()) };
        let mut used = ledger(NODES);
        let (plans, _) = apply(&mut used, &ops);
        let (decision, text) = decide(&mut used, &words);
        let (when_empty, _) = decide(&mut ledger(NODES), &words);
        prop_assert_eq!(decision == "never", when_empty == "never", "{}", text);
        finish(&mut used, plans);
    }
}

#[test]
fn a_pod_is_placed_once_at_a_time() {
    let mut ledger = ledger("cpu=2000");
    let pod: Pod = words::pod("cpu=500");
    let plan = placed(&mut ledger, &pod);
    assert!(matches!(ledger.place(&pod, NOW), Decision::Waiting));
    assert_eq!(ledger.explain(&pod, NOW).reasons(), ["it is already placed on n"]);
    assert_eq!(ledger.node_of(&pod.key), Some(&name("n")));
    finish(&mut ledger, [plan]);
    assert_eq!(ledger.node_of(&pod.key), None);
    let again = placed(&mut ledger, &pod);
    finish(&mut ledger, [again]);
}

#[test]
fn a_plan_is_released_by_the_ledger_that_made_it_only() {
    let (mut ours, mut other) = (ledger("cpu=2000"), ledger("cpu=2000"));
    let pod = words::pod("cpu=500");
    let (plan, others_plan) = (placed(&mut ours, &pod), placed(&mut other, &pod));
    let foreign = other.release(plan).unwrap_err();
    assert_eq!(foreign.to_string(), "the plan for default/p was made by another ledger: release it there");
    assert_eq!(other.free(&name("n")).unwrap().cpu.0, 1500, "nothing was given back twice");
    finish(&mut ours, [*foreign.0]);
    finish(&mut other, [others_plan]);
}

#[test]
fn two_nodes_of_one_name_are_refused() {
    let nodes = ["name=a cpu=1", "name=a cpu=2"].map(words::node);
    assert_eq!(Ledger::<Hypothetical>::new(nodes).unwrap_err(), LedgerError::Duplicate(name("a")));
}
