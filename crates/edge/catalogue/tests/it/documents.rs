//! The pages in `docs` are what the code writes.

use std::path::Path;

use casemate_catalogue::{catalogue_markdown, tees_markdown};

/// Regenerate with `UPDATE_DOCS=1 cargo test -p casemate-catalogue`.
#[test]
fn docs_tees_md_is_what_the_code_writes() {
    check("tees.md", &tees_markdown());
}

#[test]
fn docs_catalogue_md_is_what_the_code_writes() {
    check("catalogue.md", &catalogue_markdown());
}

fn check(name: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let page = std::fs::read_to_string(&path).unwrap();
    assert_eq!(page, expected, "docs/{name} is out of date: UPDATE_DOCS=1 cargo test -p casemate-catalogue");
}
