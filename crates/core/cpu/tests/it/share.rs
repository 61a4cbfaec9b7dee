//! Proportional share over time.

use casemate_cpu::After;
use casemate_model::{Nanos, Timestamp};
use proptest::prelude::*;

use crate::driver::{Machine, id};

proptest! {
    #[test]
    fn on_one_worker_everybody_is_within_one_slice_of_their_share_at_all_times(
        weights in prop::collection::vec(1..5000_u32, 2..10),
        slice in 1_000_000..20_000_000_u64,
    ) {
        let mut machine = Machine::new(1, Nanos(slice));
        for (index, units) in weights.iter().enumerate() {
            machine.add(index, *units);
        }
        let total: u64 = weights.iter().copied().map(u64::from).sum();
        for _ in 0..300 {
            machine.step(|_, slice| (slice, After::Ready));
            let given: u64 = machine.served.values().sum();
            for (index, units) in weights.iter().enumerate() {
                let due = u128::from(given) * u128::from(*units) / u128::from(total);
                let off = i128::from(machine.served(index)) - due as i128;
                prop_assert!(off.unsigned_abs() <= u128::from(slice) + 300, "{index} is off by {off} ns");
            }
        }
    }

    #[test]
    fn on_several_workers_feasible_shares_come_within_a_slice_a_worker(
        workers in 2..5_u16,
        weights in prop::collection::vec(500..1000_u32, 10..20),
    ) {
        const SLICE: u64 = 10_000_000;
        let mut machine = Machine::new(workers, Nanos(SLICE));
        for (index, units) in weights.iter().enumerate() {
            machine.add(index, *units);
        }
        machine.run_hogs(Timestamp::from_unix_secs(4));
        let given: u64 = machine.served.values().sum();
        let total: u64 = weights.iter().copied().map(u64::from).sum();
        for (index, units) in weights.iter().enumerate() {
            let due = u128::from(given) * u128::from(*units) / u128::from(total);
            let off = (i128::from(machine.served(index)) - due as i128).unsigned_abs();
            prop_assert!(off <= u128::from(SLICE) * u128::from(workers), "{index} is off by {off} ns");
        }
    }
}

#[test]
fn a_shorter_slice_buys_no_share() {
    let mut machine = Machine::new(1, Nanos::from_millis(20));
    (0..4).for_each(|index| machine.add(index, 1024));
    machine.queue.set_slice(id(0), Nanos::from_millis(1)).unwrap();
    machine.run_hogs(Timestamp::from_unix_secs(8));
    let quarter = 2_000_000_000_i64;
    for index in 0..4 {
        let off = machine.served(index) as i64 - quarter;
        assert!(off.abs() <= 20_000_000, "{index} is off by {off} ns");
    }
}

#[test]
fn a_weight_beyond_one_worker_gets_one_worker_and_the_rest_is_shared() {
    let mut machine = Machine::new(2, Nanos::from_millis(10));
    machine.add(0, 100_000);
    machine.add(1, 10);
    machine.add(2, 10);
    machine.run_hogs(Timestamp::from_unix_secs(10));
    assert!(machine.served(0) >= 9_900_000_000, "{}", machine.served(0));
    for light in [1, 2] {
        assert!(machine.served(light).abs_diff(5_000_000_000) <= 20_000_000, "{}", machine.served(light));
    }
    // The heavy one has hoarded nothing that it could turn on the others later.
    assert!(machine.queue.lag(id(0)).unwrap().as_nanos() <= 20_000_000);
}

#[test]
fn of_several_weights_beyond_one_worker_each_gets_one() {
    let mut machine = Machine::new(3, Nanos::from_millis(10));
    for (index, units) in [10_000, 1000, 100, 100].into_iter().enumerate() {
        machine.add(index, units);
    }
    machine.run_hogs(Timestamp::from_unix_secs(10));
    assert!(machine.served(0) >= 9_900_000_000 && machine.served(1) >= 9_900_000_000, "{:?}", machine.served);
    assert!(machine.served(2).abs_diff(machine.served(3)) <= 40_000_000, "{:?}", machine.served);
}
