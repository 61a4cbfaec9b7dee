//! Handles dropped on the way. The count is the process's, so the one test that leaks on purpose
//! runs as a process of its own.

use std::process::Command;

use casemate_enclave::{Inside, leaked};

use crate::witnesses::*;

const LEAK_ON_PURPOSE: &str = "leaks::dropped_handles_are_counted_one_by_one";

#[test]
#[ignore = "leaks on purpose; run by a_dropped_handle_is_counted"]
fn dropped_handles_are_counted_one_by_one() {
    assert_eq!(leaked(), 0);
    drop(created(1));
    assert_eq!(leaked(), 1);
    drop(initialised(2));
    drop(ready(3));
    drop(ready(4).suspend());
    assert_eq!(leaked(), 4);
    end(created(5));
    assert_eq!(leaked(), 4);
}

#[test]
fn a_dropped_handle_is_counted() {
    let binary = std::env::current_exe().expect("this test has a path");
    let run = Command::new(binary).args(["--exact", LEAK_ON_PURPOSE, "--ignored"]).output().expect("it runs");
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn steps_and_stays_leak_nothing() {
    let mut enclave = ready(1);
    enclave.enter(worker(), NOW).map(Inside::aex).expect("fresh");
    end(enclave.suspend());
    assert_eq!(leaked(), 0);
}
