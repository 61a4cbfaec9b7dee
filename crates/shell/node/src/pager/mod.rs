//! Enclave memory: a pool of frames that many enclaves share, paged out sealed.
//!
//! A [`Pool`] has a fixed number of frames. An [`EnclaveMemory`] is address space in
//! it, of which pages appear on first touch; when the pool is full, older pages are
//! sealed (AES-256-GCM, see [`casemate_epc::Binding`]), zeroed and given back to the
//! kernel, and come back on the next touch. What to evict and when is decided by
//! [`casemate_epc::Manager`]; here it is done.
//!
//! Faults are handled inline, in the signal handler of the thread that faulted
//! ([`Mechanism`]). Rules for whoever uses a memory:
//!
//! - Enter it ([`EnclaveMemory::enter`]) around everything that writes it, the guest's
//!   run above all, and do not wait for other enclaves meanwhile. Otherwise a write
//!   that meets an eviction is lost.
//! - Do not hand its addresses to the kernel: system calls do not fault pages in.
//!   Copy through memory of your own.
//! - Look at [`EnclaveMemory::poison`] before anything crosses the boundary. A
//!   poisoned enclave computes on zeroes; it must be ended.
//!
//! It protects nothing from the host's owner, who can read this process.

mod enclave;
mod entry;
mod error;
mod evict;
mod fault;
mod journal;
mod key;
mod memory;
mod pool;
mod stats;
mod store;

pub use casemate_epc::EnterError;

pub use crate::sys::arena::{SLOT_BYTES, SLOT_GUARD, SLOT_MEMORY, SLOTS};
pub use crate::sys::signal::install_handlers;
pub use enclave::{Poison, PoisonKind};
pub use entry::Entered;
pub use error::{GrowError, PoolError};
pub use evict::{Returned, Returning};
pub use journal::{PageEvent, PageMove};
pub use memory::{Cleaned, EnclaveMemory};
pub use pool::{Mechanism, MechanismChoice, Observer, Pool, PoolConfig};
pub use stats::{MemoryStats, PoolStats};
pub use store::{SealedPage, SealedStore, StoreError};
