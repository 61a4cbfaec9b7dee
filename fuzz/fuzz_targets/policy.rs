//! `casemate_fuzz::TARGETS`, `policy`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| casemate_fuzz::run("policy", bytes));
