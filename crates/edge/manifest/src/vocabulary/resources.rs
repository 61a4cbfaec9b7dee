//! Resources: what containers ask for by name, what it counts, and in which unit.
//!
//! Sources: the READMEs of the device plugins named in [`Resource::offered_by`], the
//! kata-deploy chart (key slots), and Vaucher et al., ICDCS 2018 (`intel.com/sgx`).

use casemate_model::PAGE_SIZE;

use super::technology::Technology;

/// A resource with a known meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Resource {
    pub(crate) name: &'static str,
    pub(crate) technology: Option<Technology>,
    pub(crate) means: Means,
    /// Whose word it is, for people.
    pub(crate) offered_by: &'static str,
}

/// What a resource counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Means {
    /// Cores.
    Cpu,
    /// Bytes of ordinary memory.
    Memory,
    /// Encrypted memory, in units of so many bytes.
    Epc { unit: u64 },
    /// Enclaves that may exist at once.
    Slots,
    /// The right to be attested. Counts nothing.
    Provision,
    /// Memory-encryption keys, one a confidential VM.
    KeySlots,
    /// Access to a TEE's device, without a word on memory.
    Device,
    /// A virtual machine elsewhere, which may be confidential.
    PeerPod,
    /// Accepted, not counted.
    Uncounted,
}

const MIB: u64 = 1 << 20;

/// Every known resource.
pub(crate) const RESOURCES: [Resource; 20] = [
    known("cpu", None, Means::Cpu, "Kubernetes"),
    known("memory", None, Means::Memory, "Kubernetes"),
    known("ephemeral-storage", None, Means::Uncounted, "Kubernetes"),
    known("sgx.intel.com/epc", Some(Technology::Sgx), Means::Epc { unit: 1 }, "Intel SGX device plugin"),
    known("sgx.intel.com/enclave", Some(Technology::Sgx), Means::Slots, "Intel SGX device plugin"),
    known("sgx.intel.com/provision", Some(Technology::Sgx), Means::Provision, "Intel SGX device plugin"),
    known(
        "kubernetes.azure.com/sgx_epc_mem_in_MiB",
        Some(Technology::Sgx),
        Means::Epc { unit: MIB },
        "Azure SGX device plugin, before AKS took Intel's",
    ),
    known(
        "alibabacloud.com/sgx_epc_MiB",
        Some(Technology::Sgx),
        Means::Epc { unit: MIB },
        "Alibaba Cloud SGX device plugin",
    ),
    known(
        "intel.com/sgx",
        Some(Technology::Sgx),
        Means::Epc { unit: PAGE_SIZE },
        "sgx-orchestrator (Vaucher et al., 2018)",
    ),
    known("sgx.k8s.io/sgx", Some(Technology::Sgx), Means::Device, "SCONE SGX device plugin"),
    known("tdx.intel.com/keys", Some(Technology::Tdx), Means::KeySlots, "NFD rules of kata-deploy"),
    known("tdx.intel.com/tdx-guest", Some(Technology::Tdx), Means::Device, "CCNP device plugin"),
    known("sev-snp.amd.com/esids", Some(Technology::SevSnp), Means::KeySlots, "NFD rules of kata-deploy"),
    known("devices.kubevirt.io/sev", Some(Technology::Sev), Means::Device, "KubeVirt"),
    known("devices.kubevirt.io/tdx", Some(Technology::Tdx), Means::Device, "KubeVirt"),
    known("google.com/cc", None, Means::Device, "Google's device plugin for confidential nodes"),
    known(
        "aws.ec2.nitro/nitro_enclaves",
        Some(Technology::Nitro),
        Means::Slots,
        "AWS Nitro Enclaves device plugin",
    ),
    known(
        "aws.ec2.nitro/nitro_enclaves_cpus",
        Some(Technology::Nitro),
        Means::Uncounted,
        "AWS Nitro Enclaves device plugin",
    ),
    known("aws.amazon.com/nitro-enclaves", Some(Technology::Nitro), Means::Slots, "Karpenter's Nitro guide"),
    known("kata.peerpods.io/vm", None, Means::PeerPod, "Confidential Containers' cloud-api-adaptor"),
];

const fn known(
    name: &'static str,
    technology: Option<Technology>,
    means: Means,
    offered_by: &'static str,
) -> Resource {
    Resource { name, technology, means, offered_by }
}

impl Resource {
    /// Whether asking for it has to do with a TEE.
    pub(crate) const fn is_of_a_tee(&self) -> bool {
        self.technology.is_some() || matches!(self.means, Means::Device | Means::PeerPod)
    }
}

/// The resource of that name, exactly as written.
pub(crate) fn resource(name: &str) -> Option<&'static Resource> {
    RESOURCES.iter().find(|resource| resource.name == name)
}

/// Whether Kubernetes counts it as an extended resource: whole numbers, request equal to limit.
pub(crate) fn is_extended(name: &str) -> bool {
    match name.split_once('/') {
        Some((domain, _)) => domain != "kubernetes.io" && !domain.ends_with(".kubernetes.io"),
        None => false,
    }
}

/// Whether a node can have it though no table lists it: an extended resource, huge pages, or one
/// of Kubernetes' own with a prefix (`IsScalarResourceName` of k8s.io/kubernetes).
pub(crate) fn is_device(name: &str) -> bool {
    name.contains('/') || name.strip_prefix("hugepages-").is_some_and(|size| !size.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_stands_once() {
        for (index, resource) in RESOURCES.iter().enumerate() {
            assert!(!RESOURCES[..index].iter().any(|other| other.name == resource.name), "{}", resource.name);
        }
    }

    #[test]
    fn units_are_those_of_the_plugins() {
        let unit = |name| match resource(name).unwrap().means {
            Means::Epc { unit } => unit,
            other => panic!("{name} is {other:?}"),
        };
        assert_eq!(unit("sgx.intel.com/epc"), 1);
        assert_eq!(unit("kubernetes.azure.com/sgx_epc_mem_in_MiB"), 1_048_576);
        assert_eq!(unit("alibabacloud.com/sgx_epc_MiB"), 1_048_576);
        assert_eq!(unit("intel.com/sgx"), 4_096);
    }

    #[test]
    fn native_resources_are_not_extended() {
        assert!(is_extended("sgx.intel.com/epc") && is_extended("kubernetes.azure.com/sgx_epc_mem_in_MiB"));
        assert!(
            !is_extended("cpu") && !is_extended("hugepages-2Mi") && !is_extended("requests.kubernetes.io/x")
        );
    }
}
