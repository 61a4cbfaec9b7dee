//! How long somebody waits, counted in picks.

use casemate_cpu::{After, Next, Wake, Weight};
use casemate_model::{Nanos, Timestamp};
use proptest::prelude::*;

use crate::driver::{Machine, id, worker};

proptest! {
    #[test]
    fn busy_loops_keep_a_newcomer_waiting_for_at_most_two_picks_each(
        hogs in 1..20_usize,
        before in 0..200_usize,
    ) {
        let mut machine = Machine::new(1, Nanos::from_millis(10));
        (0..hogs).for_each(|index| machine.add(index, 1024));
        for _ in 0..before {
            machine.step(|_, slice| (slice, After::Ready));
        }
        machine.add(hogs, 1024);
        let picks = (1..).find(|_| machine.step(|_, slice| (slice, After::Ready)) == Some(id(hogs)));
        prop_assert!(picks.unwrap() <= 2 * hogs + 1, "waited {picks:?} picks behind {hogs}");
    }

    #[test]
    fn a_light_enclave_runs_within_its_period_however_heavy_the_others(
        heavy in prop::collection::vec(1000..100_000_u32, 1..6),
    ) {
        // Weight 1 of W is due one slice every W slices, and may be early or late by one period.
        let mut machine = Machine::new(1, Nanos::from_millis(1));
        machine.add(0, 100);
        for (index, units) in heavy.iter().enumerate() {
            machine.add(index + 1, *units);
        }
        let period = 1 + heavy.iter().sum::<u32>() as usize / 100;
        let mut waited = 0;
        for _ in 0..4 * period {
            let picked = machine.step(|_, slice| (slice, After::Ready));
            waited = if picked == Some(id(0)) { 0 } else { waited + 1 };
            prop_assert!(waited <= 2 * period + heavy.len(), "waited {waited} picks, the period is {period}");
        }
    }
}

#[test]
fn a_short_request_overtakes_long_ones_when_it_wakes() {
    let mut machine = Machine::new(1, Nanos::from_millis(50));
    (0..6).for_each(|index| machine.add(index, 1024));
    machine.queue.set_slice(id(0), Nanos::from_millis(1)).unwrap();
    let blocks =
        |picked, slice| if picked == id(0) { (Nanos(10_000), After::Blocked) } else { (slice, After::Ready) };
    for _ in 0..30 {
        machine.step(blocks);
    }
    for round in 0..20 {
        assert_eq!(machine.queue.wake(id(0), machine.now), Wake::BecameReady, "round {round}");
        assert_eq!(machine.step(blocks), Some(id(0)), "round {round}");
        for _ in 0..7 {
            machine.step(blocks);
        }
    }
}

#[test]
fn only_an_earlier_eligible_deadline_contends_for_a_busy_worker() {
    let Machine { mut queue, .. } = Machine::new(2, Nanos::from_millis(50));
    let now = Timestamp(0);
    for index in 0..3 {
        queue.add(id(index), Weight::ONE_CPU, now).unwrap();
    }
    assert!(matches!(queue.pick(worker(0), now), Next::Run { id: first, .. } if first == id(0)));
    assert_eq!(queue.contender(worker(0)), None, "equal deadlines do not interrupt each other");
    assert_eq!(queue.contender(worker(1)), None, "an idle worker has no run to end");

    // Enclave 1 waits for a message, and asks for little at a time.
    assert!(matches!(queue.pick(worker(1), now), Next::Run { id: second, .. } if second == id(1)));
    queue.set_slice(id(1), Nanos::from_millis(1)).unwrap();
    queue.account(id(1), Nanos(0), now, After::Blocked).unwrap();
    assert_eq!(queue.contender(worker(0)), None, "who is blocked contends for nothing");
    assert_eq!(queue.wake(id(1), now), Wake::BecameReady);
    assert_eq!(queue.contender(worker(0)), Some(id(1)));
}

#[test]
fn the_wait_reported_is_the_time_since_it_became_ready() {
    let mut machine = Machine::new(1, Nanos::from_millis(1));
    machine.queue.add(id(0), Weight::ONE_CPU, Timestamp(100)).unwrap();
    let next = machine.queue.pick(worker(0), Timestamp(175));
    assert_eq!(next, Next::Run { id: id(0), slice: Nanos::from_millis(1), waited: Nanos(75) });
}
