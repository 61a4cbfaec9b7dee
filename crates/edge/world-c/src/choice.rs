//! The choices of a design as enumerations of C. The variants have the names and the order that
//! [`casemate_world`] gives them; their numbers stay as they are for as long as the ABI's version does.

use casemate_world as world;

use crate::Reason;

/// Who may pre-empt whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Priority {
    /// The TEE takes the CPU when it has work and keeps it.
    TeeOverRee = 0,
    /// Non-secure interrupts pre-empt the TEE.
    ReeOverTee = 1,
    /// Who has the CPU keeps it until the next tick.
    Equal = 2,
}

/// How the TEE is entered and left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Entry {
    /// A call runs one function to its end on the CPU that made it.
    Call = 0,
    /// An event is handled, and the TEE leaves when there is nothing left to do.
    Event = 1,
    /// The TEE leaves when it has used up its ticks, `slice` of them.
    TimeSlice = 2,
}

/// Who issues requests to the TEE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Agent {
    /// Whoever asks calls, and is billed.
    Caller = 0,
    /// One agent takes all requests from one queue.
    One = 1,
    /// An agent on every CPU takes the requests that were made there.
    EachCpu = 2,
}

/// In which order requests and ready threads are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Order {
    /// Who came first.
    Fifo = 0,
    /// Who is more important, with inheritance.
    Priority = 1,
    /// Whose deadline is nearer, with inheritance.
    Deadline = 2,
}

/// On how many CPUs the TEE may be at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Goal {
    /// On any, but on one at a time.
    One = 0,
    /// On several.
    Many = 1,
}

/// Where a secure interrupt that wakes a thread is handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Device {
    /// On the CPU that it was sent to.
    WhereItLands = 0,
    /// On the CPU that runs, or last ran, the thread.
    Routed = 1,
}

/// On which CPU a thread that becomes ready is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ProperCpu {
    /// The one it became ready on.
    Own = 0,
    /// An idle one, if there is one.
    Idle = 1,
    /// The one with the fewest threads.
    LeastLoaded = 2,
    /// An idle one of the kind that suits it.
    KindOfCore = 3,
    /// The one it ran on last, unless that one is busy and another idle.
    Warm = 4,
}

/// How work moves between the CPUs' run queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Balance {
    /// Not at all.
    None = 0,
    /// A CPU without work takes some of another's.
    Steal = 1,
    /// Besides, a thread that was pre-empted goes to an idle CPU at once.
    StealAndPush = 2,
}

/// Whose timer drives the TEE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Tick {
    /// None.
    None = 0,
    /// The TEE has a tick of its own beside the REE's.
    Own = 1,
    /// One timer, the TEE's; the REE's tick is made from it.
    UnifiedTee = 2,
    /// One timer, the REE's, which tells the TEE of each tick.
    UnifiedRee = 3,
}

/// When a thread goes on that the REE pre-empted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Resume {
    /// When the REE calls again.
    NextCall = 0,
    /// Besides, when the REE is idle.
    ReeIdle = 1,
    /// Besides, at a tick of the TEE, after it has waited its time.
    Tick = 2,
}

/// Where the TEE gives the CPU back of its own accord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum SwitchBack {
    /// Where the request that the CPU was given for is done.
    Dispatcher = 0,
    /// When there is nothing left to run.
    TeeIdle = 1,
}

/// Why a thread is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// The REE asks for something.
    Request = 0,
    /// Other threads call it.
    Service = 1,
    /// It is released again and again.
    Periodic = 2,
}

/// A choice of C's is one of Rust's, by name: a variant that only one of the two has does not compile.
macro_rules! same {
    ($($name:ident = $theirs:ident otherwise $reason:ident { $($variant:ident)+ })+) => {$(
        impl $name {
            /// The choice that a number means.
            pub(crate) const fn meant_by(number: u8) -> Result<world::$theirs, Reason> {
                $(if number == Self::$variant as u8 {
                    return Ok(world::$theirs::$variant);
                })+
                Err(Reason::$reason)
            }

            /// The same choice.
            pub(crate) const fn of(theirs: world::$theirs) -> Self {
                match theirs {
                    $(world::$theirs::$variant => Self::$variant,)+
                }
            }
        }
    )+};
}

same! {
    Priority = Priority otherwise Priority { TeeOverRee ReeOverTee Equal }
    Agent = Agent otherwise Agent { Caller One EachCpu }
    Order = Order otherwise Order { Fifo Priority Deadline }
    Goal = Goal otherwise Goal { One Many }
    Device = DeviceInterrupt otherwise Device { WhereItLands Routed }
    ProperCpu = ProperCpu otherwise ProperCpu { Own Idle LeastLoaded KindOfCore Warm }
    Balance = Balance otherwise Balance { None Steal StealAndPush }
    Tick = Tick otherwise Tick { None Own UnifiedTee UnifiedRee }
    Resume = Resume otherwise Resume { NextCall ReeIdle Tick }
    SwitchBack = SwitchBack otherwise SwitchBack { Dispatcher TeeIdle }
}

impl Kind {
    /// The same choice.
    pub(crate) const fn of(theirs: world::Kind) -> Self {
        match theirs {
            world::Kind::Request => Self::Request,
            world::Kind::Service => Self::Service,
            world::Kind::Periodic => Self::Periodic,
        }
    }
}

impl Entry {
    /// The choice that a number means; its time slice is told beside it.
    pub(crate) const fn read(number: u8) -> Result<Self, Reason> {
        match number {
            0 => Ok(Self::Call),
            1 => Ok(Self::Event),
            2 => Ok(Self::TimeSlice),
            _ => Err(Reason::Entry),
        }
    }
}

/// A yes or no.
pub(crate) const fn yes(number: u8, otherwise: Reason) -> Result<bool, Reason> {
    match number {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(otherwise),
    }
}
