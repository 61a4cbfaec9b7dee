//! `casemate_fuzz::TARGETS`, `world-log`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| casemate_fuzz::run("world-log", bytes));
