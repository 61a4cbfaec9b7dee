//! `casemate_fuzz::TARGETS`, `verify`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| casemate_fuzz::run("verify", bytes));
