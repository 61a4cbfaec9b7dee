//! The tables of docs/world-scenarios.md and docs/world-choices.md are what the program says.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use casemate_world_config::Design;
use casemate_world_sim::{Around, METRICS, Scenario};

use crate::scenarios::all;

const END: &str = "<!-- end -->";

/// Puts `table` between the marks of this name, or finds it there.
fn holds(document: &str, mark: &str, table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs").join(document);
    let text = fs::read_to_string(&path).unwrap();
    let begin = format!("<!-- {mark}: begin -->\n");
    let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("{document} has no {begin}"));
    let (_, after) = rest.split_once(END).unwrap();
    let fresh = format!("{before}{begin}{table}{END}{after}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, fresh).unwrap();
    } else {
        assert!(text == fresh, "docs/{document} is old: UPDATE_DOCS=1 cargo test -p casemate-world-sim");
    }
}

fn around() -> Around {
    let scenarios: Vec<Scenario> = all().into_iter().map(|(_, it)| it).collect();
    Around::of(&Design::default(), &scenarios, |_| ()).unwrap()
}

#[test]
fn the_table_of_choices_is_what_the_scenarios_show() {
    holds("world-choices.md", "casemate world simulate --choices", &around().markdown());
}

#[test]
fn the_table_of_figures_is_that_of_the_code() {
    let mut table = String::from("| figure | unit | what |\n|---|---|---|\n");
    for it in METRICS {
        writeln!(table, "| `{}` | {} | {} |", it.name, it.unit, it.what).unwrap();
    }
    holds("world-scenarios.md", "figures", &table);
}

#[test]
fn the_table_of_scenarios_is_that_of_their_files() {
    let mut table = String::from("| scenario | measure | figures | finding |\n|---|---|---|---|\n");
    for (file, it) in all() {
        let of = |design: &casemate_world_sim::Variant| it.finding.figures.get(&design.name).copied();
        let figures: Vec<_> = it
            .designs
            .iter()
            .filter_map(|design| Some(format!("{}: {}", design.name, of(design)?)))
            .collect();
        let says = it.finding.says.trim();
        writeln!(table, "| `{file}` | `{}` | {} | {says} |", it.finding.metric, figures.join(", ")).unwrap();
    }
    holds("world-scenarios.md", "scenarios", &table);
}

#[test]
fn the_design_is_one_of_its_ratios_and_a_hostile_ree_is_counted_apart() {
    let around = around();
    let itself = &around.choices[0];
    let ratios = [itself.request_p50, itself.request_p99, itself.work, itself.energy, itself.world_switches];
    assert!(ratios.iter().all(|it| (it - 1.0).abs() < 1e-12), "{itself:?}");
    let named = |name: &str| around.choices.iter().find(|it| it.name == name).unwrap();
    // A REE that floods or withholds what it owns hurts whoever depends on it, and not the default.
    assert!(named("tick: unified-ree").hostile > itself.hostile);
    assert!(named("least_progress: false").hostile > itself.hostile);
}
