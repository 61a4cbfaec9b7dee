//! `casemate_fuzz::TARGETS`, `ear`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| casemate_fuzz::run("ear", bytes));
