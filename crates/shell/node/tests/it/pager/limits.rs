//! What is refused, by name.

use casemate_model::{Bytes, PAGE_SIZE, Pages};
use casemate_node::pager::{
    GrowError, Mechanism, MechanismChoice, Pool, PoolConfig, PoolError, SLOT_MEMORY, SLOTS,
};

use super::guest::{config, enclave, for_each_mechanism, pool};

#[test]
fn a_pool_by_mprotect_that_the_system_has_too_few_mappings_for() {
    let error = Pool::new(config(Mechanism::Mprotect, 1 << 22, 1)).expect_err("8 million mappings");
    assert!(matches!(error, PoolError::TooManyMappings { frames: Pages(4_194_304), needed: 8_388_608, .. }));
    assert!(error.to_string().contains("vm.max_map_count"), "{error}");
}

#[test]
fn a_pool_too_small_for_what_is_entered_at_once() {
    let error = Pool::new(PoolConfig::new(Pages(31), 2)).expect_err("two need 32");
    assert!(error.to_string().contains("128Ki"), "{error}");
}

#[test]
fn the_automatic_choice_always_finds_a_mechanism() {
    let pool = Pool::new(PoolConfig { mechanism: MechanismChoice::Auto, ..PoolConfig::new(Pages(64), 1) });
    let pool = pool.expect("mprotect is always there");
    assert_eq!(pool.stats().mechanism, pool.mechanism());
}

#[test]
fn memory_over_the_limit_and_over_a_slot() {
    for_each_mechanism("limits", |mechanism| {
        let pool = pool(mechanism, 64, 1);
        let too_large = pool.create(enclave(1), Bytes(SLOT_MEMORY.0 + 1));
        assert!(matches!(too_large, Err(PoolError::TooLarge { .. })));
        let memory = pool.create(enclave(1), Bytes(10 * PAGE_SIZE)).expect("there is a slot");
        assert!(matches!(memory.grow(Bytes(10 * PAGE_SIZE + 1)), Err(GrowError::OverLimit { .. })));
        memory.grow(Bytes(10 * PAGE_SIZE)).expect("that is the limit");
        memory.grow(Bytes(PAGE_SIZE)).expect("it is larger already");
        assert_eq!(memory.size(), memory.capacity());
    });
}

#[test]
fn the_largest_memory_costs_little_until_it_is_touched() {
    for_each_mechanism("4 GiB", |mechanism| {
        let pool = pool(mechanism, 64, 1);
        let memory = pool.create(enclave(1), SLOT_MEMORY).expect("there is a slot");
        memory.grow(SLOT_MEMORY).expect("that is its limit");
        let _entered = memory.enter(super::guest::worker(1));
        let last = SLOT_MEMORY.0 / 8 - 1;
        super::guest::write(&memory, last, 42);
        assert_eq!(super::guest::read(&memory, last), 42);
    });
}

#[test]
fn more_memories_than_slots() {
    for_each_mechanism("slots", |mechanism| {
        let pool = pool(mechanism, 64, 1);
        let create = |index| pool.create(enclave(index), Bytes(PAGE_SIZE));
        let mut memories: Vec<_> =
            (0..u32::from(SLOTS)).map(|i| create(i).expect("a slot is free")).collect();
        assert!(matches!(create(1000), Err(PoolError::Full(_))));
        memories.pop();
        assert!(create(1001).is_ok());
    });
}
