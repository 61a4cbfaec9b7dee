//! Every form gives the same recording, and the bursts are those that were printed.

use casemate_sched_trace::{Burst, Interrupt, Recording, Task};

use crate::printed::{FORMS, What, idle, printed};

pub(crate) fn read(text: &str) -> Recording {
    Recording::read(text.as_bytes()).unwrap_or_else(|problem| panic!("{problem}\n{text}"))
}

const WEB: (&str, u32, i32) = ("Web Content", 210, 120);
const ODD: (&str, u32, i32) = ("a [1] b:2-3", 44, 110);
const BATCH: (&str, u32, i32) = (" ==> next_comm=", 301, 139);

const fn burst(run: u64, sleep: u64) -> Burst {
    Burst { run: run * 1_000, sleep: sleep * 1_000 }
}

#[test]
fn every_form_of_the_same_events_is_the_same_recording() {
    let events = [
        (1_000_000, 0, idle(0), What::Other),
        (1_000_100, 0, idle(0), What::Waking(WEB)),
        (1_000_102, 0, idle(0), What::Wakeup(WEB)),
        (1_000_110, 0, idle(0), What::Switch("R", WEB)),
        (1_000_200, 1, idle(1), What::Switch("R", BATCH)),
        // Pre-empted for 50 us by one that is more important, woken 10 us before.
        (1_000_300, 0, WEB, What::Waking(ODD)),
        (1_000_310, 0, WEB, What::Switch("R+", ODD)),
        (1_000_360, 0, ODD, What::Switch("S", WEB)),
        (1_000_460, 0, WEB, What::Switch("D", idle(0))),
        (1_000_500, 1, BATCH, What::IrqEntry(30, "virtio0-input.0")),
        (1_000_520, 1, BATCH, What::IrqExit(30)),
        (1_000_560, 1, BATCH, What::IrqEntry(11, "arch_timer")),
        (1_000_563, 1, BATCH, What::IrqExit(11)),
        (1_001_460, 0, idle(0), What::Waking(WEB)),
        (1_001_470, 0, idle(0), What::Switch("R", WEB)),
        (1_001_570, 0, WEB, What::Switch("X", idle(0))),
        (1_002_000, 0, idle(0), What::Other),
    ];
    let expected = [
        Task {
            pid: 301,
            comm: BATCH.0.into(),
            weight: 15,
            // Nothing woke it, so it has waited from the beginning.
            start: 0,
            // To the end, without what interrupts took.
            bursts: vec![burst(1_800 - 23, 0)],
        },
        Task {
            pid: 210,
            comm: WEB.0.into(),
            weight: 1024,
            start: 100_000,
            bursts: vec![burst(300, 1_000), burst(100, 430)],
        },
        Task { pid: 44, comm: ODD.0.into(), weight: 9_548, start: 300_000, bursts: vec![burst(50, 1_640)] },
    ];
    for form in FORMS {
        let recording = read(&printed(form, &events));
        assert_eq!(recording.length, 2_000_000, "{form:?}");
        assert_eq!(recording.tasks, expected, "{form:?}");
        let interrupt = Interrupt { at: 500_000, cpu: 1, handler: 20_000 };
        assert_eq!(recording.interrupts, [interrupt], "{form:?}");
        let tally = recording.tally;
        assert_eq!((tally.switches, tally.cpus, tally.ticks, tally.skipped), (7, 2, 1, 2), "{form:?}");
        assert_eq!((tally.backwards, tally.unpaired, tally.losses), (0, 0, 0), "{form:?}");
    }
}

#[test]
fn without_wake_ups_a_task_sleeps_until_it_gets_a_cpu() {
    let a = ("a", 1, 120);
    let mut events = vec![
        (0, 0, idle(0), What::Other),
        (700, 0, idle(0), What::Switch("R", a)),
        (900, 0, a, What::Switch("S", idle(0))),
        (1_900, 0, idle(0), What::Switch("R", a)),
        (2_000, 0, a, What::Switch("S", idle(0))),
    ];
    let recording = read(&printed(FORMS[0], &events));
    assert_eq!((recording.tasks[0].start, recording.tasks[0].bursts[0]), (700_000, burst(200, 1_000)));
    events.insert(3, (1_500, 0, idle(0), What::Waking(a)));
    let recording = read(&printed(FORMS[0], &events));
    assert_eq!((recording.tasks[0].start, recording.tasks[0].bursts[0]), (0, burst(200, 600)));
}

#[test]
fn time_as_runnable_is_neither_run_nor_sleep_however_often_it_is_preempted() {
    let (a, b) = (("a", 1, 120), ("b", 2, 120));
    let mut events = vec![(0, 0, idle(0), What::Switch("R", a))];
    for round in 0..10 {
        events.push((round * 200 + 100, 0, a, What::Switch("R", b)));
        events.push((round * 200 + 200, 0, b, What::Switch("R", a)));
    }
    events.push((2_100, 0, a, What::Switch("S", b)));
    for form in FORMS {
        let recording = read(&printed(form, &events));
        let of = |pid| recording.tasks.iter().find(|it| it.pid == pid).unwrap();
        assert_eq!(of(1).bursts, [burst(1_100, 0)], "{form:?}");
        assert_eq!(of(2).bursts, [burst(1_000, 0)], "{form:?}");
    }
}

#[test]
fn a_task_that_ran_before_it_was_seen_sleeps_from_its_first_switch() {
    let a = ("a", 1, 120);
    let events = [
        (0, 0, a, What::Other),
        (500, 0, a, What::Switch("S", idle(0))),
        (1_500, 0, idle(0), What::Switch("R", a)),
        (1_800, 0, a, What::Switch("S", idle(0))),
        (3_000, 0, idle(0), What::Other),
    ];
    let recording = read(&printed(FORMS[0], &events));
    // What it ran before its first switch is not known.
    let is =
        Task { pid: 1, comm: "a".into(), weight: 1024, start: 1_000_000, bursts: vec![burst(300, 1_200)] };
    assert_eq!(recording.tasks, [is]);
}

#[test]
fn what_a_cpu_did_around_lost_events_is_not_made_up() {
    let (a, b) = (("a", 1, 120), ("b", 2, 120));
    let before = [(0, 0, idle(0), What::Switch("R", a)), (100, 1, idle(1), What::Switch("R", b))];
    let after = [
        (5_000, 0, a, What::Switch("S", idle(0))),
        (6_000, 1, b, What::Switch("S", idle(1))),
        (9_000, 1, idle(1), What::Other),
    ];
    for said in ["CPU:0 [LOST 12 EVENTS]", "CPU:0 [12 EVENTS DROPPED]"] {
        let text = format!("{}{said}\n{}", printed(FORMS[0], &before), printed(FORMS[0], &after));
        let recording = read(&text);
        assert_eq!(recording.tasks.len(), 1);
        assert_eq!(recording.tasks[0].bursts, [burst(5_900, 3_000)]);
        assert_eq!((recording.tally.losses, recording.tally.lost), (1, 12));
        assert!(recording.tally.remarks()[0].contains("lost 1 times, 12 in all"));
    }
}

#[test]
fn where_the_switch_away_from_idle_is_missing_who_was_woken_ran() {
    let a = ("a", 1, 120);
    let events = [
        (0, 0, a, What::Switch("S", idle(0))),
        (700, 0, idle(0), What::Waking(a)),
        (1_000, 0, a, What::Switch("S", idle(0))),
        // Nothing tells since when it runs.
        (2_000, 0, a, What::Switch("S", idle(0))),
    ];
    let recording = read(&printed(FORMS[0], &events));
    assert_eq!(recording.tasks[0].bursts, [burst(300, 1_000)]);
    assert_eq!((recording.tally.assumed, recording.tally.unpaired), (1, 1));
}

#[test]
fn an_interrupt_within_another_takes_its_time_from_it() {
    let a = ("a", 1, 120);
    let events = [
        (0, 0, idle(0), What::Switch("R", a)),
        (100, 0, a, What::IrqEntry(1, "outer")),
        (120, 0, a, What::IrqEntry(2, "inner")),
        (150, 0, a, What::IrqExit(2)),
        (200, 0, a, What::IrqExit(1)),
        // Its beginning is missing.
        (300, 0, a, What::IrqExit(3)),
        (2_000, 0, a, What::Switch("S", idle(0))),
    ];
    let recording = read(&printed(FORMS[3], &events));
    let handlers: Vec<_> = recording.interrupts.iter().map(|it| (it.at, it.handler)).collect();
    assert_eq!(handlers, [(100_000, 70_000), (120_000, 30_000)]);
    assert_eq!(recording.tasks[0].run(), 1_900_000);
}
