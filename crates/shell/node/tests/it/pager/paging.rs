//! Memory larger than the pool.

use casemate_model::{Bytes, PAGE_SIZE};

use super::guest::{
    Program, WORDS_A_PAGE, checksum_of, enclave, for_each_mechanism, memory, pool, read, worker, write,
};

#[test]
fn data_four_times_the_pool_survives_random_reads_and_writes() {
    for_each_mechanism("random", |mechanism| {
        let pool = pool(mechanism, 128, 1);
        let memory = memory(&pool, enclave(1), 512);
        let entered = memory.enter(worker(1));
        Program::new(7, 512).run_on(20_000, &memory);
        assert_eq!(checksum_of(&memory), Program::expected(7, 512, 20_000));
        drop(entered);

        let stats = memory.stats();
        assert!(stats.page_outs > 10_000 && stats.page_ins > 10_000, "{stats:?}");
        assert_eq!(stats.zero_fills, 512);
        assert_eq!(stats.page_outs + stats.resident_pages, stats.page_ins + stats.zero_fills);
        assert_eq!(memory.poison(), None);
    });
}

#[test]
fn a_sequential_sweep_brings_pages_in_together() {
    for_each_mechanism("sequential", |mechanism| {
        let pool = pool(mechanism, 128, 1);
        let memory = memory(&pool, enclave(1), 512);
        let _entered = memory.enter(worker(1));
        for round in 0..4 {
            for page in 0..512 {
                assert_eq!(read(&memory, page * WORDS_A_PAGE + 3), page * round);
                write(&memory, page * WORDS_A_PAGE + 3, page * (round + 1));
            }
        }
        let stats = memory.stats();
        assert!(stats.faults * 4 < stats.page_ins + stats.zero_fills, "{stats:?}");
    });
}

#[test]
fn an_instruction_that_needs_two_pages_completes_in_the_smallest_pool() {
    for_each_mechanism("straddling", |mechanism| {
        let pool = pool(mechanism, 16, 1);
        let memory = memory(&pool, enclave(1), 256);
        let _entered = memory.enter(worker(1));
        for round in 1..20u64 {
            for page in (1..256).rev() {
                // SAFETY: eight bytes around a page boundary inside the memory.
                unsafe {
                    let at = memory.base().add((page * PAGE_SIZE) as usize - 4).cast::<u64>();
                    assert_eq!(at.read_unaligned(), (round - 1) * page);
                    at.write_unaligned(round * page);
                }
            }
        }
    });
}

#[test]
fn a_memory_grows_where_it_is_and_new_pages_are_zero() {
    for_each_mechanism("growing", |mechanism| {
        let pool = pool(mechanism, 32, 1);
        let memory = pool.create(enclave(1), Bytes::mib(4)).expect("there is a slot");
        assert_eq!(memory.size(), Bytes(0));
        let _entered = memory.enter(worker(1));
        let base = memory.base();
        for pages in [1u64, 2, 100, 1024] {
            let old = memory.size().0 / 8;
            memory.grow(Bytes(pages * PAGE_SIZE)).expect("under the limit");
            assert_eq!((memory.base(), memory.size()), (base, Bytes(pages * PAGE_SIZE)));
            for word in (old..memory.size().0 / 8).step_by(512) {
                assert_eq!(read(&memory, word), 0);
                write(&memory, word, word);
            }
        }
        assert!((0..1024 * WORDS_A_PAGE).step_by(512).all(|word| read(&memory, word) == word));
    });
}

#[test]
fn an_enclave_swapped_out_whole_comes_back_whole() {
    for_each_mechanism("swapping out", |mechanism| {
        let pool = pool(mechanism, 128, 1);
        let memory = memory(&pool, enclave(1), 100);
        let entered = memory.enter(worker(1));
        Program::new(3, 100).run_on(5_000, &memory);
        drop(entered);
        let resident = memory.stats().resident_pages;
        assert!(resident > 0);
        assert_eq!(memory.evict_all(), resident);
        assert_eq!((memory.stats().resident_pages, pool.stats().free), (0, pool.stats().frames));
        let _entered = memory.enter(worker(1));
        assert_eq!(checksum_of(&memory), Program::expected(3, 100, 5_000));
    });
}

#[test]
fn a_thread_that_never_entered_anything_is_served_too() {
    for_each_mechanism("loader thread", |mechanism| {
        let pool = pool(mechanism, 32, 1);
        let memory = memory(&pool, enclave(1), 128);
        let entered = memory.enter(worker(1));
        Program::new(5, 128).run_on(5_000, &memory);
        drop(entered);
        let sum = std::thread::scope(|scope| scope.spawn(|| checksum_of(&memory)).join());
        assert_eq!(sum.ok(), Some(Program::expected(5, 128, 5_000)));
    });
}

#[test]
fn pages_are_not_resealed_under_a_version_used_before() {
    for_each_mechanism("versions", |mechanism| {
        let pool = pool(mechanism, 32, 1);
        let memory = memory(&pool, enclave(1), 1);
        let store = memory.sealed_store();
        let entered = memory.enter(worker(1));
        write(&memory, 0, 1);
        let mut seen = Vec::new();
        for _ in 0..50 {
            assert_eq!(memory.evict_all(), 1);
            let copy = store.snapshot(casemate_epc::PageNo(0)).expect("it was sealed");
            assert!(!seen.contains(&copy), "the same plaintext sealed twice looks different");
            seen.push(copy);
            assert_eq!(read(&memory, 0), 1);
        }
        drop(entered);
    });
}

#[test]
fn words_are_read_and_written_by_offset_and_survive_eviction() {
    for_each_mechanism("words", |mechanism| {
        let pool = pool(mechanism, 32, 1);
        let memory = memory(&pool, enclave(1), 128);
        let mut entered = memory.enter(worker(1));
        for page in 0..128 {
            entered.store(page * PAGE_SIZE + 8, page + 1);
        }
        assert!(memory.stats().page_outs > 0);
        for page in 0..128 {
            assert_eq!((entered.load(page * PAGE_SIZE), entered.load(page * PAGE_SIZE + 8)), (0, page + 1));
        }
    });
}

#[test]
fn no_word_is_reached_outside_the_memory_or_askew() {
    for_each_mechanism("offsets", |mechanism| {
        let pool = pool(mechanism, 32, 2);
        let (memory, _neighbour) = (memory(&pool, enclave(1), 2), memory(&pool, enclave(2), 2));
        let entered = memory.enter(worker(1));
        for offset in [4, 2 * PAGE_SIZE - 4, 2 * PAGE_SIZE, 4 << 30, u64::MAX, u64::MAX - 7] {
            let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| entered.load(offset)));
            assert!(read.is_err(), "{offset}");
        }
        assert_eq!(entered.load(2 * PAGE_SIZE - 8), 0);
    });
}
