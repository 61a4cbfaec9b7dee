//! Manifests nobody here wrote.

use std::path::{Path, PathBuf};

use casemate_manifest::{Class, ProblemKind, Source, inspect, read};
use casemate_model::Bytes;

/// Where the data folder is, or a line that says that it is not there.
fn data(name: &str, below: &str) -> Option<PathBuf> {
    let root = std::env::var_os("CASEMATE_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data"), PathBuf::from);
    let path = root.join(below);
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: {name}: no data at {}", path.display());
    None
}

fn files(directory: &Path, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { files(&path, into) } else { into.push(path) }
    }
}

#[test]
fn tee_manifests_are_read_or_refused_with_a_place() {
    let Some(root) = data("tee_manifests_are_read_or_refused_with_a_place", "tee-manifests") else { return };
    let mut paths = Vec::new();
    files(&root, &mut paths);
    let mut read_pods = 0;
    let mut lines = Vec::new();
    for path in paths.iter().filter(|path| path.extension().is_none_or(|extension| extension != "csv")) {
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        let source = Source::from_bytes(&name, std::fs::read(path).unwrap()).unwrap();
        let reading = read(&[source]);
        read_pods += reading.workloads.len();
        let answers =
            [reading.workloads.len(), reading.understood.len(), reading.problems.len(), reading.notes.len()];
        // What only pods refer to has no pods, and nothing wrong with it.
        let is_input = name.contains("runtimeclass") || name.contains("priorityclass");
        assert!(answers.iter().sum::<usize>() > 0 || is_input, "{name} vanished");
        for problem in &reading.problems {
            assert_eq!(problem.place.file, name);
            assert!(problem.place.line >= 1 && problem.place.column >= 1);
            assert!(!problem.cause.is_empty() && !problem.remedy.is_empty());
            if problem.kind == ProblemKind::Invalid || problem.field != "kind" {
                lines.push(problem.to_string());
            }
        }
    }
    println!("{read_pods} pods read; refused:\n{}", lines.join("\n"));
    assert!(read_pods > 0);
}

#[test]
fn tee_manifests_of_the_alibaba_plugin_ask_for_twenty_mebibytes() {
    let name = "tee_manifests_of_the_alibaba_plugin_ask_for_twenty_mebibytes";
    let Some(root) = data(name, "tee-manifests/AliyunContainerService__sgx-device-plugin") else { return };
    let template = std::fs::read_to_string(root.join("readme-pod.yaml")).unwrap();
    let blanks = ["{POD_NAME}", "{CONTAINER_IMAGE}", "{CONTAINER_NAME}"];
    let text = blanks.iter().fold(template, |text, blank| text.replace(blank, "filled-in"));
    let reading = read(&[Source { name: "readme-pod.yaml".into(), text }]);
    assert_eq!(reading.problems, []);
    let (_, demand) = reading.workloads[0].pod.enclaves().next().expect("it asks for EPC");
    assert_eq!((demand.epc_guaranteed, demand.slots), (Bytes::mib(20), 1));
}

/// The inventory's rows: a file, and whether something in it asks or could ask for a TEE.
fn inventory(root: &Path) -> Vec<(String, bool)> {
    let text = std::fs::read_to_string(root.join("INVENTORY.csv")).unwrap();
    let row = |line: &str| {
        let (file, _) = line.split_once(',').unwrap();
        (file.to_owned(), line.trim_end().ends_with(",1"))
    };
    text.lines().skip(1).map(row).collect()
}

#[test]
fn tee_manifests_are_classed_as_the_inventory_says() {
    let Some(root) = data("tee_manifests_are_classed_as_the_inventory_says", "tee-manifests") else { return };
    let rows = inventory(&root);
    assert!(rows.len() >= 48, "{} rows", rows.len());
    let mut wrong = Vec::new();
    for (file, is_request) in rows {
        let source = Source::from_bytes(&file, std::fs::read(root.join(&file)).unwrap()).unwrap();
        let inspection = inspect(&[source]);
        let asks = inspection.workloads.iter().any(|entry| entry.class != Class::NotConfidential);
        for entry in &inspection.workloads {
            println!(
                "{file}:{}: {} {}: {} ({}), {} findings",
                entry.line,
                entry.kind.as_deref().unwrap_or("-"),
                entry.name.as_deref().unwrap_or("-"),
                entry.class.as_str(),
                entry.reason,
                entry.findings.len()
            );
        }
        for error in &inspection.errors {
            println!("error: {error}");
        }
        if asks != is_request {
            wrong.push(file);
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
