//! Ctrl-C: everything ends, and is reported.

use std::io::Read;
use std::process::Child;

use rustix::process::{Pid, Signal, kill_process};

use crate::casemate::{Casemate, Ran, SPIN, read_until, workload};

/// A run of a program that never ends, and of two that have ended when the signal comes.
fn interrupted(arguments: &[&str], signal: Signal, entered_on_stdout: bool) -> Ran {
    let casemate = Casemate::new();
    casemate.file("spin.wat", SPIN);
    casemate.pod("spin", "file://./spin.wat", "");
    let mut child = casemate.start(&[&["spin.yaml", "--cpus", "1"], arguments].concat());
    let entered = "default/spin/app  entered";
    let seen = if entered_on_stdout {
        read_until(child.stdout.as_mut().expect("a pipe"), entered)
    } else {
        read_until(child.stderr.as_mut().expect("a pipe"), entered)
    };
    send(&child, signal);
    let (mut stdout, mut stderr) = (String::new(), String::new());
    child.stdout.take().expect("a pipe").read_to_string(&mut stdout).expect("UTF-8");
    child.stderr.take().expect("a pipe").read_to_string(&mut stderr).expect("UTF-8");
    let status = child.wait().expect("it ends");
    if entered_on_stdout {
        stdout.insert_str(0, &seen)
    } else {
        stderr.insert_str(0, &seen)
    }
    Ran { status, stdout, stderr }
}

fn send(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a process id")).expect("not zero");
    kill_process(pid, signal).expect("it still runs");
}

#[test]
fn ctrl_c_ends_everything_and_the_table_is_printed() {
    let ran = interrupted(&[], Signal::INT, true);
    assert_eq!(ran.code(), Some(130));
    assert!(ran.stderr.contains("interrupted: stopping enclaves"), "{}", ran.stderr);
    let row =
        ran.stdout.lines().find(|line| line.starts_with("default/spin/app ") && line.contains("Killed"));
    assert!(row.is_some(), "{}", ran.stdout);
    assert!(ran.stdout.contains("the run was interrupted"), "{}", ran.stdout);
    assert!(ran.stdout.contains("destroyed"), "{}", ran.stdout);
}

#[test]
fn ctrl_c_leaves_one_whole_document() {
    let ran = interrupted(&["-o", "json"], Signal::INT, false);
    let document = ran.document();
    assert_eq!((ran.code(), &document["succeeded"]), (Some(130), &false.into()));
    assert_eq!(workload(&document, "spin")["state"], "Killed");
}

#[test]
fn a_termination_is_an_interrupt_too() {
    assert_eq!(interrupted(&[], Signal::TERM, true).code(), Some(130));
}
