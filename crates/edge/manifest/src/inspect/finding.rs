//! What may be wrong or risky in an entry: the catalogue, each with its remedy.
//!
//! Identifiers are stable: programs may filter by them. `docs/inspect.md` lists them.

use serde::{Serialize, Serializer};

use super::spot::Spot;

/// Something wrong or risky.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which of the catalogue.
    pub id: FindingId,
    /// How bad it is.
    pub severity: Severity,
    /// The field, as a path from the document's root.
    pub field: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong here.
    pub cause: String,
    /// What to do about it.
    pub remedy: &'static str,
}

impl Finding {
    pub(crate) fn at(id: FindingId, spot: Spot, cause: impl Into<String>) -> Self {
        let Spot { field, line, column } = spot;
        Self { id, severity: id.severity(), field, line, column, cause: cause.into(), remedy: id.remedy() }
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// It will not run as written, or nothing protects it.
    Error,
    /// It runs, but less protected or less reliably than it seems.
    Warning,
    /// Worth knowing.
    Info,
}

impl Severity {
    /// The name programs read.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

macro_rules! catalogue {
    ($($(#[$doc:meta])* $variant:ident = $id:literal, $severity:ident, $meaning:literal, $remedy:literal;)*) => {
        /// Everything that may be found.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FindingId {
            $(#[doc = $meaning] $variant,)*
        }

        impl FindingId {
            /// The whole catalogue, in the order of the page.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name programs read.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// How bad it is.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }

            /// What it means.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }

            /// What to do about it.
            #[must_use]
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy,)* }
            }
        }
    };
}

catalogue! {
    AmountInvalid = "amount-invalid", Error,
        "An amount is no number, or has a suffix that does not exist.",
        "Write a whole number, with a suffix if you like: `64Mi`, `2`";
    AmountNegative = "amount-negative", Error,
        "An amount is below zero.",
        "Ask for zero or more";
    AmountOverflow = "amount-overflow", Error,
        "An amount does not fit in 64 bits of its base unit.",
        "Ask for less; mind that some resources count in MiB or in pages";
    AmountFractional = "amount-fractional", Error,
        "A part of something that only comes whole.",
        "Ask for a whole number of it";
    AmountUnlikely = "amount-unlikely", Warning,
        "An amount that the resource's unit makes far too small or far too large.",
        "Check the unit: `sgx.intel.com/epc` counts bytes, the Azure and Alibaba resources MiB, `intel.com/sgx` pages of 4 KiB";
    RequestAboveLimit = "request-above-limit", Error,
        "A request is above its limit.",
        "The request is guaranteed, the limit is the most it may have: lower the one or raise the other";
    RequestDiffersFromLimit = "request-differs-from-limit", Error,
        "Request and limit of an extended resource differ; the API server refuses that.",
        "Make both equal to the request; Casemate reads the request as guaranteed and the limit as the cap, and its webhook keeps the cap as an annotation";
    RequestWithoutLimit = "request-without-limit", Error,
        "An extended resource is requested without a limit; the API server refuses that.",
        "Add the same amount under `limits`";
    TwoTees = "two-tees", Error,
        "More than one TEE is asked for.",
        "Ask for one TEE; split the pod where two are needed";
    TwoVocabularies = "two-vocabularies", Error,
        "The same thing is asked for in two vocabularies, so it would be counted twice.",
        "Keep the resource that the nodes' device plugin offers";
    UnknownTeeResource = "unknown-tee-resource", Warning,
        "A resource's name looks like a TEE's, but is not one that is known.",
        "Check its spelling against the table of resources; Casemate counts none of it";
    RetiredResource = "retired-resource", Warning,
        "A resource or device of a plugin or driver that is no longer kept.",
        "Use `sgx.intel.com/epc`, `enclave` and `provision` of Intel's device plugin, or for TDX and SEV-SNP a runtime class";
    EpcWithoutEnclave = "epc-without-enclave", Info,
        "Encrypted memory without an enclave slot.",
        "Add `sgx.intel.com/enclave: 1`, unless Intel's webhook adds it; Casemate counts one enclave a container";
    EnclaveWithoutEpc = "enclave-without-epc", Warning,
        "An enclave slot without encrypted memory: 0 bytes are guaranteed, and it may be paged at any time.",
        "Ask for `sgx.intel.com/epc` as well; 0 is read as none, never as all";
    ProvisionWithoutNeed = "provision-without-need", Warning,
        "The right to the provisioning key, but nothing shows that the program makes quotes itself. The key identifies the platform.",
        "Take `sgx.intel.com/provision` out unless the program makes quotes in its own process";
    AttestationWithoutProvision = "attestation-without-provision", Info,
        "The program is attested, but has neither the provisioning right nor a quoting service.",
        "Add `sgx.intel.com/provision`, or mount the AESM socket and let the quoting service make quotes";
    DeviceBypass = "device-bypass", Error,
        "A TEE's device is mounted from the host, outside all accounting: no slot and no byte is counted.",
        "Ask for the TEE as a resource, and take the hostPath volume out";
    HostDevices = "host-devices", Warning,
        "All devices or all files of the host are mounted; a TEE's device among them is outside all accounting.",
        "Mount only what is needed, and ask for devices as resources";
    Privileged = "privileged", Warning,
        "A privileged container reaches every device of its host, or of its sandbox.",
        "Take `privileged: true` out; a TEE asked for as a resource needs no privilege";
    DevicePlugin = "device-plugin", Info,
        "It is a device plugin, and has the privilege that needs: it offers a TEE to others.",
        "Allow it in its namespace and with its service account only, by policy";
    DevicePluginAsks = "device-plugin-asks", Warning,
        "It mounts the kubelet's plugin sockets, but asks for a TEE as a workload does.",
        "Take the plugin sockets out of a workload; whoever has them can offer devices to any pod";
    HostNamespaces = "host-namespaces", Warning,
        "It shares a namespace of the host.",
        "Take `hostNetwork`, `hostPID` and `hostIPC` out";
    HostPathShared = "host-path-shared", Info,
        "Files of the host are mounted: the host writes what is read there, and reads what is written.",
        "Treat what is read as untrusted and encrypt what is written, or use a volume that is verified inside the TEE";
    NodeNameSet = "node-name-set", Error,
        "The pod chooses its node by name: that goes around the scheduler, and with it around attestation.",
        "Take `nodeName` out; narrow the choice with `nodeSelector`";
    NodeSelectorMissing = "node-selector-missing", Warning,
        "It needs a TEE's device, but nothing keeps it from nodes that have none.",
        "Ask for the device as a resource, or select nodes by a label of node-feature-discovery";
    PreferredOnly = "preferred-only", Warning,
        "A TEE's nodes are preferred, not required: where they are full it runs elsewhere, unprotected.",
        "Use `requiredDuringSchedulingIgnoredDuringExecution`";
    NodeOffersOnly = "node-offers-only", Warning,
        "It selects nodes that offer a TEE, but asks for none: it runs on such a node outside the TEE.",
        "Ask for the TEE as well: `sgx.intel.com/epc`, or a runtime class for TDX and SEV-SNP";
    TolerationMissing = "toleration-missing", Info,
        "No toleration: where the TEE's nodes are tainted to keep others away, it stays pending.",
        "Tolerate the taint of your TEE's nodes, for example the key `sgx.intel.com/epc`";
    ImageNotFixed = "image-not-fixed", Warning,
        "An image without a tag, or with one that moves: what runs is not what was reviewed.",
        "Name a version, better a digest: `image@sha256:…`";
    ImageWithoutDigest = "image-without-digest", Info,
        "An image of a confidential workload by tag only: who owns the registry chooses what runs.",
        "Name it by digest: `image@sha256:…`";
    SandboxUnknown = "sandbox-unknown", Info,
        "The runtime class is not known, nor given with the files: its overhead is not counted.",
        "Give the RuntimeClass with the files (`kubectl get runtimeclass -o yaml`)";
    SandboxPolicyMissing = "sandbox-policy-missing", Warning,
        "A confidential sandbox without a policy: its agent obeys whatever the host asks, exec and log reading included.",
        "Set `io.katacontainers.config.hypervisor.cc_init_data`, or `io.katacontainers.config.agent.policy` (`az confcom katapolicygen` on AKS)";
    PolicyEmpty = "policy-empty", Warning,
        "The confidential computing enforcement policy is empty: what may run inside is not fixed here.",
        "Generate it with `az confcom acipolicygen` before deploying";
    OverheadMissing = "overhead-missing", Warning,
        "A RuntimeClass without overhead: the sandbox's memory is counted nowhere, and nodes fill up unseen.",
        "Add `overhead.podFixed` with `memory`, `cpu`, and for TDX and SEV-SNP the key resource";
    KeySlotUncounted = "key-slot-uncounted", Info,
        "The sandbox takes a memory-encryption key that its RuntimeClass does not count.",
        "Add `tdx.intel.com/keys: 1` or `sev-snp.amd.com/esids: 1` to the RuntimeClass's `overhead.podFixed`";
    KeySlotTwice = "key-slot-twice", Warning,
        "The key is counted in the sandbox's overhead and asked for by a container as well.",
        "Take it out of the container: the sandbox holds the only one";
    RetiredRuntimeClass = "retired-runtime-class", Warning,
        "A runtime class that its makers have taken away.",
        "Move to `kata-qemu-snp` or `kata-qemu-tdx`";
    DevelopmentRuntimeClass = "development-runtime-class", Warning,
        "The development class of Confidential Containers: it runs the same software with no TEE.",
        "Use `kata-qemu-snp` or `kata-qemu-tdx` where it must be protected";
    DebugSetting = "debug-setting", Warning,
        "An annotation that lets the host look into the sandbox or change what boots in it.",
        "Take it out, and allow no such annotation in Kata's `enable_annotations`";
    SimulationMode = "simulation-mode", Warning,
        "The program is told to simulate its TEE: nothing is protected.",
        "Take the variable out where there is a TEE";
    RuntimeWithoutTee = "runtime-without-tee", Info,
        "The program runs on an enclave runtime, but nothing here asks for a TEE.",
        "Ask for `sgx.intel.com/epc`, or know that it simulates or fails to start";
    RetiredAttestation = "retired-attestation", Warning,
        "EPID attestation: Intel's service for it has ended.",
        "Move to ECDSA attestation (DCAP)";
    SecretInEnvironment = "secret-in-environment", Warning,
        "A secret stands in the manifest, for everyone who may read it.",
        "Release it to the workload after attestation (a key broker), or at least take it from a Secret";
    SecretFromCluster = "secret-from-cluster", Info,
        "A Secret of Kubernetes in a confidential workload: the cluster's owner knows it.",
        "Seal it, or release it to the workload after attestation";
    ServiceAccountToken = "service-account-token", Info,
        "The service account's token is mounted: what breaks out of the program speaks to the API server.",
        "Set `automountServiceAccountToken: false` where the program does not need it";
    EphemeralContainer = "ephemeral-container", Warning,
        "A debugging container runs beside a confidential one.",
        "Allow no ephemeral containers in confidential namespaces";
    MisplacedField = "misplaced-field", Error,
        "A field or annotation of a pod stands where Kubernetes does not look for it, so it has no effect.",
        "Move it into the pod's spec, or the pod's own metadata";
    RetiredApiVersion = "retired-api-version", Warning,
        "An API version that Kubernetes serves no longer.",
        "Write the version served today: `apps/v1`, `batch/v1`";
    TemplateUnfilled = "template-unfilled", Info,
        "Values still to be filled in decide what this asks for.",
        "Render it (`helm template`, `envsubst`) and inspect the result";
}

impl Serialize for FindingId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_unique_and_in_kebab_case() {
        for (index, id) in FindingId::ALL.iter().enumerate() {
            let name = id.as_str();
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{name}");
            assert!(FindingId::ALL[..index].iter().all(|other| other.as_str() != name), "{name}");
            assert!(!id.remedy().ends_with('.') && id.meaning().ends_with('.'), "{name}");
        }
    }
}
