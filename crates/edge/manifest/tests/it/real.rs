//! Manifests nobody here wrote.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use casemate_affinity::PodTerms;
use casemate_manifest::{Class, Options, ProblemKind, Source, inspect, read, read_to_plan};
use casemate_model::{Bytes, Tee};

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

/// The rows of a table of facts: each cell by its column. The last column's cells may hold commas.
fn rows(text: &str) -> Vec<BTreeMap<&str, &str>> {
    let mut lines = text.lines();
    let columns: Vec<&str> = lines.next().unwrap().split(',').collect();
    lines.map(|line| columns.iter().copied().zip(line.splitn(columns.len(), ',')).collect()).collect()
}

#[test]
fn tee_nodes_have_what_people_reported_of_them() {
    let Some(root) = data("tee_nodes_have_what_people_reported_of_them", "tee-nodes") else { return };
    let text = std::fs::read_to_string(root.join("tee_nodes.csv")).unwrap();
    let rows = rows(&text);
    assert!(rows.len() >= 6, "{} rows", rows.len());
    for row in rows {
        let written: String = [
            ("sgx.intel.com/epc", "epc_bytes"),
            ("sgx.intel.com/enclave", "sgx_enclave_slots"),
            ("sgx.intel.com/provision", "sgx_provision_slots"),
            ("sev-snp.amd.com/esids", "sev_es_ids"),
        ]
        .iter()
        .filter(|(_, column)| !row[column].is_empty())
        .map(|(name, column)| format!("{name}: {:?}, ", row[column]))
        .collect();
        let name = row["node"];
        let text = format!(
            "{{apiVersion: v1, kind: Node, metadata: {{name: {name}}}, status: {{allocatable: {{{written}}}}}}}"
        );
        let reading = read_to_plan(&[Source { name: name.into(), text }], &Options::default());
        assert_eq!(reading.problems, [], "{name}");
        let node = &reading.nodes[0].node;
        let number = |column: &str| row[column].parse::<u64>().unwrap_or(0);
        assert_eq!(node.tee, Some(if row["tee"] == "sgx" { Tee::Sgx } else { Tee::SevSnp }), "{name}");
        assert_eq!(node.capacity.epc, Bytes(number("epc_bytes")), "{name}: what is not listed is not there");
        assert_eq!(u64::from(node.capacity.slots), number("sgx_enclave_slots"), "{name}");
        assert_eq!(u64::from(node.capacity.key_slots), number("sev_es_ids"), "{name}");
        let provision = node.devices.get("sgx.intel.com/provision").copied();
        assert_eq!(provision.unwrap_or(0), number("sgx_provision_slots"), "{name}");
    }
}

#[test]
fn tee_nodes_sandboxes_take_the_keys_that_their_makers_say() {
    let name = "tee_nodes_sandboxes_take_the_keys_that_their_makers_say";
    let Some(root) = data(name, "tee-nodes") else { return };
    let text = std::fs::read_to_string(root.join("runtimeclass_overhead.csv")).unwrap();
    for row in rows(&text).iter().filter(|row| !row["tee_key_resource"].is_empty()) {
        let class = row["runtime_class"];
        let text = format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{runtimeClassName: {class}, containers: \
             [{{name: c, image: i}}]}}}}"
        );
        let reading = read_to_plan(&[Source { name: class.into(), text }], &Options::default());
        assert_eq!(reading.problems, [], "{class}");
        let pod = &reading.workloads[0].pod;
        let tee = if row["tee_key_resource"].starts_with("tdx") { Tee::Tdx } else { Tee::SevSnp };
        assert_eq!(pod.enclaves().next().map(|(_, asked)| asked.tee), Some(tee), "{class}");
        assert_eq!(pod.overhead_key_slots, 1, "{class}");
        assert_eq!(pod.overhead_memory, Bytes::mib(row["memory_mib"].parse().unwrap()), "{class}");
        assert_eq!(pod.overhead_cpu.0, row["cpu_milli"].parse::<u64>().unwrap(), "{class}");
    }
}

#[test]
fn tee_manifests_that_are_run_are_planned_with_the_same_demand_of_their_tee() {
    let name = "tee_manifests_that_are_run_are_planned_with_the_same_demand_of_their_tee";
    let Some(root) = data(name, "tee-manifests") else { return };
    let mut paths = Vec::new();
    files(&root, &mut paths);
    let (mut run, mut planned) = (0, 0);
    for path in paths.iter().filter(|path| path.extension().is_none_or(|extension| extension != "csv")) {
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        let sources = [Source::from_bytes(&name, std::fs::read(path).unwrap()).unwrap()];
        let (to_run, to_plan) = (read(&sources), read_to_plan(&sources, &Options::default()));
        run += to_run.workloads.len();
        planned += to_plan.workloads.len();
        for workload in &to_run.workloads {
            let found = to_plan.workloads.iter().find(|found| found.pod.key == workload.pod.key);
            // One pod on each node is what a plan has no notion of.
            let Some(found) = found else {
                assert!(to_plan.problems.iter().any(|problem| problem.cause.contains("DaemonSet")), "{name}");
                continue;
            };
            let asked =
                |pod: &casemate_model::Pod| pod.enclaves().map(|(_, asked)| *asked).collect::<Vec<_>>();
            assert_eq!(asked(&found.pod), asked(&workload.pod), "{name}");
        }
        for problem in &to_plan.problems {
            println!("{problem}");
        }
    }
    println!("{run} pods to run, {planned} to plan");
    assert!(planned >= run, "{planned} of {run}");
}

#[test]
fn tee_manifests_planned_say_what_the_api_would_accept_and_what_is_wrong_is_told_with_its_place() {
    let name = "tee_manifests_planned_say_what_the_api_would_accept_and_what_is_wrong_is_told_with_its_place";
    let Some(root) = data(name, "tee-manifests") else { return };
    let mut paths = Vec::new();
    files(&root, &mut paths);
    let (mut planned, mut spread, mut waiting) = (0, 0, 0);
    for path in paths.iter().filter(|path| path.extension().is_none_or(|extension| extension != "csv")) {
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        let sources = [Source::from_bytes(&name, std::fs::read(path).unwrap()).unwrap()];
        let reading = read_to_plan(&sources, &Options::default());
        for workload in &reading.workloads {
            let said = &workload.pod.scheduling;
            assert_eq!(PodTerms::of(&workload.pod).mistakes(), [], "{name}");
            assert!(reading.namespaces.contains_key(&workload.pod.key.namespace), "{name}");
            assert!(said.unsupported.iter().all(|told| told.starts_with(&name)), "{name}: {said:?}");
            planned += 1;
            spread += said.topology_spread.len() + said.pod_anti_affinity.required.len();
            waiting += usize::from(!said.unsupported.is_empty());
        }
        for place in reading.problems.iter().map(|problem| &problem.place) {
            assert!(place.file == name && place.line >= 1, "{name}");
        }
    }
    println!("{planned} pods, {waiting} of which wait for what is not planned; {spread} required spreads");
    assert!(planned >= 20, "{planned}");
}
