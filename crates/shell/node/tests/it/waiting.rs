//! Pods that have to wait for their place, and pods that never get one.

use std::path::Path;
use std::sync::Arc;

use casemate_model::{Bytes, Measurement};
use casemate_node::Image;
use casemate_policy::{Reference, Selector, WorkloadRule};
use casemate_report::State;

use crate::programs::{HELLO, hello};
use crate::trial::{Guest, Trial};

const EPC: Bytes = Bytes::mib(16);
/// So much that no two of these fit at once.
const MOST: Bytes = Bytes::mib(12);

fn large(name: &'static str) -> Guest {
    Guest::new(name, hello()).guaranteed(MOST)
}

#[test]
fn a_place_is_free_the_moment_it_is_given_back() {
    // All of one image, so that each is built as soon as it is placed.
    let image = Image::from_bytes(Path::new("hello.wat"), hello().into()).map(Arc::new);
    let image = image.map_err(|error| error.to_string());
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    let refused = ["c", "f", "i", "l"];
    let mut trial = Trial::new(EPC, 2);
    for name in names {
        trial = trial.guest(Guest::of_image(name, image.clone()).guaranteed(EPC));
    }
    let other = Reference::OneOf([Measurement([9; 32])].into());
    for name in refused {
        let selector = Selector { name: Some(name.parse().expect("a name")), ..Selector::default() };
        trial.policy.workloads.insert(0, WorkloadRule { selector, reference: other.clone() });
    }
    let ran = trial.run();
    for name in names {
        let state = if refused.contains(&name) { State::Refused } else { State::Succeeded };
        assert_eq!(ran.state(name), state, "{name}: {}", ran.reasons(name));
    }
}

#[test]
fn pods_that_need_the_pool_to_themselves_run_one_after_the_other() {
    let names = ["first", "second", "third"];
    let ran = names.into_iter().fold(Trial::new(EPC, 2), |trial, name| trial.guest(large(name))).run();
    for name in names {
        ran.finished(name, HELLO);
    }
    let steps = ran.events.iter().map(|event| event.what.kind());
    let steps: Vec<_> = steps.filter(|kind| ["pod_placed", "destroyed"].contains(kind)).collect();
    assert_eq!(steps, ["pod_placed", "destroyed"].repeat(3), "one has gone before the next comes");
    assert_eq!(ran.order("pod_placed"), names, "in order of arrival");
    assert!(ran.order("pod_queued").starts_with(&["second", "third"]));
    assert!(ran.report.succeeded);
}

#[test]
fn the_more_important_pod_goes_first() {
    let ran = Trial::new(EPC, 2)
        .guest(large("low").priority(-5))
        .guest(large("normal"))
        .guest(large("high").priority(1000))
        .run();
    assert_eq!(ran.order("pod_placed"), ["high", "normal", "low"]);
    assert!(ran.report.succeeded);
}

#[test]
fn a_small_pod_goes_where_a_large_one_has_to_wait() {
    let ran = Trial::new(EPC, 2)
        .guest(large("large"))
        .guest(large("waits"))
        .guest(Guest::new("small", hello()))
        .run();
    assert_eq!(ran.order("pod_placed"), ["large", "small", "waits"]);
    assert!(ran.report.succeeded);
}

#[test]
fn a_pod_that_never_fits_stays_pending_with_the_reason_and_the_others_run() {
    let ran = Trial::new(EPC, 1)
        .guest(Guest::new("too-large", hello()).guaranteed(Bytes::mib(17)))
        .guest(Guest::new("good", hello()))
        .run();
    ran.finished("good", HELLO);
    assert_eq!(ran.state("too-large"), State::Pending);
    let reasons = ran.reasons("too-large");
    assert!(reasons.contains("17Mi") && reasons.contains("16Mi in all"), "{reasons}");
    assert_eq!(ran.kinds("too-large"), ["pod_never_fits"]);
    assert!(!ran.report.succeeded);
}

#[test]
fn two_pods_of_one_name_are_not_confused() {
    let ran = Trial::new(EPC, 1).guest(Guest::new("twin", hello())).guest(Guest::new("twin", hello())).run();
    let states = ran.report.workloads.iter().map(|workload| workload.state);
    assert_eq!(states.collect::<Vec<_>>(), [State::Succeeded, State::Refused]);
    let reasons = &ran.report.workloads[1].reasons;
    assert!(reasons.join("\n").contains("another pod is named default/twin already"), "{reasons:?}");
}

#[test]
fn more_pods_than_enclave_slots_run_in_turns() {
    let pods = 160;
    let mut trial = Trial::new(EPC, 2);
    let image = Image::from_bytes(Path::new("hello.wat"), hello().into()).map(Arc::new);
    let image = image.map_err(|error| error.to_string());
    for number in 0..pods {
        let name: &'static str = Box::leak(format!("pod-{number}").into_boxed_str());
        trial = trial.guest(Guest::of_image(name, image.clone()));
    }
    let ran = trial.run();
    let bad: Vec<_> = ran.report.workloads.iter().filter(|it| it.state != State::Succeeded).collect();
    assert!(bad.is_empty(), "{bad:#?}");
    assert!(!ran.order("pod_queued").is_empty(), "a node has fewer than {pods} slots");
}

#[test]
fn a_run_of_nothing_ends() {
    let ran = Trial::new(EPC, 1).run();
    assert!(ran.report.workloads.is_empty() && ran.report.succeeded);
}
