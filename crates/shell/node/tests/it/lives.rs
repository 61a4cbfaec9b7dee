//! The lives of pods: init containers, restarts, deadlines.

use std::collections::BTreeSet;

use casemate_model::{Bytes, Measurement, Nanos, RestartPolicy};
use casemate_policy::Reference;
use casemate_report::{State, What};

use crate::programs::{HELLO, audit_for_ever, hello, module, program, spin};
use crate::trial::{Guest, Ran, Trial, happened};

const EPC: Bytes = Bytes::mib(8);
/// Longer than any test waits.
const NEVER: Nanos = Nanos::from_secs(3600);
const SLEEP: &str = "(call $sleep (i64.const 3600000000000))";

fn trial() -> Trial {
    Trial::new(EPC, 2).restarts(3, Nanos(1))
}

fn fails() -> String {
    module(
        1,
        r"hello\n",
        r#"(func (export "_start") (call $say (i32.const 256) (i32.const 6)) (call $proc_exit (i32.const 3)))"#,
    )
}

/// The place of each of these in what happened to a pod.
fn places<const N: usize>(ran: &Ran, name: &str, wanted: [&str; N]) -> [usize; N] {
    let story = ran.story(name);
    wanted.map(|it| story.iter().position(|that| that == it).unwrap_or_else(|| panic!("no {it}: {story:?}")))
}

fn count(ran: &Ran, name: &str, kind: &str) -> usize {
    ran.kinds(name).iter().filter(|it| **it == kind).count()
}

#[test]
fn init_containers_run_in_order_each_attested_as_its_own_enclave_before_the_others_start() {
    let guest = Guest::new("pod", hello())
        .init("first", hello())
        .init("second", program("nop"))
        .beside("other", hello());
    let ran = trial().guest(guest).run();
    assert!(ran.report.succeeded, "{:#?}", ran.report.workloads);
    let order = places(
        &ran,
        "pod",
        [
            "first workload_attested",
            "first entered",
            "first exited",
            "first destroyed",
            "second enclave_created",
            "second workload_attested",
            "second destroyed",
            "app enclave_created",
            "app entered",
        ],
    );
    assert!(order.is_sorted(), "{:?}", ran.story("pod"));
    assert!(places(&ran, "pod", ["second destroyed", "other enclave_created"]).is_sorted());
    let of: Vec<_> = ran.report.workloads.iter().map(|it| (it.container.as_str(), it.init)).collect();
    assert_eq!(of, [("first", true), ("second", true), ("app", false), ("other", false)]);
    assert_eq!(count(&ran, "pod", "workload_attested"), 4);
}

#[test]
fn after_an_init_container_that_failed_nothing_of_the_pod_starts_and_its_neighbour_does() {
    for bad in [fails(), program("unreachable")] {
        let guest = Guest::new("pod", hello()).init("first", bad).init("second", hello());
        let ran = trial().guest(guest).guest(Guest::new("neighbour", hello())).run();
        ran.finished("neighbour", HELLO);
        for part in ["second", "app"] {
            let report = ran.part("pod", part);
            assert_eq!(report.state, State::Failed);
            assert_eq!(report.reasons, ["not started: init container first failed"]);
            assert!(!ran.story("pod").contains(&format!("{part} enclave_created")));
        }
        assert!(!ran.report.succeeded);
    }
}

#[test]
fn room_that_an_init_container_had_is_the_others_afterwards() {
    let guest =
        Guest::new("pod", hello()).init("first", hello()).init("second", hello()).guaranteed(Bytes::mib(6));
    let ran = trial().guest(guest).run();
    assert!(ran.report.succeeded, "{:#?}", ran.report.workloads);
}

#[test]
fn what_fails_is_started_again_as_another_enclave_with_evidence_of_its_own() {
    for policy in [RestartPolicy::OnFailure, RestartPolicy::Always] {
        let ran = trial().guest(Guest::new("pod", fails()).policy(policy)).run();
        let report = ran.of("pod");
        assert_eq!((report.state, report.exit_code, report.restarts), (State::Failed, Some(3), 3));
        assert!(ran.reasons("pod").contains("started again 3 times"), "{}", ran.reasons("pod"));
        assert_eq!(ran.output("pod"), HELLO.repeat(4), "one log for all instances");
        assert_eq!(report.eexit, Some(4 * 3), "counted over all instances");

        let mut enclaves = Vec::new();
        let (mut nonces, mut told) = (BTreeSet::new(), Vec::new());
        for event in &ran.events {
            match &event.what {
                What::EnclaveCreated { enclave, .. } => enclaves.push(enclave.to_string()),
                What::WorkloadAttested { claims, .. } => {
                    nonces.extend(claims.0.iter().filter(|(name, _)| name == "nonce").cloned());
                }
                What::Restarting { restarts, delay } => told.push((*restarts, delay.0)),
                _ => {}
            }
        }
        assert_eq!(enclaves, ["e0.0", "e0.1", "e0.2", "e0.3"]);
        assert_eq!(nonces.len(), 4, "a fresh nonce each time");
        assert_eq!(told, [(1, 0), (2, 1), (3, 1)], "the first at once");
        assert_eq!(count(&ran, "pod", "pod_placed"), 1, "it keeps its place");
    }
}

#[test]
fn a_trap_is_a_failure_too() {
    let ran = trial().guest(Guest::new("pod", program("unreachable")).policy(RestartPolicy::OnFailure)).run();
    assert_eq!((ran.of("pod").state, ran.of("pod").restarts), (State::Trapped, 3));
}

#[test]
fn who_ended_with_0_is_not_started_again_even_under_always() {
    let ran = trial().guest(Guest::new("pod", hello()).policy(RestartPolicy::Always)).run();
    ran.finished("pod", HELLO);
    assert_eq!((ran.of("pod").restarts, count(&ran, "pod", "entered")), (0, 1));
    assert!(ran.report.succeeded);
}

#[test]
fn a_pods_own_bound_goes_before_the_nodes() {
    let guest = |name, max| {
        Guest::new(name, fails()).policy(RestartPolicy::OnFailure).with(|pod| pod.restarts_max = Some(max))
    };
    let ran = trial().guest(guest("none", 0)).guest(guest("five", 5)).run();
    assert_eq!((ran.of("none").restarts, ran.of("five").restarts), (0, 5));
}

#[test]
fn an_init_container_that_fails_is_started_again_and_then_given_up() {
    let guest = Guest::new("pod", hello()).init("first", fails()).policy(RestartPolicy::Always);
    let ran = trial().guest(guest).run();
    assert_eq!(ran.part("pod", "first").restarts, 3);
    assert_eq!(ran.of("pod").reasons, ["not started: init container first failed"]);
}

#[test]
fn a_container_goes_on_when_the_one_beside_it_fails() {
    let ran =
        trial().guest(Guest::new("pod", spin()).beside("other", fails())).run_watched(|event, interrupt| {
            if matches!(event.what, What::Exited { code: 3 }) {
                interrupt.request();
            }
        });
    assert_eq!(ran.part("pod", "other").state, State::Failed);
    assert_eq!((ran.state("pod"), ran.reasons("pod").as_str()), (State::Killed, "the run was interrupted"));
}

#[test]
fn a_failed_pod_of_a_job_is_begun_anew_as_often_as_its_backoff_limit_says() {
    let guest = Guest::new("pod", fails()).init("first", hello()).beside("other", hello());
    let ran = trial().guest(guest.with(|pod| pod.restarts_max = Some(2))).run();
    for (part, runs) in [("first", 3), ("app", 3), ("other", 3)] {
        let story = ran.story("pod");
        let entered = story.iter().filter(|it| **it == format!("{part} entered")).count();
        assert_eq!((entered, ran.part("pod", part).restarts), (runs, 2), "{part}");
    }
    assert_eq!(ran.of("pod").state, State::Failed);
    assert_eq!(ran.part("pod", "other").state, State::Succeeded);
}

#[test]
fn an_enclave_whose_memory_was_tampered_with_is_not_started_again() {
    let guest = Guest::new("pod", audit_for_ever(6)).policy(RestartPolicy::Always);
    let ran = Trial::new(Bytes::mib(2), 1)
        .guest(guest)
        .host(|memories| crate::tampering::corrupt(memories.linear))
        .run();
    assert_eq!((ran.state("pod"), ran.of("pod").restarts), (State::Killed, 0), "{}", ran.reasons("pod"));
    assert!(!ran.kinds("pod").contains(&"restarting"));
}

#[test]
fn an_enclave_whose_evidence_was_refused_is_not_started_again() {
    let mut trial = trial().guest(Guest::new("pod", hello()).policy(RestartPolicy::Always));
    trial.policy.workloads[0].reference = Reference::OneOf([Measurement([9; 32])].into());
    let ran = trial.run();
    assert_eq!((ran.state("pod"), ran.of("pod").restarts), (State::Refused, 0));
    assert!(!ran.kinds("pod").contains(&"restarting"));
}

#[test]
fn a_pod_is_ended_at_its_deadline_whatever_its_containers_are_doing() {
    let guest = Guest::new("pod", spin())
        .beside("sleeps", program(SLEEP))
        .beside("fails", fails())
        .policy(RestartPolicy::OnFailure)
        .with(|pod| pod.active_deadline = Some(Nanos::from_millis(300)));
    let ran = trial().restarts(5, NEVER).guest(guest).run();
    for part in ["app", "sleeps"] {
        let report = ran.part("pod", part);
        assert_eq!(report.state, State::Killed, "{part}");
        assert!(report.reasons[0].starts_with("DeadlineExceeded: "), "{:?}", report.reasons);
        assert!(report.reasons[0].contains("0.3 s"), "{:?}", report.reasons);
    }
    let fails = ran.part("pod", "fails");
    // Unless the machine is very slow, it waits to be started again.
    assert!(fails.reasons.iter().any(|it| it.starts_with("DeadlineExceeded: ")), "{:?}", fails.reasons);
    assert!(!ran.report.succeeded);
}

#[test]
fn a_deadline_ends_init_containers_and_what_waits_for_them() {
    let guest = Guest::new("pod", hello()).init("first", spin());
    let ran = trial().guest(guest.with(|pod| pod.active_deadline = Some(Nanos::from_millis(50)))).run();
    for part in ["first", "app"] {
        let report = ran.part("pod", part);
        assert_eq!(report.state, State::Killed, "{part}");
        assert!(report.reasons[0].starts_with("DeadlineExceeded: "), "{:?}", report.reasons);
    }
}

#[test]
fn a_deadline_that_has_passed_before_an_enclave_is_built_keeps_it_from_being_entered() {
    let guest = Guest::new("pod", spin()).with(|pod| pod.active_deadline = Some(Nanos(1)));
    let ran = trial().guest(guest).run();
    assert_eq!(ran.state("pod"), State::Killed);
    assert!(ran.reasons("pod").starts_with("DeadlineExceeded: "), "{}", ran.reasons("pod"));
}

#[test]
fn a_deadline_counts_from_the_pods_own_start() {
    let large =
        |name| Guest::new(name, program("(call $sleep (i64.const 60000000))")).guaranteed(Bytes::mib(6));
    let deadline = |guest: Guest| guest.with(|pod| pod.active_deadline = Some(Nanos::from_secs(30)));
    let ran = trial().guest(large("first")).guest(deadline(large("waits"))).run();
    assert!(ran.report.succeeded, "{:#?}", ran.report.workloads);
}

#[test]
fn an_interrupt_while_a_container_waits_to_be_started_again_ends_the_run() {
    let guest = Guest::new("pod", fails()).init("first", hello()).policy(RestartPolicy::OnFailure);
    let ran = trial().restarts(9, NEVER).guest(guest).run_watched(|event, interrupt| {
        if matches!(event.what, What::Restarting { restarts: 2, .. }) {
            interrupt.request();
        }
    });
    assert_eq!((ran.state("pod"), ran.of("pod").restarts), (State::Failed, 2));
    assert!(
        ran.reasons("pod").contains("not started again: the run was interrupted"),
        "{}",
        ran.reasons("pod")
    );
}

#[test]
fn an_interrupt_while_an_init_container_runs_says_so_of_those_that_wait() {
    let guest = Guest::new("pod", hello()).init("first", spin());
    let ran = trial().guest(guest).run_watched(|event, interrupt| {
        if happened(event, "entered", "pod") {
            interrupt.request();
        }
    });
    assert_eq!(ran.part("pod", "first").state, State::Killed);
    assert_eq!(ran.state("pod"), State::Killed);
    assert_eq!(ran.reasons("pod"), "not started: the run was interrupted");
}

#[test]
fn a_pod_that_waits_gets_its_place_once_another_is_over_for_good() {
    let large = |name, program: String| Guest::new(name, program).guaranteed(Bytes::mib(6));
    let first = large("first", fails()).policy(RestartPolicy::OnFailure);
    let ran = trial().guest(first).guest(large("next", hello())).run();
    ran.finished("next", HELLO);
    let order: Vec<_> = ran.events.iter().map(|event| event.what.kind()).collect();
    let last_restart = order.iter().rposition(|kind| *kind == "restarting");
    let placed = order.iter().rposition(|kind| *kind == "pod_placed");
    assert!(last_restart < placed, "{order:?}");
}
