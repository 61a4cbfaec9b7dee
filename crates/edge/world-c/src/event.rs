//! What happens on a CPU, as C tells it.

use casemate_world as world;
use casemate_world::ThreadId;

use crate::Status;
use crate::choice::yes;
use crate::reason::Reason;

/// What happens on a CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum EventKind {
    /// The REE has a request, which `request` tells of. With agents it goes into their queue; else it enters
    /// the TEE at once.
    Submit = 0,
    /// The agent on this CPU comes, for the request that it sees through or for the next one.
    Issue = 1,
    /// A caller goes on with its request, `thread`, here.
    Resume = 2,
    /// The REE lets the TEE schedule.
    Schedule = 3,
    /// The REE fetches an answer that is due on this CPU.
    Collect = 4,
    /// The REE wants a request, `thread`, to end.
    Cancel = 5,
    /// The REE has nothing to do here and hands over the CPU instead of sleeping.
    Idle = 6,
    /// The REE switches the CPU off.
    Offline = 7,
    /// The CPU comes up.
    Online = 8,
    /// The tick.
    Tick = 9,
    /// A thread that was entered has run for its least quantum.
    Quantum = 10,
    /// Another CPU wants the TEE to look again. Several may have become one.
    Sgi = 11,
    /// A non-secure interrupt.
    NonSecure = 12,
    /// A secure interrupt for `thread`.
    Device = 13,
    /// The time of a periodic task, `thread`, has come; its deadline is that of `request`.
    Release = 14,
    /// The thread that runs has done what it was asked for.
    Finish = 15,
    /// The thread that runs waits for a secure interrupt.
    Block = 16,
    /// The thread that runs calls a service, `thread`.
    Call = 17,
}

/// What is said of a thread when it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Request {
    /// When it has to be done, on the clock of whoever asks; `UINT64_MAX` for no matter when. Counts under
    /// `ORDER_DEADLINE`.
    pub deadline: u64,
    /// The larger, the more important. Counts under `ORDER_PRIORITY`.
    pub priority: u8,
    /// 0 or 1: whether whoever asks waits for the answer.
    pub sync: u8,
    /// 0 or 1: whether a big core suits it.
    pub suits_big: u8,
    /// 0.
    pub reserved: [u8; 5],
}

/// Something that happens on a CPU. What its kind does not ask for is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Event {
    /// For `EVENT_KIND_SUBMIT`; of a release, the deadline.
    pub request: Request,
    /// An `event_kind`.
    pub kind: u8,
    /// The thread that it is about.
    pub thread: u8,
    /// 0.
    pub reserved: [u8; 6],
}

impl Request {
    /// The request that is meant.
    pub(crate) fn meant(&self) -> Result<world::Request, Status> {
        let flag = |number| yes(number, Reason::None).map_err(|_| Status::NoSuchValue);
        if self.reserved != [0; 5] {
            return Err(Status::NoSuchValue);
        }
        Ok(world::Request {
            priority: self.priority,
            deadline: self.deadline,
            sync: flag(self.sync)?,
            suits_big: flag(self.suits_big)?,
        })
    }
}

impl Event {
    /// The event that is meant.
    pub(crate) fn meant(&self) -> Result<world::Event, Status> {
        use world::Event as Meant;
        if self.reserved != [0; 6] {
            return Err(Status::NoSuchValue);
        }
        let kind = EventKind::ALL.get(usize::from(self.kind)).ok_or(Status::NoSuchEvent)?;
        let thread = || ThreadId::new(usize::from(self.thread)).ok_or(Status::NoSuchThread);
        Ok(match kind {
            EventKind::Submit => Meant::Submit(self.request.meant()?),
            EventKind::Issue => Meant::Issue,
            EventKind::Resume => Meant::Resume(thread()?),
            EventKind::Schedule => Meant::Schedule,
            EventKind::Collect => Meant::Collect,
            EventKind::Cancel => Meant::Cancel(thread()?),
            EventKind::Idle => Meant::Idle,
            EventKind::Offline => Meant::Offline,
            EventKind::Online => Meant::Online,
            EventKind::Tick => Meant::Tick,
            EventKind::Quantum => Meant::Quantum,
            EventKind::Sgi => Meant::Sgi,
            EventKind::NonSecure => Meant::NonSecure,
            EventKind::Device => Meant::Device(thread()?),
            EventKind::Release => Meant::Release(thread()?, self.request.deadline),
            EventKind::Finish => Meant::Finish,
            EventKind::Block => Meant::Block,
            EventKind::Call => Meant::Call(thread()?),
        })
    }
}

impl EventKind {
    /// Every one, each at the place of its number.
    const ALL: [Self; 18] = [
        Self::Submit,
        Self::Issue,
        Self::Resume,
        Self::Schedule,
        Self::Collect,
        Self::Cancel,
        Self::Idle,
        Self::Offline,
        Self::Online,
        Self::Tick,
        Self::Quantum,
        Self::Sgi,
        Self::NonSecure,
        Self::Device,
        Self::Release,
        Self::Finish,
        Self::Block,
        Self::Call,
    ];
}

const _: () = {
    let mut at = 0;
    while at < EventKind::ALL.len() {
        assert!(EventKind::ALL[at] as usize == at, "each at the place of its number");
        at += 1;
    }
};
