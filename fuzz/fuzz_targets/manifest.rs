//! `casemate_fuzz::TARGETS`, `manifest`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| casemate_fuzz::run("manifest", bytes));
