//! What an inspection tells: one entry for each thing that asks or could ask for a TEE,
//! and what could not be read. Serialises to the document that `docs/inspect.md` describes.
//!
//! Numbers are per pod, in bytes, slots and thousandths of a CPU. `None` (null) is a
//! number that the files do not tell; 0 is none of it.

use serde::{Serialize, Serializer};

use super::finding::Finding;
use crate::{Problem, Technology};

/// What is understood of some manifests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// [`Inspection::SCHEMA`].
    pub schema: &'static str,
    /// Everything that asks or could ask for a TEE, in the order written.
    pub workloads: Vec<Entry>,
    /// What could not be read.
    #[serde(serialize_with = "problems")]
    pub errors: Vec<Problem>,
    /// Errors beyond those listed, where there are very many.
    pub errors_left_out: usize,
}

impl Inspection {
    /// The schema of the document. Keys are only ever added.
    pub const SCHEMA: &'static str = "casemate.inspect/v1";
}

/// One thing that asks or could ask for a TEE.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The source's name.
    pub file: String,
    /// Where it begins, line from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Its kind as written; for a template of Azure Resource Manager the resource's type.
    pub kind: Option<String>,
    /// Its API version as written.
    pub api_version: Option<String>,
    /// Its namespace as written.
    pub namespace: Option<String>,
    /// Its name as written, blanks of a template included.
    pub name: Option<String>,
    /// What kind of description it is.
    pub form: Form,
    /// Whether it is a template with blanks in it.
    pub template: bool,
    /// Whether it runs in a TEE.
    pub class: Class,
    /// Why it has that class.
    pub reason: String,
    /// The TEE, where it is one and known.
    pub tee: Option<Technology>,
    /// Encrypted memory guaranteed to be resident.
    pub epc_guaranteed_bytes: Option<u64>,
    /// The most encrypted memory it may have. Null: nothing limits it, or not known.
    pub epc_limit_bytes: Option<u64>,
    /// Enclaves it may have at once.
    pub enclaves: Option<u64>,
    /// Memory-encryption keys it takes, its sandbox's included.
    pub key_slots: Option<u64>,
    /// Memory its sandbox takes beside its containers.
    pub overhead_memory_bytes: Option<u64>,
    /// CPU its sandbox takes beside its containers, thousandths.
    pub overhead_cpu_millis: Option<u64>,
    /// How many pods there are at once. Null: one a node, or not known.
    pub replicas: Option<u64>,
    /// What the numbers and the class are made of.
    pub facts: Vec<Fact>,
    /// What is wrong or risky in it.
    pub findings: Vec<Finding>,
}

/// What kind of description an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// A kind of Kubernetes that makes pods.
    Workload,
    /// A pod's description inside a kind not known here.
    Embedded,
    /// A pod's description without a kind: a patch.
    Patch,
    /// A container group or machine of Azure Resource Manager.
    AzureResource,
    /// Values for a chart, or another document with a TEE's words in it.
    Values,
    /// What nodes or sandboxes offer: Node, RuntimeClass, NodeFeatureRule.
    Offer,
    /// Text that could not be read as YAML, but has a TEE's words in it.
    Text,
}

/// Whether an entry runs in a TEE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// It asks for a TEE.
    Confidential,
    /// It does not.
    NotConfidential,
    /// A TEE is possible, but not certain.
    Ambiguous,
}

impl Class {
    /// The name programs read.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confidential => "confidential",
            Self::NotConfidential => "not-confidential",
            Self::Ambiguous => "ambiguous",
        }
    }
}

/// Something in the file that the class or a number comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What it is.
    pub what: What,
    /// What is written.
    pub value: String,
    /// The field, as a path from the document's root.
    pub field: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// How much it says of a TEE.
    pub says: Says,
    /// The TEE it names.
    pub tee: Option<Technology>,
}

/// How much a fact says of a TEE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Says {
    /// Nothing, or only beside another fact.
    Nothing,
    /// A TEE is possible.
    Possible,
    /// A TEE is asked for.
    Asked,
}

macro_rules! whats {
    ($($variant:ident = $name:literal, $meaning:literal;)*) => {
        /// What a fact is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum What {
            $(#[doc = $meaning] $variant,)*
        }

        impl What {
            /// Everything a fact can be, in the order of the page.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name programs read.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it means.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }
        }
    };
}

whats! {
    Epc = "epc", "An amount of encrypted memory.";
    Enclaves = "enclaves", "A number of enclaves.";
    Provision = "provision", "The right to be attested.";
    KeySlots = "key-slots", "A number of memory-encryption keys.";
    DeviceResource = "device-resource", "Access to a TEE's device, as a resource; of a Node, any resource of a TEE.";
    PeerPod = "peer-pod", "A virtual machine elsewhere, as a resource.";
    UnknownResource = "unknown-resource", "A resource whose name looks like a TEE's.";
    ResourceClaim = "resource-claim", "A claim of a device (dynamic resource allocation) that is named like a TEE's.";
    RuntimeClass = "runtime-class", "The runtime class; of a RuntimeClass, its handler.";
    Overhead = "overhead", "The overhead of a RuntimeClass.";
    NodeLabel = "node-label", "A label of nodes that the pod must have or would like; of a Node, one it has.";
    HostPath = "host-path", "A path of the host that is mounted.";
    Annotation = "annotation", "An annotation of the pod.";
    Program = "program", "A variable or command of a program that shows attestation.";
    AzureSku = "azure-sku", "A product tier, security type or machine type of Azure.";
    Policy = "policy", "The policy of what may run inside.";
    Word = "word", "A switch or name that looks like a TEE's, in values or text.";
}

impl Serialize for What {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

fn problems<S: Serializer>(problems: &[Problem], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Wire<'a> {
        file: &'a str,
        line: usize,
        column: usize,
        field: &'a str,
        cause: &'a str,
        remedy: &'a str,
    }
    serializer.collect_seq(problems.iter().map(|problem| Wire {
        file: &problem.place.file,
        line: problem.place.line,
        column: problem.place.column,
        field: &problem.field,
        cause: &problem.cause,
        remedy: &problem.remedy,
    }))
}

impl Serialize for Technology {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
