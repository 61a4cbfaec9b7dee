//! Power State Coordination Interface, Arm DEN0022, version 1.1.

/// PSCI_VERSION.
pub const VERSION: u32 = 0x8400_0000;
/// CPU_SUSPEND, 32 and 64 bits.
pub const CPU_SUSPEND: [u32; 2] = [0x8400_0001, 0xc400_0001];
/// CPU_OFF.
pub const CPU_OFF: u32 = 0x8400_0002;
/// CPU_ON, 32 and 64 bits.
pub const CPU_ON: [u32; 2] = [0x8400_0003, 0xc400_0003];
/// AFFINITY_INFO, 32 and 64 bits.
pub const AFFINITY_INFO: [u32; 2] = [0x8400_0004, 0xc400_0004];
/// MIGRATE_INFO_TYPE.
pub const MIGRATE_INFO_TYPE: u32 = 0x8400_0006;
/// SYSTEM_OFF.
pub const SYSTEM_OFF: u32 = 0x8400_0008;
/// SYSTEM_RESET.
pub const SYSTEM_RESET: u32 = 0x8400_0009;
/// PSCI_FEATURES.
pub const FEATURES: u32 = 0x8400_000a;

/// Done.
pub const SUCCESS: i64 = 0;
/// There is no such function here.
pub const NOT_SUPPORTED: i64 = -1;
/// An argument is wrong.
pub const INVALID_PARAMETERS: i64 = -2;
/// Not now.
pub const DENIED: i64 = -3;
/// The CPU is on.
pub const ALREADY_ON: i64 = -4;
/// The CPU is being switched on.
pub const ON_PENDING: i64 = -5;
/// The address is none of the REE's.
pub const INVALID_ADDRESS: i64 = -9;

/// The version that is implemented: 1.1.
pub const IMPLEMENTED: i64 = 0x1_0001;
/// What `MIGRATE_INFO_TYPE` answers: no trusted OS that would have to be migrated.
pub const NOT_PRESENT_OR_NOT_REQUIRED: i64 = 2;
