//! Any bytes as a manifest: read to be run, read as a policy, and inspected.
//!
//! Looked for: panics, overflow, time and memory that grow beyond the input's; and places
//! that lie outside the text, numbers that cannot be, JSON that cannot be written.

#![no_main]

use casemate_manifest::{Class, Source, inspect, read, read_policy};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(source) = Source::from_bytes("f.yaml", bytes.to_vec()) else { return };
    // YAML breaks lines at carriage returns as well.
    let lines = source.text.matches(['\n', '\r']).count() + 1;

    let reading = read(std::slice::from_ref(&source));
    for problem in &reading.problems {
        let place = &problem.place;
        assert!(source.text.get(place.offset..place.offset + place.len).is_some(), "{problem}");
        assert!((1..=lines + 1).contains(&place.line) && place.column >= 1, "{problem}");
    }
    let _ = read_policy(&source);

    let inspection = inspect(&[source]);
    for entry in &inspection.workloads {
        assert!((1..=lines + 1).contains(&entry.line), "{entry:?}");
        assert!(entry.class == Class::NotConfidential || !entry.facts.is_empty(), "{entry:?}");
        assert!(entry.class != Class::NotConfidential || entry.tee.is_none(), "{entry:?}");
        for fact in &entry.facts {
            assert!((1..=lines + 1).contains(&fact.line) && fact.column >= 1, "{fact:?}");
        }
        for finding in &entry.findings {
            assert!((1..=lines + 1).contains(&finding.line) && finding.column >= 1, "{finding:?}");
        }
    }
    serde_json::to_vec(&inspection).expect("an inspection can always be written");
});
