//! Making pages appear and disappear: the two mechanisms.
//!
//! | | userfaultfd | mprotect |
//! |---|---|---|
//! | missing page raises | SIGBUS | SIGSEGV |
//! | page in | UFFDIO_COPY of filled pages | make accessible, fill |
//! | page out | drop | make inaccessible, drop |
//! | needs | userfaultfd | two mappings a frame under `vm.max_map_count` |

use std::io;

use casemate_epc::{PageNo, Slot, Victims};

use super::arena::{Arena, PAGE};
use super::discard::Discarder;
use super::mapping::{Access, Mapping};
use super::userfaultfd::Userfaultfd;

/// The arena of a pool and the means to change what is mapped there.
pub(crate) struct Mapper {
    arena: Arena,
    discarder: Discarder,
    /// `None`: by mprotect.
    userfaultfd: Option<Userfaultfd>,
    /// As many zero pages as one load can ask for.
    zeroes: Mapping,
}

impl Mapper {
    /// Reserves an arena whose missing pages raise SIGBUS.
    pub(crate) fn with_userfaultfd(zero_pages: usize) -> io::Result<Self> {
        let userfaultfd = Userfaultfd::open()?;
        let this = Self::with_mprotect(zero_pages)?;
        userfaultfd.register(this.arena.mapping())?;
        Ok(Self { userfaultfd: Some(userfaultfd), ..this })
    }

    /// Reserves an arena whose missing pages raise SIGSEGV.
    pub(crate) fn with_mprotect(zero_pages: usize) -> io::Result<Self> {
        Ok(Self {
            arena: Arena::new()?,
            discarder: Discarder::new(),
            userfaultfd: None,
            zeroes: Mapping::new(zero_pages * PAGE, Access::ReadWrite)?,
        })
    }

    pub(crate) fn arena(&self) -> &Arena {
        &self.arena
    }

    /// The signal a missing page raises.
    pub(crate) fn signal(&self) -> libc::c_int {
        if self.userfaultfd.is_some() { libc::SIGBUS } else { libc::SIGSEGV }
    }

    /// Lets pages `from..to` of a slot be accessed once they are filled.
    pub(crate) fn open(&self, slot: Slot, from: u32, to: u32) -> io::Result<()> {
        match self.userfaultfd {
            Some(_) => self.arena.protect(slot, from, to, Access::ReadWrite),
            None => Ok(()),
        }
    }

    /// Makes pages `0..to` of a slot inaccessible for good.
    pub(crate) fn shut(&self, slot: Slot, to: u32) -> io::Result<()> {
        self.arena.protect(slot, 0, to, Access::None)
    }

    /// Maps `bytes`, whole pages, at `first` of a slot. The pages are missing and the
    /// caller holds the load for them.
    pub(crate) fn fill(&self, slot: Slot, first: PageNo, bytes: &[u8]) -> io::Result<()> {
        let pages = bytes.len() / PAGE;
        let at = self.arena.page_at(slot, first, pages);
        match &self.userfaultfd {
            // SAFETY: the range is registered, and its load is the caller's.
            Some(userfaultfd) => unsafe { userfaultfd.copy(at, bytes) },
            None => {
                self.unprotect(slot, first, pages)?;
                // SAFETY: a whole number of accessible pages inside the arena, which only
                // the load's holder may touch before the load has ended.
                unsafe { at.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
                Ok(())
            }
        }
    }

    /// Maps `pages` pages of zeroes likewise.
    pub(crate) fn fill_zeroes(&self, slot: Slot, first: PageNo, pages: usize) -> io::Result<()> {
        let at = self.arena.page_at(slot, first, pages);
        match &self.userfaultfd {
            Some(userfaultfd) => {
                let from = self.zeroes.at(0, pages * PAGE);
                // SAFETY: the mapping is that long, lives as long as `self` and is never written.
                let zeroes = unsafe { std::slice::from_raw_parts(from, pages * PAGE) };
                // SAFETY: as in `fill`.
                unsafe { userfaultfd.copy(at, zeroes) }
            }
            // Fresh private pages read as zeroes.
            None => self.unprotect(slot, first, pages),
        }
    }

    /// Drops the victims' pages, whose plaintext is gone already.
    pub(crate) fn discard(&self, victims: &Victims) -> io::Result<()> {
        if self.userfaultfd.is_none() {
            for victim in victims.iter() {
                let page = victim.page().0;
                self.arena.protect(victim.slot(), page, page + 1, Access::None)?;
            }
        }
        self.discarder.discard(&self.arena, victims)
    }

    fn unprotect(&self, slot: Slot, first: PageNo, pages: usize) -> io::Result<()> {
        // A load has at most MAX_CLUSTER pages.
        self.arena.protect(slot, first.0, first.0 + pages as u32, Access::ReadWrite)
    }
}
