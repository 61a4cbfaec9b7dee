//! Why there is no pool, no memory, or no more of it.

use std::io;

use casemate_epc::{ConfigError, CreateError};
use casemate_model::{Bytes, Pages};

/// A pool or a memory cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// The configuration cannot work. The operator erred.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// As many memories as a pool holds.
    #[error(transparent)]
    Full(#[from] CreateError),
    /// The kernel does not let us have a userfaultfd.
    #[error(
        "no userfaultfd: allow the system call, set vm.unprivileged_userfaultfd=1 or open /dev/userfaultfd, \
         or choose mprotect"
    )]
    Userfaultfd(#[source] io::Error),
    /// mprotect needs two mappings a frame in the worst case.
    #[error(
        "{frames} by mprotect can need {needed} memory mappings, this system allows {allowed}: \
         raise vm.max_map_count, make the pool smaller, or allow userfaultfd"
    )]
    TooManyMappings {
        /// Frames asked for.
        frames: Pages,
        /// Mappings they can need.
        needed: u64,
        /// What `vm.max_map_count` leaves for them.
        allowed: u64,
    },
    /// A process has room for so many pools.
    #[error("{pools} pools exist already, as many as one process has address space for")]
    TooManyPools {
        /// The number there is room for.
        pools: usize,
    },
    /// A memory is larger than a slot.
    #[error("a memory of {asked} does not fit; the largest is {largest}")]
    TooLarge {
        /// Asked for.
        asked: Bytes,
        /// The most a memory can have.
        largest: Bytes,
    },
    /// The kernel gives no address space or no signal stack.
    #[error("no memory for {what}; is there an address space limit (ulimit -v)?")]
    Memory {
        /// What it was for.
        what: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
}

/// A memory cannot grow to the size asked for; it keeps the one it has.
#[derive(Debug, thiserror::Error)]
pub enum GrowError {
    /// The program asks for more than its limit.
    #[error("memory of {asked} is over the enclave's limit of {limit}")]
    OverLimit {
        /// Asked for.
        asked: Bytes,
        /// The limit.
        limit: Bytes,
    },
    /// The memory has been destroyed.
    #[error("the memory has been destroyed")]
    Destroyed,
    /// The kernel refuses.
    #[error("the kernel does not make the memory accessible")]
    Kernel(#[source] io::Error),
}
