//! What the pager keeps of one memory: its key, its sealed pages, whether it is dead.

use std::fmt;
use std::io;
use std::sync::Arc;

use casemate_epc::{Binding, PageBytes, PageNo, Version, open_page, seal_page};
use casemate_model::{EnclaveId, PAGE_SIZE};

use super::key::PageKey;
use crate::sys::lock::SpinLock;
use crate::sys::sealed::SealedPages;

/// Why an enclave must end: what it computes from here on means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Poison {
    /// The enclave.
    pub enclave: EnclaveId,
    /// The page.
    pub page: PageNo,
    /// The version it should have had, or have got.
    pub version: Version,
    /// What is wrong with it.
    pub kind: PoisonKind,
}

/// What is wrong with a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoisonKind {
    /// It came back from the sealed store as something else: the host erred or attacks.
    NotAuthentic,
    /// It cannot be sealed again: every version is used up.
    VersionsExhausted,
}

impl fmt::Display for Poison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { enclave, page, version, kind } = self;
        match kind {
            PoisonKind::NotAuthentic => {
                write!(
                    f,
                    "sealed {page} of {enclave} does not authenticate as {version}: \
                     changed, replayed or moved outside"
                )
            }
            PoisonKind::VersionsExhausted => {
                write!(f, "{page} of {enclave} was sealed as often as one key allows; restart the enclave")
            }
        }
    }
}

impl std::error::Error for Poison {}

/// The part of a memory that the fault handlers of all threads may need.
pub(super) struct Enclave {
    id: EnclaveId,
    key: PageKey,
    sealed: Arc<SealedPages>,
    poison: SpinLock<Option<Poison>>,
}

impl Enclave {
    /// With a new key and an empty store.
    pub(super) fn new(id: EnclaveId, pages: u32) -> io::Result<Self> {
        let sealed = Arc::new(SealedPages::new(pages)?);
        Ok(Self { id, key: PageKey::draw(), sealed, poison: SpinLock::new(None) })
    }

    pub(super) fn id(&self) -> EnclaveId {
        self.id
    }

    pub(super) fn sealed(&self) -> &Arc<SealedPages> {
        &self.sealed
    }

    /// Seals a page into the store.
    pub(super) fn seal(&self, binding: &Binding, page: &PageBytes) {
        self.sealed.put(binding.page, |sealed, tag| *tag = seal_page(&self.key, binding, page, sealed));
    }

    /// Brings a page back into `page`; all zeroes, and the enclave poisoned, where it
    /// is not what was sealed.
    pub(super) fn open(&self, binding: &Binding, page: &mut PageBytes) {
        // Copied out first: what is authenticated must be what is decrypted, whatever
        // is written to the store meanwhile.
        let tag = self.sealed.take(binding.page, |sealed, tag| {
            *page = *sealed;
            *tag
        });
        let authentic = tag.is_some_and(|tag| open_page(&self.key, binding, &tag, page).is_ok());
        if !authentic {
            *page = [0; PAGE_SIZE as usize];
            self.poison(binding.page, binding.version, PoisonKind::NotAuthentic);
        }
    }

    /// Condemns the enclave. The first reason stays.
    pub(super) fn poison(&self, page: PageNo, version: Version, kind: PoisonKind) {
        let poison = Poison { enclave: self.id, page, version, kind };
        self.poison.lock().get_or_insert(poison);
    }

    pub(super) fn poisoned(&self) -> Option<Poison> {
        *self.poison.lock()
    }
}
