//! Counts for as long as it is asked to.

use casemate_metal_abi::apps::{LONG_MASKED, LONG_OVERFLOW, LONG_SIMD, LONG_STUBBORN, LONG_SUM};
use casemate_metal_abi::message::{ERROR_CANCEL, ERROR_NOT_SUPPORTED};

use crate::job::Job;
use crate::sys::{simd, supervisor};

/// FNV-1a, 64 bits (RFC 9923): the offset basis and the prime.
const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x100_0000_01b3;
/// Numbers between two looks whether it is to end.
const LOOKS: u64 = 10_000;

/// The sum over this many numbers from there.
fn sum(from: u64, until: u64, so_far: u64) -> u64 {
    (from..until).fold(so_far, |sum, number| (sum ^ number).wrapping_mul(PRIME))
}

/// In pieces, after each of which `look` may end it.
fn pieces(count: u64, mut look: impl FnMut(u64) -> Result<(), u32>) -> Result<u64, u32> {
    let (mut at, mut so_far) = (0, BASIS);
    while at < count {
        let until = count.min(at + LOOKS);
        // Computed even where nobody looks at the sum: it is the time that is wanted there.
        so_far = core::hint::black_box(sum(at, until, so_far));
        at = until;
        look(at)?;
    }
    Ok(so_far)
}

#[inline(never)]
pub(super) fn invoke(job: &mut Job) -> Result<(), u32> {
    let (count, _) = job.value(0)?;
    let ends = |_| if supervisor::is_cancelled() { Err(ERROR_CANCEL) } else { Ok(()) };
    let result = match job.function {
        LONG_SUM => pieces(count, ends)?,
        LONG_STUBBORN => pieces(count, |_| Ok(()))?,
        LONG_MASKED => {
            supervisor::mask();
            let result = pieces(count, |_| Ok(()));
            supervisor::unmask();
            result?
        }
        LONG_SIMD => {
            let mut changed = false;
            simd::fill(0);
            let mut filled = 0;
            pieces(count, |at| {
                changed |= simd::changed(filled);
                simd::fill(at);
                filled = at;
                ends(at)
            })?;
            changed.into()
        }
        LONG_OVERFLOW => deeper(count),
        _ => return Err(ERROR_NOT_SUPPORTED),
    };
    job.set_value(0, result, 0)
}

/// Uses up the stack.
#[expect(unconditional_recursion, reason = "the guard page is what ends it")]
#[inline(never)]
fn deeper(depth: u64) -> u64 {
    let room = core::hint::black_box([depth; 64]);
    deeper(depth + 1).wrapping_add(room[(depth % 64) as usize])
}
