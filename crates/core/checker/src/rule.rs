//! What a schedule can get wrong.

use std::fmt;

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// One thing that must hold of every schedule.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Rule {
            $($(#[$doc])* $name,)*
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name programs read.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

rules! {
    /// A pod goes only where a node was offered.
    NodeUnknown = "node-unknown",
    /// A confidential pod goes only to a node that has a TEE.
    NodeWithoutTee = "node-without-tee",
    /// ... and to the kind it asked for, or one that stands in for it.
    WrongTee = "wrong-tee",
    /// ... and only where the platform's evidence has been affirmed.
    NoPlatformWitness = "no-platform-witness",
    /// ... and holds at that very instant.
    StalePlatformWitness = "stale-platform-witness",
    /// ... and that offers all the pod's programs need, under the runtime it names.
    NeedsIgnored = "needs-ignored",
    /// A pod that asks for what is not implemented is placed nowhere.
    UnsupportedPlaced = "unsupported-placed",
    /// Guaranteed encrypted memory is never handed out twice.
    EpcOvercommitted = "epc-overcommitted",
    /// Enclave slots are never handed out twice.
    SlotsOvercommitted = "slots-overcommitted",
    /// Key slots are never handed out twice.
    KeySlotsOvercommitted = "key-slots-overcommitted",
    /// Requested CPU is never handed out twice.
    CpuOvercommitted = "cpu-overcommitted",
    /// Requested memory is never handed out twice.
    MemoryOvercommitted = "memory-overcommitted",
    /// Devices are never handed out twice.
    DevicesOvercommitted = "devices-overcommitted",
    /// ... nor is any unit of one.
    UnitsOvercommitted = "units-overcommitted",
    /// Of a device in units a pod has what it asks for: a share of one, or whole ones.
    UnitsMisstated = "units-misstated",
    /// Encrypted memory of a NUMA node is never handed out twice.
    NumaOvercommitted = "numa-overcommitted",
    /// Out of NUMA nodes a pod has the encrypted memory and bandwidth it asks for, the latter from one.
    NumaMisstated = "numa-misstated",
    /// Bandwidth of encrypted memory is never handed out twice.
    BandwidthOvercommitted = "bandwidth-overcommitted",
    /// What lies beyond requests is shared out as far as nobody is slowed down too much for it.
    SlowedDown = "slowed-down",
    /// A pod goes to the node it names.
    NodeNameIgnored = "node-name-ignored",
    /// The node carries every label the pod selects by.
    NodeSelectorIgnored = "node-selector-ignored",
    /// One of the terms of the pod's required node affinity holds of the node.
    NodeAffinityIgnored = "node-affinity-ignored",
    /// Pods that the pod has to be near are in the node's domain, or it is the first of its like.
    PodAffinityIgnored = "pod-affinity-ignored",
    /// No pod that it has to keep away from is in the node's domain.
    AntiAffinityIgnored = "anti-affinity-ignored",
    /// No pod that has to keep away from it is in the node's domain.
    OthersAntiAffinityIgnored = "others-anti-affinity-ignored",
    /// No domain has more of its like than the emptiest has, but for the skew it allows.
    SpreadIgnored = "spread-ignored",
    /// Who shares with no other tenant has none beside it.
    ExclusiveIgnored = "exclusive-ignored",
    /// ... nor does another tenant come beside it later.
    OthersExclusiveIgnored = "others-exclusive-ignored",
    /// The pod tolerates every taint that forbids scheduling.
    TaintIgnored = "taint-ignored",
    /// A pod has one place at a time.
    PlacedTwice = "placed-twice",
    /// Only what is in place takes parts of a node, moves or gives way.
    NotInPlace = "not-in-place",
    /// Only a placed pod is released.
    ReleasedUnplaced = "released-unplaced",
    /// A pod's place is given up after its last enclave.
    ReleasedWhileAlive = "released-while-alive",
    /// A pod does not wait while it fits.
    WaitsThoughItFits = "waits-though-it-fits",
    /// A pod is not given up while a node could take it.
    GivenUpThoughPossible = "given-up-though-possible",

    /// Only pods of lower priority give way.
    VictimNotLower = "victim-not-lower",
    /// ... on the node that is cleared.
    VictimElsewhere = "victim-elsewhere",
    /// ... and only those without whom the other would not fit.
    NeedlessVictim = "needless-victim",
    /// Nobody gives way to a pod that wants none to.
    PreemptionForbidden = "preemption-forbidden",
    /// Nobody gives way on a node that could not take the pod even so.
    PreemptedInVain = "preempted-in-vain",
    /// ... least of all on one whose platform is not attested.
    PreemptedForUnattested = "preempted-for-unattested",
    /// For whom others gave way is placed there.
    PreemptorNotPlaced = "preemptor-not-placed",
    /// As many pods stay as their disruption budget says, unless it is said that they do not.
    BudgetIgnored = "budget-ignored",
    /// A pod moves as its TEE and both nodes can.
    MoveImpossible = "move-impossible",
    /// A confidential pod whose node's witness does not hold is drained.
    DrainForgotten = "drain-forgotten",
    /// Nobody else is.
    DrainUnfounded = "drain-unfounded",

    /// A witness ends no later than its evidence, nor than the policy's lifetime for it.
    WitnessOutlivesEvidence = "witness-outlives-evidence",
    /// A witness rests on evidence that was valid when it was appraised.
    EvidenceNotValid = "evidence-not-valid",
    /// A witness speaks of the measurement its evidence carries.
    WitnessMisstatesMeasurement = "witness-misstates-measurement",
    /// No witness rests on evidence of a TEE that can be debugged, unless the policy says so.
    DebugAffirmed = "debug-affirmed",

    /// An enclave belongs to a placed pod.
    EnclaveWithoutPlacement = "enclave-without-placement",
    /// An enclave id names one instance, ever.
    EnclaveIdReused = "enclave-id-reused",
    /// Create, initialise, enter, suspend, resume, destroy: each only where the one before allows it.
    OutOfOrder = "out-of-order",
    /// No enclave is entered before its own evidence was affirmed.
    EntryWithoutWitness = "entry-without-witness",
    /// ... nor once that has lapsed.
    EntryOnStaleWitness = "entry-on-stale-witness",
    /// ... nor on a witness that speaks of other contents or of another container.
    EntryOnAnothersWitness = "entry-on-anothers-witness",
    /// A suspended enclave is not entered.
    EntryWhileSuspended = "entry-while-suspended",
    /// An enclave that is not there, or no more, is not entered.
    EntryOfNone = "entry-of-none",
    /// An enclave runs on one worker at a time.
    EnclaveOnTwoWorkers = "enclave-on-two-workers",
    /// A worker runs one enclave at a time.
    WorkerInTwoEnclaves = "worker-in-two-enclaves",
    /// Only who is inside comes out.
    LeftWithoutEntering = "left-without-entering",
    /// Nobody is inside an enclave that is suspended or destroyed.
    StoppedWhileEntered = "stopped-while-entered",

    /// No container is entered before the init containers before it have ended with 0.
    EnteredBeforeInit = "entered-before-init",
    /// Only what has failed is started again, and only where the pod's policy says so.
    RestartAgainstPolicy = "restart-against-policy",
    /// A pod's containers are started again no more often than is allowed.
    RestartBeyondBound = "restart-beyond-bound",

    /// A page has at most one residency.
    PageResidentTwice = "page-resident-twice",
    /// A sealed page comes back as it last went out.
    PageReplayed = "page-replayed",
    /// A page's version only grows: version and page are the nonce.
    VersionNotGrowing = "version-not-growing",
    /// A frame holds at most one page.
    FrameUsedTwice = "frame-used-twice",
    /// Only a resident page goes out, and gives back the frame it had.
    EvictedNotResident = "evicted-not-resident",
    /// No page is sealed while its enclave runs on another worker: what is written meanwhile would be lost.
    EvictedWhileRunning = "evicted-while-running",
    /// No more frames are in use than there are.
    PoolOverfull = "pool-overfull",
    /// The pool's own count is right.
    PoolMiscounted = "pool-miscounted",
    /// Guarantees together fit the pool.
    GuaranteesOvercommitted = "guarantees-overcommitted",
    /// No enclave is pushed below its guarantee.
    GuaranteeBroken = "guarantee-broken",
    /// Destruction returns every frame.
    FrameNotReturned = "frame-not-returned",
    /// Destruction zeroes every frame.
    FrameNotZeroed = "frame-not-zeroed",
    /// Destruction overwrites the sealing key.
    KeyNotZeroed = "key-not-zeroed",

    /// Only who wants the CPU, and is not running, is picked.
    PickedNotWaiting = "picked-not-waiting",
    /// Nobody with negative lag is picked while somebody without it waits (EEVDF: eligibility).
    IneligiblePicked = "ineligible-picked",
    /// Of the eligible, the earliest virtual deadline is picked.
    LaterDeadlinePicked = "later-deadline-picked",
    /// No worker idles while somebody waits.
    IdleWithWork = "idle-with-work",
    /// Virtual runtime grows by the CPU time used over the weight, no more and no less.
    Mischarged = "mischarged",
    /// Workers together account for no more CPU time than has passed on each.
    CpuOveraccounted = "cpu-overaccounted",

    /// At the end, every pod has been released.
    PodNotReleased = "pod-not-released",
    /// At the end, nobody is inside.
    StillEntered = "still-entered",
    /// At the end, every enclave has been destroyed.
    NeverDestroyed = "never-destroyed",
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
