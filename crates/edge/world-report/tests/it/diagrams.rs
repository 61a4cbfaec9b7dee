//! The diagrams in `docs` are those that the state machine makes.

use std::fs;
use std::path::Path;

use casemate_world_report::Diagrams;

/// Regenerate with `UPDATE_DOCS=1 cargo test -p casemate-world-report`.
#[test]
fn the_diagrams_are_what_the_state_machine_does_and_have_a_place_for_all_of_it() {
    let made = Diagrams::made();
    for drawing in [&made.smp, &made.idle] {
        assert!(!drawing.contains("Not drawn:"), "an arrow needs its place: {drawing}");
    }
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs");
    let written =
        [("world-smp.svg", &made.smp), ("world-idle.svg", &made.idle), ("world-diagrams.md", &made.page)];
    for (name, made) in written {
        let path = docs.join(name);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::write(&path, made).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            kept == *made,
            "docs/{name} is out of date: UPDATE_DOCS=1 cargo test -p casemate-world-report"
        );
    }
}
