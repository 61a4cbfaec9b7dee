//! Devices that come in units: a share is of one unit, and what is more than one is several whole ones.

use casemate_model::{DeviceKind, Node, Pod};
use casemate_placement::{Decision, Hypothetical, Ledger, Resource};

use crate::{NOW, finish, placed, words};

/// A node with two GPUs of a thousand thousandths each.
fn two_gpus() -> Node {
    let mut node = words::node("name=n cpu=9000 device:gpu=2000");
    node.hardware.units.insert("gpu".into(), vec![1000, 1000]);
    node
}

fn wants(name: &str, thousandths: u64) -> Pod {
    words::pod(&format!("name={name} device:gpu={thousandths}"))
}

fn ledger() -> Ledger<Hypothetical> {
    Ledger::<Hypothetical>::new([two_gpus()]).unwrap()
}

#[test]
fn a_share_is_of_one_gpu_however_much_is_free_of_both() {
    let mut ledger = ledger();
    let plans = [placed(&mut ledger, &wants("a", 600)), placed(&mut ledger, &wants("b", 600))];
    let late = wants("late", 500);
    assert!(matches!(ledger.place(&late, NOW), Decision::Waiting), "800 are free, in two pieces");
    let said = ledger.explain(&late, NOW).to_string();
    assert!(said.contains("asks for 500 gpu of one unit, the largest free unit has 400 of 1000"), "{said}");
    let small = placed(&mut ledger, &wants("small", 400));
    finish(&mut ledger, plans.into_iter().chain([small]));
}

#[test]
fn nobody_has_parts_of_two() {
    let mut ledger = ledger();
    let gpu = Resource::Device(DeviceKind::from("gpu"));
    let plans: Vec<_> = [700, 700, 300, 300]
        .into_iter()
        .zip(0..)
        .map(|(it, nth)| placed(&mut ledger, &wants(&format!("p{nth}"), it)))
        .collect();
    let mut used = [0, 0];
    for plan in &plans {
        let taken = ledger.taken(plan.pod(), &gpu);
        assert_eq!(taken.len(), 1, "{taken:?}");
        used[taken[0].0] += taken[0].1;
    }
    assert_eq!(used, [1000, 1000]);
    finish(&mut ledger, plans);
}

#[test]
fn several_are_whole_ones_and_wait_for_them() {
    let mut ledger = ledger();
    let gpu = Resource::Device(DeviceKind::from("gpu"));
    let both = placed(&mut ledger, &wants("both", 2000));
    assert_eq!(ledger.taken(both.pod(), &gpu), [(0, 1000), (1, 1000)]);
    finish(&mut ledger, [both]);
    let tiny = placed(&mut ledger, &wants("tiny", 1));
    assert!(matches!(ledger.place(&wants("both", 2000), NOW), Decision::Waiting));
    let one = placed(&mut ledger, &wants("one", 1000));
    finish(&mut ledger, [tiny, one]);
}

#[test]
fn one_and_a_half_gpus_are_no_share_and_no_whole_ones() {
    let mut ledger = ledger();
    assert!(matches!(ledger.place(&wants("p", 1500), NOW), Decision::Never));
    assert!(matches!(ledger.place(&wants("p", 3000), NOW), Decision::Never));
}
