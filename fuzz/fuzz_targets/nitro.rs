//! `casemate_fuzz::TARGETS`, `nitro`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| casemate_fuzz::run("nitro", bytes));
