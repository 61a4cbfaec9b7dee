//! `casemate_fuzz::TARGETS`, `tpm`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| casemate_fuzz::run("tpm", bytes));
