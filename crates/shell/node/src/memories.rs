//! The memories one enclave owns in the pool, and how wasmtime is given them.
//!
//! An enclave has its linear memory and, for programs that throw exceptions, the
//! small heap their payloads live on. Both hold what the program computes, so
//! both are paged and sealed, and both exist from the enclave's creation. wasmtime
//! asks for them when it first needs them, in either order.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use casemate_model::{Bytes, ContainerKey, EnclaveId, WorkerId};

use crate::pager::{
    Cleaned, EnclaveMemory, Entered, MemoryStats, Poison, Pool, PoolError, PoolStats, SealedStore,
};

/// The most a program's exception payloads may occupy: also the address space its
/// compiled code is promised for them, by which the creator of memories knows them.
pub(crate) const EXCEPTION_HEAP_BYTES: Bytes = Bytes::mib(16);

/// One enclave's memories.
pub(crate) struct Memories {
    linear: Lent,
    exceptions: Lent,
}

/// A memory that wasmtime is given once.
struct Lent {
    memory: Arc<EnclaveMemory>,
    is_lent: AtomicBool,
}

/// What a program wants memory for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Its linear memory.
    Linear,
    /// The payloads of its exceptions.
    Exceptions,
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
            linear: Lent::new(pool.create_guaranteed(id, limit, guaranteed)?),
            exceptions: Lent::new(pool.create(id, EXCEPTION_HEAP_BYTES)?),
        }))
    }

    /// While the guards live, nobody else evicts these memories' pages, and faults
    /// on them are served on `worker`'s behalf.
    pub(crate) fn enter(&self, worker: WorkerId) -> [Entered<'_>; 2] {
        [self.linear.memory.enter(worker), self.exceptions.memory.enter(worker)]
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

    /// The memory for this purpose of the program this thread is running; `None` where
    /// there is no such program or it has it already.
    pub(crate) fn hand_out(purpose: Purpose) -> Option<Arc<EnclaveMemory>> {
        CURRENT.with_borrow(|current| {
            let memories = current.as_ref()?;
            let lent = match purpose {
                Purpose::Linear => &memories.linear,
                Purpose::Exceptions => &memories.exceptions,
            };
            (!lent.is_lent.swap(true, Relaxed)).then(|| Arc::clone(&lent.memory))
        })
    }

    /// Whether the memory of this size that wasmtime wants to grow is the linear one: it does not
    /// say which. Where both are of this size, the linear one is taken for it.
    pub(crate) fn is_linear(&self, size: Bytes) -> bool {
        self.linear.memory.size() == size || self.exceptions.memory.size() != size
    }

    /// Why this enclave is condemned, if it is.
    pub(crate) fn poison(&self) -> Option<Poison> {
        self.linear.memory.poison().or_else(|| self.exceptions.memory.poison())
    }

    /// Both memories' sealed pages, as their host sees them.
    pub(crate) fn sealed(&self, container: ContainerKey) -> SealedMemories {
        let (linear, exceptions) = (self.linear.memory.sealed_store(), self.exceptions.memory.sealed_store());
        SealedMemories { container, linear, exceptions }
    }

    /// Both memories' counters together.
    pub(crate) fn stats(&self) -> MemoryStats {
        self.linear.memory.stats() + self.exceptions.memory.stats()
    }

    /// Where the pool's frames are, and the counters of each of these, at one moment.
    pub(crate) fn survey(pool: &Pool, of: &[&Self]) -> (PoolStats, Vec<MemoryStats>) {
        let both: Vec<_> = of.iter().flat_map(|it| [&*it.linear.memory, &*it.exceptions.memory]).collect();
        let (pool, stats) = pool.survey(both.into_iter());
        (pool, stats.chunks_exact(2).map(|two| two[0] + two[1]).collect())
    }

    /// Zeroes and gives back every frame, forgets the sealed pages, destroys the keys.
    pub(crate) fn destroy(&self) -> Cleaned {
        self.linear.memory.destroy() + self.exceptions.memory.destroy()
    }
}

impl Lent {
    fn new(memory: EnclaveMemory) -> Self {
        Self { memory: Arc::new(memory), is_lent: AtomicBool::new(false) }
    }
}
