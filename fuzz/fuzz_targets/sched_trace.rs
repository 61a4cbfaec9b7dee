//! `casemate_fuzz::TARGETS`, `sched-trace`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| casemate_fuzz::run("sched-trace", bytes));
