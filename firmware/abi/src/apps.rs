//! The trusted applications for tests: by which UUID they are opened, and what they can do.
//!
//! A UUID's bytes are in the order in which Linux hands them on: as two words of 64 bits, little-endian.

/// An application's UUID, 16 bytes.
pub type Uuid = [u8; 16];

/// Gives back what it gets.
pub const ECHO: Uuid = *b"casemate.echo..1";
/// AES-128 in counter mode with a key of its own, which it never gives away.
pub const AES: Uuid = *b"casemate.aes...1";
/// Counts, for as long as it is asked to, with FP and SIMD registers or without.
pub const LONG: Uuid = *b"casemate.long..1";
/// What the periodic secure task has done.
pub const PERIODIC: Uuid = *b"casemate.period1";
/// Calls a service, which calls another.
pub const CHAIN: Uuid = *b"casemate.chain.1";
/// Waits for the test device's interrupt.
pub const DEVICE: Uuid = *b"casemate.device1";

/// [`ECHO`]: value 0 comes back with its two words changed about; memory 1, if any, goes to memory 2.
pub const ECHO_REPEAT: u32 = 0;
/// [`AES`]: encrypts memory 0 in place; value 1 is the counter's first block.
pub const AES_CRYPT: u32 = 0;
/// [`LONG`]: FNV-1a over so many numbers, value 0 in its first word; out comes the sum.
pub const LONG_SUM: u32 = 0;
/// [`LONG`]: the same in SIMD registers, which are kept full all the while; out comes 1 if they ever changed.
pub const LONG_SIMD: u32 = 1;
/// [`LONG`]: as [`LONG_SUM`], with the REE's interrupts masked all the while.
pub const LONG_MASKED: u32 = 2;
/// [`LONG`]: as [`LONG_SUM`], but does not look whether it is cancelled.
pub const LONG_STUBBORN: u32 = 3;
/// [`LONG`]: overflows its stack; the call ends with `ERROR_TARGET_DEAD`.
pub const LONG_OVERFLOW: u32 = 4;
/// [`PERIODIC`]: out come how often it ran, and how often it came too late.
pub const PERIODIC_COUNT: u32 = 0;
/// [`CHAIN`]: value 0 goes through both services, each of which adds its number; out comes the sum.
pub const CHAIN_SUM: u32 = 0;
/// [`CHAIN`]: the second service calls the first: out comes 1 because that was refused.
pub const CHAIN_DEADLOCK: u32 = 1;
/// [`DEVICE`]: waits for an interrupt, which the test device raises after so many nanoseconds, value 0 in its first word (0:
/// not for this request); out comes how many there were.
pub const DEVICE_WAIT: u32 = 0;

/// A thread that is there from the beginning: the periodic task.
pub const SPAWN_PERIODIC: u8 = 1;
/// The service that [`CHAIN`] calls: it adds 1,000 and calls the other.
pub const SPAWN_FIRST: u8 = 2;
/// The service that the first one calls: it adds 1,000,000.
pub const SPAWN_SECOND: u8 = 3;
