//! `casemate_fuzz::TARGETS`, `inspect-tpm`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| casemate_fuzz::run("inspect-tpm", bytes));
