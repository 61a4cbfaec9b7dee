//! The lists that were published.

use std::path::{Path, PathBuf};

use casemate_trace::{Inflation, Limits, nodes, pods};

/// A file of OpenB below the data folder, or a line that says that it is not there.
fn openb(test: &str, file: &str) -> Option<Vec<u8>> {
    let root = std::env::var_os("CASEMATE_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data"), PathBuf::from);
    let path = root.join("openb").join(file);
    let bytes = std::fs::read(&path).ok();
    if bytes.is_none() {
        println!("skipped: {test}: no data at {}", path.display());
    }
    bytes
}

#[test]
fn the_nodes_of_openb_have_6212_gpus() {
    let Some(list) = openb("the_nodes_of_openb", "openb_node_list_all_node.csv.gz") else { return };
    let nodes = nodes(&list, &Limits::default()).unwrap();
    assert_eq!(nodes.len(), 1_523);
    assert_eq!(nodes.iter().filter(|node| node.gpus > 0).count(), 1_213);
    assert_eq!(nodes.iter().map(|node| node.gpus).sum::<u32>(), 6_212);
}

#[test]
fn every_workload_of_openb_is_read() {
    let capacity = 6_212_000;
    for (name, count) in [
        ("default", 8_152),
        ("cpu100", 7_853),
        ("gpushare40", 8_152),
        ("gpuspec10", 8_152),
        ("multigpu20", 8_324),
    ] {
        let Some(list) = openb(name, &format!("openb_pod_list_{name}.csv.gz")) else { continue };
        let pods = pods(&list, &Limits::default()).unwrap();
        assert_eq!(pods.len(), count, "{name}");
        assert_eq!(pods.iter().any(|pod| !pod.models.is_empty()), name == "gpuspec10", "{name}");
        let arrived: u64 = Inflation::new(&pods, 42, capacity).map(|pod| pod.total_gpu_milli()).sum();
        assert!((capacity - 8_000..=capacity).contains(&arrived), "{name}: {arrived}");
    }
}
