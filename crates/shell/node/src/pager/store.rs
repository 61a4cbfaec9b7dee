//! The sealed pages of a memory, as their host sees them.
//!
//! They lie in ordinary memory, which an attacker is assumed to write at will. There is
//! something to write only while a page is sealed: what is done to one that is resident, or
//! was never touched, is without effect.
//! This handle is that attacker: it lets tests, and anybody in doubt, do what the
//! sealing must catch.

use std::fmt;
use std::sync::{Arc, Weak};

use casemate_epc::{PageBytes, PageNo, TAG_BYTES, Tag};
use casemate_model::PAGE_SIZE;

use crate::sys::sealed::SealedPages;

/// Read and write access to sealed pages. Holding one keeps nothing alive.
#[derive(Clone)]
pub struct SealedStore(Weak<SealedPages>);

/// A copy of one sealed page; all zeroes of a page that is not sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedPage {
    sealed: Box<PageBytes>,
    tag: Tag,
}

impl SealedStore {
    pub(super) fn new(pages: &Arc<SealedPages>) -> Self {
        Self(Arc::downgrade(pages))
    }

    /// Of a memory that has been destroyed.
    pub(super) fn gone() -> Self {
        Self(Weak::new())
    }

    /// Inverts one byte of a page; `byte` counts modulo the page's size.
    ///
    /// # Errors
    /// There is no such page or no store any more.
    pub fn flip(&self, page: PageNo, byte: usize) -> Result<(), StoreError> {
        self.page(page)?.meddle(page, |sealed, _| sealed[byte % sealed.len()] ^= 0xff);
        Ok(())
    }

    /// Copies what is stored of a page now.
    ///
    /// # Errors
    /// There is no such page or no store any more.
    pub fn snapshot(&self, page: PageNo) -> Result<SealedPage, StoreError> {
        let copy =
            |sealed: &mut PageBytes, tag: &mut Tag| SealedPage { sealed: Box::new(*sealed), tag: *tag };
        let nothing = || SealedPage { sealed: Box::new([0; PAGE_SIZE as usize]), tag: [0; TAG_BYTES] };
        Ok(self.page(page)?.meddle(page, copy).unwrap_or_else(nothing))
    }

    /// Puts a copy, of whichever page and time, in a page's place.
    ///
    /// # Errors
    /// There is no such page or no store any more.
    pub fn replay(&self, page: PageNo, copy: &SealedPage) -> Result<(), StoreError> {
        self.page(page)?.meddle(page, |sealed, tag| {
            *sealed = *copy.sealed;
            *tag = copy.tag;
        });
        Ok(())
    }

    /// Exchanges two pages.
    ///
    /// # Errors
    /// There is no such page or no store any more.
    pub fn swap(&self, one: PageNo, other: PageNo) -> Result<(), StoreError> {
        let (first, second) = (self.snapshot(one)?, self.snapshot(other)?);
        self.replay(one, &second)?;
        self.replay(other, &first)
    }

    /// Exchanges a page with the same page of another enclave.
    ///
    /// # Errors
    /// There is no such page or no store any more.
    pub fn swap_with(&self, other: &Self, page: PageNo) -> Result<(), StoreError> {
        let (first, second) = (self.snapshot(page)?, other.snapshot(page)?);
        self.replay(page, &second)?;
        other.replay(page, &first)
    }

    fn page(&self, page: PageNo) -> Result<Arc<SealedPages>, StoreError> {
        let store = self.0.upgrade().ok_or(StoreError::Gone)?;
        if page.0 < store.pages() { Ok(store) } else { Err(StoreError::OutOfRange { page }) }
    }
}

impl fmt::Debug for SealedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedStore").field("gone", &(self.0.strong_count() == 0)).finish()
    }
}

/// A sealed page cannot be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The memory was destroyed, and its store with it.
    #[error("the sealed store is gone: its memory was destroyed")]
    Gone,
    /// The memory's limit is lower.
    #[error("{page} is over the memory's limit")]
    OutOfRange {
        /// The page.
        page: PageNo,
    },
}
