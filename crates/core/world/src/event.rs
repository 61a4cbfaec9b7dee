//! What happens on a CPU, and what is done about it.

use crate::{Bill, CpuSet, Request, ThreadId};

/// Something that happens on a CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
// Whole words are copied, as below.
#[repr(u64)]
pub enum Event {
    /// The REE has a request. With agents it goes into their queue; else it enters the TEE at once.
    Submit(Request),
    /// The agent on this CPU comes, for the request that it sees through or for the next one.
    Issue,
    /// A caller goes on with its request, here.
    Resume(ThreadId),
    /// The REE lets the TEE schedule.
    Schedule,
    /// The REE fetches an answer that is due on this CPU.
    Collect,
    /// The REE wants a request to end.
    Cancel(ThreadId),
    /// The REE has nothing to do here and hands over the CPU instead of sleeping.
    Idle,
    /// The REE switches the CPU off.
    Offline,
    /// The CPU comes up.
    Online,
    /// The tick.
    Tick,
    /// A thread that was entered has run for its least quantum.
    Quantum,
    /// Another CPU wants the TEE to look again. Several may have become one.
    Sgi,
    /// A non-secure interrupt.
    NonSecure,
    /// A secure interrupt for a thread.
    Device(ThreadId),
    /// A periodic task's time has come; with its deadline.
    Release(ThreadId, u64),
    /// The thread that runs has done what it was asked for.
    Finish,
    /// The thread that runs waits for a secure interrupt.
    Block,
    /// The thread that runs calls a service.
    Call(ThreadId),
}

/// What is to be done. Whoever carries it out sends the interrupts last.
// Whole words are copied, and not bytes one by one where a CPU may not copy others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(align(8))]
pub struct Outcome {
    /// Where this CPU goes: one of them, always.
    pub go: Go,
    /// What the REE, or the thread that asked, is told.
    pub answer: Answer,
    /// CPUs whose TEE has to look again.
    pub sgis: CpuSet,
    /// CPUs whose REE is told by a non-secure interrupt that an answer is there.
    pub doorbells: CpuSet,
    /// Whether the tick is to be on from now.
    pub tick: bool,
    /// The REE is to be given a tick.
    pub ree_tick: bool,
    /// The least quantum is to be measured: [`Event::Quantum`] at its end.
    pub quantum: bool,
    /// A request waits for an agent.
    pub wake_agent: bool,
    /// To whom the time since the last event on this CPU belongs.
    pub bill: Bill,
}

/// Where a CPU goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Go {
    /// To the REE.
    Ree,
    /// To this thread of the TEE.
    Thread(ThreadId),
    /// On with what it does.
    Stay,
    /// To sleep until an interrupt comes; one that is pending ends the sleep at once.
    Sleep,
    /// Off.
    Off,
}

/// What the REE is told, or the thread that asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Nothing was asked.
    Nothing,
    /// The request is in the TEE.
    Accepted(ThreadId),
    /// The request is in the queue.
    Queued(ThreadId),
    /// The request is done, and this was its answer.
    Finished(ThreadId),
    /// The request was pre-empted: whoever asks may go on with it here.
    Interrupted(ThreadId),
    /// The request waits, or runs elsewhere: a doorbell will tell of its end.
    Pending(ThreadId),
    /// There is nothing to fetch, or to issue.
    Empty,
    /// No.
    Refused(Refusal),
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Every thread is taken. The request may come again later.
    Busy,
    /// There is no such request.
    Unknown,
    /// The design has no such call.
    NotInThisDesign,
    /// This cannot happen in the world the CPU is in. Whoever reports it erred.
    Impossible,
    /// The service waits for the one that calls it, directly or not.
    Deadlock,
    /// The TEE is on another CPU and on one only.
    Elsewhere,
}
