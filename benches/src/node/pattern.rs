//! The accesses both sides make: the same pages in the same order.

use std::time::Instant;

use clap::ValueEnum;

const PAGE: usize = 4096;

/// In which order pages are touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Pattern {
    /// Uniformly at random.
    Random,
    /// One after the other, round and round.
    Sequential,
}

impl Pattern {
    /// As the command line spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Sequential => "sequential",
        }
    }
}

/// Fills `buffer`, then reads, changes and writes one word of a page `accesses` times.
/// Returns accesses a second (without the filling) and a checksum of what was read.
pub fn touch(buffer: &mut [u8], pattern: Pattern, accesses: u64) -> (f64, u64) {
    let pages = buffer.len() / PAGE;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for page in 0..pages {
        // Every other word is random: pages compress to about half, as real ones do.
        // A page of one value would cost zram nothing, a random one could not shrink.
        for words in buffer[page * PAGE..][..PAGE].chunks_exact_mut(16) {
            words[..8].copy_from_slice(&next(&mut state).to_le_bytes());
        }
    }
    let mut checksum = 0u64;
    let started = Instant::now();
    for access in 0..accesses {
        let random = next(&mut state);
        let page = match pattern {
            Pattern::Random => (random >> 16) as usize % pages,
            Pattern::Sequential => access as usize % pages,
        };
        let word = &mut buffer[page * PAGE + (random as usize % (PAGE / 8)) * 8..][..8];
        let value = u64::from_le_bytes(word.as_ref().try_into().expect("a word is eight bytes"));
        checksum = checksum.rotate_left(7) ^ value;
        word.copy_from_slice(&value.wrapping_mul(31).wrapping_add(random).to_le_bytes());
    }
    (accesses as f64 / started.elapsed().as_secs_f64(), checksum)
}

/// xorshift64 (Marsaglia 2003, "Xorshift RNGs").
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}
