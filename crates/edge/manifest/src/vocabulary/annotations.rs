//! Annotations of pods that say something of a TEE.
//!
//! Sources: Kata Containers (`how-to-set-sandbox-config-kata`), Confidential Containers'
//! initdata, AKS confcom, virtual nodes on Azure Container Instances, Intel's SGX webhook.

use super::technology::Technology;

/// What an annotation says of its pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Annotation {
    /// The pod runs confidentially, in this TEE, whatever else is written.
    Confidential(Technology),
    /// It is written for a TEE, but does not bring one about.
    Meant(Option<Technology>),
    /// Encrypted memory of the sandbox, bytes.
    Epc,
    /// The policy of what may run in the sandbox.
    Policy,
    /// The pod is attested, by this service.
    Attested(Option<Technology>),
    /// It loosens the sandbox or lets the host look in.
    Loosens,
    /// A setting of Kata that says nothing of a TEE.
    Sandbox,
}

/// Every known annotation. A name that ends in `.` or `/` stands for all that begin like it.
pub(crate) const ANNOTATIONS: [(&str, Annotation); 16] = [
    ("microsoft.containerinstance.virtualnode.ccepolicy", Annotation::Confidential(Technology::SevSnp)),
    ("io.katacontainers.config.hypervisor.cc_init_data", Annotation::Meant(None)),
    ("io.katacontainers.config.runtime.cc_init_data", Annotation::Meant(None)),
    ("io.katacontainers.config.sev.policy", Annotation::Meant(Some(Technology::Sev))),
    ("io.katacontainers.config.pre_attestation.", Annotation::Attested(None)),
    ("io.katacontainers.config.agent.policy", Annotation::Policy),
    ("io.katacontainers.config.agent.enable_debug_console", Annotation::Loosens),
    ("io.katacontainers.config.hypervisor.enable_debug", Annotation::Loosens),
    ("io.katacontainers.config.hypervisor.kernel_params", Annotation::Loosens),
    ("io.katacontainers.config.hypervisor.kernel", Annotation::Loosens),
    ("io.katacontainers.config.hypervisor.image", Annotation::Loosens),
    ("io.katacontainers.config.hypervisor.firmware", Annotation::Loosens),
    ("io.katacontainers.", Annotation::Sandbox),
    ("sgx.intel.com/epc", Annotation::Epc),
    ("sgx.intel.com/quote-provider", Annotation::Attested(Some(Technology::Sgx))),
    ("cdi.k8s.io/", Annotation::Meant(None)),
];

/// What the annotation of that name says. CDI names devices in its value, which must look like a TEE's.
pub(crate) fn annotation(name: &str, value: &str) -> Option<Annotation> {
    let matches = |known: &str| name == known || (known.ends_with(['.', '/']) && name.starts_with(known));
    let (known, annotation) = ANNOTATIONS.iter().find(|(known, _)| matches(known))?;
    if *known == "cdi.k8s.io/" {
        return match super::words::hint(value)? {
            super::words::Hint::Named(technology) => Some(Annotation::Meant(Some(technology))),
            super::words::Hint::Some => Some(Annotation::Meant(None)),
        };
    }
    Some(*annotation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_name_comes_before_the_prefix_that_covers_it() {
        for (name, value, expected) in [
            ("io.katacontainers.config.agent.policy", "cGFj", Some(Annotation::Policy)),
            ("io.katacontainers.config.hypervisor.default_vcpus", "2", Some(Annotation::Sandbox)),
            ("io.katacontainers.config.pre_attestation.uri", "kbs", Some(Annotation::Attested(None))),
            ("cdi.k8s.io/sgx", "intel.com/sgx=enclave", Some(Annotation::Meant(Some(Technology::Sgx)))),
            ("cdi.k8s.io/gpu", "nvidia.com/gpu=0", None),
            ("kubernetes.io/description", "sgx", None),
        ] {
            assert_eq!(annotation(name, value), expected, "{name}");
        }
    }
}
