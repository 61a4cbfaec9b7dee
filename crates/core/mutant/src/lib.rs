//! Seeded bugs in the deciders, to prove that the independent checker catches them.
//!
//! A decider asks [`active`] at the one place where a bug of that name would sit:
//!
//! ```
//! # use casemate_mutant::{Mutant, active};
//! # let (now, not_after) = (1, 2);
//! let holds = now <= not_after || active(Mutant::EnclaveIgnoresLapse);
//! # assert!(holds);
//! ```
//!
//! Without the feature `mutants`, which nothing but this crate's own tests turns on, `active` is the
//! constant `false` and the branch is gone. With it, `with` switches one bug on while a closure runs.
//!
//! The proof is in `tests/it`: every decider is driven through random schedules under the checker, which must find
//! nothing; then once for each [`Mutant`], where it must find the rule that bug breaks. The checker knows
//! nothing of what a verifier remembers: bugs there have to fail a test of `casemate-verifier`.

#![no_std]
#![forbid(unsafe_code)]

macro_rules! mutants {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// One seeded bug.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Mutant {
            $($(#[$doc])* $name,)*
        }

        impl Mutant {
            /// Every bug.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
        }
    };
}

mutants! {
    /// `policy` affirms evidence whose certificates have expired.
    PolicyIgnoresExpiry,
    /// `policy` affirms TEEs that can be debugged.
    PolicyIgnoresDebug,
    /// `policy` affirms an enclave other than the one in question.
    PolicyIgnoresMeasurement,
    /// `policy` lets a witness hold for as long as the certificates do.
    PolicyIgnoresLifetime,
    /// `policy` reopens a signed result for whoever asks.
    PolicyReopensForAnybody,
    /// `policy` lets a witness of a signed result hold for ever.
    PolicyReopensForEver,
    /// `placement` takes any node for one with the right TEE.
    PlacementIgnoresTee,
    /// `placement` takes a node whose witness has lapsed.
    PlacementIgnoresLapse,
    /// `placement` takes a node that was never attested.
    PlacementTrustsAnybody,
    /// `placement` hands out encrypted memory that is in use.
    PlacementOvercommitsEpc,
    /// `placement` does not look at what pods say of each other.
    PlacementIgnoresNeighbours,
    /// `placement` lets a tenant in where another shares with nobody.
    PlacementForgetsOthersScope,
    /// `placement` lets who shares with nobody in where others are.
    PlacementForgetsOwnScope,
    /// `placement` charges CPU by the thread to those who share no core.
    PlacementSplitsCores,
    /// `placement` does not look at what programs need.
    PlacementIgnoresNeeds,
    /// `placement` puts a pod elsewhere than it says.
    PlacementIgnoresNodeName,
    /// `placement` takes a TEE for attested of which no witness speaks.
    PlacementAcceptsUnwitnessedTee,
    /// `placement` leaves confidential pods where nobody vouches for the node.
    PlacementForgetsDrains,
    /// `placement` does not count what the sandbox costs.
    PlacementForgetsOverhead,
    /// `placement` does not count the key slots that the sandbox takes.
    PlacementForgetsOverheadKeys,
    /// `placement` does not count init containers.
    PlacementForgetsInit,
    /// `placement` forgets the node selector.
    PlacementIgnoresSelector,
    /// `placement` forgets taints.
    PlacementIgnoresTaints,
    /// `placement` does not give back what released pods had.
    PlacementKeepsReservations,
    /// `placement` displaces pods that are as important as the one they go for.
    PlacementDisplacesEquals,
    /// `placement` displaces more pods than it takes, and dearer ones.
    PlacementDisplacesNeedlessly,
    /// `placement` displaces pods for a node that nobody vouches for.
    PlacementDisplacesForUnattested,
    /// `placement` displaces pods that a disruption budget keeps.
    PlacementIgnoresBudgets,
    /// `placement` moves enclaves as they run.
    PlacementMovesEnclavesLive,
    /// `placement` takes a share of a device from several units.
    PlacementIgnoresUnits,
    /// `placement` adds up the bandwidth of NUMA nodes.
    PlacementSumsNuma,
    /// `placement` counts on paging those who are never paged.
    PlacementOvercommitsExclusive,
    /// `placement` slows enclaves down as much as it likes.
    PlacementIgnoresSlowdown,
    /// `pod` starts containers before the init containers have ended.
    PodStartsBesideInit,
    /// `pod` starts containers again without end.
    PodForgetsBound,
    /// `pod` starts a container again that ended with 0.
    PodRestartsSucceeded,
    /// `pod` starts a container again whose enclave was not trusted.
    PodRestartsDistrusted,
    /// `pod` takes the next instance of a container for the one before.
    PodKeepsInstance,
    /// `enclave` lets workers in on a witness that has lapsed.
    EnclaveIgnoresLapse,
    /// `enclave` takes a witness for whoever presents it.
    EnclaveIgnoresSubject,
    /// `epc` seals a page under the version it had last.
    EpcReusesVersion,
    /// `epc` accepts a sealed page that is not its last copy.
    EpcLoadsFirstCopy,
    /// `epc` takes an evicted page for one that was never touched.
    EpcForgetsSealedCopy,
    /// `epc` evicts from enclaves that other workers run.
    EpcEvictsRunning,
    /// `epc` evicts pages that are guaranteed.
    EpcForgetsGuarantee,
    /// `cpu` picks by deadline and forgets eligibility.
    CpuIgnoresEligibility,
    /// `cpu` picks the eligible enclave that has received least, whatever its deadline.
    CpuIgnoresDeadlines,
    /// `cpu` charges every enclave as if its weight were one CPU's.
    CpuIgnoresWeight,
    /// `cpu` leaves a worker idle where all that wait have had more than their share.
    CpuIdlesOnDebtors,
    /// `verifier` serves requests as if all were equally urgent.
    QueueIgnoresPriority,
    /// `verifier` serves requests as if no verdict lapsed before another.
    QueueIgnoresDeadline,
    /// `verifier` never comes to the oldest request before its turn.
    QueueForgetsOldest,
    /// `verifier` serves whichever tenant asks most.
    QueueIgnoresRounds,
    /// `verifier` gives every tenant the same share.
    QueueIgnoresWeight,
    /// `verifier` verifies one platform several times at once.
    QueueForgetsFlight,
    /// `verifier` verifies equal evidence once for each who asks.
    QueueRepeatsEqual,
    /// `verifier` holds one request more than there is room for.
    QueueBoundOffByOne,
    /// `verifier` lets one tenant have the whole queue.
    QueueForgetsTenantBound,
    /// `verifier` counts a request no longer once it is in work.
    QueueForgetsWork,
    /// `verifier` says "come back" without regard to how fast it is.
    QueueMisstatesReturn,
    /// `verifier` holds a platform for ever whose job was lost.
    QueueKeepsLostFlight,
    /// `verifier` keeps the room of whoever no longer waits.
    QueueKeepsCancelled,
    /// `verifier` accepts a nonce as often as it is presented.
    NonceGoodTwice,
    /// `verifier` accepts a nonce however old.
    NonceNeverLapses,
    /// `verifier` accepts a nonce from another node than it was given to.
    NonceGoodForAnybody,
    /// `verifier` lets a node use up another's nonce.
    NonceUsedUpByOthers,
    /// `verifier` lets one node have every nonce.
    NonceForgetsNodeBound,
    /// `attest` binds evidence to no boot.
    BindingForgetsBoot,
    /// `attest` binds evidence to no agent's key.
    BindingForgetsAgentKey,
    /// `attest` binds evidence to no nonce.
    BindingForgetsNonce,
    /// `verifier` admits evidence whatever it is bound to.
    EnrolmentIgnoresBinding,
    /// `verifier` admits the platform of another node.
    EnrolmentTakesRelayed,
    /// `verifier` admits a platform that nobody enrolled.
    EnrolmentOnFirstSight,
    /// `verifier` looks at a nonce and does not use it up.
    EnrolmentSparesNonce,
    /// `verifier` enrols what many machines share.
    EnrolmentTakesShared,
    /// `verifier` lets a platform become another node while it is one.
    EnrolmentMovesPlatform,
    /// `verifier` takes signed documents that are older than those in force.
    StoreTakesOlder,
    /// `verifier` takes revocation lists that are older than those in force.
    StoreTakesOlderList,
    /// `verifier` takes another document of the same date.
    StoreTakesConflicting,
    /// `verifier` takes collateral that nobody signed.
    StoreTakesUnsigned,
    /// `verifier` gives new collateral the number of the old.
    StoreKeepsGeneration,
    /// `verifier` verifies by older collateral that was sent along.
    StoreLetsOlderStand,
    /// `verifier` takes a platform for known whose certificates and keys are others.
    MemoryIgnoresBytes,
    /// `verifier` remembers platforms of evidence whose signature does not hold.
    MemoryLearnsOfRefused,
    /// `verifier` remembers a platform whose certificates have expired.
    MemoryIgnoresExpiry,
    /// `verifier` lets verdicts stand when collateral falls.
    MemoryTellsNobody,
    /// `verifier` tells of a fall and not whose verdicts rest on it.
    MemoryForgetsSubjects,
    /// `world` tells no other CPU that it has work.
    WorldForgetsSgi,
    /// `world` leaves ready work behind without a tick.
    WorldForgetsTick,
    /// `world` lets a CPU sleep that has work.
    WorldSleepsOverWork,
    /// `world` lets the TEE be on two CPUs where it may be on one.
    WorldIgnoresGate,
    /// `world` tells nobody that a request is done.
    WorldForgetsDoorbell,
    /// `world` takes a pre-empted request for one that is done.
    WorldLosesPreempted,
    /// `world` leaves the tick on while both worlds sleep.
    WorldTicksInSleep,
    /// `world` never counts how long the TEE waits.
    WorldStarvesTee,
    /// `world` never counts how long the REE waits.
    WorldStarvesRee,
    /// `world` sleeps while an interrupt of the REE waits.
    WorldSleepsOverInterrupt,
    /// `world` keeps a request that was answered.
    WorldAnswersTwice,
    /// `world` serves nobody after the first caller.
    WorldForgetsWaiters,
    /// `world` lets services wait for each other.
    WorldAllowsDeadlock,
    /// `world` wakes a thread that does not wait.
    WorldWakesWhoRuns,
    /// `world` leaves a thread that runs in the line.
    WorldRunsTwice,
    /// `world` takes every quantum for not yet over.
    WorldNeverEndsQuantum,
    /// `world` leaves work on a CPU that is switched off.
    WorldLeavesWorkOnDeadCpu,
    /// `world` bills what the TEE does while the REE sleeps to a task of the REE.
    WorldBillsIdleToTask,
    /// `world` hands requests of a CPU that is switched off to an agent that sleeps on.
    WorldForgetsAgent,
    /// `world` takes a CPU by itself that the REE has for itself.
    WorldTakesShare,
    /// `world` takes the REE's tick for the end of a quantum.
    WorldCutsShort,
    /// `world` leaves a service as urgent as it is by itself, whoever waits for it.
    WorldLendsNothing,
    /// `world` stops the tick of both worlds when only the TEE is idle.
    WorldStopsSharedTick,
}

/// Whether this bug is switched on now.
#[cfg(not(feature = "mutants"))]
#[inline(always)]
#[must_use]
pub const fn active(_: Mutant) -> bool {
    false
}

#[cfg(feature = "mutants")]
pub use switch::{active, with};

#[cfg(feature = "mutants")]
mod switch {
    use core::sync::atomic::{AtomicUsize, Ordering};

    use crate::Mutant;

    const NONE: usize = usize::MAX;

    /// One for the process: tests that switch bugs on take turns.
    static ON: AtomicUsize = AtomicUsize::new(NONE);

    /// Whether this bug is switched on now.
    #[must_use]
    pub fn active(mutant: Mutant) -> bool {
        ON.load(Ordering::Relaxed) == mutant as usize
    }

    /// Runs `body` with this bug, and no other, switched on in this process.
    pub fn with<R>(mutant: Mutant, body: impl FnOnce() -> R) -> R {
        /// Switches off even when `body` panics.
        struct Off;
        impl Drop for Off {
            fn drop(&mut self) {
                ON.store(NONE, Ordering::Relaxed);
            }
        }
        let _off = Off;
        ON.store(mutant as usize, Ordering::Relaxed);
        body()
    }
}
