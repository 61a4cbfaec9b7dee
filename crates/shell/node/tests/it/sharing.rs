//! Enclaves that share CPUs: nobody keeps one for itself.

use casemate_model::{Bytes, Nanos};
use casemate_report::State;

use crate::programs::{HELLO, hello, module, program, spin};
use crate::trial::{Guest, Trial, happened};

/// Runs these beside busy loops on one CPU and ends the loops once all of these have ended.
fn beside_hogs(hogs: &[&'static str], hog: &str, others: &[(&'static str, String)]) -> crate::trial::Ran {
    let mut trial = Trial::new(Bytes::mib(8), 1).slice(Nanos::from_millis(2));
    for name in hogs {
        trial = trial.guest(Guest::new(name, hog));
    }
    for (name, program) in others {
        trial = trial.guest(Guest::new(name, program));
    }
    let mut left = others.len();
    let ran = trial.run_watched(|event, interrupt| {
        if others.iter().any(|(name, _)| happened(event, "exited", name)) {
            left -= 1;
        }
        if left == 0 {
            interrupt.request();
        }
    });
    for name in hogs {
        assert_eq!(ran.state(name), State::Killed, "{name}");
        assert!(ran.of(name).aex > Some(0), "{name} was never interrupted");
    }
    ran
}

#[test]
fn a_busy_loop_on_the_only_cpu_does_not_keep_another_from_finishing() {
    let ran = beside_hogs(&["hog"], &spin(), &[("short", hello())]);
    ran.finished("short", HELLO);
    assert!(ran.of("short").eexit > Some(0), "printing leaves the enclave");
    assert_eq!(ran.of("hog").eexit, Some(0), "a busy loop calls nobody");
}

#[test]
fn several_busy_loops_do_not_starve_several_programs() {
    let others = ["a", "b", "c", "d"].map(|name| (name, hello()));
    let ran = beside_hogs(&["hog-1", "hog-2", "hog-3"], &spin(), &others);
    for (name, _) in others {
        ran.finished(name, HELLO);
    }
}

#[test]
fn a_busy_loop_in_a_start_function_is_interrupted_too() {
    let hog = module(
        1,
        "",
        r#"(func $for_ever (loop $again (br $again))) (start $for_ever) (func (export "_start"))"#,
    );
    beside_hogs(&["hog"], &hog, &[("short", hello())]).finished("short", HELLO);
}

#[test]
fn a_program_that_only_makes_host_calls_is_interrupted_too() {
    let hog = program("(loop $again (drop (call $now)) (br $again))");
    let ran = beside_hogs(&["hog"], &hog, &[("short", hello())]);
    ran.finished("short", HELLO);
    assert!(ran.of("hog").eexit > Some(0));
}

#[test]
fn a_sleeping_program_is_blocked_and_does_not_spin() {
    let naps = 10;
    let body = format!(
        r#"(func (export "_start") (local $left i32) (local $before i64)
            (local.set $left (i32.const {naps}))
            (loop $naps
              (local.set $before (call $now))
              (call $sleep (i64.const 50000000))
              (if (i64.lt_u (i64.sub (call $now) (local.get $before)) (i64.const 50000000))
                (then (unreachable)))
              (local.set $left (i32.sub (local.get $left) (i32.const 1)))
              (br_if $naps (local.get $left)))
            (call $say (i32.const 256) (i32.const 6)))"#
    );
    let sleeper = module(1, r"hello\n", &body);
    let ran = Trial::new(Bytes::mib(4), 1)
        .slice(Nanos::from_millis(1))
        .guest(Guest::new("sleeper", &sleeper))
        .run();
    ran.finished("sleeper", HELLO);
    // Spinning through half a second would be some 500 slices.
    assert!(ran.of("sleeper").aex < Some(100), "{:?}", ran.of("sleeper"));

    beside_hogs(&["hog"], &spin(), &[("sleeper", sleeper)]).finished("sleeper", HELLO);
}
