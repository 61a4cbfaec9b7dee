//! Resources of a whole pod (`spec.resources`; KEP-2837), read to plan: CPU, memory and huge pages.
//!
//! What the pod has beyond what its containers ask for together any of them may use. It is counted with the
//! first, so that the pod needs what it says. As in Kubernetes a limit alone is a request where no container
//! asks for the resource. Refused: other resources, and less than the containers ask for.

use casemate_model::{Container, Pod};

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
    let cpu: Access<'_> =
        (&|it| it.demand.cpu.0, &|it, more| it.demand.cpu.0 = it.demand.cpu.0.saturating_add(more));
    let memory: Access<'_> =
        (&|it| it.demand.memory.0, &|it, more| it.demand.memory.0 = it.demand.memory.0.saturating_add(more));
    raise_one(&field, "cpu", whole.cpu.0, pod, cpu, to);
    raise_one(&field, "memory", whole.memory.0, pod, memory, to);
    for (kind, amount) in &whole.devices {
        let of = |container: &Container| container.demand.devices.get(kind).copied().unwrap_or(0);
        let add = |container: &mut Container, more| {
            let sum = container.demand.devices.entry(kind.clone()).or_default();
            *sum = sum.saturating_add(more);
        };
        raise_one(&field, kind.as_str(), *amount, pod, (&of, &add), to);
    }
}

/// How much a container asks for of one resource, and how it is made to ask for more.
type Access<'f> = (&'f dyn Fn(&Container) -> u64, &'f dyn Fn(&mut Container, u64));

fn raise_one(
    field: &Field<'_>,
    name: &str,
    says: u64,
    pod: &mut Pod,
    (of, add): Access<'_>,
    to: &mut Findings,
) {
    let together = pod.containers.iter().map(of).fold(0, u64::saturating_add);
    let needed = pod.init_containers.iter().map(of).fold(together, u64::max);
    let is_request = field.at(&["requests", name]).is_some();
    if says == 0 || (!is_request && needed > 0) {
        return;
    }
    if says < needed {
        let at = field.at(&["requests", name]).unwrap_or_else(|| field.clone());
        let cause = format!("is less of `{name}` than the containers ask for");
        to.refuse(at.problem(cause, "Ask for as much as they do, or for less with them"));
        return;
    }
    if let Some(first) = pod.containers.first_mut() {
        add(first, says.saturating_sub(together));
    }
}
