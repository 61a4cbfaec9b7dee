//! `casemate_fuzz::TARGETS`, `dossier`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| casemate_fuzz::run("dossier", bytes));
