//! Functions of OP-TEE's that Linux' driver calls (Linux `drivers/tee/optee/optee_smc.h`).

/// SMCCC_VERSION and what it answers: 1.1.
pub const SMCCC_VERSION: u32 = 0x8000_0000;
/// SMCCC_ARCH_FEATURES.
pub const SMCCC_ARCH_FEATURES: u32 = 0x8000_0001;
/// The calling convention that is implemented: 1.1.
pub const SMCCC_IMPLEMENTED: i64 = 0x1_0001;

/// Who answers calls in this range: [`UID`].
pub const CALLS_UID: u32 = 0xbf00_ff01;
/// The version of the interface: 2.0.
pub const CALLS_REVISION: u32 = 0xbf00_ff03;
/// The UUID of the trusted OS.
pub const GET_OS_UUID: u32 = 0xb200_0000;
/// The version of the trusted OS.
pub const GET_OS_REVISION: u32 = 0xb200_0001;
/// A yielding call; `a1`, `a2` the physical address of its message.
pub const CALL_WITH_ARG: u32 = 0x3200_0004;
/// The same, with room for the message of an RPC behind it.
pub const CALL_WITH_RPC_ARG: u32 = 0x3200_0012;
/// The same in memory that was registered before.
pub const CALL_WITH_REGD_ARG: u32 = 0x3200_0013;
/// On with a call that came back for an RPC; `a3` is what it came back with.
pub const RETURN_FROM_RPC: u32 = 0x3200_0003;
/// Where memory is shared that both know.
pub const GET_SHM_CONFIG: u32 = 0xb200_0007;
/// What either side can do.
pub const EXCHANGE_CAPABILITIES: u32 = 0xb200_0009;
/// Gives back memory that the TEE keeps for RPCs: none, ever.
pub const DISABLE_SHM_CACHE: u32 = 0xb200_000a;
/// Allows the TEE to keep it.
pub const ENABLE_SHM_CACHE: u32 = 0xb200_000b;
/// How many calls there may be at a time.
pub const GET_THREAD_COUNT: u32 = 0xb200_000f;
/// Allows asynchronous notifications.
pub const ENABLE_ASYNC_NOTIF: u32 = 0xb200_0010;
/// The next value to notify of.
pub const GET_ASYNC_NOTIF_VALUE: u32 = 0xb200_0011;

/// What [`CALLS_UID`] answers: OP-TEE's message interface.
pub const UID: [u32; 4] = [0x384f_b3e0, 0xe7f8_11e3, 0xaf63_0002, 0xa5d5_c51b];

/// Done.
pub const RETURN_OK: u32 = 0;
/// Every thread is taken: the driver waits until one is free.
pub const RETURN_ETHREAD_LIMIT: u32 = 1;
/// The message cannot be read.
pub const RETURN_EBADADDR: u32 = 4;
/// The message is wrong.
pub const RETURN_EBADCMD: u32 = 5;
/// There is none.
pub const RETURN_ENOTAVAIL: u32 = 7;
/// There is no such function.
pub const RETURN_UNKNOWN_FUNCTION: u32 = 0xffff_ffff;
/// The REE's interrupt is to be served; then [`RETURN_FROM_RPC`].
pub const RPC_FOREIGN_INTR: u32 = 0xffff_0004;
/// The REE is asked for what the message behind the call's message says; then [`RETURN_FROM_RPC`].
pub const RPC_CMD: u32 = 0xffff_0005;

/// Of the TEE's capabilities: any memory of the REE's may be registered for messages.
pub const CAP_DYNAMIC_SHM: u32 = 1 << 2;
/// Of the TEE's capabilities: a buffer may be null.
pub const CAP_MEMREF_NULL: u32 = 1 << 4;
/// Of the TEE's capabilities: it notifies asynchronously.
pub const CAP_ASYNC_NOTIF: u32 = 1 << 5;
/// Of the TEE's capabilities: [`CALL_WITH_RPC_ARG`].
pub const CAP_RPC_ARG: u32 = 1 << 6;

/// Of what [`GET_ASYNC_NOTIF_VALUE`] answers in `a2`: the value is one.
pub const NOTIF_VALID: u32 = 1;
/// There are more.
pub const NOTIF_PENDING: u32 = 2;
