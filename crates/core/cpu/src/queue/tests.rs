//! Against an oracle that recomputes everything from scratch at every step.

use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::vtime::LONGEST_CHARGE;

const WORKERS: u16 = 3;

fn id(index: u32) -> EnclaveId {
    EnclaveId { index, generation: 0 }
}

fn worker(index: u16) -> WorkerId {
    WorkerId(NonZeroU16::new(index + 1).unwrap())
}

fn weight(units: u32) -> Weight {
    Weight::new(units).unwrap()
}

fn queue(workers: u16, slice: Nanos) -> RunQueue {
    RunQueue::new(NonZeroU16::new(workers).unwrap(), CpuConfig { slice }).unwrap()
}

#[derive(Clone, Debug)]
enum Op {
    Add { id: u32, weight: u32 },
    Remove { id: u32 },
    Wake { id: u32 },
    Slice { id: u32, nanos: u64 },
    Pick { worker: u16 },
    Account { worker: u16, ran: u64, after: After },
}

fn op() -> impl Strategy<Value = Op> {
    let small = 0..12_u32;
    let ran = prop_oneof![4 => 0..30_000_000_u64, 1 => Just(u64::MAX), 1 => 0..50_u64];
    let after = prop_oneof![3 => Just(After::Ready), 2 => Just(After::Blocked), 1 => Just(After::Done)];
    prop_oneof![
        3 => (small.clone(), prop_oneof![Just(1), Just(2), Just(1024), Just(1 << 20), 1..5000_u32])
            .prop_map(|(id, weight)| Op::Add { id, weight }),
        1 => small.clone().prop_map(|id| Op::Remove { id }),
        3 => small.clone().prop_map(|id| Op::Wake { id }),
        1 => (small, 1..100_000_000_u64).prop_map(|(id, nanos)| Op::Slice { id, nanos }),
        6 => (0..WORKERS).prop_map(|worker| Op::Pick { worker }),
        6 => (0..WORKERS, ran, after).prop_map(|(worker, ran, after)| Op::Account { worker, ran, after }),
    ]
}

/// Every active enclave as (id, weight, vruntime, virtual deadline).
fn actives(queue: &RunQueue) -> Vec<(EnclaveId, i128, i128, i128)> {
    let running = queue.running.values().map(|turn| &turn.entity);
    queue.ready.iter().chain(running).map(|e| (e.id, e.weight.wide(), e.vruntime.0, e.deadline.0)).collect()
}

/// What EEVDF must answer, by the definition, in O(n).
fn oracle_pick(queue: &RunQueue) -> Option<EnclaveId> {
    let all = actives(queue);
    let total: i128 = all.iter().map(|(_, w, ..)| w).sum();
    let weighted: i128 = all.iter().map(|(_, w, v, _)| w * v).sum();
    let ready: Vec<_> = all.iter().filter(|(id, ..)| queue.ready.get(*id).is_some()).collect();
    let eligible = ready.iter().filter(|(_, _, v, _)| v * total <= weighted);
    let due_first = eligible.min_by_key(|(id, _, _, deadline)| (*deadline, *id));
    let least_served = ready.iter().min_by_key(|(id, _, v, _)| (*v, *id));
    due_first.or(least_served).map(|(id, ..)| *id)
}

fn assert_sound(queue: &RunQueue) {
    let all = actives(queue);
    let total: i128 = all.iter().map(|(_, w, ..)| w).sum();
    let lags: i128 = all.iter().map(|(id, ..)| queue.lag(*id).unwrap().0).sum();
    assert!(lags <= 0 && lags >= -(total + all.len() as i128), "lags sum to {lags}, weights to {total}");
    let ids = queue.ready().chain(queue.running().map(|(_, id)| id)).chain(queue.blocked());
    let mut ids: Vec<_> = ids.collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), queue.len(), "an enclave is in two places");
}

proptest! {
    #[test]
    fn no_eligible_enclave_is_passed_over_for_a_later_deadline(ops in prop::collection::vec(op(), 1..200)) {
        let mut queue = queue(WORKERS, Nanos::from_millis(10));
        for (step, op) in ops.into_iter().enumerate() {
            let now = Timestamp(step as u64);
            match op {
                Op::Add { id: index, weight: units } => {
                    let known = queue.standing(id(index)).is_some();
                    prop_assert_eq!(queue.add(id(index), weight(units), now).is_err(), known);
                }
                Op::Remove { id: index } => {
                    let idle = matches!(queue.standing(id(index)), Some(Standing::Ready | Standing::Blocked));
                    prop_assert_eq!(queue.remove(id(index)).is_ok(), idle);
                }
                Op::Wake { id: index } => {
                    let expected = match queue.standing(id(index)) {
                        Some(Standing::Blocked) => Wake::BecameReady,
                        Some(Standing::Ready) => Wake::WasReady,
                        Some(Standing::Running(_)) => Wake::Remembered,
                        None => Wake::Gone,
                    };
                    prop_assert_eq!(queue.wake(id(index), now), expected);
                }
                Op::Slice { id: index, nanos } => {
                    let known = queue.standing(id(index)).is_some();
                    prop_assert_eq!(queue.set_slice(id(index), Nanos(nanos)).is_ok(), known);
                }
                Op::Pick { worker: index } => {
                    let busy = queue.running.get(&worker(index)).map(|turn| turn.entity.id);
                    let expected = busy.or_else(|| oracle_pick(&queue));
                    let got = match queue.pick(worker(index), now) {
                        Next::Run { id, slice, .. } => {
                            prop_assert!(slice > Nanos::ZERO);
                            Some(id)
                        }
                        Next::Idle => None,
                    };
                    prop_assert_eq!(got, expected);
                }
                Op::Account { worker: index, ran, after } => {
                    if let Some(turn) = queue.running.get(&worker(index)) {
                        let (id, woken) = (turn.entity.id, turn.woken);
                        queue.account(id, Nanos(ran), now, after).unwrap();
                        let expected = match after {
                            After::Blocked if !woken => Some(Standing::Blocked),
                            After::Ready | After::Blocked => Some(Standing::Ready),
                            After::Done => None,
                        };
                        prop_assert_eq!(queue.standing(id), expected);
                    }
                }
            }
            assert_sound(&queue);
        }
    }

    /// Stoica and Abdel-Wahab 1995, theorem 1, for enclaves that stay: lag lies between minus and plus the
    /// longest request. Our charges round up by under weight / 2^20 ns a run.
    #[test]
    fn on_one_worker_lag_stays_within_the_longest_request(
        members in prop::collection::vec((1..4096_u32, 100_000..50_000_000_u64), 1..10),
        cuts in prop::collection::vec(1..=8_u64, 300),
    ) {
        let mut queue = queue(1, Nanos(100_000));
        for (index, (units, slice)) in members.iter().enumerate() {
            let id = id(index as u32);
            // The first request already has the slice, as where the shell sets it before the first wake-up.
            queue.add(id, weight(*units), Timestamp(0)).unwrap();
            queue.set_slice(id, Nanos(*slice)).unwrap();
        }
        let longest = members.iter().map(|(_, slice)| *slice as i64).max().unwrap();
        for cut in cuts {
            let Next::Run { id, slice, .. } = queue.pick(worker(0), Timestamp(0)) else { unreachable!() };
            queue.account(id, Nanos((slice.0 / cut).max(1)), Timestamp(0), After::Ready).unwrap();
            for (id, ..) in actives(&queue) {
                let lag = queue.lag(id).unwrap().as_nanos();
                prop_assert!(lag.abs() <= longest + 2, "{id} has lag {lag}, the longest request is {longest}");
            }
        }
    }
}

#[test]
fn ten_years_at_the_least_weight_neither_overflow_nor_drift() {
    let mut queue = queue(1, RunQueue::LONGEST_SLICE);
    for index in 0..3 {
        queue.add(id(index), Weight::MIN, Timestamp(0)).unwrap();
    }
    let mut served = [0_u64; 3];
    while served.iter().sum::<u64>() < 10 * 365 * 86_400 * 1_000_000_000 {
        let Next::Run { id, .. } = queue.pick(worker(0), Timestamp(0)) else { unreachable!() };
        queue.account(id, LONGEST_CHARGE, Timestamp(0), After::Ready).unwrap();
        served[id.index as usize] += LONGEST_CHARGE.0;
        let (least, most) = (served.iter().min().unwrap(), served.iter().max().unwrap());
        assert!(most - least <= LONGEST_CHARGE.0, "{served:?}");
        assert!(actives(&queue).iter().all(|(_, _, v, d)| v.abs() < 1 << 64 && d.abs() < 1 << 64));
    }
}

#[test]
fn renormalising_changes_no_decision() {
    let history = |mut queue: RunQueue| -> Vec<EnclaveId> {
        let picks = (0..500).map(|step| {
            let Next::Run { id, slice, .. } = queue.pick(worker(0), Timestamp(0)) else { unreachable!() };
            let after = if step % 7 == 3 { After::Blocked } else { After::Ready };
            queue.account(id, Nanos(slice.0 / (1 + step % 3)), Timestamp(0), after).unwrap();
            if step % 7 == 5 {
                let sleepers: Vec<_> = queue.blocked().collect();
                for id in sleepers {
                    assert_eq!(queue.wake(id, Timestamp(0)), Wake::BecameReady);
                }
            }
            id
        });
        picks.collect()
    };
    let fresh = || {
        let mut queue = queue(1, Nanos::from_millis(3));
        for index in 0..6 {
            queue.add(id(index), weight(100 + 333 * index), Timestamp(0)).unwrap();
        }
        queue
    };
    let mut shifted = fresh();
    let far = -(RunQueue::RENORMALISE_AT - 1_000_000);
    shifted.active.rebase(far);
    shifted.ready.rebase(far);
    assert!(shifted.active.mean() > RunQueue::RENORMALISE_AT / 2);
    assert_eq!(history(fresh()), history(shifted));
}

#[test]
fn an_enclave_woken_while_it_runs_does_not_block() {
    let mut queue = queue(1, Nanos(100));
    queue.add(id(0), weight(1), Timestamp(0)).unwrap();
    assert!(matches!(queue.pick(worker(0), Timestamp(0)), Next::Run { .. }));
    assert_eq!(queue.wake(id(0), Timestamp(1)), Wake::Remembered);
    queue.account(id(0), Nanos(5), Timestamp(5), After::Blocked).unwrap();
    assert_eq!(queue.standing(id(0)), Some(Standing::Ready));

    // It was remembered for that run only.
    assert!(matches!(queue.pick(worker(0), Timestamp(5)), Next::Run { slice: Nanos(95), .. }));
    queue.account(id(0), Nanos(5), Timestamp(10), After::Blocked).unwrap();
    assert_eq!(queue.standing(id(0)), Some(Standing::Blocked));
}

#[test]
fn calls_out_of_turn_are_named_and_change_nothing() {
    let mut queue = queue(1, Nanos(100));
    let (now, known, unknown) = (Timestamp(0), id(0), id(1));
    queue.add(known, weight(1), now).unwrap();
    assert_eq!(queue.add(known, weight(1), now), Err(Misuse::AlreadyQueued(known)));
    assert_eq!(queue.remove(unknown), Err(Misuse::NotQueued(unknown)));
    assert_eq!(queue.set_slice(unknown, Nanos(1)), Err(Misuse::NotQueued(unknown)));
    assert_eq!(queue.set_slice(known, Nanos(0)), Err(Misuse::SliceOutOfRange(Nanos(0))));
    assert_eq!(queue.account(known, Nanos(1), now, After::Ready), Err(Misuse::NotRunning(known)));
    assert!(matches!(queue.pick(worker(0), now), Next::Run { .. }));
    assert_eq!(queue.remove(known), Err(Misuse::StillRunning(known, worker(0))));
    assert_eq!(queue.standing(known), Some(Standing::Running(worker(0))));
    assert!(RunQueue::new(NonZeroU16::MIN, CpuConfig { slice: Nanos::from_secs(11) }).is_err());
}

#[test]
fn equal_deadlines_go_to_the_lower_id() {
    let mut queue = queue(2, Nanos(100));
    for index in [2, 0, 1] {
        queue.add(id(index), weight(7), Timestamp(0)).unwrap();
    }
    assert!(matches!(queue.pick(worker(0), Timestamp(0)), Next::Run { id: first, .. } if first == id(0)));
    assert!(matches!(queue.pick(worker(1), Timestamp(0)), Next::Run { id: second, .. } if second == id(1)));
}
