//! A serial line: PL011 (Arm DDI 0183), as it is after reset.

use core::fmt;

use crate::sys::mmio;

/// Data register: a byte that is written is sent.
const DATA: u64 = 0;
/// Flag register.
const FLAGS: u64 = 0x18;
/// There is no room for another byte.
const FULL: u32 = 1 << 5;

/// A serial line at this address.
#[derive(Clone, Copy, Debug)]
pub struct Line(pub u64);

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            while mmio::read32(self.0 + FLAGS) & FULL != 0 {}
            mmio::write32(self.0 + DATA, u32::from(byte));
        }
        Ok(())
    }
}
