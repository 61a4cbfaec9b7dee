//! Runtime classes: which sandbox a pod runs in, and what the sandbox itself costs.
//!
//! Names are conventions of who installs them: kata-deploy and the Confidential Containers
//! operator, AKS, OpenShift, enclave-cc, Inclavare, Contrast. A cluster may use any name
//! for anything, so a RuntimeClass given with the pods always says more than this table.
//! Overheads: `runtimeclasses.yaml` of the kata-deploy chart.

use casemate_model::{Bytes, MilliCpu};

use super::technology::Technology;
use super::words::{Hint, hint, words};

/// What a runtime class means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Isolation {
    /// Inside this TEE.
    Tee(Technology),
    /// Inside a TEE; which one the name does not say.
    SomeTee,
    /// In a TEE or not: that is decided where the class is installed.
    Possible,
    /// In no TEE.
    None,
}

/// What a sandbox costs beside its containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overhead {
    pub(crate) memory: Bytes,
    pub(crate) cpu: MilliCpu,
    /// The resource of which each sandbox takes one.
    pub(crate) key: Option<&'static str>,
}

/// A runtime class with a known meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RuntimeClass {
    pub(crate) name: &'static str,
    pub(crate) isolation: Isolation,
    /// `None`: not known.
    pub(crate) overhead: Option<Overhead>,
}

const TDX: Option<&str> = Some("tdx.intel.com/keys");
const SNP: Option<&str> = Some("sev-snp.amd.com/esids");

/// Every known class. `kata-qemu-snp-debug` and the like count as the longest name they begin with.
pub(crate) const RUNTIME_CLASSES: [RuntimeClass; 43] = [
    class("kata-qemu-tdx", Isolation::Tee(Technology::Tdx), overhead(2048, 1000, TDX)),
    class("kata-qemu-tdx-runtime-rs", Isolation::Tee(Technology::Tdx), overhead(2048, 1000, TDX)),
    class("kata-clh-tdx", Isolation::Tee(Technology::Tdx), None),
    class("kata-tdx", Isolation::Tee(Technology::Tdx), None),
    class("kata-qemu-nvidia-gpu-tdx", Isolation::Tee(Technology::Tdx), overhead(10_240, 1000, TDX)),
    class(
        "kata-qemu-nvidia-gpu-tdx-runtime-rs",
        Isolation::Tee(Technology::Tdx),
        overhead(10_240, 1000, TDX),
    ),
    class("kata-qemu-snp", Isolation::Tee(Technology::SevSnp), overhead(2048, 1000, SNP)),
    class("kata-qemu-snp-runtime-rs", Isolation::Tee(Technology::SevSnp), overhead(2048, 1000, SNP)),
    class("kata-snp", Isolation::Tee(Technology::SevSnp), None),
    class("kata-qemu-nvidia-gpu-snp", Isolation::Tee(Technology::SevSnp), overhead(10_240, 1000, SNP)),
    class(
        "kata-qemu-nvidia-gpu-snp-runtime-rs",
        Isolation::Tee(Technology::SevSnp),
        overhead(10_240, 1000, SNP),
    ),
    class("kata-qemu-sev", Isolation::Tee(Technology::Sev), overhead(2048, 1000, None)),
    class("kata-qemu-se", Isolation::Tee(Technology::SecureExecution), overhead(1024, 1000, None)),
    class("kata-qemu-se-runtime-rs", Isolation::Tee(Technology::SecureExecution), overhead(1024, 1000, None)),
    class("kata-qemu-cca", Isolation::Tee(Technology::Cca), None),
    class("kata-cc", Isolation::SomeTee, None),
    class("kata-cc-isolation", Isolation::Tee(Technology::SevSnp), None),
    class("contrast-cc", Isolation::SomeTee, None),
    class("enclave-cc", Isolation::Tee(Technology::Sgx), None),
    class("rune", Isolation::Tee(Technology::Sgx), None),
    class("kata", Isolation::Possible, None),
    class("kata-containers", Isolation::Possible, None),
    class("kata-remote", Isolation::Possible, overhead(120, 250, None)),
    class("kata-qemu-coco-dev", Isolation::Possible, overhead(160, 250, None)),
    class("kata-qemu-coco-dev-runtime-rs", Isolation::Possible, overhead(320, 250, None)),
    class("kata-qemu", Isolation::None, overhead(320, 250, None)),
    class("kata-qemu-runtime-rs", Isolation::None, overhead(320, 250, None)),
    class("kata-qemu-nvidia-cpu", Isolation::None, overhead(320, 250, None)),
    class("kata-qemu-nvidia-cpu-runtime-rs", Isolation::None, overhead(320, 250, None)),
    class("kata-qemu-nvidia-gpu", Isolation::None, overhead(10_240, 1000, None)),
    class("kata-qemu-nvidia-gpu-runtime-rs", Isolation::None, overhead(10_240, 1000, None)),
    class("kata-clh", Isolation::None, overhead(130, 250, None)),
    class("kata-clh-runtime-rs", Isolation::None, overhead(130, 250, None)),
    class("kata-dragonball", Isolation::None, overhead(130, 250, None)),
    class("kata-fc", Isolation::None, overhead(130, 250, None)),
    class("kata-stratovirt", Isolation::None, overhead(130, 250, None)),
    class("kata-vm-isolation", Isolation::None, None),
    class("kata-mshv-vm-isolation", Isolation::None, None),
    class("gvisor", Isolation::None, None),
    class("runsc", Isolation::None, None),
    class("runc", Isolation::None, None),
    class("crun", Isolation::None, None),
    class("nvidia", Isolation::None, None),
];

const fn class(name: &'static str, isolation: Isolation, overhead: Option<Overhead>) -> RuntimeClass {
    RuntimeClass { name, isolation, overhead }
}

const fn overhead(memory_mib: u64, cpu_milli: u64, key: Option<&'static str>) -> Option<Overhead> {
    Some(Overhead { memory: Bytes::mib(memory_mib), cpu: MilliCpu(cpu_milli), key })
}

/// What a name means: the class of that name, or the longest one it is a variant of.
///
/// A variant adds words at the end (`kata-qemu-snp-debug`); a TEE among them overrides.
/// Other names are told by their words; a name with nothing of a TEE in it means nothing
/// here, and is `None`.
pub(crate) fn runtime_class(name: &str) -> Option<RuntimeClass> {
    if let Some(known) = RUNTIME_CLASSES.iter().find(|class| class.name == name) {
        return Some(*known);
    }
    let stems = RUNTIME_CLASSES
        .iter()
        .filter(|class| name.strip_prefix(class.name).is_some_and(|rest| rest.starts_with('-')));
    let stem = stems.max_by_key(|class| class.name.len()).copied();
    let variant = stem.map_or(name, |stem| name.strip_prefix(stem.name).unwrap_or(name));
    let guessed = |isolation| Some(RuntimeClass { name: "", isolation, overhead: None });
    match (hint(variant), stem) {
        (Some(Hint::Named(technology)), _) => guessed(Isolation::Tee(technology)),
        (Some(Hint::Some), _) => guessed(Isolation::SomeTee),
        // `kata-qemu-mine`: an ordinary virtual machine, unless its owner says otherwise.
        (None, Some(stem)) if stem.isolation == Isolation::None && stem.name.starts_with("kata") => {
            Some(RuntimeClass { isolation: Isolation::Possible, ..stem })
        }
        (None, Some(stem)) => Some(stem),
        (None, None) if words(name).any(|word| word == "kata") => guessed(Isolation::Possible),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn isolation(name: &str) -> Option<Isolation> {
        runtime_class(name).map(|class| class.isolation)
    }

    #[test]
    fn each_name_stands_once() {
        for (index, class) in RUNTIME_CLASSES.iter().enumerate() {
            let before = &RUNTIME_CLASSES[..index];
            assert!(!before.iter().any(|other| other.name == class.name), "{}", class.name);
        }
    }

    #[test]
    fn classes_mean_what_their_makers_say() {
        for (name, expected) in [
            ("kata-qemu-tdx", Some(Isolation::Tee(Technology::Tdx))),
            ("kata-cc", Some(Isolation::SomeTee)),
            ("kata", Some(Isolation::Possible)),
            ("kata-clh", Some(Isolation::None)),
            ("gvisor", Some(Isolation::None)),
            ("sgx", Some(Isolation::Tee(Technology::Sgx))),
            ("my-kata", Some(Isolation::Possible)),
            ("nvidia-cdi", Some(Isolation::None)),
            ("severe", None),
            ("mine", None),
        ] {
            assert_eq!(isolation(name), expected, "{name}");
        }
    }

    #[test]
    fn variants_cost_what_the_class_costs_and_a_tee_in_the_name_overrides() {
        let debug = runtime_class("kata-qemu-snp-debug").unwrap();
        assert_eq!(debug.overhead.unwrap().memory, Bytes::mib(2048));
        assert_eq!(debug.isolation, Isolation::Tee(Technology::SevSnp));
        assert_eq!(isolation("kata-clh-sev"), Some(Isolation::Tee(Technology::Sev)));
        assert_eq!(isolation("kata-qemu-mine"), Some(Isolation::Possible));
        assert_eq!(isolation("kata-qemu-coco-dev-mine"), Some(Isolation::Possible));
    }

    #[test]
    fn a_key_is_counted_where_the_chart_counts_one() {
        let key = |name| runtime_class(name).and_then(|class| class.overhead).and_then(|cost| cost.key);
        assert_eq!(key("kata-qemu-tdx"), Some("tdx.intel.com/keys"));
        assert_eq!(key("kata-qemu-nvidia-gpu-snp"), Some("sev-snp.amd.com/esids"));
        assert_eq!(key("kata-remote"), None);
    }
}
