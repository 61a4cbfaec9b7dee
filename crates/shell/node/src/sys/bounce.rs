//! Pages to decrypt into before they are mapped.
//!
//! A fixed set shared by all threads, taken by one atomic step: a handler cannot
//! allocate, and a thread may fault before it has told us anything about itself.

use std::io;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};

use casemate_epc::{MAX_CLUSTER, PageBytes};

use super::arena::PAGE;
use super::lock::Patience;
use super::mapping::{Access, Mapping};

const AREAS: usize = u64::BITS as usize;
const AREA_BYTES: usize = MAX_CLUSTER * PAGE;

/// Sixty-four areas of [`MAX_CLUSTER`] pages.
pub(crate) struct Bounces {
    memory: Mapping,
    taken: AtomicU64,
}

impl Bounces {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { memory: Mapping::new(AREAS * AREA_BYTES, Access::ReadWrite)?, taken: AtomicU64::new(0) })
    }

    /// Takes a free area; the lowest, which is the likeliest to be in the cache. Whoever
    /// holds one waits for nothing, so this ends.
    pub(crate) fn take(&self) -> Bounce<'_> {
        let mut patience = Patience::default();
        loop {
            let taken = self.taken.load(Ordering::Relaxed);
            let index = taken.trailing_ones();
            if index < u64::BITS {
                let with = taken | (1 << index);
                if self.taken.compare_exchange(taken, with, Ordering::Acquire, Ordering::Relaxed).is_ok() {
                    return Bounce { bounces: self, index };
                }
            }
            patience.wait();
        }
    }
}

/// One area, given back when dropped. Whoever puts plaintext into it zeroes it.
pub(crate) struct Bounce<'a> {
    bounces: &'a Bounces,
    index: u32,
}

impl Bounce<'_> {
    fn at(&self) -> *mut u8 {
        self.bounces.memory.at(self.index as usize * AREA_BYTES, AREA_BYTES)
    }

    /// The first `pages` pages as bytes.
    pub(crate) fn bytes(&self, pages: usize) -> &[u8] {
        &self.as_flattened()[..pages * PAGE]
    }

    /// Overwrites the first `pages` pages.
    pub(crate) fn zero(&mut self, pages: usize) {
        assert!(pages <= MAX_CLUSTER, "an area has that many pages");
        // SAFETY: inside the area, which is ours while its bit is set. The memory is not
        // the compiler's to reason about, so the store stays.
        unsafe { self.at().write_bytes(0, pages * PAGE) };
    }
}

impl Deref for Bounce<'_> {
    type Target = [PageBytes; MAX_CLUSTER];

    fn deref(&self) -> &Self::Target {
        // SAFETY: the area lies inside the mapping and is ours while its bit is set.
        unsafe { &*self.at().cast() }
    }
}

impl DerefMut for Bounce<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        // SAFETY: as above, borrowed mutably.
        unsafe { &mut *self.at().cast() }
    }
}

impl Drop for Bounce<'_> {
    fn drop(&mut self) {
        self.bounces.taken.fetch_and(!(1 << self.index), Ordering::Release);
    }
}
