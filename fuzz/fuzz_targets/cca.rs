//! `casemate_fuzz::TARGETS`, `cca`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| casemate_fuzz::run("cca", bytes));
