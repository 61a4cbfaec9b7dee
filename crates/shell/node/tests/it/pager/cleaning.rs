//! Nothing readable is left behind, and every frame comes back.

use std::sync::{Arc, Mutex};

use casemate_model::PAGE_SIZE;
use casemate_node::pager::{GrowError, Pool, Returning};

use super::guest::{Program, config, enclave, for_each_mechanism, memory, pool, worker, write};

#[test]
fn every_page_is_zero_when_it_returns_to_the_kernel() {
    for_each_mechanism("zeroing", |mechanism| {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let mut config = config(mechanism, 32, 1);
        let log = Arc::clone(&seen);
        config.observer = Some(Arc::new(move |returned| {
            let zero = returned.bytes.iter().all(|byte| *byte == 0);
            log.lock().expect("no test panics in here").push((returned.why, returned.page, zero));
        }));
        let pool = Pool::new(config).expect("it was permitted a moment ago");
        let memory = memory(&pool, enclave(1), 64);
        let entered = memory.enter(worker(1));
        for word in 0..memory.size().0 / 8 {
            write(&memory, word, u64::MAX);
        }
        drop(entered);
        let cleaned = memory.destroy();

        let seen = seen.lock().expect("no test panics in here");
        let count = |why| seen.iter().filter(|(reason, ..)| *reason == why).count() as u64;
        assert_eq!(count(Returning::Evicted), memory.stats().page_outs);
        assert_eq!(count(Returning::Destroyed), cleaned.zeroed_pages);
        assert!(count(Returning::Evicted) >= 32 && count(Returning::Destroyed) > 0);
        assert!(seen.iter().all(|(.., zero)| *zero));
    });
}

#[test]
fn all_frames_come_back_and_a_slot_is_used_again() {
    for_each_mechanism("frames", |mechanism| {
        let pool = pool(mechanism, 64, 1);
        for round in 0..300 {
            let memory = memory(&pool, enclave(round), 100);
            let entered = memory.enter(worker(1));
            Program::new(1, 100).run_on(200, &memory);
            drop(entered);
            match round % 3 {
                0 => drop(memory),
                1 => {
                    assert_eq!(memory.destroy(), memory.destroy(), "the second time says what the first did")
                }
                // Destroyed while all of it is sealed.
                _ => assert_eq!((memory.evict_all() > 0, memory.destroy().zeroed_pages), (true, 0)),
            }
            let stats = pool.stats();
            assert_eq!((stats.free, stats.resident.0, stats.moving.0), (stats.frames, 0, 0), "round {round}");
        }
    });
}

#[test]
fn sealed_pages_are_given_back_with_their_memory() {
    for_each_mechanism("sealed pages", |mechanism| {
        let pool = pool(mechanism, 64, 1);
        let destroyed = |pages: u64| {
            let memory = memory(&pool, enclave(0), pages);
            let entered = memory.enter(worker(1));
            (0..pages).for_each(|page| write(&memory, page * PAGE_SIZE / 8, page));
            drop(entered);
            memory.evict_all();
        };
        destroyed(8192);
        let before = resident_bytes();
        (0..8).for_each(|_| destroyed(8192));
        // Eight times 32 MiB were sealed; other tests run beside this one.
        assert!(resident_bytes() < before + 128 * 1024 * 1024, "{before} -> {}", resident_bytes());
    });
}

#[test]
fn a_destroyed_memory_has_no_size_and_does_not_grow() {
    for_each_mechanism("destroyed", |mechanism| {
        let pool = pool(mechanism, 32, 1);
        let memory = memory(&pool, enclave(1), 4);
        memory.destroy();
        assert_eq!(memory.size().0, 0);
        assert!(matches!(memory.grow(memory.capacity()), Err(GrowError::Destroyed)));
        assert!(memory.try_enter(worker(1)).is_err());
    });
}

#[test]
fn a_new_memory_never_shows_what_its_slot_held_before() {
    for_each_mechanism("slot reuse", |mechanism| {
        let pool = pool(mechanism, 32, 1);
        for round in 0..20 {
            let memory = memory(&pool, enclave(round), 64);
            let _entered = memory.enter(worker(1));
            for word in (0..memory.size().0 / 8).step_by(100) {
                assert_eq!(super::guest::read(&memory, word), 0);
                write(&memory, word, u64::MAX);
            }
        }
    });
}

/// What this process has in memory now.
fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages: u64 = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("the second field");
    pages * PAGE_SIZE
}
