//! The address space of a pool: one slot for each enclave memory.
//!
//! | offset in a slot | what |
//! |---|---|
//! | 0 .. size | the memory; its pages come and go |
//! | size .. [`SLOT_BYTES`] | never accessible: an access there is the program's fault |

use std::io;
use std::sync::atomic::AtomicU64;

use casemate_epc::{PageBytes, PageNo, Slot, Victim};
use casemate_model::{Bytes, PAGE_SIZE};

use super::mapping::{Access, Mapping};
use super::prefetch::prefetch;

/// Inaccessible bytes after the largest memory, so that an index plus a constant
/// offset below this never reaches the next slot.
pub const SLOT_GUARD: Bytes = Bytes::mib(32);
/// The largest memory of one slot: all that 32 bits address.
pub const SLOT_MEMORY: Bytes = Bytes::mib(4096);
/// Address space of one slot: [`SLOT_MEMORY`] and [`SLOT_GUARD`].
pub const SLOT_BYTES: Bytes = Bytes(SLOT_MEMORY.0 + SLOT_GUARD.0);
/// Slots of one pool.
pub const SLOTS: u16 = 256;

/// Bytes of an arena: every pool's is as large, which lets the fault handler tell
/// them apart by their bases alone.
pub(crate) const ARENA_BYTES: usize = SLOTS as usize * SLOT_BYTES.0 as usize;
pub(crate) const PAGE: usize = PAGE_SIZE as usize;

/// The address space of one pool.
pub(crate) struct Arena {
    mapping: Mapping,
}

impl Arena {
    /// Reserves the address space; nothing is accessible.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { mapping: Mapping::new(ARENA_BYTES, Access::None)? })
    }

    pub(crate) fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    /// Where a slot begins.
    pub(crate) fn slot_base(&self, slot: Slot) -> *mut u8 {
        self.page_at(slot, PageNo(0), 1)
    }

    /// Which page an address belongs to. `None`: not of this arena, or in a guard.
    pub(crate) fn locate(&self, address: usize) -> Option<(Slot, PageNo)> {
        let offset = address.checked_sub(self.mapping.base().addr())?;
        if offset >= ARENA_BYTES {
            return None;
        }
        let within = offset % SLOT_BYTES.0 as usize;
        if within >= SLOT_MEMORY.0 as usize {
            return None;
        }
        // At most 256 slots of 2^20 pages.
        Some((Slot((offset / SLOT_BYTES.0 as usize) as u16), PageNo((within / PAGE) as u32)))
    }

    /// Where `pages` pages of a slot begin.
    pub(crate) fn page_at(&self, slot: Slot, page: PageNo, pages: usize) -> *mut u8 {
        let within = page.0 as usize * PAGE;
        assert!(slot.0 < SLOTS && within + pages * PAGE <= SLOT_MEMORY.0 as usize, "outside the slot");
        self.mapping.at(usize::from(slot.0) * SLOT_BYTES.0 as usize + within, pages * PAGE)
    }

    /// Changes what may be done with the pages `from..to` of a slot.
    pub(crate) fn protect(&self, slot: Slot, from: u32, to: u32, access: Access) -> io::Result<()> {
        let pages = to.saturating_sub(from) as usize;
        let at = self.page_at(slot, PageNo(from.min(to)), pages);
        self.mapping.protect(at.addr() - self.mapping.base().addr(), pages * PAGE, access)
    }

    /// The word at byte `offset` of a slot, a multiple of eight. The caller has entered
    /// the memory there, and it has such a word.
    pub(crate) fn word(&self, slot: Slot, offset: u64) -> &AtomicU64 {
        const WORD: u64 = size_of::<AtomicU64>() as u64;
        assert!(offset.is_multiple_of(WORD) && offset <= SLOT_MEMORY.0 - WORD, "no word of the slot");
        // Pages are 4 KiB and offsets below 4 GiB.
        let page = PageNo((offset / PAGE_SIZE) as u32);
        let at = self.page_at(slot, page, 1).wrapping_add((offset % PAGE_SIZE) as usize);
        // SAFETY: aligned, inside the mapping, which `self` keeps. That the page may be
        // missing is invisible: the first access brings it in. Whoever else reaches it
        // without a token, a guest, does so from compiled code and not by reference.
        unsafe { AtomicU64::from_ptr(at.cast()) }
    }

    /// The plaintext of a page on its way out.
    pub(crate) fn read<'a>(&'a self, victim: &'a Victim) -> &'a PageBytes {
        let at = self.page_at(victim.slot(), victim.page(), 1);
        // SAFETY: `at` is a whole page inside the mapping. Victims in this crate come
        // from the manager of the pool that owns the arena; while the token lives the
        // page is mapped, and its enclave's gate keeps everybody from writing it.
        unsafe { &*at.cast::<PageBytes>() }
    }

    /// Brings the plaintext of a page on its way out nearer, while something else is done.
    pub(crate) fn prefetch(&self, victim: &Victim) {
        prefetch(self.page_at(victim.slot(), victim.page(), 1));
    }

    /// Overwrites the plaintext of a page on its way out with zeroes.
    pub(crate) fn zero(&self, victim: &mut Victim) {
        let at = self.page_at(victim.slot(), victim.page(), 1);
        // SAFETY: as in `read`; the token is borrowed mutably, so no reference from
        // `read` is alive. The page is about to be dropped, which the compiler cannot
        // know of an address it did not allocate: the store is not optimised away.
        unsafe { at.write_bytes(0, PAGE) };
    }
}
