//! Requests for a TEE that are made without a resource: by runtime class, or by
//! mounting a TEE's device from the host.
//!
//! A pod that asks in such a way only is refused. Running it as an ordinary
//! program would run outside a TEE what was meant to be inside one.

use crate::field::Field;
use crate::problem::Findings;

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
            && DEVICES.iter().any(|device| text.trim_end_matches('/').starts_with(device))
        {
            to.refuse(
                path.not_run(format!("mounting `{text}` asks for a TEE outside all accounting"), remedy),
            );
        }
    }
}

/// Words that runtime classes for confidential pods are made of (Kata and Confidential
/// Containers charts, enclave-cc, Inclavare rune, AKS).
const WORDS: [&str; 9] = ["kata", "cc", "coco", "enclave", "sgx", "tdx", "snp", "sev", "rune"];

/// Device files of TEEs; also everything whose name begins like this.
const DEVICES: [&str; 5] = ["/dev/sgx", "/dev/isgx", "/dev/tdx", "/dev/sev", "/dev/nitro_enclaves"];

fn is_confidential_class(name: &str) -> bool {
    name.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| WORDS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_told_by_whole_words() {
        for class in ["kata-cc", "kata-qemu-snp", "enclave-cc", "sgx", "kata"] {
            assert!(is_confidential_class(class), "{class}");
        }
        for class in ["gvisor", "runc", "nvidia", "severe", "accc"] {
            assert!(!is_confidential_class(class), "{class}");
        }
    }
}
