//! `casemate_fuzz::TARGETS`, `quote`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| casemate_fuzz::run("quote", bytes));
