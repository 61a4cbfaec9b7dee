//! One thing that happened, to whom, and when.
//!
//! On the wire an event is a flat JSON object: `time`, `kind`, `subject`, then
//! the fields of its kind. Kinds and fields are only ever added; a reader skips
//! those it does not know. `docs/events.md` lists them, one example each.

use casemate_model::{
    Bytes, ContainerKey, EnclaveId, Fingerprint, Measurement, Nanos, NodeName, Pages, PodKey, Tee, Timestamp,
};
use serde::Serialize;

use crate::{Claims, wire};

/// One state change of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// When it happened. On the wire: RFC 3339, UTC, nine decimals.
    #[serde(serialize_with = "wire::rfc3339")]
    pub time: Timestamp,
    /// Whom it happened to.
    #[serde(serialize_with = "wire::subject")]
    pub subject: Subject,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// Whom an event is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A node: its attestation, and what concerns the run as a whole.
    Node(NodeName),
    /// A pod: queueing and placement.
    Pod(PodKey),
    /// One container, which is one enclave: everything from creation to destruction.
    Container(ContainerKey),
}

/// What happened. The variant's name in snake case is the event's `kind`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// The node's platform evidence was verified and appraised; placement on it is open.
    NodeAttested {
        /// What its evidence claims.
        claims: Claims,
        /// The TEE it was attested as.
        #[serde(serialize_with = "wire::display")]
        tee: Tee,
        /// The root its evidence chains to.
        #[serde(serialize_with = "wire::display")]
        root: Fingerprint,
        /// When the verdict lapses.
        #[serde(serialize_with = "wire::rfc3339")]
        not_after: Timestamp,
    },
    /// The node's platform evidence was refused; nothing confidential is placed on it.
    NodeRefused {
        /// What its evidence claims; empty where it could not be verified.
        claims: Claims,
        /// Every reason.
        reasons: Vec<String>,
    },
    /// The pod fits, but not now.
    PodQueued {
        /// What it waits for, node by node.
        reasons: Vec<String>,
    },
    /// The pod has its place and its resources are reserved.
    PodPlaced {
        /// Where.
        #[serde(serialize_with = "wire::display")]
        node: NodeName,
        /// Why there.
        why: String,
    },
    /// No node could take the pod even if it were empty.
    PodNeverFits {
        /// Why not, node by node.
        reasons: Vec<String>,
    },
    /// The container could not be started: its image is missing or is no program.
    Failed {
        /// Cause and remedy.
        why: String,
    },
    /// The enclave exists and its memory is reserved; it cannot be entered yet.
    EnclaveCreated {
        /// Which instance.
        #[serde(serialize_with = "wire::display")]
        enclave: EnclaveId,
        /// Encrypted memory that stays resident.
        #[serde(serialize_with = "wire::bytes")]
        epc_guaranteed: Bytes,
        /// The most encrypted memory it may have; null where it names no limit.
        #[serde(serialize_with = "wire::optional_bytes")]
        epc_limit: Option<Bytes>,
    },
    /// The enclave's measurement is final.
    EnclaveMeasured {
        /// MRENCLAVE.
        #[serde(serialize_with = "wire::display")]
        measurement: Measurement,
    },
    /// The enclave's own quote was verified and appraised; it may be entered.
    WorkloadAttested {
        /// What its evidence claims.
        claims: Claims,
        /// When the verdict lapses.
        #[serde(serialize_with = "wire::rfc3339")]
        not_after: Timestamp,
    },
    /// The enclave's own quote was refused; it is never entered.
    WorkloadRefused {
        /// What its evidence claims; empty where it could not be verified.
        claims: Claims,
        /// Every reason.
        reasons: Vec<String>,
    },
    /// The enclave was entered for the first time.
    Entered,
    /// The enclave may not be entered until it is attested again.
    Suspended {
        /// Why.
        why: String,
    },
    /// A suspended enclave was attested again and goes on.
    Resumed {
        /// When the new verdict lapses.
        #[serde(serialize_with = "wire::rfc3339")]
        not_after: Timestamp,
    },
    /// A verdict was replaced by a fresh one before it lapsed.
    Renewed {
        /// When the new verdict lapses.
        #[serde(serialize_with = "wire::rfc3339")]
        not_after: Timestamp,
    },
    /// The program ended by itself.
    Exited {
        /// Its exit code.
        code: i32,
    },
    /// The program did what WebAssembly does not allow.
    Trapped {
        /// What it did.
        message: String,
    },
    /// The runtime ended the enclave: a sealed page that does not verify, a memory limit, an interrupt.
    Killed {
        /// Why.
        why: String,
    },
    /// The container ended and is started again: a new enclave, attested anew.
    Restarting {
        /// How often it has been started again, this time included.
        restarts: u32,
        /// How long it waits first. Seconds on the wire.
        #[serde(serialize_with = "wire::seconds")]
        delay: Nanos,
    },
    /// The enclave is gone: its frames zeroed, its keys destroyed.
    Destroyed {
        /// Frames zeroed before their pages went back to the kernel.
        #[serde(serialize_with = "wire::pages")]
        pages_zeroed: Pages,
    },
    /// The independent checker saw a decision that breaks a rule. A bug in Casemate.
    CheckerViolation {
        /// The rule and what broke it.
        violation: String,
    },
    /// The run is over.
    RunEnded {
        /// Whether everything was placed and ended with 0.
        succeeded: bool,
    },
}

impl What {
    /// The event's `kind` on the wire.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::NodeAttested { .. } => "node_attested",
            Self::NodeRefused { .. } => "node_refused",
            Self::PodQueued { .. } => "pod_queued",
            Self::PodPlaced { .. } => "pod_placed",
            Self::PodNeverFits { .. } => "pod_never_fits",
            Self::Failed { .. } => "failed",
            Self::EnclaveCreated { .. } => "enclave_created",
            Self::EnclaveMeasured { .. } => "enclave_measured",
            Self::WorkloadAttested { .. } => "workload_attested",
            Self::WorkloadRefused { .. } => "workload_refused",
            Self::Entered => "entered",
            Self::Suspended { .. } => "suspended",
            Self::Resumed { .. } => "resumed",
            Self::Renewed { .. } => "renewed",
            Self::Exited { .. } => "exited",
            Self::Trapped { .. } => "trapped",
            Self::Killed { .. } => "killed",
            Self::Restarting { .. } => "restarting",
            Self::Destroyed { .. } => "destroyed",
            Self::CheckerViolation { .. } => "checker_violation",
            Self::RunEnded { .. } => "run_ended",
        }
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Node(name) => name.fmt(f),
            Self::Pod(key) => key.fmt(f),
            Self::Container(key) => key.fmt(f),
        }
    }
}
