//! `casemate_fuzz::TARGETS`, `certificate`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| casemate_fuzz::run("certificate", bytes));
