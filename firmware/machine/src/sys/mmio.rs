//! Registers of devices.

/// Reads a register of a device.
#[inline(always)]
#[must_use]
pub fn read32(address: u64) -> u32 {
    // SAFETY: whoever calls names a register of a device of this machine; reading it touches no memory of Rust's.
    unsafe { (address as *const u32).read_volatile() }
}

/// Writes a register of a device.
#[inline(always)]
pub fn write32(address: u64, value: u32) {
    // SAFETY: as above: no memory of Rust's is written.
    unsafe { (address as *mut u32).write_volatile(value) }
}

/// Writes a byte of a device's registers.
#[inline(always)]
pub fn write8(address: u64, value: u8) {
    // SAFETY: as above.
    unsafe { (address as *mut u8).write_volatile(value) }
}

/// Writes a register of 64 bits of a device.
#[inline(always)]
pub fn write64(address: u64, value: u64) {
    // SAFETY: as above.
    unsafe { (address as *mut u64).write_volatile(value) }
}
