//! What is known of a CPU and of a thread, for whoever looks.

use casemate_world as world;
use casemate_world::{Cause, CpuId, Phase, ThreadId};

use crate::CASEMATE_WORLD_NO_CPU;
use crate::choice::Kind;
use crate::outcome::number_of;

/// In which world a CPU is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Side {
    /// It is switched off.
    Off = 0,
    /// The rich one.
    Ree = 1,
    /// The trusted one.
    Tee = 2,
    /// Neither has anything to do, and it sleeps.
    Idle = 3,
}

/// What becomes of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum PhaseKind {
    /// There is none.
    Free = 0,
    /// A request in an agent's queue, in the REE.
    Queued = 1,
    /// It could run, and is in the run queue of `cpu`.
    Ready = 2,
    /// It runs on `cpu`.
    Running = 3,
    /// It waits for a secure interrupt.
    WaitsForDevice = 4,
    /// It waits for its next period.
    WaitsForPeriod = 5,
    /// It waits for somebody to call it.
    WaitsForCaller = 6,
    /// It waits for a service, `waits_for`.
    WaitsForService = 7,
    /// A request that has ended, and whose answer is still to be fetched.
    Done = 8,
}

/// A CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct CpuView {
    /// A `side`: in which world it is.
    pub side: u8,
    /// The thread that runs on it, or `NO_THREAD`.
    pub current: u8,
    /// The request for which the REE gave it up, or `NO_THREAD`.
    pub issued: u8,
    /// 0 or 1: the REE has said that it sleeps.
    pub ree_idle: u8,
    /// 0 or 1: a non-secure interrupt waits for the TEE to leave.
    pub deferred: u8,
    /// 0 or 1: the tick is on.
    pub tick: u8,
    /// Ticks for which ready work has waited on it.
    pub waited: u8,
    /// Ticks for which an interrupt of the REE has waited on it.
    pub held: u8,
}

/// A thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct ThreadView {
    /// A `phase_kind`: what becomes of it.
    pub phase: u8,
    /// A `kind`: why it is there.
    pub kind: u8,
    /// Where it runs or is ready, or `NO_CPU`.
    pub cpu: u8,
    /// Where it was asked for.
    pub origin: u8,
    /// Whom it works for if it is a service, or `NO_THREAD`.
    pub caller: u8,
    /// The service that it waits for, or `NO_THREAD`.
    pub waits_for: u8,
    /// 0 or 1: it was asked to end.
    pub cancelled: u8,
    /// 0.
    pub reserved: u8,
}

impl From<&world::Cpu> for CpuView {
    fn from(cpu: &world::Cpu) -> Self {
        let side = match cpu.world() {
            world::World::Off => Side::Off,
            world::World::Ree => Side::Ree,
            world::World::Tee => Side::Tee,
            world::World::Idle => Side::Idle,
        };
        Self {
            side: side as u8,
            current: number_of(cpu.current()),
            issued: number_of(cpu.issued()),
            ree_idle: u8::from(cpu.is_ree_idle()),
            deferred: u8::from(cpu.is_deferred()),
            tick: u8::from(cpu.ticks()),
            waited: cpu.waited(),
            held: cpu.held(),
        }
    }
}

impl From<&world::Thread> for ThreadView {
    fn from(thread: &world::Thread) -> Self {
        let (phase, cpu, waits_for) = match thread.phase() {
            Phase::Free => (PhaseKind::Free, None, None),
            Phase::Queued => (PhaseKind::Queued, None, None),
            Phase::Ready(cpu) => (PhaseKind::Ready, Some(cpu), None),
            Phase::Running(cpu) => (PhaseKind::Running, Some(cpu), None),
            Phase::Blocked(cause) => waiting(cause),
            Phase::Done => (PhaseKind::Done, None, None),
        };
        Self {
            phase: phase as u8,
            kind: Kind::of(thread.kind()) as u8,
            cpu: number_of_cpu(cpu),
            origin: number_of_cpu(Some(thread.origin())),
            caller: number_of(thread.caller()),
            waits_for: number_of(waits_for),
            cancelled: u8::from(thread.is_cancelled()),
            reserved: 0,
        }
    }
}

const fn waiting(cause: Cause) -> (PhaseKind, Option<CpuId>, Option<ThreadId>) {
    match cause {
        Cause::Device => (PhaseKind::WaitsForDevice, None, None),
        Cause::Period => (PhaseKind::WaitsForPeriod, None, None),
        Cause::Caller => (PhaseKind::WaitsForCaller, None, None),
        Cause::Service(service) => (PhaseKind::WaitsForService, None, Some(service)),
    }
}

fn number_of_cpu(cpu: Option<CpuId>) -> u8 {
    cpu.and_then(|it| u8::try_from(it.index()).ok()).unwrap_or(CASEMATE_WORLD_NO_CPU)
}
