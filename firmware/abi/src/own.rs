//! Functions that no driver of Linux' knows: the bare REE calls them.
//!
//! Requests and their agents are told apart here: [`SUBMIT`] puts a request into the queue, [`ISSUE`] is the agent
//! on this CPU. A request is known by its handle, which [`SUBMIT`] answers.

/// Comes back at once from the TEE's kernel, without a step: what a world switch costs.
pub const NOTHING: u32 = 0xb200_0100;
/// A request goes into the queue; `a1`, `a2` the physical address of its message, `a3` its priority (bits 0 to 7),
/// whether nobody waits for it (bit 8), whether a big core suits it (bit 9); `a4` its deadline in nanoseconds or 0.
/// Under a design without agents it is entered at once, as by a call with the same message.
/// Answers [`STATUS_QUEUED`], or what a yielding call answers.
pub const SUBMIT: u32 = 0x3200_0101;
/// The agent on this CPU comes for a request. Answers as a yielding call, or [`STATUS_EMPTY`].
pub const ISSUE: u32 = 0x3200_0102;
/// On with the request of handle `a1` on this CPU, under a design without agents.
pub const RESUME: u32 = 0x3200_0103;
/// The TEE may schedule.
pub const SCHEDULE: u32 = 0x3200_0104;
/// Fetches an answer that is due on this CPU.
pub const COLLECT: u32 = 0xb200_0105;
/// The request of handle `a1` is to end.
pub const CANCEL: u32 = 0xb200_0106;
/// A test device raises its secure interrupt.
pub const RAISE_DEVICE: u32 = 0xb200_0107;
/// Nanoseconds that CPU `a1` has spent on the class of time of number `a2`.
pub const ACCOUNT: u32 = 0xb200_0108;
/// The REE has a tick of its own on this CPU, under a design whose tick is the REE's.
pub const REE_TICK: u32 = 0xb200_0109;
/// A client of the REE's is dead: its sessions are closed; `a1` its number.
pub const CLIENT_DIED: u32 = 0xb200_010a;

/// Answers in `a0`: the request of handle `a1` has its answer in its message.
pub const STATUS_FINISHED: u32 = 0;
/// It is in the queue; `a1` is its handle.
pub const STATUS_QUEUED: u32 = 0x100;
/// It was pre-empted: whoever asks may go on with it here; `a1` is its handle.
pub const STATUS_INTERRUPTED: u32 = 0x101;
/// It waits, or runs elsewhere: a doorbell will tell of its end; `a1` is its handle.
pub const STATUS_PENDING: u32 = 0x102;
/// There is nothing to fetch or to issue; for [`SCHEDULE`]: the CPU is back.
pub const STATUS_EMPTY: u32 = 0x103;
/// No; `a1` is the number of the reason, in the order of `casemate_world::Refusal`: busy, unknown, not in this design,
/// impossible, deadlock, elsewhere.
pub const STATUS_REFUSED: u32 = 0x104;
/// The call gave up the CPU and came back without any of these: it may call again.
pub const STATUS_NOTHING: u32 = 0x105;
/// The message lies where the REE has nothing, or is no message.
pub const STATUS_MALFORMED: u32 = 0x106;

/// The non-secure interrupt between CPUs (SGI) by which the bare REE is told that an answer is due on its CPU.
pub const DOORBELL_SGI: u32 = 7;
/// The one by which it is given its tick, where one timer is the tick of both worlds and the TEE has it.
pub const TICK_SGI: u32 = 6;
/// The shared interrupt (INTID of an SPI) that tells Linux of notifications.
pub const NOTIFICATION_SPI: u32 = 92;
/// The secure shared interrupt (INTID of an SPI) of the test device.
pub const DEVICE_SPI: u32 = 100;

/// A word for the log: where a phase of a test begins, say.
pub const MARK: u32 = 0xb200_010b;
