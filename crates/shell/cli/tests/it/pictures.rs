//! `--report` and `--trace`: found out early, written whole, named in the document.

use std::fs;

use crate::casemate::{Casemate, SPIN, joined, read_until};

fn hello() -> Casemate {
    let casemate = Casemate::new();
    casemate.pod("hello", "file://./hello.wat", "");
    casemate
}

#[test]
fn the_page_and_the_trace_are_written_and_named() {
    let casemate = hello();
    let (code, document) = casemate.json(&["hello.yaml", "--report", "out.html", "--trace", "out.pftrace"]);
    assert_eq!(code, Some(0), "{document:#}");
    assert_eq!((&document["report"], &document["trace"]), (&"out.html".into(), &"out.pftrace".into()));
    let page = fs::read_to_string(casemate.files().join("out.html")).expect("a page");
    assert!(page.to_lowercase().starts_with("<!doctype html>"), "{page}");
    let trace = fs::read(casemate.files().join("out.pftrace")).expect("a trace");
    // Field 1 of `Trace`: a packet.
    assert_eq!(trace.first(), Some(&0x0a));
}

#[test]
fn a_file_that_cannot_be_written_is_said_before_anything_runs() {
    let casemate = hello();
    casemate.file("page.html", "what was there");
    for arguments in [["--report", "missing/out.html"], ["--trace", "."]] {
        let (code, document) = casemate.json(&[&["hello.yaml"], &arguments[..]].concat());
        assert_eq!(code, Some(2), "{document:#}");
        let problems = joined(&document["problems"]);
        assert!(problems.contains(arguments[0]) && problems.contains("cannot be written"), "{problems}");
        assert_eq!(document["events"], serde_json::Value::Null, "nothing ran");
    }
}

#[test]
fn no_manifest_is_written_over() {
    let casemate = hello();
    let (code, document) = casemate.json(&["hello.yaml", "--report", "hello.yaml"]);
    assert_eq!(code, Some(2));
    assert!(joined(&document["problems"]).contains("is not written over"), "{document:#}");
    let kept = fs::read_to_string(casemate.files().join("hello.yaml")).expect("it is there");
    assert!(kept.contains("kind: Pod"));
}

#[test]
fn two_files_have_two_names() {
    let (code, document) = hello().json(&["hello.yaml", "--report", "out", "--trace", "out"]);
    assert_eq!(code, Some(2));
    assert!(joined(&document["problems"]).contains("name two files"), "{document:#}");
}

#[test]
fn what_was_longer_before_leaves_nothing_behind() {
    let casemate = hello();
    casemate.file("out.html", "x".repeat(1 << 20));
    assert_eq!(casemate.json(&["hello.yaml", "--report", "out.html"]).0, Some(0));
    let page = fs::read_to_string(casemate.files().join("out.html")).expect("a page");
    assert!(!page.contains("xxxxxxxx"));
}

#[test]
fn a_run_that_is_interrupted_leaves_whole_files() {
    let casemate = Casemate::new();
    casemate.file("spin.wat", SPIN);
    casemate.pod("spin", "file://./spin.wat", "");
    let arguments = ["spin.yaml", "--cpus", "1", "--report", "out.html", "--trace", "out.pftrace"];
    let mut child = casemate.start(&arguments);
    read_until(child.stdout.as_mut().expect("a pipe"), "default/spin/app  entered");
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it still runs");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    let page = fs::read_to_string(casemate.files().join("out.html")).expect("a page");
    assert!(page.to_lowercase().starts_with("<!doctype html>"), "{page}");
    assert!(fs::metadata(casemate.files().join("out.pftrace")).expect("a trace").len() > 0);
}
