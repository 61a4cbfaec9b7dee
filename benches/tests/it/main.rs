//! What the benchmarks measure and must hold on every machine.

use std::process::Command;

/// Instructions are the same however fast and busy the machine is, so this is no timing.
#[test]
fn no_step_of_two_worlds_takes_more_instructions_than_is_stated() {
    if cfg!(debug_assertions) {
        println!("skipped: no_step_of_two_worlds: the bound is that of the release profile");
        return;
    }
    let ran = Command::new(env!("CARGO_BIN_EXE_casemate-benches")).arg("world-worst").output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    if ran.status.code() == Some(2) {
        println!("skipped: no_step_of_two_worlds: {said}");
        return;
    }
    assert_eq!(ran.status.code(), Some(0), "{said}");
}
