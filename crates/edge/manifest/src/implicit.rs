//! Requests for a TEE that are made without a resource, by runtime class.
//!
//! A pod that asks in such a way only is refused. Running it as an ordinary
//! program would run outside a TEE what was meant to be inside one. Devices of the host
//! are a matter of [`crate::admission`].
//!
//! Read to plan, a class that names its TEE is request enough, where that is a virtual
//! machine: its memory is the node's, and its key the sandbox's overhead.

use casemate_model::{Bytes, Container, EnclaveDemand, Granularity, Tee};

use crate::field::Field;
use crate::problem::Findings;
use crate::vocabulary::runtime_classes::{Isolation, runtime_class};

/// The confidential virtual machine that a class puts pods in, where it names one.
pub(crate) fn machine_of_class(spec: &Field<'_>, handler: Option<&str>) -> Option<Tee> {
    let class = spec.get("runtimeClassName")?;
    match runtime_class(handler.or_else(|| class.plain())?)?.isolation {
        Isolation::Tee(technology) => technology.tee().filter(|tee| tee.granularity() == Granularity::Vm),
        Isolation::SomeTee | Isolation::Possible | Isolation::None => None,
    }
}

/// Keys that each machine of this TEE takes, where nobody says what its sandbox costs. The processor
/// keeps one for each (TDX module specification, private HKIDs; AMD APM vol. 2, 15.34.2, ASIDs).
pub(crate) const fn keys_of(machine: Tee) -> u32 {
    matches!(machine, Tee::Tdx | Tee::SevSnp) as u32
}

/// Makes containers ask for the TEE of their pod's sandbox, and for nothing of it: that is overhead.
pub(crate) fn ask_for(tee: Tee, containers: &mut [Container]) {
    for container in containers {
        container.demand.enclave.get_or_insert(EnclaveDemand {
            tee,
            epc_guaranteed: Bytes::ZERO,
            epc_limit: None,
            slots: 0,
            key_slots: 0,
        });
    }
}

/// Refuses what a pod spec without any TEE resource hints at. `handler` is the runtime's
/// own name where it is known: then that decides, since a class can be called anything.
pub(crate) fn refuse_implicit(spec: &Field<'_>, handler: Option<&str>, to: &mut Findings) {
    if let Some(class) = spec.get("runtimeClassName")
        && let Some(name) = class.text(to)
        && is_confidential_class(handler.unwrap_or(name))
    {
        to.refuse(class.not_run(
            format!("the runtime class `{name}` may mean a TEE, but no container asks for one"),
            "Say what it needs, for example `sgx.intel.com/epc: 32Mi` under `resources.requests`",
        ));
    }
}

/// Whether a class of that name runs pods in a TEE, or may.
fn is_confidential_class(name: &str) -> bool {
    runtime_class(name).is_some_and(|class| class.isolation != Isolation::None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_that_may_mean_a_tee_are_told_from_the_others() {
        for class in ["kata-cc", "kata-qemu-snp", "enclave-cc", "sgx", "kata"] {
            assert!(is_confidential_class(class), "{class}");
        }
        for class in ["gvisor", "runc", "nvidia", "severe", "accc", "kata-clh"] {
            assert!(!is_confidential_class(class), "{class}");
        }
    }
}
