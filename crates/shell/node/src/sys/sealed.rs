//! The sealed pages of one enclave memory, in ordinary memory.
//!
//! Nothing in here is trusted: what comes back is authenticated by whoever reads it.
//!
//! | offset | width | what |
//! |---|---|---|
//! | page × 4096 | 4096 | ciphertext |
//! | pages × 4096 + page × 16 | 16 | tag |

use std::io;

use casemate_epc::{PageBytes, PageNo, TAG_BYTES, Tag};

use super::arena::PAGE;
use super::lock::SpinLock;
use super::mapping::{Access, Mapping};

const STRIPES: usize = 16;

/// Room for every page of one memory; only what is written costs memory.
pub(crate) struct SealedPages {
    memory: Mapping,
    pages: u32,
    /// A page is read and written under the lock of its number modulo the stripes.
    stripes: [SpinLock<()>; STRIPES],
}

impl SealedPages {
    pub(crate) fn new(pages: u32) -> io::Result<Self> {
        let bytes = (pages as usize * (PAGE + TAG_BYTES)).next_multiple_of(PAGE).max(PAGE);
        let stripes = [const { SpinLock::new(()) }; STRIPES];
        Ok(Self { memory: Mapping::new(bytes, Access::ReadWrite)?, pages, stripes })
    }

    pub(crate) fn pages(&self) -> u32 {
        self.pages
    }

    /// Lets `f` read and write what is stored of a page.
    pub(crate) fn with<R>(&self, page: PageNo, f: impl FnOnce(&mut PageBytes, &mut Tag) -> R) -> R {
        assert!(page.0 < self.pages, "{page} is outside the store");
        let at = page.0 as usize;
        let sealed = self.memory.at(at * PAGE, PAGE).cast::<PageBytes>();
        let tag = self.memory.at(self.pages as usize * PAGE + at * TAG_BYTES, TAG_BYTES).cast::<Tag>();
        let _held = self.stripes[at % STRIPES].lock();
        // SAFETY: both lie inside the mapping, do not overlap, have alignment one, and
        // are reached under this page's stripe lock only.
        unsafe { f(&mut *sealed, &mut *tag) }
    }
}
