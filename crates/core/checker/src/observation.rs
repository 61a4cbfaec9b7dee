//! What a judge can be told. Plain data: an observation claims that something happened, not that it was right.

use casemate_model::affinity::Labels;
use casemate_model::{
    ContainerKey, DisruptionBudget, EnclaveId, Measurement, Nanos, Node, NodeName, PlacementPolicy, Pod,
    PodKey, Tee, Timestamp, WorkerId,
};

use crate::{Leeway, Moved, Taken};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observation {
    /// A node can be placed on from now. Told again, it replaces what was known of that node.
    NodeOffered {
        /// The node, with all it has.
        node: Node,
    },
    /// A namespace has these labels, beside the one with its name. Told again, they replace the earlier ones.
    NamespaceLabelled {
        /// Its name.
        name: String,
        /// Its labels.
        labels: Labels,
    },
    /// Pods that do not say how they share do so like this, from now.
    SharedByDefault {
        /// How.
        policy: PlacementPolicy,
    },
    /// Pods of this namespace are nobody's rivals, from now.
    NamespaceExempted {
        /// Its name.
        name: String,
    },
    /// Encrypted memory beyond requests is shared out so far, from now. Until it is said, nobody looks at it.
    OvercommitAllowed {
        /// How far.
        leeway: Leeway,
    },
    /// Pods of a kind may only be displaced within this budget, from now.
    BudgetSet {
        /// The budget. It replaces one of the same namespace and name.
        budget: DisruptionBudget,
    },
    /// Policy affirmed a node's platform evidence: that of its first TEE.
    PlatformWitnessGranted {
        /// When.
        at: Timestamp,
        /// The node it speaks of.
        node: NodeName,
        /// The first instant at which it holds.
        not_before: Timestamp,
        /// The last instant at which it holds.
        not_after: Timestamp,
        /// What the evidence itself said.
        evidence: EvidenceFacts,
    },
    /// Policy affirmed evidence of a node's platform for one of its TEEs.
    TeeWitnessGranted {
        /// When.
        at: Timestamp,
        /// The node it speaks of.
        node: NodeName,
        /// The TEE it speaks of.
        tee: Tee,
        /// The first instant at which it holds.
        not_before: Timestamp,
        /// The last instant at which it holds.
        not_after: Timestamp,
        /// What the evidence itself said.
        evidence: EvidenceFacts,
    },
    /// Nothing vouches for a node's platform from now.
    PlatformWitnessRevoked {
        /// Which node.
        node: NodeName,
    },
    /// A pod was given a place.
    PodPlaced {
        /// When.
        at: Timestamp,
        /// The pod, as asked for.
        pod: Pod,
        /// Where it goes.
        node: NodeName,
    },
    /// Out of which parts of its node a pod that was placed has what it asks for. Told again, it replaces what was said.
    PodTook {
        /// Which pod.
        pod: PodKey,
        /// Which parts.
        taken: Taken,
    },
    /// Pods are going to be displaced, so that another one fits. They are released afterwards, and then it is placed.
    PodsPreempted {
        /// When.
        at: Timestamp,
        /// For whom.
        by: Pod,
        /// Where.
        node: NodeName,
        /// Whom it costs their place.
        victims: Vec<PodKey>,
        /// Whether it was said that disruption budgets are exceeded for it.
        beyond_budgets: bool,
    },
    /// A placed pod goes to another node, in one step.
    PodMoved {
        /// When.
        at: Timestamp,
        /// Which.
        pod: PodKey,
        /// Where to.
        to: NodeName,
        /// How.
        how: Moved,
    },
    /// It was asked which pods have to leave their nodes for lack of a witness.
    DrainsListed {
        /// As of when.
        at: Timestamp,
        /// The answer: which pods, and the nodes they are on.
        drains: Vec<(PodKey, NodeName)>,
    },
    /// A pod was looked at and given no place.
    PodUnplaced {
        /// When.
        at: Timestamp,
        /// The pod, as asked for.
        pod: Pod,
        /// What was decided instead.
        verdict: Unplaced,
    },
    /// A placed pod gave everything back.
    PodReleased {
        /// Which.
        pod: PodKey,
    },
    /// An enclave came into being for a container (ECREATE).
    EnclaveCreated {
        /// Which.
        enclave: EnclaveId,
        /// Whose it is. Its pod must be placed.
        container: ContainerKey,
        /// Pages of the pool it can always have resident.
        pages_guaranteed: u64,
    },
    /// Its contents were fixed and measured (EINIT).
    EnclaveInitialised {
        /// Which.
        enclave: EnclaveId,
        /// What it measured to.
        measurement: Measurement,
    },
    /// Policy affirmed an enclave's own evidence. Granted again, it replaces the earlier witness.
    WorkloadWitnessGranted {
        /// When.
        at: Timestamp,
        /// The enclave it speaks of.
        enclave: EnclaveId,
        /// The container it speaks of.
        container: ContainerKey,
        /// The measurement it speaks of.
        measurement: Measurement,
        /// The last instant at which it holds.
        not_after: Timestamp,
        /// What the evidence itself said.
        evidence: EvidenceFacts,
    },
    /// A worker went in (EENTER, ERESUME).
    EnclaveEntered {
        /// Which.
        enclave: EnclaveId,
        /// Who.
        worker: WorkerId,
        /// When.
        at: Timestamp,
    },
    /// A worker came out.
    EnclaveLeft {
        /// Which.
        enclave: EnclaveId,
        /// Who.
        worker: WorkerId,
        /// When.
        at: Timestamp,
        /// CPU time charged for the stay.
        ran: Nanos,
        /// How.
        how: HowLeft,
    },
    /// What its program came to; told before it is destroyed. Not told: it was stopped.
    EnclaveEnded {
        /// Which.
        enclave: EnclaveId,
        /// How.
        how: HowEnded,
    },
    /// The enclave may not be entered until resumed.
    EnclaveSuspended {
        /// Which.
        enclave: EnclaveId,
    },
    /// The enclave may be entered again.
    EnclaveResumed {
        /// Which.
        enclave: EnclaveId,
    },
    /// The enclave is gone (EREMOVE).
    EnclaveDestroyed {
        /// Which.
        enclave: EnclaveId,
        /// Frames that went back to the pool, those of [`Observation::PageRemoved`] included.
        frames_returned: u64,
        /// Of these, frames zeroed before.
        frames_zeroed: u64,
        /// Whether its sealing key was overwritten.
        keys_zeroed: bool,
    },
    /// A page became resident.
    PageIn {
        /// Whose.
        enclave: EnclaveId,
        /// Index within the enclave's memory.
        page: u64,
        /// The version of the sealed copy it came from; `None` where it is fresh zeroes or initial contents.
        version: Option<u64>,
        /// The residency token it now holds.
        frame: u64,
    },
    /// A page was sealed and stopped being resident.
    PageOut {
        /// Whose.
        enclave: EnclaveId,
        /// Index within the enclave's memory.
        page: u64,
        /// The version the sealed copy got.
        version: u64,
        /// The residency token it gave back.
        frame: u64,
        /// Who sealed it; `None`: a thread that is no worker.
        by: Option<WorkerId>,
    },
    /// A resident page of an enclave that is being destroyed was zeroed, and its frame given
    /// back. Pages not reported like this go back all at once with the enclave.
    PageRemoved {
        /// Whose.
        enclave: EnclaveId,
        /// Index within the enclave's memory.
        page: u64,
        /// The residency token it gave back.
        frame: u64,
    },
    /// What the pool says of itself while no page is on the move.
    Pool {
        /// Frames it has in all.
        frames_capacity: u64,
        /// Frames holding a page.
        frames_resident: u64,
    },
    /// The run queue chose for one worker.
    CpuPicked {
        /// The worker that asked.
        worker: WorkerId,
        /// Whom it got; `None`: nobody.
        picked: Option<EnclaveId>,
        /// Everybody who wanted to run at that moment, those running on other workers included.
        contenders: Vec<Contender>,
    },
}

/// What verified evidence said, beside whom it was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvidenceFacts {
    /// The measurement that was signed.
    pub measurement: Measurement,
    /// Whether the TEE said it can be debugged.
    pub debug: bool,
    /// The first instant at which all certificates it rests on are valid.
    pub not_before: Timestamp,
    /// The last one.
    pub not_after: Timestamp,
}

/// What becomes of a pod that got no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unplaced {
    /// It can be placed once others leave or evidence arrives.
    Waiting,
    /// It would fit, but the room is kept for another pod that has waited too long.
    HeldBack,
    /// No node could take it even if empty and attested.
    Never,
}

/// How a worker came out of an enclave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HowLeft {
    /// Interrupted (AEX); it still wants to run.
    Aex,
    /// By its own call out (EEXIT); it still wants to run.
    Eexit,
    /// It waits for something and wants no CPU.
    Blocked,
    /// It finished or was killed.
    Ended,
}

/// What an enclave's program came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HowEnded {
    /// It ended by itself, with this code.
    Exited(i32),
    /// It did what it must not.
    Trapped,
    /// Its evidence was refused or lapsed for good, or its memory was tampered with.
    Distrusted,
    /// No enclave could be made of its image.
    Unusable,
    /// It was told to end.
    Stopped,
}

/// One enclave that wants the CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contender {
    /// Which.
    pub enclave: EnclaveId,
    /// Its weight.
    pub weight: u64,
    /// Its virtual runtime, in [`Limits::vruntime_per_nano`](crate::Limits::vruntime_per_nano) units.
    pub vruntime: i128,
    /// Its virtual deadline, in the same units.
    pub deadline: i128,
    /// Whether another worker is running it, so that it cannot be picked.
    pub running: bool,
}
