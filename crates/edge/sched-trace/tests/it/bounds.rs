//! What is no trace, or too much of one, is refused with the line, the cause and the remedy.

use casemate_sched_trace::{Burst, Recording, limits};

use crate::forms::read;
use crate::printed::{FORMS, What, idle, printed};

fn refused(bytes: &[u8]) -> String {
    Recording::read(bytes).unwrap_err().to_string()
}

#[test]
fn what_is_no_trace_is_told_how_to_make_one() {
    let none = refused(b"hello\n  bash-12 [000] 1.000000: it: a=b\n");
    assert!(none.starts_with("no sched_switch in its 3 lines, of which 1 are events"), "{none}");
    assert!(none.contains("trace-cmd record -e sched -e irq") && none.contains("perf script"), "{none}");
    assert!(refused(b"PERFILE2 and so on").contains("give what `perf script` prints"));
    assert!(refused(b"\x17\x08Dtracing6").contains("give what `trace-cmd report` prints"));
}

#[test]
fn a_line_that_is_cut_off_is_named() {
    let text = format!(
        "{}          bash-12 [000] d..2. 1.000000: sched_switch: prev_comm=bash prev_pid=12 prev_pr",
        "#\n".repeat(4)
    );
    let why = refused(text.as_bytes());
    assert!(why.starts_with("line 5: `sched_switch` is not followed by `prev_comm="), "{why}");
}

#[test]
fn a_clock_that_goes_back_a_little_is_waited_for_and_one_that_starts_again_is_refused() {
    let a = ("a", 1, 120);
    let events = |back: u64| {
        [
            (50_000, 0, idle(0), What::Switch("R", a)),
            (52_000, 0, a, What::Switch("S", idle(0))),
            (52_000 - back, 1, idle(1), What::Other),
            (54_000, 0, idle(0), What::Switch("R", a)),
            (55_000, 0, a, What::Switch("S", idle(0))),
        ]
    };
    let recording = read(&printed(FORMS[0], &events(3)));
    assert_eq!(recording.tally.backwards, 1);
    let bursts = [Burst { run: 2_000_000, sleep: 2_000_000 }, Burst { run: 1_000_000, sleep: 0 }];
    assert_eq!(recording.tasks[0].bursts, bursts);
    let why = refused(printed(FORMS[0], &events(20_000)).as_bytes());
    assert!(why.starts_with("line 7: the clock goes back by 20000000 ns"), "{why}");
    assert!(why.contains("trace-cmd record -C mono"), "{why}");
}

#[test]
fn too_much_and_too_little_are_refused() {
    let line = |cpu: u32| format!("  a-1 [{cpu:03}] 1.000000: sched_switch: a:1 [120] S ==> b:2 [120]\n");
    assert!(refused(line(1_024).as_bytes()).starts_with("line 1: CPU 1024 is beyond 1023"));
    assert!(refused(line(1_023).as_bytes()).starts_with("it lasts 0 ns"));
    let long = format!("\n{}", "x".repeat(limits::LINE_MOST + 1));
    assert!(refused(long.as_bytes()).starts_with("line 2 is longer than 4096 bytes"));
    assert!(
        refused("\n".repeat(limits::LINES_MOST).as_bytes()).starts_with("it has more than 4000000 lines")
    );
    let over = format!("{}  a-1 [000] 86402.000000: it: a\n", line(0));
    assert!(refused(over.as_bytes()).starts_with("line 2 is over a day after the first event"));
    let idle_only = [(0, 0, idle(0), What::Switch("R", idle(0))), (5_000, 0, idle(0), What::Other)];
    assert!(refused(printed(FORMS[0], &idle_only).as_bytes()).starts_with("no task runs in it"));
}

#[test]
fn a_task_has_one_cpu_at_a_time_whatever_the_trace_says() {
    let a = ("a", 1, 120);
    let events = [
        (0, 0, idle(0), What::Switch("R", a)),
        (1_000, 1, idle(1), What::Switch("R", a)),
        (4_000, 0, a, What::Switch("S", idle(0))),
        (5_000, 1, a, What::Switch("S", idle(1))),
        (6_000, 1, idle(1), What::Switch("R", a)),
        (7_000, 1, a, What::Switch("S", idle(1))),
    ];
    let recording = read(&printed(FORMS[1], &events));
    assert!(recording.tally.unpaired > 0);
    assert_eq!(recording.tasks[0].run(), 1_000_000);
    assert!(recording.tasks.iter().all(|it| it.run() + it.sleep() <= recording.length));
}

#[test]
fn more_tasks_than_are_followed_are_refused() {
    let mut text = String::new();
    for pid in 1..=limits::TASKS_MOST + 1 {
        text += &format!("  a-1 [000] 1.000000: sched_waking: a:{pid} [120] CPU:000\n");
    }
    let why = refused(text.as_bytes());
    assert!(why.starts_with("line 65537: there are more than 65536 tasks"), "{why}");
}

#[test]
fn the_busiest_tasks_are_kept_and_the_rest_is_told() {
    let mut events = Vec::new();
    let tasks: Vec<_> = (1..=10_u32).map(|pid| ("worker", pid, 120)).collect();
    let mut now = 0;
    for it in &tasks {
        events.push((now, 0, idle(0), What::Switch("R", *it)));
        now += 100 * u64::from(it.1);
        events.push((now, 0, *it, What::Switch("S", idle(0))));
    }
    let recording = read(&printed(FORMS[2], &events));
    let (kept, left) = recording.busiest(3);
    assert_eq!(kept.iter().map(|it| it.pid).collect::<Vec<_>>(), [10, 9, 8]);
    assert_eq!((left.tasks, left.run, left.of), (7, 2_800_000, 5_500_000));
    assert_eq!(recording.busiest(usize::MAX).1.tasks, 0);
}
