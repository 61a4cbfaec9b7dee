//! Init containers that go on running (`restartPolicy: Always`; KEP-753), read to plan.
//!
//! Kubernetes counts each beside the pod's containers, and beside every init container that starts after it
//! (`AggregateContainerRequests` of k8s.io/kubernetes). So a sidecar becomes one of the containers, and the
//! init containers after it ask for what it has as well.

use casemate_model::{Container, Demand};

use crate::Place;
use crate::field::Field;
use crate::problem::Findings;

/// A container, where its image is written, and whether it is a sidecar.
pub(crate) struct Read {
    pub(crate) container: Container,
    pub(crate) image: Place,
    pub(crate) is_sidecar: bool,
}

/// What a device that one container asks for beside another takes in memory, generously.
const DEVICE_BYTES: usize = 256;

/// Init containers that end, and the sidecars among them, each in the order written. `spec` pays for what
/// is asked for a second time.
pub(crate) fn apart(init: Vec<Read>, spec: &Field<'_>, to: &mut Findings) -> (Vec<Read>, Vec<Read>) {
    let (mut ending, mut sidecars): (Vec<Read>, Vec<Read>) = (Vec::new(), Vec::new());
    let mut running: Option<Demand> = None;
    for mut one in init {
        if one.is_sidecar {
            let demand = running.get_or_insert_default();
            add(demand, &one.container.demand);
            sidecars.push(one);
        } else {
            let bytes = |running: &&Demand| running.devices.len().saturating_mul(DEVICE_BYTES);
            if let Some(running) = running.as_ref().filter(|it| to.spend(spec, bytes(it))) {
                add(&mut one.container.demand, running);
            }
            ending.push(one);
        }
    }
    (ending, sidecars)
}

/// Adds what another container asks for. A second TEE is not added: a pod that asks for two has no node.
fn add(demand: &mut Demand, other: &Demand) {
    demand.cpu = demand.cpu.saturating_add(other.cpu);
    demand.memory = demand.memory.saturating_add(other.memory);
    demand.memory_limit =
        demand.memory_limit.zip(other.memory_limit).map(|(one, other)| one.saturating_add(other));
    for (kind, amount) in &other.devices {
        let sum = demand.devices.entry(kind.clone()).or_default();
        *sum = sum.saturating_add(*amount);
    }
    match (&mut demand.enclave, other.enclave) {
        (Some(one), Some(other)) if one.tee == other.tee => {
            // Each has pages of its own.
            let pages = |bytes: casemate_model::Bytes| bytes.to_pages_ceil().to_bytes();
            one.epc_guaranteed = pages(one.epc_guaranteed).saturating_add(pages(other.epc_guaranteed));
            one.epc_limit = one.epc_limit.zip(other.epc_limit).map(|(one, other)| one.saturating_add(other));
            one.slots = one.slots.saturating_add(other.slots);
            one.key_slots = one.key_slots.saturating_add(other.key_slots);
        }
        (none @ None, other) => *none = other,
        (Some(_), _) => {}
    }
}
