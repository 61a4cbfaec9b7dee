//! Designs that make no sense, with the reason.

use core::fmt;

use crate::{
    Agent, Balance, CPUS, Config, Entry, Goal, Order, Priority, ProperCpu, Resume, SwitchBack, Tick,
};

/// Why a design makes no sense. Whoever wrote it erred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Senseless {
    /// No CPU, or more than are kept track of.
    Cpus(u8),
    /// A big CPU that is not there.
    BigCpu,
    /// Without threads there is nothing to queue, to wake, to move or to tick for.
    CallWithThreads,
    /// A time slice of no ticks, or one that nothing measures.
    SliceWithoutTick,
    /// It is to go on at a tick that never comes.
    ResumeWithoutTick,
    /// A wait is bounded in ticks that never come.
    BoundWithoutTick,
    /// Work is to go on when the REE is idle, of which nobody tells.
    ResumeWithoutIdle,
    /// An idle CPU is sought, and none is ever known to be.
    IdleCpuUnknown,
    /// The REE gets a share of nothing after it had to wait.
    NoShare,
    /// Pre-empted work waits at most so long, but only a call brings it back.
    BoundWithoutResume,
    /// The TEE's own work is pre-empted and nothing ever brings it back: no call is its own.
    SelfScheduledIsLost,
    /// Deadlines and no tick: nothing is ever pre-empted for a nearer one.
    DeadlineWithoutTick,
    /// Each CPU's agent takes its own requests, but the TEE is on one CPU at a time: agents only get in each
    /// other's way.
    AgentsForOne,
    /// The TEE goes before the REE, and waits for its ticks at the REE's pleasure.
    TeeFirstOnReeTick,
    /// One tick for both, which the TEE may not use while the REE runs.
    UnifiedButUnused,
}

impl Senseless {
    /// The reason, and what to do, without the figures of this case.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Cpus(_) => "no CPU, or more than are kept track of",
            Self::BigCpu => "a big CPU is named that is not there",
            Self::CallWithThreads => {
                "with function calls only there are no threads: take `agent: caller`, `order: fifo`, \
                 `proper_cpu: own`, no balance, no tick, `resume: next-call`, `switch_back: dispatcher`, no \
                 idle hand-over and no scheduling call"
            }
            Self::SliceWithoutTick => "a time slice needs ticks that measure it, and at least one of them",
            Self::ResumeWithoutTick => "`resume: tick` without a tick: take another one, or a tick",
            Self::BoundWithoutTick => "waits are bounded in ticks, and there is none",
            Self::ResumeWithoutIdle => "`resume: ree-idle` needs the idle hand-over, which tells of it",
            Self::IdleCpuUnknown => "no idle CPU can be sought without the idle hand-over",
            Self::NoShare => "`ree_share` is at least 1",
            Self::BoundWithoutResume => "`tee_waits` needs `resume: tick`, which is what ends the wait",
            Self::SelfScheduledIsLost => {
                "with `resume: next-call` and without a scheduling call nothing brings back the TEE's own work"
            }
            Self::DeadlineWithoutTick => "deadlines need a tick, at which a nearer one goes first",
            Self::AgentsForOne => "an agent on each CPU and a TEE on one at a time: take one agent",
            Self::TeeFirstOnReeTick => {
                "`tee-over-ree` on the REE's tick: the TEE would go first only when the REE likes"
            }
            Self::UnifiedButUnused => "one tick for both worlds needs `resume: tick`",
        }
    }
}

impl fmt::Display for Senseless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpus(count) => write!(f, "{count} CPUs: 1 to {CPUS} will do"),
            other => other.reason().fmt(f),
        }
    }
}

impl core::error::Error for Senseless {}

impl Config {
    /// Whether the design makes sense.
    ///
    /// # Errors
    ///
    /// The first reason why it does not.
    pub fn validate(&self) -> Result<(), Senseless> {
        let held = |broken: bool, reason: Senseless| if broken { Err(reason) } else { Ok(()) };
        held(self.cpus == 0 || usize::from(self.cpus) > CPUS, Senseless::Cpus(self.cpus))?;
        held(self.big.iter().any(|cpu| cpu.index() >= self.cpus()), Senseless::BigCpu)?;
        if self.entry == Entry::Call {
            return held(self.has_threads(), Senseless::CallWithThreads);
        }
        let ticks = self.tick.is_there();
        let slice = match self.entry {
            Entry::TimeSlice(slice) => slice == 0 || !ticks,
            Entry::Call | Entry::Event => false,
        };
        held(slice, Senseless::SliceWithoutTick)?;
        held(self.resume == Resume::Tick && !ticks, Senseless::ResumeWithoutTick)?;
        held(!ticks && (self.tee_waits.is_some() || self.ree_waits.is_some()), Senseless::BoundWithoutTick)?;
        held(self.resume == Resume::ReeIdle && !self.idle_hand_over, Senseless::ResumeWithoutIdle)?;
        let seeks_idle = matches!(self.proper_cpu, ProperCpu::Idle | ProperCpu::KindOfCore);
        held(seeks_idle && !self.idle_hand_over, Senseless::IdleCpuUnknown)?;
        held(self.ree_share == 0, Senseless::NoShare)?;
        let reached = self.resume == Resume::Tick || self.priority != Priority::ReeOverTee;
        held(self.tee_waits.is_some() && !reached, Senseless::BoundWithoutResume)?;
        let called = self.resume == Resume::NextCall && !self.scheduling_call;
        held(called && self.priority == Priority::ReeOverTee, Senseless::SelfScheduledIsLost)?;
        held(self.order == Order::Deadline && !ticks, Senseless::DeadlineWithoutTick)?;
        held(self.agent == Agent::EachCpu && self.goal == Goal::One, Senseless::AgentsForOne)?;
        let at_its_pleasure = self.priority == Priority::TeeOverRee && self.tick == Tick::UnifiedRee;
        held(at_its_pleasure, Senseless::TeeFirstOnReeTick)?;
        let unified = matches!(self.tick, Tick::UnifiedTee | Tick::UnifiedRee);
        held(unified && self.resume != Resume::Tick, Senseless::UnifiedButUnused)
    }

    /// Whether anything in it is about threads.
    fn has_threads(&self) -> bool {
        self.agent != Agent::Caller
            || self.order != Order::Fifo
            || self.proper_cpu != ProperCpu::Own
            || self.balance != Balance::None
            || self.tick.is_there()
            || self.resume != Resume::NextCall
            || self.switch_back != SwitchBack::Dispatcher
            || self.idle_hand_over
            || self.scheduling_call
            || self.tee_waits.is_some()
            || self.ree_waits.is_some()
    }
}
