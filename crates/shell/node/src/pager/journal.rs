//! What happened to pages, in order, for whoever checks.
//!
//! Fault handlers write it and must neither allocate nor lose an entry, so it has a
//! fixed size and two halves: one is written while the other is read. A writer that
//! finds its half full waits for a reader.

use casemate_epc::{Load, LoadSource, PageNo, Slot, Version, Victim, Victims};
use casemate_model::{EnclaveId, WorkerId};

use crate::sys::lock::{Patience, SpinLock};

/// Entries in one half: a tenth of a second of the fastest paging measured.
const ENTRIES: usize = 1 << 16;

/// Something that happened to a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageEvent {
    /// Whose it is.
    pub enclave: EnclaveId,
    /// Which of a pool's memories it is in. Reused once that memory is destroyed.
    pub slot: Slot,
    /// Which page of that memory.
    pub page: PageNo,
    /// The frame under it.
    pub frame: u32,
    /// What happened.
    pub what: PageMove,
}

/// Which way a page went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageMove {
    /// It became resident; sealed last under this version, or never sealed.
    In(Option<Version>),
    /// It was sealed under this version by this worker, and is no longer resident.
    Out(Version, Option<WorkerId>),
    /// It was zeroed and is gone for good.
    Removed,
}

/// The journal of one pool.
pub(super) struct Journal {
    writing: SpinLock<Vec<PageEvent>>,
    /// The other half; empty while nobody reads.
    spare: SpinLock<Vec<PageEvent>>,
}

impl Journal {
    pub(super) fn new() -> Self {
        let half = || SpinLock::new(Vec::with_capacity(ENTRIES));
        Self { writing: half(), spare: half() }
    }

    /// Waits until a whole step fits. Called outside the lock on the manager, because
    /// the reader may be behind that; steps of other threads may fit in between, which
    /// is what the margin of a step for each of 64 threads is for.
    pub(super) fn make_room(&self) {
        const MARGIN: usize = 64 * casemate_epc::MAX_BATCH;
        let mut patience = Patience::default();
        while self.writing.lock().len() + MARGIN > ENTRIES {
            patience.wait();
        }
    }

    /// These pages are resident. Called under the lock on the manager, so that entries
    /// are in the order of the books.
    pub(super) fn loaded(&self, load: &Load) {
        let sealed = load.source() == LoadSource::Sealed;
        let mut writing = self.writing.lock();
        for (binding, frame) in load.bindings().zip(load.frames()) {
            push(
                &mut writing,
                PageEvent {
                    enclave: binding.enclave,
                    slot: load.slot(),
                    page: binding.page,
                    frame: frame.index(),
                    what: PageMove::In(sealed.then_some(binding.version)),
                },
            );
        }
    }

    /// These pages are sealed and gone. Called under the lock on the manager.
    pub(super) fn evicted(&self, victims: &Victims, by: Option<WorkerId>) {
        let mut writing = self.writing.lock();
        for victim in victims.iter() {
            let what = match victim.binding() {
                Ok(binding) => PageMove::Out(binding.version, by),
                // It could not be sealed again, and its enclave is condemned.
                Err(_) => PageMove::Removed,
            };
            push(&mut writing, of_victim(victim, what));
        }
    }

    /// These pages went with their enclave. Called under the lock on the manager.
    pub(super) fn removed(&self, victims: &Victims) {
        let mut writing = self.writing.lock();
        victims.iter().for_each(|victim| push(&mut writing, of_victim(victim, PageMove::Removed)));
    }

    /// Hands everything written so far to `read`, in order.
    pub(super) fn drain(&self, read: &mut dyn FnMut(PageEvent)) {
        let mut spare = self.spare.lock();
        std::mem::swap(&mut *self.writing.lock(), &mut *spare);
        spare.drain(..).for_each(read);
    }
}

fn of_victim(victim: &Victim, what: PageMove) -> PageEvent {
    PageEvent {
        enclave: victim.enclave(),
        slot: victim.slot(),
        page: victim.page(),
        frame: victim.frame().index(),
        what,
    }
}

/// Within the capacity, which `make_room` saw to: pushing never allocates.
fn push(writing: &mut Vec<PageEvent>, event: PageEvent) {
    debug_assert!(writing.len() < writing.capacity(), "a step was taken without room for it");
    writing.push(event);
}
