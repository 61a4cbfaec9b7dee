//! To whom time belongs.
//!
//! The REE sees less: what it takes for its own time and what for idle is [`Bill::as_ree_sees_it`]. The
//! difference is what has to be given back (RT 2.2.2).

use casemate_mutant::{Mutant, active as seeded};

use crate::{Cpu, CpuId, State, ThreadId, World};

/// To whom a CPU's time belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bill {
    /// What sort of time it is.
    pub class: Class,
    /// The thread whose work was done, at the beginning of its chain of services.
    pub of: Option<ThreadId>,
    /// Whether the REE had given up the CPU by a call.
    called: bool,
}

/// What sort of time a CPU spends. Each moment is of one sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// It is switched off.
    Off,
    /// The REE's own.
    Ree,
    /// The TEE does what the REE on this CPU asked for by the call that gave up the CPU.
    Requested,
    /// The TEE does something else, while the REE has something to do.
    SelfScheduled,
    /// The TEE works while the REE sleeps.
    DuringIdle,
    /// Both sleep.
    Idle,
}

/// What the REE takes time for that it did not use itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SeenAs {
    /// Time of the task that runs: its own, that of its call, or stolen from it unnoticed.
    Task,
    /// Idle.
    Idle,
    /// Nothing.
    Off,
}

impl Class {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::Off, Self::Ree, Self::Requested, Self::SelfScheduled, Self::DuringIdle, Self::Idle];
}

impl Bill {
    /// Of a CPU that is off.
    pub(crate) const NOTHING: Self = Self { class: Class::Off, of: None, called: false };

    /// To whom the time belongs that a CPU spends as it is.
    #[must_use]
    pub fn of(state: &State, me: CpuId) -> Self {
        let cpu = state.cpu(me);
        match cpu.world() {
            World::Off => Self::beside(Class::Off),
            World::Ree => Self::beside(Class::Ree),
            World::Tee => Self::in_tee(state, cpu),
            World::Idle => Self::beside(Class::Idle),
        }
    }

    /// Where the TEE does nothing: no call has given it the CPU.
    pub(crate) const fn beside(class: Class) -> Self {
        Self { class, of: None, called: false }
    }

    /// Where the TEE runs a thread.
    pub(crate) fn in_tee(state: &State, cpu: &Cpu) -> Self {
        let of = cpu.current.map(|thread| state.root(thread));
        let class = if cpu.ree_idle && !seeded(Mutant::WorldBillsIdleToTask) {
            Class::DuringIdle
        } else if of.is_some() && of == cpu.issued {
            Class::Requested
        } else {
            Class::SelfScheduled
        };
        Self { class, of, called: cpu.issued.is_some() }
    }

    /// What the REE takes it for, as it measures without help.
    #[must_use]
    pub const fn as_ree_sees_it(&self) -> SeenAs {
        match self.class {
            Class::Off => SeenAs::Off,
            Class::Ree | Class::Requested | Class::SelfScheduled => SeenAs::Task,
            Class::DuringIdle | Class::Idle => SeenAs::Idle,
        }
    }

    /// Whether a task of the REE is billed by the REE for what it did not ask for: other work of the TEE in
    /// the course of its call, or time that was taken from it.
    #[must_use]
    pub const fn is_billed_to_the_wrong_task(&self) -> bool {
        matches!(self.class, Class::SelfScheduled)
    }

    /// Of such time, whether it passed in the course of a call.
    #[must_use]
    pub const fn is_in_a_call(&self) -> bool {
        self.called
    }
}
