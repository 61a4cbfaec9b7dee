//! What a guest does to its memory, and what a correct machine would have made of it.

use std::num::NonZeroU16;
use std::sync::Arc;

use casemate_model::{Bytes, EnclaveId, PAGE_SIZE, Pages, WorkerId};
use casemate_node::pager::{EnclaveMemory, Mechanism, MechanismChoice, Pool, PoolConfig, PoolError};

pub(crate) const WORDS_A_PAGE: u64 = PAGE_SIZE / 8;

/// Runs a claim once for each mechanism this machine permits, and checks afterwards
/// that no frame was lost.
pub(crate) fn for_each_mechanism(claim: &str, check: impl Fn(Mechanism)) {
    for mechanism in [Mechanism::Userfaultfd, Mechanism::Mprotect] {
        match Pool::new(config(mechanism, 64, 1)) {
            Ok(_) => check(mechanism),
            Err(PoolError::Userfaultfd(why)) => println!("skipped: {claim}: no userfaultfd here: {why}"),
            Err(other) => panic!("{claim}: {other}"),
        }
    }
    assert_eq!(casemate_epc::lost_frames(), 0, "{claim}");
}

pub(crate) fn config(mechanism: Mechanism, frames: u64, entries: u16) -> PoolConfig {
    PoolConfig { mechanism: MechanismChoice::Only(mechanism), ..PoolConfig::new(Pages(frames), entries) }
}

pub(crate) fn pool(mechanism: Mechanism, frames: u64, entries: u16) -> Arc<Pool> {
    Pool::new(config(mechanism, frames, entries)).expect("it was permitted a moment ago")
}

pub(crate) fn worker(number: u16) -> WorkerId {
    WorkerId(NonZeroU16::new(number).expect("workers are numbered from one"))
}

pub(crate) fn enclave(index: u32) -> EnclaveId {
    EnclaveId { index, generation: 0 }
}

/// Memory of `pages` pages, all of which exist.
pub(crate) fn memory(pool: &Arc<Pool>, id: EnclaveId, pages: u64) -> EnclaveMemory {
    let bytes = Bytes(pages * PAGE_SIZE);
    let memory = pool.create(id, bytes).expect("there is a slot");
    memory.grow(bytes).expect("that is its limit");
    memory
}

/// Reads a word as a guest does.
pub(crate) fn read(memory: &EnclaveMemory, word: u64) -> u64 {
    assert!((word + 1) * 8 <= memory.size().0, "the guest stays inside");
    // SAFETY: inside the memory, aligned; bytes of any value are a number.
    unsafe { memory.base().cast::<u64>().add(word as usize).read_volatile() }
}

/// Writes a word as a guest does. The memory is entered.
pub(crate) fn write(memory: &EnclaveMemory, word: u64, value: u64) {
    assert!((word + 1) * 8 <= memory.size().0, "the guest stays inside");
    // SAFETY: inside the memory, aligned, and nobody else writes it while it is entered.
    unsafe { memory.base().cast::<u64>().add(word as usize).write_volatile(value) }
}

/// A program that reads, changes and writes words all over its memory; the same seed
/// does the same on any memory.
pub(crate) struct Program {
    state: u64,
    words: u64,
}

impl Program {
    pub(crate) fn new(seed: u64, pages: u64) -> Self {
        Self { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1, words: pages * WORDS_A_PAGE }
    }

    /// Does so many accesses on a memory given by how to read and write it.
    pub(crate) fn run<M: ?Sized>(
        &mut self,
        accesses: u64,
        memory: &mut M,
        read: impl Fn(&mut M, u64) -> u64,
        write: impl Fn(&mut M, u64, u64),
    ) {
        for _ in 0..accesses {
            // xorshift64 (Marsaglia 2003).
            self.state ^= self.state << 13;
            self.state ^= self.state >> 7;
            self.state ^= self.state << 17;
            let word = (self.state >> 8) % self.words;
            let value = read(memory, word).wrapping_mul(31).wrapping_add(self.state);
            write(memory, word, value);
        }
    }

    /// The same on a memory of the pool.
    pub(crate) fn run_on(&mut self, accesses: u64, memory: &EnclaveMemory) {
        self.run(accesses, &mut &*memory, |m, word| read(m, word), |m, word, value| write(m, word, value));
    }

    /// The checksum of all words after so many accesses on memory that nobody pages.
    pub(crate) fn expected(seed: u64, pages: u64, accesses: u64) -> u64 {
        let mut words = vec![0u64; (pages * WORDS_A_PAGE) as usize];
        let mut program = Self::new(seed, pages);
        program.run(accesses, &mut words[..], |m, at| m[at as usize], |m, at, value| m[at as usize] = value);
        checksum(words.iter().copied())
    }
}

pub(crate) fn checksum(words: impl Iterator<Item = u64>) -> u64 {
    words.fold(0, |sum, word| sum.wrapping_mul(0x0100_0000_01b3).wrapping_add(word))
}

/// The checksum of a whole memory of the pool.
pub(crate) fn checksum_of(memory: &EnclaveMemory) -> u64 {
    checksum((0..memory.size().0 / 8).map(|word| read(memory, word)))
}
