//! The table of disagreements is the one in the documentation.

use std::path::PathBuf;

use casemate_oracles::differences::document;

#[test]
fn the_documentation_lists_every_known_disagreement() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/attestation-differences.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, document()).expect("the documentation can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, document(), "write it anew with UPDATE_DOCS=1");
}
