//! `casemate_fuzz::TARGETS`, `collateral`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| casemate_fuzz::run("collateral", bytes));
