//! `casemate_fuzz::TARGETS`, `snp`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| casemate_fuzz::run("snp", bytes));
