//! What is to be done, as C reads it.

use casemate_world as world;
use casemate_world::{Answer, Bill, Class, Refusal, ThreadId};

use crate::CASEMATE_WORLD_NO_THREAD;

/// Where a CPU goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Go {
    /// To the REE.
    Ree = 0,
    /// To `go_thread` of the TEE.
    Thread = 1,
    /// On with what it does.
    Stay = 2,
    /// To sleep until an interrupt comes; one that is pending ends the sleep at once.
    Sleep = 3,
    /// Off.
    Off = 4,
}

/// What the REE is told, or the thread that asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum AnswerKind {
    /// Nothing was asked.
    Nothing = 0,
    /// The request is in the TEE.
    Accepted = 1,
    /// The request is in the queue.
    Queued = 2,
    /// The request is done, and this was its answer.
    Finished = 3,
    /// The request was pre-empted: whoever asks may go on with it here.
    Interrupted = 4,
    /// The request waits, or runs elsewhere: a doorbell will tell of its end.
    Pending = 5,
    /// There is nothing to fetch, or to issue.
    Empty = 6,
    /// No; `refusal` says why.
    Refused = 7,
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum RefusalKind {
    /// Nothing was refused.
    None = 0,
    /// Every thread is taken. The request may come again later.
    Busy = 1,
    /// There is no such request.
    Unknown = 2,
    /// The design has no such call.
    NotInThisDesign = 3,
    /// This cannot happen in the world the CPU is in. Whoever reports it erred.
    Impossible = 4,
    /// The service waits for the one that calls it, directly or not.
    Deadlock = 5,
    /// The TEE is on another CPU and on one only.
    Elsewhere = 6,
}

/// What sort of time a CPU spends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum BillClass {
    /// It is switched off.
    Off = 0,
    /// The REE's own.
    Ree = 1,
    /// The TEE does what the REE on this CPU asked for by the call that gave up the CPU.
    Requested = 2,
    /// The TEE does something else, while the REE has something to do.
    SelfScheduled = 3,
    /// The TEE works while the REE sleeps: to be given back to the REE's own figures.
    DuringIdle = 4,
    /// Both sleep.
    Idle = 5,
}

/// What is to be done. The interrupts between CPUs are sent last, after the lock is let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Outcome {
    /// CPUs whose TEE has to look again, a bit each: they get a secure interrupt, then `EVENT_KIND_SGI`.
    pub sgis: u32,
    /// CPUs whose REE is told by a non-secure interrupt that an answer is there, a bit each.
    pub doorbells: u32,
    /// A `go`: where this CPU goes.
    pub go: u8,
    /// The thread that it goes to, or `NO_THREAD`.
    pub go_thread: u8,
    /// An `answer_kind`: what the REE is told, or the thread that asked.
    pub answer: u8,
    /// The thread that the answer is about, or `NO_THREAD`.
    pub answer_thread: u8,
    /// A `refusal_kind`.
    pub refusal: u8,
    /// 0 or 1: whether the tick is to be on from now.
    pub tick: u8,
    /// 0 or 1: the REE is to be given a tick.
    pub ree_tick: u8,
    /// 0 or 1: the least quantum is to be measured, with `EVENT_KIND_QUANTUM` at its end.
    pub quantum: u8,
    /// 0 or 1: a request waits for an agent.
    pub wake_agent: u8,
    /// A `bill_class`: to whom the time since the last event on this CPU belongs.
    pub bill: u8,
    /// The thread whose work was done in that time, at the beginning of its chain of services; or `NO_THREAD`.
    pub bill_thread: u8,
    /// 0 or 1: whether the REE had given up the CPU by a call.
    pub bill_in_a_call: u8,
}

impl From<&world::Outcome> for Outcome {
    fn from(outcome: &world::Outcome) -> Self {
        let (go, go_thread) = match outcome.go {
            world::Go::Ree => (Go::Ree, None),
            world::Go::Thread(thread) => (Go::Thread, Some(thread)),
            world::Go::Stay => (Go::Stay, None),
            world::Go::Sleep => (Go::Sleep, None),
            world::Go::Off => (Go::Off, None),
        };
        let (answer, answer_thread) = match outcome.answer {
            Answer::Nothing => (AnswerKind::Nothing, None),
            Answer::Accepted(thread) => (AnswerKind::Accepted, Some(thread)),
            Answer::Queued(thread) => (AnswerKind::Queued, Some(thread)),
            Answer::Finished(thread) => (AnswerKind::Finished, Some(thread)),
            Answer::Interrupted(thread) => (AnswerKind::Interrupted, Some(thread)),
            Answer::Pending(thread) => (AnswerKind::Pending, Some(thread)),
            Answer::Empty => (AnswerKind::Empty, None),
            Answer::Refused(_) => (AnswerKind::Refused, None),
        };
        Self {
            sgis: u32::from(outcome.sgis.bits()),
            doorbells: u32::from(outcome.doorbells.bits()),
            go: go as u8,
            go_thread: number_of(go_thread),
            answer: answer as u8,
            answer_thread: number_of(answer_thread),
            refusal: refusal(outcome.answer) as u8,
            tick: u8::from(outcome.tick),
            ree_tick: u8::from(outcome.ree_tick),
            quantum: u8::from(outcome.quantum),
            wake_agent: u8::from(outcome.wake_agent),
            bill: class(&outcome.bill) as u8,
            bill_thread: number_of(outcome.bill.of),
            bill_in_a_call: u8::from(outcome.bill.is_in_a_call()),
        }
    }
}

/// The number of a thread, if there is one.
pub(crate) fn number_of(thread: Option<ThreadId>) -> u8 {
    thread.and_then(|it| u8::try_from(it.index()).ok()).unwrap_or(CASEMATE_WORLD_NO_THREAD)
}

const fn refusal(answer: Answer) -> RefusalKind {
    let Answer::Refused(why) = answer else { return RefusalKind::None };
    match why {
        Refusal::Busy => RefusalKind::Busy,
        Refusal::Unknown => RefusalKind::Unknown,
        Refusal::NotInThisDesign => RefusalKind::NotInThisDesign,
        Refusal::Impossible => RefusalKind::Impossible,
        Refusal::Deadlock => RefusalKind::Deadlock,
        Refusal::Elsewhere => RefusalKind::Elsewhere,
    }
}

const fn class(bill: &Bill) -> BillClass {
    match bill.class {
        Class::Off => BillClass::Off,
        Class::Ree => BillClass::Ree,
        Class::Requested => BillClass::Requested,
        Class::SelfScheduled => BillClass::SelfScheduled,
        Class::DuringIdle => BillClass::DuringIdle,
        Class::Idle => BillClass::Idle,
    }
}
