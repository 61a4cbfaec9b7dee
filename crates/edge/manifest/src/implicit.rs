//! Requests for a TEE that are made without a resource: by runtime class, or by
//! mounting a TEE's device from the host.
//!
//! A pod that asks in such a way only is refused. Running it as an ordinary
//! program would run outside a TEE what was meant to be inside one.

use crate::field::Field;
use crate::problem::Findings;
use crate::vocabulary::devices::{HostPath, host_path};
use crate::vocabulary::runtime_classes::{Isolation, runtime_class};

/// Refuses what a pod spec without any TEE resource hints at.
pub(crate) fn refuse_implicit(spec: &Field<'_>, to: &mut Findings) {
    let remedy = "Say what it needs, for example `sgx.intel.com/epc: 32Mi` under `resources.requests`";
    if let Some(class) = spec.get("runtimeClassName")
        && let Some(name) = class.text(to)
        && is_confidential_class(name)
    {
        to.refuse(class.not_run(
            format!("the runtime class `{name}` may mean a TEE, but no container asks for one"),
            remedy,
        ));
    }
    let Some(volumes) = spec.get("volumes") else { return };
    for volume in volumes.items(to) {
        let Some(path) = volume.get("hostPath").and_then(|host| host.get("path")) else { continue };
        if let Some(text) = path.text(to)
            && matches!(host_path(text), Some(HostPath::Device(_)))
        {
            to.refuse(
                path.not_run(format!("mounting `{text}` asks for a TEE outside all accounting"), remedy),
            );
        }
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
