//! One enclave's memory.

use std::fmt;
use std::ops::Add;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use casemate_epc::{Closing, Gate, Slot};
use casemate_model::{Bytes, EnclaveId, PAGE_SIZE};

use super::enclave::{Enclave, Poison};
use super::{GrowError, MemoryStats, Pool, SealedStore, entry};
use crate::sys::lock::Patience;

/// Address space of one enclave in a pool. Destroyed when dropped, if not before.
pub struct EnclaveMemory {
    pool: Arc<Pool>,
    slot: Slot,
    id: EnclaveId,
    limit: Bytes,
    gate: Arc<Gate>,
    /// Bytes that are accessible.
    size: AtomicU64,
    life: Mutex<Life>,
}

enum Life {
    Alive(Arc<Enclave>),
    /// Its slot stays taken until the value is dropped: somebody may still have its
    /// base address.
    Destroyed {
        slot: Option<Closing>,
        poison: Option<Poison>,
        cleaned: Cleaned,
    },
}

/// What destroying a memory cleaned up: evidence that it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cleaned {
    /// Pages that were resident once nobody could evict them any more.
    pub held_pages: u64,
    /// Resident pages overwritten with zeroes and returned to the kernel.
    pub zeroed_pages: u64,
    /// Whether the key is gone: aws-lc overwrites it when its last owner lets go.
    pub key_destroyed: bool,
}

impl Add for Cleaned {
    type Output = Self;

    /// What was cleaned up of two memories of one enclave.
    fn add(self, other: Self) -> Self {
        Self {
            held_pages: self.held_pages + other.held_pages,
            zeroed_pages: self.zeroed_pages + other.zeroed_pages,
            key_destroyed: self.key_destroyed && other.key_destroyed,
        }
    }
}

impl EnclaveMemory {
    pub(super) fn new(
        pool: Arc<Pool>,
        slot: Slot,
        gate: Arc<Gate>,
        enclave: Arc<Enclave>,
        limit: Bytes,
    ) -> Self {
        let id = enclave.id();
        let life = Mutex::new(Life::Alive(enclave));
        Self { pool, slot, id, limit, gate, size: AtomicU64::new(0), life }
    }

    /// Where it begins; fixed for its life. After [`EnclaveMemory::capacity`] come at least
    /// [`SLOT_GUARD`](super::SLOT_GUARD) bytes that are never accessible.
    #[must_use]
    pub fn base(&self) -> *mut u8 {
        self.pool.mapper.arena().slot_base(self.slot)
    }

    /// Bytes that exist now. Zero once it is destroyed.
    #[must_use]
    pub fn size(&self) -> Bytes {
        Bytes(self.size.load(Ordering::Acquire))
    }

    /// The most it can grow to.
    #[must_use]
    pub fn capacity(&self) -> Bytes {
        self.limit
    }

    /// The enclave it was made for.
    #[must_use]
    pub fn id(&self) -> EnclaveId {
        self.id
    }

    /// Makes `to` bytes exist; new ones are zero and take no frame until touched.
    /// Where it has as many already, nothing happens.
    ///
    /// # Errors
    /// That is over the limit, it has been destroyed, or the kernel refuses.
    pub fn grow(&self, to: Bytes) -> Result<(), GrowError> {
        if to > self.limit {
            return Err(GrowError::OverLimit { asked: to, limit: self.limit });
        }
        let life = self.life();
        if !matches!(*life, Life::Alive(_)) {
            return Err(GrowError::Destroyed);
        }
        let size = self.size();
        if to <= size {
            return Ok(());
        }
        let (from, pages) = (pages_of(size), pages_of(to));
        self.pool.mapper.open(self.slot, from, pages).map_err(GrowError::Kernel)?;
        let resized = self.pool.manager.lock().resize(self.slot, pages);
        resized.map_err(|_| GrowError::OverLimit { asked: to, limit: self.limit })?;
        self.size.store(to.0, Ordering::Release);
        Ok(())
    }

    /// What happened to its pages so far.
    #[must_use]
    pub fn stats(&self) -> MemoryStats {
        self.pool.manager.lock().tally(self.slot).map_or_else(MemoryStats::default, MemoryStats::from)
    }

    /// Why its enclave must end, if it must. Stays after it is destroyed.
    #[must_use]
    pub fn poison(&self) -> Option<Poison> {
        match &*self.life() {
            Life::Alive(enclave) => enclave.poisoned(),
            Life::Destroyed { poison, .. } => *poison,
        }
    }

    /// The sealed pages, as their host sees them.
    #[must_use]
    pub fn sealed_store(&self) -> SealedStore {
        match &*self.life() {
            Life::Alive(enclave) => SealedStore::new(enclave.sealed()),
            Life::Destroyed { .. } => SealedStore::gone(),
        }
    }

    /// Evicts every resident page, where it is not entered by another thread. Returns
    /// how many.
    pub fn evict_all(&self) -> u64 {
        let mut pages = 0;
        loop {
            let victims = self.pool.manager.lock().shed(self.slot, entry::worker());
            let Some(victims) = victims else { return pages };
            pages += victims.iter().count() as u64;
            self.pool.evict(victims);
        }
    }

    /// Overwrites every resident page with zeroes, returns them to the kernel and their
    /// frames to the pool, and drops the key and the sealed pages. The second time,
    /// says what the first did.
    ///
    /// # Panics
    /// It is entered.
    pub fn destroy(&self) -> Cleaned {
        let mut life = self.life();
        let enclave = match &*life {
            Life::Alive(enclave) => Arc::clone(enclave),
            Life::Destroyed { cleaned, .. } => return *cleaned,
        };
        let closed = self.pool.manager.lock().close(self.slot);
        let closing = match closed {
            Ok(closing) => closing,
            Err(error) => panic!("cannot destroy the memory of {}: {error}", self.id),
        };
        let mut patience = Patience::default();
        while !self.gate.is_quiet() {
            patience.wait();
        }
        let held_pages = self.stats().resident_pages;
        let mut zeroed_pages = 0;
        loop {
            let removals = self.pool.manager.lock().remove(&closing);
            let Some(removals) = removals else { break };
            zeroed_pages += self.pool.remove(removals);
        }
        // Whoever still touches it is told by a signal. That it might fail changes nothing
        // for anybody else: the pages are gone and their slot is not used again.
        let _ = self.pool.mapper.shut(self.slot, pages_of(self.size()));
        self.size.store(0, Ordering::Release);
        *self.pool.enclaves[usize::from(self.slot.0)].lock() = None;
        let poison = enclave.poisoned();
        let cleaned = Cleaned { held_pages, zeroed_pages, key_destroyed: false };
        *life = Life::Destroyed { slot: Some(closing), poison, cleaned };
        // A handler of a thread that should not have touched it may still hold it; no
        // other can get hold of it now.
        while Arc::strong_count(&enclave) > 1 {
            patience.wait();
        }
        let cleaned = Cleaned { key_destroyed: Arc::into_inner(enclave).is_some(), ..cleaned };
        if let Life::Destroyed { cleaned: said, .. } = &mut *life {
            *said = cleaned;
        }
        cleaned
    }

    pub(super) fn pool(&self) -> &Pool {
        &self.pool
    }

    pub(super) fn slot(&self) -> Slot {
        self.slot
    }

    pub(super) fn gate(&self) -> &Gate {
        &self.gate
    }

    fn life(&self) -> MutexGuard<'_, Life> {
        // A panic in `destroy` happens before anything has changed.
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for EnclaveMemory {
    fn drop(&mut self) {
        self.destroy();
        let Life::Destroyed { slot, .. } = &mut *self.life() else { return };
        let mut patience = Patience::default();
        let mut closing = slot.take();
        while let Some(token) = closing {
            let freed = self.pool.manager.lock().destroyed(token);
            // A load of a thread that should not have touched it may be ending yet.
            closing = freed.err();
            patience.wait();
        }
    }
}

impl fmt::Debug for EnclaveMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnclaveMemory")
            .field("id", &self.id)
            .field("size", &self.size())
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// Pages that `bytes` of a memory take: at most 2^20.
fn pages_of(bytes: Bytes) -> u32 {
    debug_assert!(bytes.0 / PAGE_SIZE <= 1 << 20, "no memory is larger than a slot");
    bytes.to_pages_ceil().0 as u32
}
