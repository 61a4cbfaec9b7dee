//! A run that is ended from outside ends at once, whatever its programs are doing.

use casemate_model::Bytes;
use casemate_report::State;

use crate::programs::{audit_for_ever, hello, program, spin};
use crate::trial::{Guest, Ran, Trial, happened};

/// One of each kind: computes, pages, sleeps, prints, has yet to be placed.
fn busy() -> Trial {
    let sleeper = program("(call $sleep (i64.const 3600000000000))");
    let printer = program("(loop $again (call $say (i32.const 0) (i32.const 100)) (br $again))");
    Trial::new(Bytes::mib(4), 2)
        .guest(Guest::new("spins", spin()))
        .guest(Guest::new("pages", audit_for_ever(6)))
        .guest(Guest::new("prints", printer))
        .guest(Guest::new("sleeps", sleeper))
        .guest(Guest::new("waits", hello()).guaranteed(Bytes::mib(4)))
}

const PLACED: [&str; 4] = ["spins", "pages", "prints", "sleeps"];

fn all_ended(ran: &Ran) {
    for name in PLACED {
        assert_eq!(ran.state(name), State::Killed, "{name}");
        assert!(ran.reasons(name).contains("the run was interrupted"), "{name}: {}", ran.reasons(name));
        assert_eq!(ran.kinds(name).last(), Some(&"destroyed"), "{name}");
    }
    assert_eq!(ran.state("waits"), State::Pending);
    assert!(ran.reasons("waits").contains("the run was interrupted"), "{}", ran.reasons("waits"));
    assert!(!ran.report.succeeded);
}

#[test]
fn an_interrupt_ends_programs_that_compute_page_print_sleep_and_wait() {
    let ran = busy().run_watched(|event, interrupt| {
        if happened(event, "entered", "sleeps") {
            interrupt.request();
        }
    });
    all_ended(&ran);
}

#[test]
fn an_interrupt_before_anything_has_run_ends_the_run() {
    let ran = busy().run_watched(|event, interrupt| {
        if event.what.kind() == "node_attested" {
            interrupt.request();
        }
    });
    all_ended(&ran);
    assert!(ran.order("entered").is_empty(), "{:?}", ran.order("entered"));
}

#[test]
fn an_interrupt_while_enclaves_are_built_ends_the_run() {
    let ran = busy().run_watched(|event, interrupt| {
        if event.what.kind() == "enclave_measured" {
            interrupt.request();
        }
    });
    all_ended(&ran);
}

#[test]
fn interrupts_at_every_event_end_the_run_once() {
    let ran = busy().run_watched(|_, interrupt| interrupt.request());
    all_ended(&ran);
}

#[test]
fn an_interrupt_after_the_end_does_nothing() {
    let mut late = None;
    let ran = Trial::new(Bytes::mib(4), 1).guest(Guest::new("short", hello())).run_watched(|_, interrupt| {
        late = Some(interrupt.clone());
    });
    late.expect("there are events").request();
    assert!(ran.report.succeeded);
}
