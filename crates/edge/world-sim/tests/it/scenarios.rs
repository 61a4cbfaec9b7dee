//! The figures of each scenario's finding are those that it has.

use std::fs;
use std::path::Path;

use casemate_manifest::Source;
use casemate_sched_trace::Recording;
use casemate_world_sim::{Metric, Scenario, simulate};

pub(crate) fn read(text: &str) -> Scenario {
    let source = Source { name: "scenario".into(), text: text.into() };
    casemate_manifest::document(&source).unwrap_or_else(|problem| panic!("{problem}"))
}

/// Every scenario that comes with the project, by its file, in order.
pub(crate) fn all() -> Vec<(String, Scenario)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../scenarios/world");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    let named = |it: &Path| it.file_name().unwrap().to_string_lossy().into_owned();
    let is_scenario = |it: &&std::path::PathBuf| it.extension().is_some_and(|it| it == "yaml");
    let whole = |it: &Path| {
        let scenario = read(&fs::read_to_string(it).unwrap());
        let Some(trace) = scenario.recorded_trace().map(|trace| it.with_file_name(trace)) else {
            return scenario;
        };
        let recording =
            Recording::read(&fs::read(trace).unwrap()).unwrap_or_else(|problem| panic!("{problem}"));
        scenario.with_recording(&recording)
    };
    files.iter().filter(is_scenario).map(|it| (named(it), whole(it))).collect()
}

#[test]
fn every_finding_is_what_its_scenario_shows() {
    let mut wrong = String::new();
    for (file, scenario) in all() {
        let metric = Metric::named(&scenario.finding.metric).unwrap();
        for design in &scenario.designs {
            let measured = (metric.of)(&simulate(&scenario, design).unwrap());
            let told = scenario.finding.figures.get(&design.name).copied();
            if told != Some(measured) {
                wrong += &format!("{file}: {} of {}: {measured}, not {told:?}\n", metric.name, design.name);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
