//! A TEE inside another costs what both cost: an enclave in a confidential VM takes encrypted memory and slots for
//! itself, and the key slot, memory and CPU of its VM.

use casemate_model::{DeviceKind, Node, Pod, Tee};
use casemate_placement::{Planning, Resource};

use crate::words;

/// A node whose confidential VMs have enclaves.
fn node(capacity: &str) -> Node {
    let mut node = words::node(&format!("name=n tee=tdx {capacity}"));
    node.hardware.other_tees.insert(Tee::Sgx);
    node
}

/// An enclave of 8 MiB in a confidential VM of its own.
fn nested(name: &str) -> Pod {
    words::pod(&format!(
        "name={name} tee=tdx cpu=100 + tee=sgx epc=8 slots=1 cpu=100 \
         overhead-keys=1 overhead-memory=2048 overhead-cpu=1000"
    ))
}

/// How many of three have a place, and what keeps the others off.
fn three_on(capacity: &str) -> (usize, String) {
    let pods = ["a", "b", "c"].map(nested);
    let planning = Planning::of([node(capacity)], &pods).unwrap();
    let hurdles = planning.pending().iter().flat_map(|it| &it.hurdles).map(ToString::to_string);
    (planning.placed().count(), hurdles.collect::<Vec<_>>().join("; "))
}

#[test]
fn an_enclave_in_a_confidential_vm_is_charged_at_both_levels() {
    let pods = [nested("p")];
    let node = node("epc=64 slots=4 keys=4 memory=9000 cpu=9000");
    let planning = Planning::of([node], &pods).unwrap();
    let name = crate::name("n");
    let used = |resource| planning.used(&name, &resource);
    assert_eq!(used(Resource::Epc), 8 << 20);
    assert_eq!(used(Resource::Slots), 1);
    assert_eq!(used(Resource::KeySlots), 1);
    assert_eq!(used(Resource::Memory), 2048 << 20);
    assert_eq!(used(Resource::Cpu), 1200);
}

#[test]
fn whichever_level_runs_out_first_ends_it() {
    let plenty = "memory=90000 cpu=90000";
    assert_eq!(three_on(&format!("epc=64 slots=9 keys=9 {plenty}")).0, 3);
    let (count, why) = three_on(&format!("epc=64 slots=9 keys=2 {plenty}"));
    assert!(count == 2 && why.contains("asks for 1 key slots, 0 of 2 are free"), "{count} {why}");
    let (count, why) = three_on(&format!("epc=16 slots=9 keys=9 {plenty}"));
    assert!(count == 2 && why.contains("asks for 8Mi EPC, 0 of 16Mi are free"), "{count} {why}");
    let (count, why) = three_on("epc=64 slots=9 keys=9 memory=4096 cpu=90000");
    assert!(count == 2 && why.contains("memory"), "{count} {why}");
}

#[test]
fn a_node_without_either_tee_takes_none() {
    let capacity = "epc=64 slots=9 keys=9 memory=90000 cpu=90000";
    for only in ["tdx", "sgx"] {
        let node = words::node(&format!("name=n tee={only} {capacity}"));
        let planning = Planning::of([node], &[nested("p")]).unwrap();
        assert!(planning.pending()[0].never, "{only}");
    }
}

#[test]
fn a_device_passed_through_to_the_vm_is_charged_beside_both() {
    let mut pod = nested("p");
    pod.containers[0].demand.devices.insert(DeviceKind::from("gpu"), 1);
    let with = |devices: &str| {
        let node = node(&format!("epc=64 slots=9 keys=9 memory=90000 cpu=90000 {devices}"));
        Planning::of([node], std::slice::from_ref(&pod)).unwrap().placed().count()
    };
    assert_eq!((with("device:gpu=1"), with("")), (1, 0));
}
