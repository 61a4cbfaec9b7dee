//! The design space: every choice that systems with two worlds on one CPU have made, and the ones nobody has.
//!
//! RT 1 to 3 in the text are the sections of the document that asks these questions. Who answers how is told
//! beside each choice; sources: OP-TEE 4 and Linux' `optee` driver, Trusty and Linux' `trusty` driver, Hafnium
//! and FF-A 1.2, Qualcomm's QSEE driver, the Realm Management Monitor specification 1.0.

use crate::{CPUS, CpuSet};

/// A design. [`Config::validate`](Config::validate) says whether it makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Config {
    /// How many CPUs there are, 1 to [`CPUS`].
    pub cpus: u8,
    /// Which of them are big; the others are LITTLE. Where all are alike, none.
    pub big: CpuSet,
    /// How the TEE is entered and left (RT 1).
    pub entry: Entry,
    /// Whether the REE may call the TEE just to let it schedule (RT 1). Trusty's nop threads do.
    pub scheduling_call: bool,
    /// Who may pre-empt whom (RT 1).
    pub priority: Priority,
    /// Who issues requests (RT 2.1).
    pub agent: Agent,
    /// In which order requests and threads are taken (RT 2.1).
    pub order: Order,
    /// On how many CPUs the TEE may be at once (RT 2).
    pub goal: Goal,
    /// Where a secure interrupt for a thread is handled (RT 2.2).
    pub device: DeviceInterrupt,
    /// On which CPU a thread that becomes ready is put (RT 2.2.1).
    pub proper_cpu: ProperCpu,
    /// How work moves between the CPUs' run queues (RT 2.2).
    pub balance: Balance,
    /// Whose timer drives the TEE (RT 2.2.1).
    pub tick: Tick,
    /// When a thread goes on that the REE pre-empted (RT 2.2.1).
    pub resume: Resume,
    /// Where the TEE gives the CPU back of its own accord (RT 2.2.1).
    pub switch_back: SwitchBack,
    /// Whether the tick stops while both worlds are idle (RT 2.2.1).
    pub nohz: bool,
    /// Whether the REE hands the CPU to the TEE before it sleeps (RT 2.2.2). Trusty hears of CPU idle and
    /// does nothing with it; nobody else tells the TEE.
    pub idle_hand_over: bool,
    /// For how many ticks ready work may wait while the REE runs. `None`: for ever, as in OP-TEE.
    pub tee_waits: Option<u8>,
    /// For how many ticks a pending non-secure interrupt may wait. `None`: for ever, as where a TEE masks
    /// them.
    pub ree_waits: Option<u8>,
    /// How many ticks the REE has for itself after it had to wait so long. At least 1.
    pub ree_share: u8,
    /// Whether a thread that was entered runs for a least quantum before the REE may pre-empt it again.
    /// Without it, a timer that is always due lets the TEE never get anywhere.
    pub least_progress: bool,
}

/// How the TEE is entered and left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Entry {
    /// A call runs one function to its end on the CPU that made it: no threads, no TEE OS. Secure monitors'
    /// fast calls everywhere.
    Call,
    /// An event is handled, and the TEE leaves when there is nothing left to do. OP-TEE, QSEE, Hafnium.
    Event,
    /// The TEE leaves when it has used up so many ticks, done or not. No system known; TEEs that mask
    /// interrupts and limit themselves come near.
    TimeSlice(u8),
}

/// Who may pre-empt whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Priority {
    /// The TEE takes the CPU when it has work and keeps it. OP-TEE's handlers of secure interrupts, and
    /// threads that mask foreign ones.
    TeeOverRee,
    /// Non-secure interrupts pre-empt the TEE. OP-TEE's threads, Trusty, QSEE, Hafnium by default.
    ReeOverTee,
    /// Who has the CPU keeps it until the next tick. FF-A's managed exit comes near.
    Equal,
}

/// Who issues requests to the TEE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Agent {
    /// Whoever asks calls, and is billed. OP-TEE, Hafnium's direct requests.
    Caller,
    /// One agent takes all requests from one queue, one after another. QSEE's mutex, Trusty's standard calls.
    One,
    /// An agent on every CPU takes the requests that were made there, and a more urgent one before it comes back to
    /// the one that it has. Trusty's nop threads.
    EachCpu,
}

/// In which order requests and ready threads are taken. Among equals, who came first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// Who came first. OP-TEE, QSEE.
    Fifo,
    /// Who is more important; who waits for another lends it his importance. Trusty's threads.
    Priority,
    /// Whose deadline is nearer; who waits for another lends it his deadline. No system known.
    Deadline,
}

/// On how many CPUs the TEE may be at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Goal {
    /// On any, but on one at a time. QSEE, nearly.
    One,
    /// On several. OP-TEE, Trusty, Hafnium, RMM.
    Many,
}

/// Where a secure interrupt that wakes a thread is handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeviceInterrupt {
    /// On the CPU that it was sent to, which is billed for it. OP-TEE.
    WhereItLands,
    /// On the CPU that runs, or last ran, the thread. FF-A queues it where the partition is pre-empted.
    Routed,
}

/// On which CPU a thread that becomes ready is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProperCpu {
    /// The one it became ready on. OP-TEE: the caller's.
    Own,
    /// An idle one, if there is one.
    Idle,
    /// The one with the fewest threads.
    LeastLoaded,
    /// An idle one of the kind that suits it: big for urgent ones, LITTLE for the others. Nobody.
    KindOfCore,
    /// The one it ran on last, unless that one is busy and another idle.
    Warm,
}

/// How work moves between the CPUs' run queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Balance {
    /// Not at all.
    None,
    /// A CPU without work takes some of another's.
    Steal,
    /// Besides, a thread that was pre-empted goes to an idle CPU at once.
    StealAndPush,
}

/// Whose timer drives the TEE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tick {
    /// None: the REE comes back or does not. OP-TEE.
    None,
    /// The TEE has a tick of its own beside the REE's, wherever it has work. Trusty.
    Own,
    /// One timer, the TEE's; the REE's tick is made from it. No system known.
    UnifiedTee,
    /// One timer, the REE's, which tells the TEE of each tick. Hafnium's and RMM's hosts.
    UnifiedRee,
}

/// When a thread goes on that the REE pre-empted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resume {
    /// When the REE calls again: the caller goes on with its call. OP-TEE, QSEE, RMM.
    NextCall,
    /// Besides, when the REE is idle.
    ReeIdle,
    /// Besides, at a tick of the TEE, after it has waited its time.
    Tick,
}

/// Where the TEE gives the CPU back of its own accord.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SwitchBack {
    /// Where the request that the CPU was given for is done; other work waits. OP-TEE.
    Dispatcher,
    /// In the TEE's idle thread, when there is nothing left to run. Trusty.
    TeeIdle,
}

impl Config {
    /// The default design for so many CPUs of one kind.
    #[must_use]
    pub const fn new(cpus: u8) -> Self {
        Self {
            cpus,
            big: CpuSet::EMPTY,
            entry: Entry::Event,
            scheduling_call: true,
            priority: Priority::ReeOverTee,
            agent: Agent::EachCpu,
            order: Order::Priority,
            goal: Goal::Many,
            device: DeviceInterrupt::Routed,
            proper_cpu: ProperCpu::LeastLoaded,
            balance: Balance::Steal,
            tick: Tick::UnifiedTee,
            resume: Resume::Tick,
            switch_back: SwitchBack::TeeIdle,
            nohz: true,
            idle_hand_over: true,
            tee_waits: Some(4),
            ree_waits: Some(1),
            ree_share: 1,
            least_progress: true,
        }
    }

    /// How many CPUs it is about.
    pub(crate) fn cpus(&self) -> usize {
        usize::from(self.cpus).min(CPUS)
    }
}

impl Tick {
    /// Whether the TEE ever has a tick.
    #[must_use]
    pub const fn is_there(self) -> bool {
        !matches!(self, Self::None)
    }

    /// Whether the REE can neither withhold it nor flood the TEE with it.
    #[must_use]
    pub const fn is_tees_own(self) -> bool {
        matches!(self, Self::Own | Self::UnifiedTee)
    }

    /// Whether one timer is the tick of both worlds.
    #[must_use]
    pub const fn is_shared(self) -> bool {
        matches!(self, Self::UnifiedTee | Self::UnifiedRee)
    }
}
