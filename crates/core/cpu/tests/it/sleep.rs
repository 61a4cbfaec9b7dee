//! Sleep neither launders a debt nor hoards a credit.

use casemate_cpu::{After, Next, Wake};
use casemate_model::{Nanos, Timestamp};
use proptest::prelude::*;

use crate::driver::{Machine, id, worker};

const SLICE: Nanos = Nanos::from_millis(10);

#[test]
fn an_enclave_that_naps_after_each_overrun_gains_nothing_by_it() {
    // Enclave 0 runs its whole slice, then sleeps for an instant: were its debt forgotten, it
    // would be eligible at once and take more than its third.
    let mut machine = Machine::new(1, SLICE);
    (0..3).for_each(|index| machine.add(index, 1024));
    for _ in 0..3000 {
        machine.step(|picked, slice| (slice, if picked == id(0) { After::Blocked } else { After::Ready }));
        if machine.queue.blocked().next().is_some() {
            assert_eq!(machine.queue.wake(id(0), machine.now), Wake::BecameReady);
        }
    }
    let total: u64 = machine.served.values().sum();
    assert!(machine.served(0) <= total / 3 + SLICE.0, "{:?}", machine.served);
    assert!(machine.served(0) >= total / 4, "the nap costs little: {:?}", machine.served);
}

#[test]
fn a_debt_is_still_there_after_a_long_sleep() {
    let mut machine = Machine::new(1, SLICE);
    (0..2).for_each(|index| machine.add(index, 1024));
    assert!(
        matches!(machine.queue.pick(worker(0), Timestamp(0)), Next::Run { id: first, .. } if first == id(0))
    );
    machine.queue.account(id(0), Nanos::from_millis(40), Timestamp(0), After::Blocked).unwrap();
    let owed = machine.queue.lag(id(0)).unwrap().as_nanos();
    assert_eq!(owed, -20_000_000, "of 40 ms it was due half");

    // An hour passes, which the other spends running.
    let later = Timestamp::from_unix_secs(3600);
    assert!(matches!(machine.queue.pick(worker(0), later), Next::Run { .. }));
    machine.queue.account(id(1), SLICE, later, After::Ready).unwrap();
    assert_eq!(machine.queue.wake(id(0), later), Wake::BecameReady);
    let after = machine.queue.lag(id(0)).unwrap().as_nanos();
    assert!((owed - 2..=owed).contains(&after), "{after}");
    assert!(!machine.queue.lag(id(0)).unwrap().is_eligible());
}

proptest! {
    #[test]
    fn a_credit_kept_over_sleep_is_never_more_than_one_request(
        weights in prop::collection::vec(1..4096_u32, 2..8),
        blocks in prop::collection::vec(any::<bool>(), 200),
    ) {
        let mut machine = Machine::new(1, SLICE);
        for (index, units) in weights.iter().enumerate() {
            machine.add(index, *units);
        }
        for (step, block) in blocks.iter().enumerate() {
            machine.step(|_, slice| {
                (slice, if *block { After::Blocked } else { After::Ready })
            });
            let sleepers: Vec<_> = machine.queue.blocked().collect();
            for sleeper in sleepers {
                let lag = machine.queue.lag(sleeper).unwrap().as_nanos();
                prop_assert!(lag <= SLICE.0 as i64, "{sleeper} sleeps with {lag}");
                if step % 5 == 4 {
                    prop_assert_eq!(machine.queue.wake(sleeper, machine.now), Wake::BecameReady);
                }
            }
        }
    }
}
