//! What a step decided, as it is logged.

use casemate_world::{Answer, Class, CpuSet, Go, Outcome, ThreadId};

/// An [`Outcome`] with what is public of its bill: two that are equal were the same decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decided {
    /// Where the CPU goes.
    pub go: Go,
    /// What the REE, or the thread that asked, is told.
    pub answer: Answer,
    /// CPUs whose TEE has to look again.
    pub sgis: CpuSet,
    /// CPUs whose REE is told that an answer is there.
    pub doorbells: CpuSet,
    /// Whether the tick is on from now.
    pub tick: bool,
    /// The REE is given a tick.
    pub ree_tick: bool,
    /// The least quantum is measured.
    pub quantum: bool,
    /// A request waits for an agent.
    pub wake_agent: bool,
    /// What sort of time has passed on the CPU.
    pub class: Class,
    /// Whose work was done meanwhile.
    pub of: Option<ThreadId>,
    /// Whether the REE had given up the CPU by a call.
    pub in_call: bool,
}

impl From<&Outcome> for Decided {
    #[inline(always)]
    fn from(it: &Outcome) -> Self {
        Self {
            go: it.go,
            answer: it.answer,
            sgis: it.sgis,
            doorbells: it.doorbells,
            tick: it.tick,
            ree_tick: it.ree_tick,
            quantum: it.quantum,
            wake_agent: it.wake_agent,
            class: it.bill.class,
            of: it.bill.of,
            in_call: it.bill.is_in_a_call(),
        }
    }
}
