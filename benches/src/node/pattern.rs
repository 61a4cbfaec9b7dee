//! The accesses both sides make: the same words in the same order.

use std::time::Instant;

use casemate_model::PAGE_SIZE;
use casemate_node::pager::Entered;
use clap::ValueEnum;

const WORD: u64 = 8;
const WORDS_A_PAGE: u64 = PAGE_SIZE / WORD;

/// In which order pages are touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Pattern {
    /// Uniformly at random.
    Random,
    /// One after the other, round and round.
    Sequential,
}

impl Pattern {
    /// As the command line spells it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Sequential => "sequential",
        }
    }
}

/// Memory as its program sees it; offsets are in bytes, multiples of eight.
pub(crate) trait Words {
    /// The word at `offset`.
    fn load(&self, offset: u64) -> u64;
    /// Replaces the word at `offset`.
    fn store(&mut self, offset: u64, word: u64);
}

impl Words for Entered<'_> {
    fn load(&self, offset: u64) -> u64 {
        Self::load(self, offset)
    }

    fn store(&mut self, offset: u64, word: u64) {
        Self::store(self, offset, word);
    }
}

impl Words for Vec<u64> {
    fn load(&self, offset: u64) -> u64 {
        self[(offset / WORD) as usize]
    }

    fn store(&mut self, offset: u64, word: u64) {
        self[(offset / WORD) as usize] = word;
    }
}

/// Accesses to a memory of so many pages; the same seed makes the same ones anywhere.
pub(crate) struct Walk {
    pattern: Pattern,
    pages: u64,
    made: u64,
    random: u64,
    checksum: u64,
}

impl Walk {
    /// Fills `pages` pages of `memory` and stands ready to walk over them.
    ///
    /// One half of each page is random, the other zero: pages compress to half, and as fast as
    /// pages that do can. A page of one value would cost zram nothing, a random one it could
    /// not shrink.
    pub(crate) fn begin(memory: &mut impl Words, pages: u64, pattern: Pattern, seed: u64) -> Self {
        let random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut walk = Self { pattern, pages, made: 0, random, checksum: 0 };
        for page in 0..pages {
            for word in 0..WORDS_A_PAGE / 2 {
                memory.store(page * PAGE_SIZE + word * WORD, walk.draw());
            }
        }
        walk
    }

    /// Reads, changes and writes one word of a page, `accesses` times. Returns seconds.
    pub(crate) fn go(&mut self, memory: &mut impl Words, accesses: u64) -> f64 {
        let started = Instant::now();
        for _ in 0..accesses {
            self.step(memory);
        }
        started.elapsed().as_secs_f64()
    }

    /// The same with a clock around each access. Returns nanoseconds, the slowest last.
    pub(crate) fn times(&mut self, memory: &mut impl Words, accesses: u64) -> Vec<u64> {
        let time = |_| {
            let started = Instant::now();
            self.step(memory);
            u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX)
        };
        let mut times: Vec<u64> = (0..accesses).map(time).collect();
        times.sort_unstable();
        times
    }

    /// Over everything that was read: equal where both sides saw the same memory.
    pub(crate) const fn checksum(&self) -> u64 {
        self.checksum
    }

    fn step(&mut self, memory: &mut impl Words) {
        let random = self.draw();
        let page = match self.pattern {
            Pattern::Random => (random >> 16) % self.pages,
            Pattern::Sequential => self.made % self.pages,
        };
        let offset = page * PAGE_SIZE + (random % WORDS_A_PAGE) * WORD;
        let word = memory.load(offset);
        memory.store(offset, word.wrapping_mul(31).wrapping_add(random));
        self.checksum = self.checksum.rotate_left(7) ^ word;
        self.made += 1;
    }

    /// xorshift64 (Marsaglia 2003, "Xorshift RNGs").
    fn draw(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(pattern: Pattern, spoil: bool) -> u64 {
        let mut memory = vec![0; (4 * WORDS_A_PAGE) as usize];
        let mut walk = Walk::begin(&mut memory, 4, pattern, 7);
        walk.go(&mut memory, 500);
        if spoil {
            memory.fill(0);
        }
        walk.go(&mut memory, 500);
        walk.checksum()
    }

    #[test]
    fn the_checksum_is_the_same_on_any_memory_that_keeps_its_words_and_on_no_other() {
        for pattern in [Pattern::Random, Pattern::Sequential] {
            assert_eq!(walk(pattern, false), walk(pattern, false));
            assert_ne!(walk(pattern, false), walk(pattern, true));
        }
    }
}
