//! Memory of both worlds.

use core::sync::atomic::{AtomicU64, Ordering};

use casemate_metal_abi::map;

/// How much of it there is.
static LEN: AtomicU64 = AtomicU64::new(0);

/// The memory of both worlds, mapped as the REE has it. Its contents change at any time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dram {
    end: u64,
}

/// An address is not in it, or not aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outside;

impl Dram {
    /// There is so much of it: it is mapped.
    pub(crate) fn begin(len: u64) {
        LEN.store(len, Ordering::Release);
    }

    /// It.
    #[inline(always)]
    pub(crate) fn get() -> Self {
        Self { end: map::DRAM + LEN.load(Ordering::Relaxed) }
    }

    /// Whether so many bytes are in it.
    #[inline(always)]
    pub(crate) fn check(self, address: u64, len: u64) -> Result<(), Outside> {
        let end = address.checked_add(len).ok_or(Outside)?;
        if address >= map::DRAM && end <= self.end { Ok(()) } else { Err(Outside) }
    }

    /// Reads a byte.
    #[inline(always)]
    pub(crate) fn read8(self, address: u64) -> Result<u8, Outside> {
        self.check(address, 1)?;
        // SAFETY: mapped, and none of Rust's memory.
        Ok(unsafe { (address as *const u8).read_volatile() })
    }

    /// Writes a byte.
    #[inline(always)]
    pub(crate) fn write8(self, address: u64, value: u8) -> Result<(), Outside> {
        self.check(address, 1)?;
        // SAFETY: mapped, and none of Rust's memory.
        unsafe { (address as *mut u8).write_volatile(value) };
        Ok(())
    }

    /// Reads so many words of 32 bits, each once.
    #[inline(always)]
    pub(crate) fn read32s<const N: usize>(self, address: u64) -> Result<[u32; N], Outside> {
        self.aligned(address, 4 * N as u64, 4)?;
        // SAFETY: mapped, aligned, and none of Rust's memory.
        Ok(core::array::from_fn(|at| unsafe { (address as *const u32).add(at).read_volatile() }))
    }

    /// Reads so many words of 64 bits, each once.
    #[inline(always)]
    pub(crate) fn read64s<const N: usize>(self, address: u64) -> Result<[u64; N], Outside> {
        self.aligned(address, 8 * N as u64, 8)?;
        // SAFETY: mapped, aligned, and none of Rust's memory.
        Ok(core::array::from_fn(|at| unsafe { (address as *const u64).add(at).read_volatile() }))
    }

    /// Writes a word of 32 bits.
    #[inline(always)]
    pub(crate) fn write32(self, address: u64, value: u32) -> Result<(), Outside> {
        self.aligned(address, 4, 4)?;
        // SAFETY: mapped, aligned, and none of Rust's memory.
        unsafe { (address as *mut u32).write_volatile(value) };
        Ok(())
    }

    /// Writes two words of 32 bits, one after the other.
    #[inline(always)]
    pub(crate) fn write32s(self, address: u64, [first, second]: [u32; 2]) -> Result<(), Outside> {
        self.aligned(address, 8, 4)?;
        let to = address as *mut u32;
        // SAFETY: mapped, aligned, and none of Rust's memory.
        unsafe {
            to.write_volatile(first);
            to.add(1).write_volatile(second);
        }
        Ok(())
    }

    /// Reads a word of 64 bits.
    #[inline(always)]
    pub(crate) fn read64(self, address: u64) -> Result<u64, Outside> {
        self.aligned(address, 8, 8)?;
        // SAFETY: mapped, aligned, and none of Rust's memory.
        Ok(unsafe { (address as *const u64).read_volatile() })
    }

    /// Writes a word of 64 bits.
    #[inline(always)]
    pub(crate) fn write64(self, address: u64, value: u64) -> Result<(), Outside> {
        self.aligned(address, 8, 8)?;
        // SAFETY: mapped, aligned, and none of Rust's memory.
        unsafe { (address as *mut u64).write_volatile(value) };
        Ok(())
    }

    #[inline(always)]
    fn aligned(self, address: u64, len: u64, to: u64) -> Result<(), Outside> {
        self.check(address, len)?;
        if address.is_multiple_of(to) { Ok(()) } else { Err(Outside) }
    }
}
