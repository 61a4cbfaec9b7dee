//! Which worker a thread is, and the enclaves it has entered.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use casemate_epc::{EnterError, Entry, Running};
use casemate_model::WorkerId;

use super::EnclaveMemory;
use crate::sys::lock::Patience;
use crate::sys::stack;

thread_local! {
    /// Never allocates and has no destructor: fault handlers read it.
    static WORKER: Cell<Option<WorkerId>> = const { Cell::new(None) };
}

/// The worker this thread is while it has an enclave entered.
pub(super) fn worker() -> Option<WorkerId> {
    WORKER.get()
}

/// While it lives, nobody but this thread evicts pages of the memory, so its writes
/// are safe. Bound to the thread that entered.
#[must_use = "the memory is left when this is dropped"]
pub struct Entered<'a> {
    memory: &'a EnclaveMemory,
    /// Taken when dropped.
    running: Option<Running>,
    /// The worker this thread was before.
    before: Option<WorkerId>,
    this_thread: PhantomData<*const ()>,
}

impl EnclaveMemory {
    /// Enters the memory as `worker`, waiting for evictions of its pages under way. A
    /// thread may enter several memories as the same worker.
    ///
    /// # Panics
    /// Where [`EnclaveMemory::try_enter`] fails.
    pub fn enter(&self, worker: WorkerId) -> Entered<'_> {
        match self.try_enter(worker) {
            Ok(entered) => entered,
            Err(error) => panic!("cannot enter {:?}: {error}", self.id()),
        }
    }

    /// Enters the memory as `worker`.
    ///
    /// # Errors
    /// It is entered already, has been destroyed, or as many memories are entered as
    /// the pool was made for. The caller erred.
    pub fn try_enter(&self, worker: WorkerId) -> Result<Entered<'_>, EnterError> {
        // Without a larger stack the handler has to do with the thread's own.
        let _ = stack::ensure();
        let mut patience = Patience::default();
        let running = loop {
            let entry = self.pool().manager.lock().enter(self.slot(), worker);
            match entry {
                Entry::Entered(running) => break running,
                Entry::Shrink(victims) => self.pool().evict(victims),
                Entry::Wait => patience.wait(),
                Entry::Refused(error) => return Err(error),
            }
        };
        while !self.gate().is_quiet() {
            patience.wait();
        }
        let before = WORKER.replace(Some(worker));
        Ok(Entered { memory: self, running: Some(running), before, this_thread: PhantomData })
    }
}

impl Entered<'_> {
    /// The word at byte `offset`, brought in where it is not resident; from a page that
    /// does not authenticate, zero (see [`EnclaveMemory::poison`]).
    ///
    /// # Panics
    /// `offset` is not a multiple of eight or not inside the memory.
    #[must_use]
    pub fn load(&self, offset: u64) -> u64 {
        self.word(offset).load(Relaxed)
    }

    /// Writes the word at byte `offset`.
    ///
    /// # Panics
    /// As [`Entered::load`].
    pub fn store(&mut self, offset: u64, word: u64) {
        self.word(offset).store(word, Relaxed);
    }

    fn word(&self, offset: u64) -> &AtomicU64 {
        let size = self.memory.size().0;
        assert!(offset < size, "byte {offset} of a memory of {size}");
        self.memory.pool().mapper.arena().word(self.memory.slot(), offset)
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        WORKER.set(self.before);
        if let Some(running) = self.running.take() {
            self.memory.pool().manager.lock().leave(running);
        }
    }
}
