//! Where everything lies: QEMU 7.2's machine `virt` with `secure=on,gic-version=3`.

/// The flash memory that the machine starts from, readable by the secure world only.
pub const FLASH: u64 = 0;
/// In the flash memory: the monitor.
pub const FLASH_MONITOR: u64 = 0;
/// In the flash memory: the TEE's kernel.
pub const FLASH_KERNEL: u64 = 0x10_0000;
/// In the flash memory: the set-up.
pub const FLASH_SETUP: u64 = 0x20_0000;
/// How long the image of the flash memory is that is copied to [`SECURE`].
pub const FLASH_LEN: u64 = 0x20_1000;

/// Memory that only the secure world has.
pub const SECURE: u64 = 0x0e00_0000;
/// How much of it there is.
pub const SECURE_LEN: u64 = 0x100_0000;
/// The monitor.
pub const MONITOR: u64 = SECURE + FLASH_MONITOR;
/// The TEE's kernel.
pub const KERNEL: u64 = SECURE + FLASH_KERNEL;
/// The set-up.
pub const SETUP: u64 = SECURE + FLASH_SETUP;
/// Where records of steps wait to be written.
pub const LOG: u64 = SECURE + 0x40_0000;
/// How much room there is for them.
pub const LOG_LEN: u64 = 0x40_0000;

/// Memory of both worlds.
pub const DRAM: u64 = 0x4000_0000;
/// Where the REE begins.
pub const REE: u64 = DRAM + 0x20_0000;

/// The REE's serial line, PL011.
pub const UART: u64 = 0x0900_0000;
/// The TEE's.
pub const SECURE_UART: u64 = 0x0904_0000;
/// The interrupt distributor, GICv3.
pub const GICD: u64 = 0x0800_0000;
/// The first CPU's redistributor.
pub const GICR: u64 = 0x080a_0000;
/// How far the redistributors are apart.
pub const GICR_STRIDE: u64 = 0x2_0000;

/// The tick of the TEE: the secure physical timer's private interrupt (PPI).
pub const SECURE_TIMER: u32 = 29;
/// The non-secure physical timer's.
pub const TIMER: u32 = 30;
/// Between CPUs, for the TEE: look again (SGI).
pub const LOOK_AGAIN_SGI: u32 = 8;
