//! Labels of nodes that say something of a TEE.
//!
//! A node can *offer* a TEE (enclaves and guests can be started on it) or *be* in one
//! (it is a confidential virtual machine). Being placed on a node that offers one protects
//! nothing; whatever runs on a node that is one is inside it.
//!
//! Sources: node-feature-discovery's feature list, Intel's and AMD's NFD rules (kata-deploy),
//! AKS, GKE and the AWS Nitro Enclaves device plugin, NVIDIA's GPU operator.

use super::instances::instance_type;
use super::technology::Technology;
use super::words::{Hint, hint};

/// What a label says of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    /// This TEE can be used on it.
    Offers(Technology),
    /// It is a confidential virtual machine; of which kind, where that is said.
    Is(Option<Technology>),
    /// The name or value looks like a TEE's, and that is all that is known.
    Perhaps(Option<Technology>),
}

/// A label with a known meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) key: &'static str,
    /// The value that means it, in any letter case. Empty: any value that does not say no.
    pub(crate) value: &'static str,
    pub(crate) says: Says,
}

/// Every known label.
pub(crate) const LABELS: [Label; 32] = [
    label("feature.node.kubernetes.io/cpu-security.sgx.enabled", "", Says::Offers(Technology::Sgx)),
    label("feature.node.kubernetes.io/cpu-sgx.enabled", "", Says::Offers(Technology::Sgx)),
    label("feature.node.kubernetes.io/cpu-cpuid.SGX", "", Says::Offers(Technology::Sgx)),
    label("feature.node.kubernetes.io/cpu-cpuid.SGXLC", "", Says::Offers(Technology::Sgx)),
    label("intel.feature.node.kubernetes.io/sgx", "", Says::Offers(Technology::Sgx)),
    label("feature.node.kubernetes.io/cpu-security.tdx.enabled", "", Says::Offers(Technology::Tdx)),
    label("intel.feature.node.kubernetes.io/tdx", "", Says::Offers(Technology::Tdx)),
    label("feature.node.kubernetes.io/cpu-security.tdx.protected", "", Says::Is(Some(Technology::Tdx))),
    label("feature.node.kubernetes.io/cpu-cpuid.TDX_GUEST", "", Says::Is(Some(Technology::Tdx))),
    label("intel.feature.node.kubernetes.io/tdx-guest", "", Says::Is(Some(Technology::Tdx))),
    label("feature.node.kubernetes.io/cpu-security.sev.enabled", "", Says::Offers(Technology::Sev)),
    label("feature.node.kubernetes.io/cpu-security.sev.es.enabled", "", Says::Offers(Technology::Sev)),
    label("feature.node.kubernetes.io/cpu-cpuid.SEV", "", Says::Offers(Technology::Sev)),
    label("feature.node.kubernetes.io/cpu-cpuid.SEV_ES", "", Says::Offers(Technology::Sev)),
    label("feature.node.kubernetes.io/cpu-security.sev.snp.enabled", "", Says::Offers(Technology::SevSnp)),
    label("feature.node.kubernetes.io/cpu-cpuid.SEV_SNP", "", Says::Offers(Technology::SevSnp)),
    label("amd.feature.node.kubernetes.io/snp", "", Says::Offers(Technology::SevSnp)),
    label("amd.feature.node.kubernetes.io/sev", "", Says::Offers(Technology::Sev)),
    label(
        "feature.node.kubernetes.io/cpu-security.se.enabled",
        "",
        Says::Offers(Technology::SecureExecution),
    ),
    label("ibm.feature.node.kubernetes.io/se", "", Says::Offers(Technology::SecureExecution)),
    label("aws-nitro-enclaves-k8s-dp", "enabled", Says::Offers(Technology::Nitro)),
    label("kubernetes.azure.com/security-type", "ConfidentialVM", Says::Is(None)),
    label("kubernetes.azure.com/kata-cc-isolation", "", Says::Offers(Technology::SevSnp)),
    label("cloud.google.com/gke-confidential-nodes", "", Says::Is(None)),
    label("cloud.google.com/gke-confidential-nodes-instance-type", "SEV", Says::Is(Some(Technology::Sev))),
    label(
        "cloud.google.com/gke-confidential-nodes-instance-type",
        "SEV_SNP",
        Says::Is(Some(Technology::SevSnp)),
    ),
    label("cloud.google.com/gke-confidential-nodes-instance-type", "TDX", Says::Is(Some(Technology::Tdx))),
    label("cloud.google.com/gke-confidential-nodes-instance-type", "", Says::Is(None)),
    label("nvidia.com/cc.mode", "on", Says::Perhaps(None)),
    label("nvidia.com/cc.mode.state", "on", Says::Perhaps(None)),
    label("nvidia.com/cc.ready.state", "", Says::Perhaps(None)),
    label("nvidia.com/cc.capable", "", Says::Perhaps(None)),
];

/// Labels whose value is the name of a machine type.
pub(crate) const INSTANCE_TYPE: [&str; 2] =
    ["node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type"];

const fn label(key: &'static str, value: &'static str, says: Says) -> Label {
    Label { key, value, says }
}

/// What a node with this label is, or offers. `value` is `None` where any value will do.
pub(crate) fn node_label(key: &str, value: Option<&str>) -> Option<Says> {
    if value.is_some_and(denies) {
        return None;
    }
    if INSTANCE_TYPE.contains(&key) {
        return instance_type(value?);
    }
    let mut known = LABELS.iter().filter(|label| label.key == key).peekable();
    if known.peek().is_some() {
        let means = |label: &&Label| match value {
            Some(value) => label.value.is_empty() || label.value.eq_ignore_ascii_case(value),
            None => label.value.is_empty() || label.value == "on",
        };
        return known.find(means).map(|label| label.says);
    }
    let told = hint(key).or_else(|| value.and_then(hint))?;
    Some(Says::Perhaps(match told {
        Hint::Named(technology) => Some(technology),
        Hint::Some => None,
    }))
}

/// Values that say that the feature is not there.
fn denies(value: &str) -> bool {
    ["false", "no", "off", "0", "disabled", "none"].iter().any(|no| no.eq_ignore_ascii_case(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_offers_a_tee_is_not_one_that_is_in_it() {
        for (key, value, expected) in [
            ("intel.feature.node.kubernetes.io/tdx", "true", Some(Says::Offers(Technology::Tdx))),
            ("intel.feature.node.kubernetes.io/tdx-guest", "enabled", Some(Says::Is(Some(Technology::Tdx)))),
            ("kubernetes.azure.com/security-type", "ConfidentialVM", Some(Says::Is(None))),
            ("kubernetes.azure.com/security-type", "TrustedLaunch", None),
            (
                "cloud.google.com/gke-confidential-nodes-instance-type",
                "SEV_SNP",
                Some(Says::Is(Some(Technology::SevSnp))),
            ),
            ("node.kubernetes.io/instance-type", "Standard_DC8es_v5", Some(Says::Is(Some(Technology::Tdx)))),
            ("workload", "confidential", Some(Says::Perhaps(None))),
            ("tdx-ac", "1", Some(Says::Perhaps(Some(Technology::Tdx)))),
            ("tdx-ac", "0", None),
            ("feature.node.kubernetes.io/cpu-security.sgx.enabled", "false", None),
            ("karpenter.k8s.aws/instance-hypervisor", "nitro", None),
            ("kubernetes.io/arch", "amd64", None),
        ] {
            assert_eq!(node_label(key, Some(value)), expected, "{key}={value}");
        }
        let any = node_label("cloud.google.com/gke-confidential-nodes-instance-type", None);
        assert_eq!(any, Some(Says::Is(None)));
    }
}
