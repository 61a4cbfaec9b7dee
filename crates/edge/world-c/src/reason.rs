//! Why a design is refused.

use casemate_world::Senseless;

/// Why a design is refused: first the fields that have a value which means nothing, then what makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Reason {
    /// It is not.
    None = 0,
    /// `entry` is none there is.
    Entry = 1,
    /// `slice` is not 0 although nothing is sliced.
    Slice = 2,
    /// `priority` is none there is.
    Priority = 3,
    /// `agent` is none there is.
    Agent = 4,
    /// `order` is none there is.
    Order = 5,
    /// `goal` is none there is.
    Goal = 6,
    /// `device` is none there is.
    Device = 7,
    /// `proper_cpu` is none there is.
    ProperCpu = 8,
    /// `balance` is none there is.
    Balance = 9,
    /// `tick` is none there is.
    Tick = 10,
    /// `resume` is none there is.
    Resume = 11,
    /// `switch_back` is none there is.
    SwitchBack = 12,
    /// `scheduling_call` is neither 0 nor 1.
    SchedulingCall = 13,
    /// `nohz` is neither 0 nor 1.
    Nohz = 14,
    /// `idle_hand_over` is neither 0 nor 1.
    IdleHandOver = 15,
    /// `least_progress` is neither 0 nor 1.
    LeastProgress = 16,
    /// `tee_waits` is more than 255 and not `FOR_EVER`.
    TeeWaits = 17,
    /// `ree_waits` is more than 255 and not `FOR_EVER`.
    ReeWaits = 18,
    /// `reserved` is not 0.
    Reserved = 19,
    /// No CPU, or more than are kept track of.
    Cpus = 32,
    /// A big CPU is named that is not there.
    BigCpu = 33,
    /// With function calls only there are no threads to queue, to wake, to move or to tick for.
    CallWithThreads = 34,
    /// A time slice of no ticks, or one that nothing measures.
    SliceWithoutTick = 35,
    /// It is to go on at a tick that never comes.
    ResumeWithoutTick = 36,
    /// A wait is bounded in ticks that never come.
    BoundWithoutTick = 37,
    /// Work is to go on when the REE is idle, of which nobody tells.
    ResumeWithoutIdle = 38,
    /// An idle CPU is sought, and none is ever known to be.
    IdleCpuUnknown = 39,
    /// The REE gets a share of nothing.
    NoShare = 40,
    /// Pre-empted work waits at most so long, but only a call brings it back.
    BoundWithoutResume = 41,
    /// The TEE's own work is pre-empted and nothing brings it back.
    SelfScheduledIsLost = 42,
    /// Deadlines, and no tick at which a nearer one goes first.
    DeadlineWithoutTick = 43,
    /// An agent on each CPU, and a TEE on one at a time.
    AgentsForOne = 44,
    /// The TEE goes first, but only when the REE's tick comes.
    TeeFirstOnReeTick = 45,
    /// One tick for both worlds, which the TEE may not use.
    UnifiedButUnused = 46,
}

impl From<Senseless> for Reason {
    fn from(why: Senseless) -> Self {
        match why {
            Senseless::Cpus(_) => Self::Cpus,
            Senseless::BigCpu => Self::BigCpu,
            Senseless::CallWithThreads => Self::CallWithThreads,
            Senseless::SliceWithoutTick => Self::SliceWithoutTick,
            Senseless::ResumeWithoutTick => Self::ResumeWithoutTick,
            Senseless::BoundWithoutTick => Self::BoundWithoutTick,
            Senseless::ResumeWithoutIdle => Self::ResumeWithoutIdle,
            Senseless::IdleCpuUnknown => Self::IdleCpuUnknown,
            Senseless::NoShare => Self::NoShare,
            Senseless::BoundWithoutResume => Self::BoundWithoutResume,
            Senseless::SelfScheduledIsLost => Self::SelfScheduledIsLost,
            Senseless::DeadlineWithoutTick => Self::DeadlineWithoutTick,
            Senseless::AgentsForOne => Self::AgentsForOne,
            Senseless::TeeFirstOnReeTick => Self::TeeFirstOnReeTick,
            Senseless::UnifiedButUnused => Self::UnifiedButUnused,
        }
    }
}
