//! Faults that are not ours stay whose they were.
//!
//! Each claim is tried in a child process, because its truth is how that dies.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};

use casemate_node::pager::{Mechanism, install_handlers};

use super::guest::{enclave, for_each_mechanism, memory, pool, read, worker, write};

const CASE: &str = "CASEMATE_PAGER_TEST_CHILD";

/// Runs the test named `test` of this binary again with `CASE` set.
fn in_child(test: &str, case: &str) -> ExitStatus {
    let exe = std::env::current_exe().expect("a test has a file");
    let mut child = Command::new(exe);
    child.args(["--exact", test, "--nocapture"]).env(CASE, case).env("RUST_BACKTRACE", "0");
    child.output().expect("it starts").status
}

fn child_case() -> Option<String> {
    std::env::var(CASE).ok()
}

fn touch(address: *const u8) {
    // SAFETY: this is the access that must end the process.
    unsafe { address.read_volatile() };
}

extern "C" fn exit_42(_signal: libc::c_int) {
    // SAFETY: ends the process; meant for handlers.
    unsafe { libc::_exit(42) }
}

#[test]
fn a_fault_elsewhere_goes_to_whoever_handled_it_before() {
    if child_case().is_some() {
        // SAFETY: installs a handler of the right type.
        unsafe { libc::signal(libc::SIGSEGV, exit_42 as extern "C" fn(libc::c_int) as libc::sighandler_t) };
        install_handlers();
        touch(std::ptr::without_provenance(8));
        unreachable!("nothing is mapped there");
    }
    let status = in_child("pager::signals::a_fault_elsewhere_goes_to_whoever_handled_it_before", "here");
    assert_eq!(status.code(), Some(42), "{status}");
}

#[test]
fn a_fault_elsewhere_kills_where_nobody_handled_it_before() {
    if child_case().is_some() {
        // SAFETY: restores the default.
        unsafe { libc::signal(libc::SIGSEGV, libc::SIG_DFL) };
        install_handlers();
        touch(std::ptr::without_provenance(8));
        unreachable!("nothing is mapped there");
    }
    let status = in_child("pager::signals::a_fault_elsewhere_kills_where_nobody_handled_it_before", "here");
    assert_eq!(status.signal(), Some(libc::SIGSEGV), "{status}");
}

#[test]
fn an_access_past_the_size_is_the_programs_own_fault() {
    let test = "pager::signals::an_access_past_the_size_is_the_programs_own_fault";
    if let Some(case) = child_case() {
        let mechanism = if case == "mprotect" { Mechanism::Mprotect } else { Mechanism::Userfaultfd };
        let pool = pool(mechanism, 32, 1);
        let memory = memory(&pool, enclave(1), 4);
        let _entered = memory.enter(worker(1));
        write(&memory, 0, 1);
        touch(memory.base().wrapping_add(4 * 4096));
        unreachable!("the fifth page does not exist");
    }
    for_each_mechanism("past the size", |mechanism| {
        let status = in_child(test, mechanism.as_str());
        assert_eq!(status.signal(), Some(libc::SIGSEGV), "{mechanism}: {status}");
    });
}

#[test]
fn a_destroyed_memory_is_no_longer_there() {
    let test = "pager::signals::a_destroyed_memory_is_no_longer_there";
    if let Some(case) = child_case() {
        let mechanism = if case == "mprotect" { Mechanism::Mprotect } else { Mechanism::Userfaultfd };
        let pool = pool(mechanism, 32, 1);
        let memory = memory(&pool, enclave(1), 4);
        let entered = memory.enter(worker(1));
        write(&memory, 0, 1);
        drop(entered);
        memory.destroy();
        touch(memory.base());
        unreachable!("its pages are gone");
    }
    for_each_mechanism("destroyed", |mechanism| {
        let status = in_child(test, mechanism.as_str());
        assert_eq!(status.signal(), Some(libc::SIGSEGV), "{mechanism}: {status}");
    });
}

#[test]
fn errno_is_the_programs_own_across_a_fault() {
    for_each_mechanism("errno", |mechanism| {
        let pool = pool(mechanism, 32, 1);
        let memory = memory(&pool, enclave(1), 128);
        let _entered = memory.enter(worker(1));
        for round in 0..3 {
            for page in 0..128 {
                // SAFETY: this thread's errno.
                unsafe { *libc::__errno_location() = 4_242 };
                write(&memory, page * 512, read(&memory, page * 512) + 1);
                // SAFETY: as above.
                assert_eq!(unsafe { *libc::__errno_location() }, 4_242, "{round}");
            }
        }
    });
}
