//! Hints to the cache.

use super::arena::PAGE;

/// Bytes of a cache line, on every CPU that has the instruction.
#[cfg(target_arch = "x86_64")]
const LINE: usize = 64;

/// Starts to bring a page into the second-level cache. Does nothing at an address that is
/// not mapped, and on a CPU for which Rust has no such instruction.
#[inline]
pub(crate) fn prefetch(page: *const u8) {
    #[cfg(target_arch = "x86_64")]
    for line in (0..PAGE).step_by(LINE) {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: a hint, which faults at no address.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(page.wrapping_add(line).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (page, PAGE);
}
