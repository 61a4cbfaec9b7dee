//! Resources of a whole pod (`spec.resources`; KEP-2837), read to plan: CPU, memory and huge pages.
//!
//! What the pod has beyond what its containers ask for together any of them may use. It is counted with the
//! first, so that the pod needs what it says. As in Kubernetes a limit alone is a request where no container
//! asks for the resource. Refused: other resources, and less than the containers ask for.

use casemate_model::{Bytes, Container, Devices, MilliCpu, Pod};

use crate::field::Field;
use crate::inputs::Purpose;
use crate::problem::Findings;
use crate::resources::demand;

/// Raises what the pod needs to what it says.
pub(crate) fn raise(spec: &Field<'_>, pod: &mut Pod, to: &mut Findings) {
    let Some(field) = spec.get("resources").filter(|field| !field.is_empty()) else { return };
    let Some(whole) = demand(spec, Purpose::Plan, to) else { return };
    let other = whole.devices.keys().find(|kind| !kind.as_str().starts_with("hugepages-"));
    if let (Some(other), _) | (None, Some(other)) =
        (other.map(|kind| kind.as_str()), whole.enclave.map(|_| "a TEE's resource"))
    {
        let cause = format!("`{other}` is asked for by containers, not by a pod");
        to.refuse(field.problem(cause, "Write it with the container that needs it"));
        return;
    }
    let sum = |of: fn(&Container) -> u64| pod.containers.iter().map(of).fold(0, u64::saturating_add);
    let most = |of: fn(&Container) -> u64| pod.init_containers.iter().map(of).fold(sum(of), u64::max);
    let cpu = |container: &Container| container.demand.cpu.0;
    let memory = |container: &Container| container.demand.memory.0;
    let more_cpu = beyond(&field, "cpu", whole.cpu.0, sum(cpu), most(cpu), to);
    let more_memory = beyond(&field, "memory", whole.memory.0, sum(memory), most(memory), to);
    let needed = pod.devices();
    let mut together = Devices::new();
    for (kind, amount) in pod.containers.iter().flat_map(|container| &container.demand.devices) {
        let sum = together.entry(kind.clone()).or_default();
        *sum = sum.saturating_add(*amount);
    }
    let Some(first) = pod.containers.first_mut().map(|container| &mut container.demand) else { return };
    first.cpu = first.cpu.saturating_add(MilliCpu(more_cpu));
    first.memory = first.memory.saturating_add(Bytes(more_memory));
    for (kind, says) in whole.devices {
        let of = |devices: &Devices| devices.get(&kind).copied().unwrap_or(0);
        let more = beyond(&field, kind.as_str(), says, of(&together), of(&needed), to);
        let amount = first.devices.entry(kind).or_default();
        *amount = amount.saturating_add(more);
    }
    first.devices.retain(|_, amount| *amount > 0);
}

/// How much the pod has of one resource beyond what its containers ask for together. `needed` is the most of
/// it at any moment, init containers included.
fn beyond(field: &Field<'_>, name: &str, says: u64, together: u64, needed: u64, to: &mut Findings) -> u64 {
    let request = field.at(&["requests", name]);
    if says == 0 || (request.is_none() && needed > 0) {
        return 0;
    }
    if says < needed {
        let cause = format!("is less of `{name}` than the containers ask for");
        let at = request.unwrap_or_else(|| field.clone());
        to.refuse(at.problem(cause, "Ask for as much as they do, or for less with them"));
        return 0;
    }
    says.saturating_sub(together)
}
