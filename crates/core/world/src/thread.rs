//! Threads of the TEE: requests of the REE, services that they call, and tasks that come back by themselves.

use crate::index::Slot;
use crate::{Config, CpuId, Order, ThreadId};

/// A thread, or a request that waits for one: who asks has a thread until the answer is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Thread {
    /// Changed by `State::set_phase` only.
    pub(crate) phase: Phase,
    /// That of its phase.
    pub(crate) slot: Slot,
    pub(crate) kind: Kind,
    /// Where it was asked for, and where its end is told. Changed by `State::set_origin` only.
    pub(crate) origin: CpuId,
    /// What it has by itself.
    pub(crate) own: Urgency,
    /// What it has with what others lend it. Changed by `State::set_urgency` only.
    pub(crate) urgency: Urgency,
    /// Whom it works for, if it is a service.
    pub(crate) caller: Option<ThreadId>,
    /// Where it ran last.
    pub(crate) last: Option<CpuId>,
    /// Whether its issuer waits for its end.
    pub(crate) sync: bool,
    /// Whether a big core suits it.
    pub(crate) suits_big: bool,
    /// It was asked to end.
    pub(crate) cancelled: bool,
}

/// What becomes of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// There is none.
    Free,
    /// A request in an agent's queue, in the REE.
    Queued,
    /// It could run, and is in this CPU's run queue.
    Ready(CpuId),
    /// It runs.
    Running(CpuId),
    /// It waits.
    Blocked(Cause),
    /// A request that has ended, and whose answer is still to be fetched.
    Done,
}

/// What a thread waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// A secure interrupt.
    Device,
    /// Its next period.
    Period,
    /// Somebody to call it.
    Caller,
    /// The end of what this service does for it, or has to do before.
    Service(ThreadId),
}

/// Why there is a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The REE asks for something.
    Request,
    /// Other threads call it.
    Service,
    /// It is released again and again.
    Periodic,
}

/// How urgent a thread is: the less, the more urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Urgency(pub(crate) u64);

impl Urgency {
    /// That of whoever says nothing about it; nobody is less urgent.
    pub(crate) const NONE: Self = Self(u64::MAX);
}

/// What is said of a thread when it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Request {
    /// The larger, the more important. Counts under [`Order::Priority`].
    pub priority: u8,
    /// When it has to be done, on the clock of whoever asks. Counts under [`Order::Deadline`].
    pub deadline: u64,
    /// Whether whoever asks waits for the answer.
    pub sync: bool,
    /// Whether a big core suits it, where there are two kinds.
    pub suits_big: bool,
}

impl Request {
    /// One that waits for its answer and says nothing else.
    pub const PLAIN: Self = Self { priority: 0, deadline: u64::MAX, sync: true, suits_big: false };

    pub(crate) fn urgency(&self, config: &Config) -> Urgency {
        match config.order {
            Order::Priority if self.priority > 0 => Urgency(u64::from(u8::MAX - self.priority)),
            Order::Fifo | Order::Priority => Urgency::NONE,
            Order::Deadline => Urgency(self.deadline),
        }
    }
}

impl Thread {
    /// None is there.
    pub(crate) fn free() -> Self {
        Self {
            phase: Phase::Free,
            slot: Slot::of(Phase::Free),
            kind: Kind::Request,
            origin: CpuId::new(0).expect("there is a CPU 0"),
            own: Urgency::NONE,
            urgency: Urgency::NONE,
            caller: None,
            last: None,
            sync: false,
            suits_big: false,
            cancelled: false,
        }
    }

    pub(crate) fn new(kind: Kind, request: &Request, phase: Phase, origin: CpuId, config: &Config) -> Self {
        let own = request.urgency(config);
        let Request { sync, suits_big, .. } = *request;
        let slot = Slot::of(phase);
        Self { phase, slot, kind, origin, own, urgency: own, sync, suits_big, ..Self::free() }
    }

    /// What becomes of it.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// Why it is there.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Where it was asked for.
    #[must_use]
    pub const fn origin(&self) -> CpuId {
        self.origin
    }

    /// Whom it works for, if it is a service.
    #[must_use]
    pub const fn caller(&self) -> Option<ThreadId> {
        self.caller
    }

    /// How urgent it is, with what others lend it.
    #[must_use]
    pub const fn urgency(&self) -> Urgency {
        self.urgency
    }

    /// Whether it was asked to end.
    #[must_use]
    pub const fn is_cancelled(&self) -> bool {
        self.cancelled
    }
}
