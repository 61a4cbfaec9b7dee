//! The pool: frames, slots and how pages move.

use std::fmt;
use std::fs;
use std::io;
use std::sync::Arc;

use casemate_epc::{Config, Gate, MAX_BATCH, MAX_CLUSTER, Manager, PageNo, PageTable, Slot};
use casemate_model::{Bytes, EnclaveId, Pages};

use super::enclave::Enclave;
use super::journal::Journal;
use super::{EnclaveMemory, MemoryStats, PageEvent, PoolError, PoolStats, Returned, SLOT_MEMORY, SLOTS};
use crate::sys::bounce::Bounces;
use crate::sys::lock::SpinLock;
use crate::sys::mapper::Mapper;
use crate::sys::{signal, stack};

/// Mappings a process has beside a pool's: libraries, stacks, heaps.
const OTHER_MAPPINGS: u64 = 4096;

/// How pages come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// userfaultfd in SIGBUS mode: the fastest that was measured.
    Userfaultfd,
    /// mprotect and SIGSEGV: slower, works everywhere.
    Mprotect,
}

impl Mechanism {
    /// The name programs read.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Userfaultfd => "userfaultfd",
            Self::Mprotect => "mprotect",
        }
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which mechanism to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MechanismChoice {
    /// userfaultfd where it is permitted, else mprotect.
    #[default]
    Auto,
    /// This one or none.
    Only(Mechanism),
}

/// Sees each page right before it returns to the kernel. Called inside fault
/// handlers: it must not touch enclave memory.
pub type Observer = Arc<dyn Fn(&Returned<'_>) + Send + Sync>;

/// What a pool is made for.
#[derive(Clone)]
pub struct PoolConfig {
    /// Frames in it.
    pub frames: Pages,
    /// The most memories that are entered at the same moment. Each can count on
    /// [`casemate_epc::MIN_RESIDENT`] frames.
    pub entries: u16,
    /// How pages come and go.
    pub mechanism: MechanismChoice,
    /// Pages evicted in one step, 1 to [`MAX_BATCH`].
    pub batch: u8,
    /// The share of a memory's resident pages that may be active, 0 to 90 percent.
    pub active_percent: u8,
    /// For tests of cleaning.
    pub observer: Option<Observer>,
    /// Whether a journal is kept of what happens to pages ([`Pool::drain_journal`]).
    /// Who asks for one must read it: full, it stops all paging.
    pub journal: bool,
}

impl PoolConfig {
    /// The measured defaults for so many frames and memories entered at once.
    #[must_use]
    pub fn new(frames: Pages, entries: u16) -> Self {
        Self {
            frames,
            entries,
            mechanism: MechanismChoice::Auto,
            batch: MAX_BATCH as u8,
            active_percent: 50,
            observer: None,
            journal: false,
        }
    }
}

/// Frames shared by up to [`SLOTS`] memories.
pub struct Pool {
    pub(super) mapper: Mapper,
    pub(super) manager: SpinLock<Manager>,
    pub(super) enclaves: Box<[SpinLock<Option<Arc<Enclave>>>]>,
    pub(super) bounces: Bounces,
    pub(super) observer: Option<Observer>,
    pub(super) journal: Option<Journal>,
    mechanism: Mechanism,
}

impl Pool {
    /// A pool with all frames free.
    ///
    /// # Errors
    /// The configuration cannot work here; each error says what would.
    pub fn new(config: PoolConfig) -> Result<Arc<Self>, PoolError> {
        let manager = Manager::new(Config {
            frames: config.frames,
            entries: config.entries,
            enclaves: SLOTS,
            batch: config.batch,
            active_percent: config.active_percent,
        })?;
        let (mapper, mechanism) = mapper(config.mechanism, config.frames)?;
        let pool = Arc::new(Self {
            mapper,
            manager: SpinLock::new(manager),
            enclaves: (0..SLOTS).map(|_| SpinLock::new(None)).collect(),
            bounces: Bounces::new().map_err(memory("decrypting"))?,
            observer: config.observer,
            journal: config.journal.then(Journal::new),
            mechanism,
        });
        if !signal::register(pool.base(), Arc::as_ptr(&pool)) {
            return Err(PoolError::TooManyPools { pools: signal::POOLS });
        }
        Ok(pool)
    }

    /// Memory for enclave `id` of at most `limit` bytes, of size zero at first, under a
    /// key of its own. An enclave may have several.
    ///
    /// # Errors
    /// The limit is larger than a slot, no slot is free, or the kernel is out of memory.
    pub fn create(self: &Arc<Self>, id: EnclaveId, limit: Bytes) -> Result<EnclaveMemory, PoolError> {
        self.create_guaranteed(id, limit, Bytes::ZERO)
    }

    /// As [`Pool::create`], and `guaranteed` bytes stay resident once touched.
    ///
    /// # Errors
    /// As [`Pool::create`]; and the guarantee does not fit beside the others'.
    pub fn create_guaranteed(
        self: &Arc<Self>,
        id: EnclaveId,
        limit: Bytes,
        guaranteed: Bytes,
    ) -> Result<EnclaveMemory, PoolError> {
        if limit > SLOT_MEMORY {
            return Err(PoolError::TooLarge { asked: limit, largest: SLOT_MEMORY });
        }
        signal::install_handlers();
        stack::ensure().map_err(memory("a signal stack"))?;
        // At most 2^20 pages.
        let pages = limit.to_pages_ceil().0 as u32;
        let enclave = Arc::new(Enclave::new(id, pages).map_err(memory("sealed pages"))?);
        let gate = Arc::new(Gate::new());
        let table = PageTable::new(id, pages);
        let slot = self.manager.lock().create(table, Arc::clone(&gate), guaranteed.to_pages_ceil())?;
        *self.enclaves[usize::from(slot.0)].lock() = Some(Arc::clone(&enclave));
        Ok(EnclaveMemory::new(Arc::clone(self), slot, gate, enclave, limit))
    }

    /// Hands to `read`, in order, what happened to pages since it was last asked.
    /// Nothing where no journal is kept.
    pub fn drain_journal(&self, read: &mut dyn FnMut(PageEvent)) {
        if let Some(journal) = &self.journal {
            journal.drain(read);
        }
    }

    /// How its pages come and go.
    #[must_use]
    pub fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// Where its frames are.
    #[must_use]
    pub fn stats(&self) -> PoolStats {
        PoolStats::new(self.mechanism, self.manager.lock().census())
    }

    /// Where its frames are, and what happened to these memories' pages, at one moment.
    pub(crate) fn survey<'a>(
        &self,
        memories: impl ExactSizeIterator<Item = &'a EnclaveMemory>,
    ) -> (PoolStats, Vec<MemoryStats>) {
        // Room first: whoever faults meanwhile waits for the lock.
        let mut all = Vec::with_capacity(memories.len());
        let manager = self.manager.lock();
        all.extend(
            memories.map(|memory| {
                manager.tally(memory.slot()).map_or_else(MemoryStats::default, MemoryStats::from)
            }),
        );
        (PoolStats::new(self.mechanism, manager.census()), all)
    }

    /// The memory in a slot that a token of this pool's manager names.
    pub(super) fn enclave(&self, slot: Slot) -> Arc<Enclave> {
        let enclave = self.enclaves[usize::from(slot.0)].lock();
        Arc::clone(enclave.as_ref().expect("a memory outlives the tokens for its pages"))
    }

    /// Brings what is stored of a page nearer. Nothing where there is no such memory or page.
    pub(super) fn prefetch_sealed(&self, slot: Slot, page: PageNo) {
        if let Some(enclave) = &*self.enclaves[usize::from(slot.0)].lock() {
            enclave.sealed().prefetch(page);
        }
    }

    fn base(&self) -> usize {
        self.mapper.arena().slot_base(Slot(0)).addr()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        signal::unregister(self.base());
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pool").field(&self.stats()).finish()
    }
}

fn mapper(choice: MechanismChoice, frames: Pages) -> Result<(Mapper, Mechanism), PoolError> {
    let userfaultfd = || {
        let mapper = Mapper::with_userfaultfd(MAX_CLUSTER).map_err(PoolError::Userfaultfd)?;
        Ok((mapper, Mechanism::Userfaultfd))
    };
    let mprotect = || {
        let needed = frames.0.saturating_mul(2);
        let allowed = max_map_count().saturating_sub(OTHER_MAPPINGS);
        if needed > allowed {
            return Err(PoolError::TooManyMappings { frames, needed, allowed });
        }
        let mapper = Mapper::with_mprotect(MAX_CLUSTER).map_err(memory("the arena"))?;
        Ok((mapper, Mechanism::Mprotect))
    };
    match choice {
        MechanismChoice::Only(Mechanism::Userfaultfd) => userfaultfd(),
        MechanismChoice::Only(Mechanism::Mprotect) => mprotect(),
        MechanismChoice::Auto => userfaultfd().or_else(|_| mprotect()),
    }
}

/// Mappings one process may have; Linux's default where it cannot be read.
fn max_map_count() -> u64 {
    const DEFAULT: u64 = 65_530;
    fs::read_to_string("/proc/sys/vm/max_map_count")
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(DEFAULT)
}

pub(super) fn memory(what: &'static str) -> impl Fn(io::Error) -> PoolError {
    move |source| PoolError::Memory { what, source }
}
