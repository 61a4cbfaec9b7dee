//! The memories one enclave owns in the pool, and how wasmtime is given them.
//!
//! An enclave has its linear memory and, for programs that throw exceptions, the
//! small heap their payloads live on. Both hold what the program computes, so
//! both are paged and sealed; both exist from the enclave's creation, and
//! wasmtime is handed them in the order it asks: linear memory first.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use casemate_model::{Bytes, ContainerKey, EnclaveId, WorkerId};

use crate::pager::{Cleaned, EnclaveMemory, Entered, MemoryStats, Poison, Pool, PoolError, SealedStore};

/// The most a program's exception payloads may occupy.
const EXCEPTION_HEAP_BYTES: Bytes = Bytes::mib(16);

/// One enclave's memories.
pub(crate) struct Memories {
    linear: Arc<EnclaveMemory>,
    exceptions: Arc<EnclaveMemory>,
    handed_out: AtomicUsize,
}

/// Where the host keeps an enclave's sealed pages.
///
/// They lie outside the enclave and nothing in them is trusted, so whoever runs the
/// node may have them, and may change them: that is what sealing must catch.
#[derive(Clone, Debug)]
pub struct SealedMemories {
    /// Whose they are.
    pub container: ContainerKey,
    /// Of its linear memory.
    pub linear: SealedStore,
    /// Of its heap of exception payloads.
    pub exceptions: SealedStore,
}

thread_local! {
    /// Whose program this thread is running. wasmtime asks for memory without
    /// saying for whom, but always on the thread that polls the program.
    static CURRENT: RefCell<Option<Arc<Memories>>> = const { RefCell::new(None) };
}

impl Memories {
    /// Reserves address space for enclave `id`, of which at most `limit` bytes of
    /// linear memory can be used and `guaranteed` bytes stay resident once touched.
    /// No frame is taken yet.
    pub(crate) fn create(
        pool: &Arc<Pool>,
        id: EnclaveId,
        guaranteed: Bytes,
        limit: Bytes,
    ) -> Result<Arc<Self>, PoolError> {
        Ok(Arc::new(Self {
            linear: Arc::new(pool.create_guaranteed(id, limit, guaranteed)?),
            exceptions: Arc::new(pool.create(id, EXCEPTION_HEAP_BYTES)?),
            handed_out: AtomicUsize::new(0),
        }))
    }

    /// While the guards live, nobody else evicts these memories' pages, and faults
    /// on them are served on `worker`'s behalf.
    pub(crate) fn enter(&self, worker: WorkerId) -> [Entered<'_>; 2] {
        [self.linear.enter(worker), self.exceptions.enter(worker)]
    }

    /// Runs `f` with these memories as the ones wasmtime gets when it asks.
    pub(crate) fn while_current<R>(self: &Arc<Self>, f: impl FnOnce() -> R) -> R {
        struct Reset;
        impl Drop for Reset {
            fn drop(&mut self) {
                CURRENT.set(None);
            }
        }
        CURRENT.set(Some(Arc::clone(self)));
        let _reset = Reset;
        f()
    }

    /// The next memory for the program this thread is running; `None` where there
    /// is no such program or it has both already.
    pub(crate) fn hand_out() -> Option<Arc<EnclaveMemory>> {
        CURRENT.with_borrow(|current| {
            let memories = current.as_ref()?;
            match memories.handed_out.fetch_add(1, Relaxed) {
                0 => Some(Arc::clone(&memories.linear)),
                1 => Some(Arc::clone(&memories.exceptions)),
                _ => None,
            }
        })
    }

    /// Why this enclave is condemned, if it is.
    pub(crate) fn poison(&self) -> Option<Poison> {
        self.linear.poison().or_else(|| self.exceptions.poison())
    }

    /// Both memories' sealed pages, as their host sees them.
    pub(crate) fn sealed(&self, container: ContainerKey) -> SealedMemories {
        let (linear, exceptions) = (self.linear.sealed_store(), self.exceptions.sealed_store());
        SealedMemories { container, linear, exceptions }
    }

    /// Both memories' counters together.
    pub(crate) fn stats(&self) -> MemoryStats {
        self.linear.stats() + self.exceptions.stats()
    }

    /// Zeroes and gives back every frame, forgets the sealed pages, destroys the keys.
    pub(crate) fn destroy(&self) -> Cleaned {
        self.linear.destroy() + self.exceptions.destroy()
    }
}
