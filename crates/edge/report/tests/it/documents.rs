//! The JSON of a run, and the page that documents the event log.

use std::path::Path;

use casemate_report::{RunReport, events_markdown};

use crate::fixture;

#[test]
fn the_run_report_has_its_documented_keys_and_null_where_unknown() {
    let mut document = Vec::new();
    fixture::run().write_json(&mut document).unwrap();
    insta::assert_snapshot!(String::from_utf8(document).unwrap());
}

#[test]
fn a_run_that_never_started_is_still_one_whole_document() {
    let mut document = Vec::new();
    RunReport::empty().write_json(&mut document).unwrap();
    insta::assert_snapshot!(String::from_utf8(document).unwrap());
}

/// Regenerate with `UPDATE_DOCS=1 cargo test -p casemate-report`.
#[test]
fn docs_events_md_is_what_the_code_writes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/events.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, events_markdown()).unwrap();
    }
    let page = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        page,
        events_markdown(),
        "docs/events.md is out of date: UPDATE_DOCS=1 cargo test -p casemate-report"
    );
}
