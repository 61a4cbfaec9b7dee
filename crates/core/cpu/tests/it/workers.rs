//! Several workers over one queue.

use std::collections::BTreeSet;

use casemate_cpu::{After, Next};
use casemate_model::{Nanos, Timestamp};
use proptest::prelude::*;

use crate::driver::{Machine, id, worker};

proptest! {
    #[test]
    fn no_enclave_is_on_two_workers_and_no_worker_idles_while_one_is_ready(
        steps in prop::collection::vec((0..4_u16, 0..4_u8, 1..20_000_000_u64), 1..300),
        enclaves in 1..8_usize,
    ) {
        let mut machine = Machine::new(4, Nanos::from_millis(10));
        (0..enclaves).for_each(|index| machine.add(index, 1 + 700 * index as u32));
        for (at, (index, what, ran)) in steps.into_iter().enumerate() {
            let now = Timestamp(at as u64);
            let held = machine.queue.running().find(|(w, _)| *w == worker(index)).map(|(_, id)| id);
            match (what, held) {
                (0, Some(id)) => machine.queue.account(id, Nanos(ran), now, After::Ready).unwrap(),
                (1, Some(id)) => machine.queue.account(id, Nanos(ran), now, After::Blocked).unwrap(),
                (2, _) => {
                    let _ = machine.queue.wake(id(at % enclaves), now);
                }
                _ => {
                    let ready = machine.queue.ready().count();
                    let next = machine.queue.pick(worker(index), now);
                    prop_assert_eq!(next == Next::Idle, ready == 0 && held.is_none());
                }
            }
            let running: Vec<_> = machine.queue.running().map(|(_, id)| id).collect();
            let distinct: BTreeSet<_> = running.iter().copied().collect();
            prop_assert_eq!(running.len(), distinct.len());
        }
    }
}

#[test]
fn a_worker_that_asks_twice_is_told_the_same() {
    let mut machine = Machine::new(2, Nanos::from_millis(10));
    machine.add(0, 1);
    machine.add(1, 1);
    let Next::Run { id: first, .. } = machine.queue.pick(worker(0), Timestamp(0)) else { unreachable!() };
    let Next::Run { id: again, .. } = machine.queue.pick(worker(0), Timestamp(1)) else { unreachable!() };
    assert_eq!(first, again);
    assert_eq!(machine.queue.ready().count(), 1);
}
