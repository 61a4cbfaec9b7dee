//! What no pager of this design can be faster than: the parts of moving one page.
//!
//! | part | what is timed |
//! |---|---|
//! | seal | AES-256-GCM by aws-lc over 4 KiB, from one page into another |
//! | open | the same from a page into a buffer in the cache, tag checked |
//! | bare fault | the kernel's own way to give a process a page: first touch of ordinary memory |
//!
//! Nonce and associated data are as long as the pager's. Which pages are sealed and opened
//! decides how fast that is. Paging meets them where no cache holds them: a page that is
//! evicted has not been used for long, and its sealed copy for longer. So the pages are
//! taken out of order from as much plaintext as a pool holds and as much ciphertext as the
//! memory. What it costs on pages in the cache is measured too, for comparison.

use std::hint::black_box;
use std::time::Instant;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use casemate_model::PAGE_SIZE;

const PAGE: usize = PAGE_SIZE as usize;
/// Pages sealed and opened in one measurement.
const SAMPLES: usize = 16_384;
/// Pages that stay in the cache.
const CACHED_PAGES: usize = 64;
/// Pages touched first.
const FAULTED_PAGES: usize = 32_768;

/// Nanoseconds a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    /// To seal.
    pub(crate) seal_ns: f64,
    /// To open.
    pub(crate) open_ns: f64,
    /// To fault in.
    pub(crate) fault_ns: f64,
    /// To seal a page in the cache.
    pub(crate) cached_seal_ns: f64,
    /// To open a page in the cache.
    pub(crate) cached_open_ns: f64,
}

impl Limit {
    /// Pages a second that could be evicted and loaded were there nothing else to do.
    pub(crate) fn pages_per_second(&self) -> f64 {
        1e9 / (self.seal_ns + self.open_ns + self.fault_ns)
    }

    /// The same were all those pages in the cache, which they cannot be.
    pub(crate) fn cached_pages_per_second(&self) -> f64 {
        1e9 / (self.cached_seal_ns + self.cached_open_ns + self.fault_ns)
    }
}

/// The buffers to measure in; used again and again, so that no fault is in the figures.
pub(crate) struct Scales {
    key: LessSafeKey,
    plain: Vec<u8>,
    sealed: Vec<u8>,
    tags: Vec<[u8; 16]>,
    version: u64,
}

impl Scales {
    /// For a pool and a memory of so many pages.
    pub(crate) fn new(pool_pages: usize, memory_pages: usize) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, &[7; 32]).expect("AES-256 takes 32 bytes");
        Self {
            key: LessSafeKey::new(key),
            plain: vec![1; pool_pages * PAGE],
            sealed: vec![1; memory_pages * PAGE],
            tags: vec![[0; 16]; memory_pages],
            version: 0,
        }
    }

    /// Measures all parts.
    pub(crate) fn measure(&mut self) -> Limit {
        let (pool_pages, memory_pages) = (self.plain.len() / PAGE, self.sealed.len() / PAGE);
        let (seal_ns, open_ns) = self.crypto(pool_pages, memory_pages);
        let (cached_seal_ns, cached_open_ns) = self.crypto(CACHED_PAGES, CACHED_PAGES);
        Limit { seal_ns, open_ns, fault_ns: bare_fault(), cached_seal_ns, cached_open_ns }
    }

    /// Seals and opens pages among the first of each buffer. Nanoseconds a page of both.
    fn crypto(&mut self, plain_pages: usize, sealed_pages: usize) -> (f64, f64) {
        let Self { key, plain, sealed, tags, version } = self;
        // Primes: each comes round to every page of a power of two before any twice.
        let order = |sample: usize| (sample * 25_169 % plain_pages, sample * 40_507 % sealed_pages);
        let started = Instant::now();
        for sample in 0..SAMPLES {
            let (from, to) = order(sample);
            let (nonce, aad) = binding(*version + sample as u64, to);
            let (page, sealed) = (&plain[from * PAGE..][..PAGE], &mut sealed[to * PAGE..][..PAGE]);
            key.seal_out_of_place_scatter(nonce, aad, page, sealed, &[], &mut tags[to])
                .expect("the lengths fit");
        }
        let sealing = started.elapsed();
        // Each page as it was sealed last.
        let last = SAMPLES - sealed_pages.min(SAMPLES)..SAMPLES;
        let mut opened = [0; PAGE];
        let started = Instant::now();
        for sample in last.clone().cycle().take(SAMPLES) {
            let (_, to) = order(sample);
            let (nonce, aad) = binding(*version + sample as u64, to);
            key.open_separate_gather(nonce, aad, &sealed[to * PAGE..][..PAGE], &tags[to], &mut opened)
                .expect("sealed a moment ago");
        }
        let opening = started.elapsed();
        black_box(opened);
        *version += SAMPLES as u64;
        let a_page = 1e9 / SAMPLES as f64;
        (sealing.as_secs_f64() * a_page, opening.as_secs_f64() * a_page)
    }
}

fn binding(version: u64, page: usize) -> (Nonce, Aad<[u8; 12]>) {
    let mut bytes = [0; 12];
    bytes[..8].copy_from_slice(&version.to_le_bytes());
    bytes[8..].copy_from_slice(&(page as u32).to_le_bytes());
    (Nonce::assume_unique_for_key(bytes), Aad::from(bytes))
}

fn bare_fault() -> f64 {
    // Zeroes come from the kernel untouched.
    let mut memory = vec![0u8; FAULTED_PAGES * PAGE];
    let started = Instant::now();
    for page in memory.chunks_exact_mut(PAGE) {
        page[0] = 1;
    }
    let seconds = started.elapsed().as_secs_f64();
    black_box(&memory);
    seconds * 1e9 / FAULTED_PAGES as f64
}
