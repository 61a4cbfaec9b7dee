//! What kernel and monitor say to each other.
//!
//! The monitor enters the kernel where [`READY`] said, with x0 to x7 as the REE had them and why in x8: one of the
//! reasons. Nothing of the kernel's registers is kept between its calls and its entries.

/// The kernel of this CPU is ready; x1 is where it is entered.
pub const READY: u32 = 0xbe00_0000;
/// To the REE, whose call is answered by x1 to x4 in its x0 to x3.
pub const ANSWER: u32 = 0xbe00_0001;
/// To the REE, which goes on where it was interrupted.
pub const RESUME: u32 = 0xbe00_0002;
/// This CPU is switched off.
pub const OFF: u32 = 0xbe00_0003;
/// The machine is switched off; x1 is the code it ends with.
pub const SYSTEM_OFF: u32 = 0xbe00_0004;
/// To the REE, whose call is answered by x1 to x8 in its x0 to x7.
pub const ANSWER_WIDE: u32 = 0xbe00_0005;

/// The REE has called.
pub const CALLED: u64 = 0;
/// A secure interrupt has come while the REE ran.
pub const INTERRUPTED: u64 = 1;
/// The REE suspends the CPU.
pub const SUSPENDED: u64 = 2;
/// The REE switches the CPU off.
pub const SWITCHED_OFF: u64 = 3;
/// The CPU comes up.
pub const SWITCHED_ON: u64 = 4;
/// The REE switches the machine off, x1 as it had it.
pub const SYSTEM_SWITCHED_OFF: u64 = 5;
