//! Firmware Framework for A-profile, version 1.1 (Arm DEN0077A): functions, endpoints, and what direct messages carry.
//!
//! Each application that needs no memory of the REE's is a partition, twice: as [`FIRST`] and on it is told of by
//! [`INTERRUPT`] where an interrupt of the REE's comes while it runs, and goes on by [`RUN`]; as [`FIRST_MANAGED`] and on
//! it leaves by an answer of its own, and goes on by a request. A request's x3 is the application's function, or
//! [`GO_ON`] with what [`INTERRUPTED`] came with in x4; x4 and x5 are a value's two words. An answer's x3 is how it ended,
//! x4 and x5 the value.

/// Functions of the framework, of 32 and of 64 bits.
pub const FUNCTIONS: core::ops::RangeInclusive<u32> = 0x8400_0060..=0x8400_00ff;
/// In a function: its arguments are of 64 bits.
pub const WIDE: u32 = 1 << 30;

/// FFA_ERROR: no; w2 has why.
pub const ERROR: u32 = 0x8400_0060;
/// FFA_SUCCESS.
pub const SUCCESS: u32 = 0x8400_0061;
/// FFA_INTERRUPT: an interrupt of the REE's is to be served, then [`RUN`]; w1 has which context of which partition.
pub const INTERRUPT: u32 = 0x8400_0062;
/// FFA_VERSION.
pub const VERSION: u32 = 0x8400_0063;
/// FFA_FEATURES.
pub const FEATURES: u32 = 0x8400_0064;
/// FFA_ID_GET.
pub const ID_GET: u32 = 0x8400_0069;
/// FFA_YIELD: the partition waits, or runs elsewhere; then [`RUN`]; w1 as for [`INTERRUPT`].
pub const YIELD: u32 = 0x8400_006c;
/// FFA_RUN: on with a context of a partition: w1 as it was told.
pub const RUN: u32 = 0x8400_006d;
/// FFA_MSG_SEND_DIRECT_REQ: w1 has from whom (bits 16 to 31) and to whom.
pub const DIRECT_REQUEST: u32 = 0x8400_006f;
/// FFA_MSG_SEND_DIRECT_RESP.
pub const DIRECT_RESPONSE: u32 = 0x8400_0070;
/// FFA_SPM_ID_GET.
pub const SPM_ID_GET: u32 = 0x8400_0085;
/// FFA_PARTITION_INFO_GET_REGS, of version 1.2: the one way to be told of partitions without a mailbox.
pub const PARTITION_INFO_GET_REGS: u32 = 0xc400_008b;

/// What [`VERSION`] answers.
pub const IMPLEMENTED: u32 = 0x1_0001;

/// Why not: there is no such function here.
pub const NOT_SUPPORTED: i32 = -1;
/// An argument is wrong.
pub const INVALID_PARAMETERS: i32 = -2;
/// Not now: every thread is taken, or this CPU's agent has something to do.
pub const BUSY: i32 = -4;
/// The context is not this CPU's.
pub const DENIED: i32 = -6;

/// The REE's operating system.
pub const REE: u16 = 0;
/// The secure partition manager.
pub const SPM: u16 = 0x8000;
/// The first application.
pub const FIRST: u16 = 0x8001;
/// The first one, with a managed exit.
pub const FIRST_MANAGED: u16 = 0x8011;

/// In a request's x3: on with what was interrupted.
pub const GO_ON: u32 = 0xffff_fff0;
/// In an answer's x3: a managed exit because of an interrupt of the REE's; x4 is by what it goes on.
pub const INTERRUPTED: u32 = 0xffff_fff1;

/// Of [`PARTITION_INFO_GET_REGS`]: bytes of a description.
pub const DESCRIPTION: u64 = 24;
/// Of a description: the partition takes direct requests, and is of 64 bits.
pub const PROPERTIES: u32 = 1 | 1 << 8;
