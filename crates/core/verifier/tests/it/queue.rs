//! The queue is fair, bounded and starves nobody, whatever is sent.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use casemate_model::{Nanos, Timestamp};
use casemate_verifier::queue::{Busy, Full, Limits, Name, OLDEST_EVERY, Priority, Queue, Request, Ticket};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_unix_secs(1_800_000_000);
const END: Timestamp = Timestamp(u64::MAX);

fn name(n: u64) -> Name {
    let mut name = [0; 32];
    name[..8].copy_from_slice(&n.to_le_bytes());
    name
}

fn request(tenant: &str, evidence: u64) -> Request {
    Request {
        tenant: tenant.into(),
        priority: Priority::Normal,
        deadline: END,
        evidence: name(evidence),
        flight: None,
    }
}

fn limits(total: usize, per_tenant: usize) -> Limits {
    Limits { total, per_tenant, ..Limits::default() }
}

/// The tenants in the order in which they are served.
fn drain(queue: &mut Queue) -> Vec<String> {
    std::iter::from_fn(|| {
        let job = queue.next(NOW)?;
        queue.done(job.ticket);
        Some(job.tenant)
    })
    .collect()
}

#[test]
pub(crate) fn requests_are_served_by_priority_then_deadline_then_arrival() {
    let mut queue = Queue::new(Limits::default());
    let mut push = |priority, deadline, evidence| {
        let request = Request { priority, deadline: Timestamp(deadline), ..request("a", evidence) };
        queue.push(request, NOW).expect("room")
    };
    push(Priority::Renewal, 10, 0);
    push(Priority::Normal, 30, 1);
    push(Priority::Normal, 20, 2);
    push(Priority::Urgent, 90, 3);
    push(Priority::Normal, 20, 4);
    let mut served = Vec::new();
    for _ in 0..3 {
        let job = queue.next(NOW).expect("a job");
        served.push(job.evidence);
        queue.done(job.ticket);
    }
    assert_eq!(served, [name(3), name(2), name(4)]);
    let oldest = queue.next(NOW).expect("a job").evidence;
    assert_eq!((OLDEST_EVERY, oldest), (4, name(0)), "every fourth pick is the oldest request");
}

#[test]
pub(crate) fn a_flood_of_one_tenant_delays_another_by_one_pick() {
    let mut queue = Queue::new(Limits::default());
    for evidence in 0..400 {
        let request = Request { priority: Priority::Urgent, ..request("flood", evidence) };
        queue.push(request, NOW).expect("room");
    }
    let first = queue.next(NOW).expect("a job");
    queue.push(request("quiet", 1000), NOW).expect("room");
    queue.done(first.ticket);
    let order = drain(&mut queue);
    assert!(order.iter().position(|it| it == "quiet").expect("served") <= 1, "{:?}", &order[..4]);
}

#[test]
pub(crate) fn weights_are_shares() {
    let mut queue = Queue::new(Limits::default());
    queue.weigh("heavy", NonZeroU32::new(3).expect("three"));
    for evidence in 0..120 {
        queue.push(request("heavy", evidence), NOW).expect("room");
        queue.push(request("light", 1000 + evidence), NOW).expect("room");
    }
    let heavy = drain(&mut queue).iter().take(40).filter(|it| *it == "heavy").count();
    assert_eq!(heavy, 30);
}

#[test]
pub(crate) fn a_full_queue_says_what_is_full_and_when_to_come_back() {
    let mut queue = Queue::new(limits(3, 2));
    queue.push(request("a", 0), NOW).expect("room");
    queue.push(request("a", 1), NOW).expect("room");
    let Busy { full, retry_at } = queue.push(request("a", 2), NOW).expect_err("the tenant's share is full");
    assert_eq!(full, Full::Tenant { limit: 2 });
    assert!(retry_at > NOW);
    queue.push(request("b", 3), NOW).expect("room for another tenant");
    let Busy { full, retry_at } = queue.push(request("c", 4), NOW).expect_err("the queue is full");
    assert_eq!(full, Full::Queue { limit: 3 });
    assert!(retry_at > NOW);
    let job = queue.next(NOW).expect("a job");
    assert!(queue.push(request("c", 4), NOW).is_err(), "work counts until it is done");
    queue.done(job.ticket);
    queue.push(request("c", 4), NOW).expect("room again");
}

#[test]
pub(crate) fn whoever_is_refused_is_told_how_long_it_takes_until_there_is_room() {
    let per_second = NonZeroU32::new(10).expect("ten");
    let mut queue = Queue::new(Limits { per_second, ..limits(20, 8) });
    for evidence in 0..8 {
        queue.push(request("a", evidence), NOW).expect("room");
    }
    queue.push(request("b", 100), NOW).expect("room");
    let Busy { retry_at, .. } = queue.push(request("a", 8), NOW).expect_err("a full share");
    // A quarter of its 8, one in each round of two tenants.
    assert_eq!(retry_at, NOW.after(Nanos(4 * 100_000_000)));
    for evidence in 0..11 {
        queue.push(request(["c", "d"][evidence % 2], 200 + evidence as u64), NOW).expect("room");
    }
    let Busy { retry_at, .. } = queue.push(request("b", 101), NOW).expect_err("a full queue");
    assert_eq!(retry_at, NOW.after(Nanos(100_000_000)), "one pick");
}

#[test]
pub(crate) fn equal_evidence_is_verified_once_for_all_who_ask() {
    let mut queue = Queue::new(Limits::default());
    let one = queue.push(request("a", 7), NOW).expect("room");
    let other = queue.push(request("b", 7), NOW).expect("room");
    let job = queue.next(NOW).expect("a job");
    let late = queue.push(request("c", 7), NOW).expect("room");
    assert_eq!(queue.next(NOW), None);
    assert_eq!(queue.done(job.ticket), [one, other, late]);
    assert!(queue.is_empty());
}

#[test]
pub(crate) fn one_platform_is_verified_by_one_job_at_a_time() {
    let mut queue = Queue::new(Limits::default());
    let of = |evidence, platform| Request { flight: Some(name(platform)), ..request("a", evidence) };
    for (evidence, platform) in [(0, 50), (1, 50), (2, 51)] {
        queue.push(of(evidence, platform), NOW).expect("room");
    }
    let first = queue.next(NOW).expect("a job");
    let second = queue.next(NOW).expect("the other platform's job");
    assert_eq!((first.evidence, second.evidence), (name(0), name(2)));
    assert_eq!(queue.next(NOW), None, "the first platform is in work");
    queue.done(first.ticket);
    assert_eq!(queue.next(NOW).expect("a job").evidence, name(1));
}

#[test]
pub(crate) fn whoever_is_held_back_behind_a_platform_in_work_is_served_when_it_is_free() {
    let mut queue = Queue::new(Limits::default());
    let of = |tenant, evidence| Request { flight: Some(name(50)), ..request(tenant, evidence) };
    for evidence in 0..100 {
        queue.push(Request { priority: Priority::Urgent, ..of("flood", evidence) }, NOW).expect("room");
    }
    let first = queue.next(NOW).expect("a job");
    queue.push(of("victim", 1000), NOW).expect("room");
    for _ in 0..10 {
        assert_eq!(queue.next(NOW), None);
    }
    queue.done(first.ticket);
    let second = queue.next(NOW).expect("a job");
    queue.done(second.ticket);
    let third = queue.next(NOW).expect("a job");
    assert!([second.tenant, third.tenant].contains(&"victim".to_owned()));
}

#[test]
pub(crate) fn a_job_that_is_lost_frees_its_platform_and_tells_who_waited() {
    let mut queue = Queue::new(Limits { patience: Nanos::from_secs(5), ..Limits::default() });
    let waiting = queue.push(Request { flight: Some(name(9)), ..request("a", 0) }, NOW).expect("room");
    let job = queue.next(NOW).expect("a job");
    assert!(queue.lost(NOW.after(Nanos::from_secs(5))).is_empty(), "its last instant");
    assert_eq!(queue.lost(NOW.after(Nanos::from_secs(6))), [waiting]);
    assert!(queue.done(job.ticket).is_empty(), "its answer comes too late");
    queue.push(Request { flight: Some(name(9)), ..request("a", 1) }, NOW).expect("room");
    assert!(queue.next(NOW).is_some());
}

#[test]
pub(crate) fn whoever_cancels_takes_no_room() {
    let mut queue = Queue::new(limits(2, 2));
    let waiting = queue.push(request("a", 0), NOW).expect("room");
    let in_work = queue.push(request("a", 1), NOW).expect("room");
    queue.cancel(waiting);
    let job = queue.next(NOW).expect("a job");
    assert_eq!(job.ticket, in_work);
    queue.cancel(in_work);
    assert!(queue.is_empty());
    assert!(queue.done(job.ticket).is_empty());
    assert_eq!(queue.next(NOW), None);
}

#[derive(Clone, Debug)]
enum Step {
    Push { tenant: usize, priority: u8, deadline: u64, evidence: u64, flight: Option<u64> },
    Next,
    Done(usize),
    Cancel(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let push = (0..4usize, 0..3u8, 0..50u64, 0..40u64, proptest::option::of(0..5u64));
    prop_oneof![
        4 => push.prop_map(|(tenant, priority, deadline, evidence, flight)| Step::Push {
            tenant, priority, deadline, evidence, flight
        }),
        3 => Just(Step::Next),
        3 => (0..8usize).prop_map(Step::Done),
        1 => (0..60u64).prop_map(Step::Cancel),
    ]
}

proptest! {
    /// Everybody is answered once, nobody else is, and the bounds hold at every step.
    #[test]
    fn every_request_is_answered_exactly_once_and_the_bounds_hold(steps in proptest::collection::vec(step(), 0..120)) {
        let mut queue = Queue::new(limits(20, 8));
        let mut open: BTreeMap<Ticket, usize> = BTreeMap::new();
        let mut jobs: Vec<(Ticket, Option<Name>)> = Vec::new();
        let mut flights: BTreeMap<Name, Option<Name>> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Push { tenant, priority, deadline, evidence, flight } => {
                    let flight = flight.map(|_| name(1000 + evidence % 5));
                    let priority = [Priority::Urgent, Priority::Normal, Priority::Renewal][usize::from(priority)];
                    flights.entry(name(evidence)).or_insert(flight);
                    let request = Request {
                        tenant: format!("tenant {tenant}"),
                        priority,
                        deadline: Timestamp(deadline),
                        evidence: name(evidence),
                        flight: flights[&name(evidence)],
                    };
                    let of_tenant = open.values().filter(|it| **it == tenant).count();
                    match queue.push(request, NOW) {
                        Ok(ticket) => prop_assert!(open.insert(ticket, tenant).is_none()),
                        Err(busy) => {
                            prop_assert!(of_tenant >= 8 || open.len() >= 20);
                            prop_assert!(busy.retry_at > NOW);
                        }
                    }
                }
                Step::Next => {
                    if let Some(job) = queue.next(NOW) {
                        let flight = flights[&job.evidence];
                        prop_assert!(flight.is_none() || jobs.iter().all(|it| it.1 != flight), "two at a time");
                        jobs.push((job.ticket, flight));
                    }
                }
                Step::Done(nth) if nth < jobs.len() => {
                    for ticket in queue.done(jobs.remove(nth).0) {
                        prop_assert!(open.remove(&ticket).is_some(), "answered twice");
                    }
                }
                Step::Done(_) => {}
                Step::Cancel(ticket) => {
                    queue.cancel(Ticket(ticket));
                    open.remove(&Ticket(ticket));
                }
            }
            prop_assert_eq!(queue.len(), open.len());
            prop_assert!(open.len() <= 20);
        }
        for (job, _) in jobs {
            queue.done(job).iter().for_each(|it| _ = open.remove(it));
        }
        while let Some(job) = queue.next(NOW) {
            queue.done(job.ticket).iter().for_each(|it| _ = open.remove(it));
        }
        prop_assert!(open.is_empty(), "starved: {open:?}");
    }

    /// However the others flood, also while it waits, a request is served within the rounds it takes its
    /// own tenant to come to it.
    #[test]
    fn nobody_starves_whatever_the_others_send(
        tenants in 1..5usize,
        own in 0..6usize,
        flood in proptest::collection::vec((0..5usize, 0..3u8), 0..40),
    ) {
        let mut queue = Queue::new(limits(100_000, 100_000));
        let priority = |n| [Priority::Urgent, Priority::Normal, Priority::Renewal][usize::from(n)];
        let mut evidence = 0;
        let mut push = |queue: &mut Queue, tenant: String, priority| {
            evidence += 1;
            let request = Request { priority, ..request(&tenant, evidence) };
            queue.push(request, NOW).expect("room")
        };
        for (tenant, n) in flood {
            push(&mut queue, format!("flood {}", tenant % tenants), priority(n));
        }
        for _ in 0..own {
            push(&mut queue, "mine".into(), Priority::Urgent);
        }
        let mine = push(&mut queue, "mine".into(), Priority::Renewal);
        // The rest of this round; then at worst its turn comes as the oldest request.
        let rounds = 1 + (own + 1) * OLDEST_EVERY as usize;
        let bound = rounds * (tenants + 1);
        for _ in 0..bound {
            for tenant in 0..tenants {
                push(&mut queue, format!("flood {tenant}"), Priority::Urgent);
            }
            push(&mut queue, "mine".into(), Priority::Urgent);
            let job = queue.next(NOW).expect("a job");
            if queue.done(job.ticket).contains(&mine) {
                return Ok(());
            }
        }
        prop_assert!(false, "not served within {bound} picks");
    }
}
