//! The scenarios that come with the project.

use std::fs;
use std::path::Path;

use casemate_manifest::Source;
use casemate_sched_trace::Recording;
use casemate_world_sim::Scenario;

/// A scenario.
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

/// A small one with every kind of thing that runs.
pub(crate) const SMALL: &str = "\
name: everything
about: a little of all
millis: 12
seed: 1
tasks:
  - {name: client, count: 2, run_micros: 300, sleep_micros: 2000, request: {work_micros: 400, calls: [store]}}
  - {name: player, run_micros: 700, sleep_micros: 1000}
interrupts: [{every_micros: 1500, handler_micros: 30}]
services: [{name: store, work_micros: 100}]
periodic: [{name: sensor, every_micros: 3000, work_micros: 200, cpu: 1}]
designs:
  - {name: default}
  - {name: caller, design: {agent: caller}}
finding: {says: nothing, metric: request_p99_us, figures: {}}
";
