//! Messages of a yielding call in shared memory: Linux `optee_msg.h`, `struct optee_msg_arg` and its parameters.
//!
//! All numbers are little-endian. A message is [`HEADER`] bytes and [`PARAMETER`] bytes for each parameter, within a
//! page of 4,096 bytes.

/// Bytes before the parameters.
pub const HEADER: usize = 32;
/// Bytes of a parameter: its attributes, and three words.
pub const PARAMETER: usize = 32;
/// A message lies within a page.
pub const PAGE: usize = 4096;
/// More parameters than this are refused; opening a session has two of its own before the client's four.
pub const PARAMETERS_MOST: usize = 6;

/// Byte offsets of the header's 32-bit words.
pub mod at {
    /// What is asked for: one of the commands.
    pub const CMD: usize = 0;
    /// The function of the trusted application.
    pub const FUNC: usize = 4;
    /// The session.
    pub const SESSION: usize = 8;
    /// By which number it may be cancelled.
    pub const CANCEL_ID: usize = 12;
    /// How it ended: one of the results.
    pub const RET: usize = 20;
    /// Who says so.
    pub const RET_ORIGIN: usize = 24;
    /// How many parameters follow.
    pub const NUM_PARAMS: usize = 28;
}

/// Opens a session: parameter 0 has the application's UUID in its first two words, parameter 1 the client's.
pub const OPEN_SESSION: u32 = 0;
/// Invokes a function of a session.
pub const INVOKE_COMMAND: u32 = 1;
/// Closes a session.
pub const CLOSE_SESSION: u32 = 2;
/// Cancels what was invoked with this number in this session.
pub const CANCEL: u32 = 3;
/// Registers memory.
pub const REGISTER_SHM: u32 = 4;
/// Gives it back.
pub const UNREGISTER_SHM: u32 = 5;
/// The driver is ready for notifications.
pub const ENABLE_ASYNC_NOTIF: u32 = 6;
/// Stops them.
pub const STOP_ASYNC_NOTIF: u32 = 7;

/// Parameter attributes, lowest eight bits: nothing.
pub const NONE: u64 = 0;
/// Two words of 64 bits in.
pub const VALUE_INPUT: u64 = 1;
/// Out.
pub const VALUE_OUTPUT: u64 = 2;
/// In and out.
pub const VALUE_INOUT: u64 = 3;
/// Registered memory: offset, size, and the number it was registered by.
pub const RMEM_INPUT: u64 = 5;
/// Out.
pub const RMEM_OUTPUT: u64 = 6;
/// In and out.
pub const RMEM_INOUT: u64 = 7;
/// Memory by its physical address: address, size, and a number that is the REE's.
pub const TMEM_INPUT: u64 = 9;
/// Out.
pub const TMEM_OUTPUT: u64 = 10;
/// In and out.
pub const TMEM_INOUT: u64 = 11;
/// The kinds of parameter, in the attributes.
pub const KIND_MASK: u64 = 0xff;
/// In the attributes: the buffer is a list of pages, not one piece.
pub const NONCONTIG: u64 = 1 << 9;

/// RPC: the REE waits for a notification, or sends one; parameter 0 is a value: 0 waits, 1 sends; and which.
pub const RPC_NOTIFICATION: u32 = 4;

/// Done.
pub const SUCCESS: u32 = 0;
/// Cancelled (`TEEC_ERROR_CANCEL`).
pub const ERROR_CANCEL: u32 = 0xffff_0002;
/// A parameter is wrong.
pub const ERROR_BAD_PARAMETERS: u32 = 0xffff_0006;
/// There is no such application.
pub const ERROR_ITEM_NOT_FOUND: u32 = 0xffff_0008;
/// There is no such function.
pub const ERROR_NOT_SUPPORTED: u32 = 0xffff_000a;
/// No room is left.
pub const ERROR_OUT_OF_MEMORY: u32 = 0xffff_000c;
/// Somebody else is at it.
pub const ERROR_BUSY: u32 = 0xffff_000d;
/// The buffer is too short; its size says how long it has to be.
pub const ERROR_SHORT_BUFFER: u32 = 0xffff_0010;
/// The application, or the session, has ended.
pub const ERROR_TARGET_DEAD: u32 = 0xffff_3024;
/// Who says so: the TEE.
pub const ORIGIN_TEE: u32 = 3;
/// Who says so: the trusted application.
pub const ORIGIN_APP: u32 = 4;
