//! Pages of messages, which the TEE reads and writes too.

use core::cell::UnsafeCell;

use casemate_metal_abi::message::PAGE;

/// Pages that there are.
pub(crate) const PAGES: usize = 128;

#[repr(C, align(4096))]
struct Pages(UnsafeCell<[[u8; PAGE]; PAGES]>);

// SAFETY: reached by volatile reads and writes only.
unsafe impl Sync for Pages {}

static ALL: Pages = Pages(UnsafeCell::new([[0; PAGE]; PAGES]));

/// A page by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page(usize);

impl Page {
    /// The page of a number.
    pub(crate) const fn new(number: usize) -> Self {
        Self(number % PAGES)
    }

    /// Where it is.
    pub(crate) fn address(self) -> u64 {
        ALL.0.get() as u64 + (self.0 * PAGE) as u64
    }

    /// Writes a byte.
    pub(crate) fn write8(self, at: usize, value: u8) {
        // SAFETY: in the page.
        unsafe { ((self.address() + (at % PAGE) as u64) as *mut u8).write_volatile(value) }
    }

    /// Reads a byte.
    pub(crate) fn read8(self, at: usize) -> u8 {
        // SAFETY: in the page.
        unsafe { ((self.address() + (at % PAGE) as u64) as *const u8).read_volatile() }
    }

    /// Writes an aligned word of 32 bits.
    pub(crate) fn write32(self, at: usize, value: u32) {
        // SAFETY: in the page and aligned.
        unsafe { ((self.address() + ((at % PAGE) & !3) as u64) as *mut u32).write_volatile(value) }
    }

    /// Reads an aligned word of 32 bits.
    pub(crate) fn read32(self, at: usize) -> u32 {
        // SAFETY: in the page and aligned.
        unsafe { ((self.address() + ((at % PAGE) & !3) as u64) as *const u32).read_volatile() }
    }

    /// Writes an aligned word of 64 bits.
    pub(crate) fn write64(self, at: usize, value: u64) {
        // SAFETY: in the page and aligned.
        unsafe { ((self.address() + ((at % PAGE) & !7) as u64) as *mut u64).write_volatile(value) }
    }

    /// Reads an aligned word of 64 bits.
    pub(crate) fn read64(self, at: usize) -> u64 {
        // SAFETY: in the page and aligned.
        unsafe { ((self.address() + ((at % PAGE) & !7) as u64) as *const u64).read_volatile() }
    }
}
