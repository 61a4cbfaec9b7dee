//! Many enclaves, two workers, one pool.

use std::sync::Mutex;

use casemate_node::pager::{EnclaveMemory, EnterError, Mechanism};

use super::guest::{Program, checksum_of, enclave, for_each_mechanism, memory, pool, read, worker, write};

const PAGES: u64 = 48;
const ACCESSES: u64 = 1_500;
const SLICE: u64 = 60;

/// Eight enclaves of 48 pages on 96 frames, run in slices by two workers that take
/// whichever is next. Every memory ends as if it had run alone.
fn two_workers(mechanism: Mechanism, run: u64) {
    let pool = pool(mechanism, 96, 2);
    let memories: Vec<EnclaveMemory> = (0..8).map(|index| memory(&pool, enclave(index), PAGES)).collect();
    let seed = |index: usize| run * 100 + index as u64;
    let ready: Vec<(usize, Program, u64)> =
        (0..8).map(|index| (index, Program::new(seed(index), PAGES), ACCESSES)).collect();
    let ready = Mutex::new(ready);
    std::thread::scope(|scope| {
        for number in 1..=2 {
            let (ready, memories) = (&ready, &memories);
            scope.spawn(move || {
                loop {
                    let next = {
                        let mut queue = ready.lock().expect("no worker panics");
                        if queue.is_empty() { None } else { Some(queue.remove(0)) }
                    };
                    let Some((index, mut program, left)) = next else { return };
                    let entered = memories[index].enter(worker(number));
                    program.run_on(left.min(SLICE), &memories[index]);
                    drop(entered);
                    if left > SLICE {
                        ready.lock().expect("no worker panics").push((index, program, left - SLICE));
                    }
                }
            });
        }
    });
    for (index, memory) in memories.iter().enumerate() {
        let entered = memory.enter(worker(1));
        assert_eq!(
            checksum_of(memory),
            Program::expected(seed(index), PAGES, ACCESSES),
            "run {run}, e{index}"
        );
        assert_eq!(memory.poison(), None);
        drop(entered);
    }
    drop(memories);
    assert_eq!(pool.stats().free, pool.stats().frames);
}

#[test]
fn fifty_runs_of_two_workers_lose_no_write() {
    for_each_mechanism("two workers", |mechanism| (0..50).for_each(|run| two_workers(mechanism, run)));
}

#[test]
fn an_enclave_gets_its_frames_although_another_holds_the_whole_pool() {
    for_each_mechanism("progress", |mechanism| {
        let pool = pool(mechanism, 64, 2);
        let (large, small) = (memory(&pool, enclave(1), 256), memory(&pool, enclave(2), 64));
        // The first fills the pool and stays entered by a worker that does nothing more.
        let entered = large.enter(worker(1));
        (0..256).for_each(|page| write(&large, page * 512, page));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let _entered = small.enter(worker(2));
                Program::new(1, 64).run_on(3_000, &small);
                assert_eq!(checksum_of(&small), Program::expected(1, 64, 3_000));
            });
        });
        assert!((0..256).all(|page| read(&large, page * 512) == page));
        drop(entered);
    });
}

#[test]
fn one_worker_runs_the_two_memories_of_one_enclave_together() {
    for_each_mechanism("two memories", |mechanism| {
        let pool = pool(mechanism, 32, 2);
        let memories = [100, 60].map(|pages| memory(&pool, enclave(1), pages));
        let _entered = memories.each_ref().map(|memory| memory.enter(worker(1)));
        for (seed, pages) in [(1, 100), (2, 60)] {
            Program::new(seed, pages).run_on(3_000, &memories[seed as usize - 1]);
        }
        for (seed, pages) in [(1, 100), (2, 60)] {
            assert_eq!(checksum_of(&memories[seed as usize - 1]), Program::expected(seed, pages, 3_000));
        }
    });
}

#[test]
fn an_enclave_is_entered_once_and_a_pool_so_often_as_it_was_made_for() {
    for_each_mechanism("entering", |mechanism| {
        let pool = pool(mechanism, 32, 1);
        let (one, other) = (memory(&pool, enclave(1), 4), memory(&pool, enclave(2), 4));
        let entered = one.enter(worker(1));
        assert_eq!(one.try_enter(worker(2)).err(), Some(EnterError::RunsOn(worker(1))));
        assert_eq!(other.try_enter(worker(2)).err(), Some(EnterError::NoEntryLeft { entries: 1 }));
        drop(entered);
        assert!(one.try_enter(worker(2)).is_ok());
        assert!(other.try_enter(worker(2)).is_ok());
    });
}

#[test]
fn several_pools_in_one_process_do_not_meet() {
    for_each_mechanism("pools", |mechanism| {
        let pools = [0, 1, 2].map(|_| pool(mechanism, 32, 1));
        let memories = pools.each_ref().map(|pool| memory(pool, enclave(1), 64));
        std::thread::scope(|scope| {
            for (seed, memory) in (1..).zip(&memories) {
                scope.spawn(move || {
                    let _entered = memory.enter(worker(1));
                    Program::new(seed, 64).run_on(3_000, memory);
                    assert_eq!(checksum_of(memory), Program::expected(seed, 64, 3_000));
                });
            }
        });
    });
}
