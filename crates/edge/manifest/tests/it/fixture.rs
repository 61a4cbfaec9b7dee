//! Shared by the tests: reading a text, and showing what was read.

use std::fmt::Write as _;

use casemate_manifest::{Reading, Source, read};
use casemate_model::Pod;

pub(crate) fn source(text: &str) -> Source {
    Source { name: "test.yaml".into(), text: text.into() }
}

pub(crate) fn reading(text: &str) -> Reading {
    read(&[source(text)])
}

/// The pods of a text that has nothing wrong with it.
pub(crate) fn pods(text: &str) -> Vec<Pod> {
    let reading = reading(text);
    assert_eq!(reading.problems, []);
    reading.workloads.into_iter().map(|workload| workload.pod).collect()
}

/// The one pod of a text that has nothing wrong with it.
pub(crate) fn pod(text: &str) -> Pod {
    let mut pods = pods(text);
    assert_eq!(pods.len(), 1);
    pods.remove(0)
}

/// A pod whose one container has these further lines, indented by four.
pub(crate) fn with_container(lines: &str) -> String {
    let head =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: c\n    image: i\n";
    let lines = lines.lines().map(|line| format!("    {line}\n")).collect::<String>();
    head.to_owned() + &lines
}

/// A pod whose one container asks for these requests and limits, in flow style.
pub(crate) fn with_resources(requests: &str, limits: &str) -> String {
    with_container(&format!("resources:\n  requests: {{{requests}}}\n  limits: {{{limits}}}"))
}

/// The names of what was read, then every problem and note.
pub(crate) fn summary(reading: &Reading) -> String {
    let mut text = String::new();
    for workload in &reading.workloads {
        let _ = writeln!(text, "{} from {}", workload.pod.key, workload.provenance.place);
    }
    if let Some(policy) = &reading.policy {
        let _ = writeln!(text, "policy {}", policy.name);
    }
    for problem in &reading.problems {
        let _ = writeln!(text, "{problem}");
    }
    for note in &reading.notes {
        let _ = writeln!(text, "note: {note}");
    }
    text
}
