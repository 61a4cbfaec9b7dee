//! Nodes and sandboxes that are in use somewhere.

use std::path::Path;

use casemate_catalogue::{Catalogue, Covers, Resource, Wanted};
use casemate_model::tee::{NumberFrom, Slot};
use casemate_model::{Bytes, Capacity, MilliCpu, Tee, TeeVariant};

/// The rows of a file below the data folder, or a line that says that it is not there.
fn rows(name: &str, file: &str) -> Option<Vec<Vec<String>>> {
    let root = std::env::var_os("CASEMATE_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data"),
        std::path::PathBuf::from,
    );
    let path = root.join("tee-nodes").join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: {name}: no data at {}", path.display());
        return None;
    };
    let cells = |line: &str| line.split(',').map(str::to_owned).collect();
    Some(text.lines().skip(1).map(cells).collect())
}

#[test]
fn page_caches_of_real_sgx1_nodes_are_within_what_the_table_gives() {
    let Some(rows) = rows("page_caches_of_real_sgx1_nodes", "tee_nodes.csv") else { return };
    let most = TeeVariant::Sgx1.capabilities().memory.most.unwrap();
    let epc: Vec<u64> =
        rows.iter().filter(|row| row[2] == "sgx").filter_map(|row| row[5].parse().ok()).collect();
    assert!(!epc.is_empty());
    assert!(epc.iter().all(|bytes| Bytes(*bytes) < most), "{epc:?}");
}

/// Nodes of one generation report 20 and 110: the flag of the plug-in, and nothing of the hardware.
#[test]
fn slots_of_real_sgx_nodes_differ_as_the_plug_in_was_set() {
    let Some(rows) = rows("slots_of_real_sgx_nodes", "tee_nodes.csv") else { return };
    let mut slots: Vec<&str> =
        rows.iter().map(|row| row[6].as_str()).filter(|cell| !cell.is_empty()).collect();
    slots.sort_unstable();
    slots.dedup();
    assert_eq!(slots, ["110", "20"]);
    let table = TeeVariant::Sgx1.capabilities().slots;
    assert_eq!((table.kind, table.number), (Slot::PluginDevice, NumberFrom::PluginFlags));
}

/// What kata-deploy says its sandboxes cost: those with a key fit nowhere but where child VMs are started.
#[test]
fn sandboxes_that_need_a_key_fit_only_where_child_vms_are_started() {
    let Some(rows) = rows("sandboxes_that_need_a_key", "runtimeclass_overhead.csv") else { return };
    let mut with_keys = 0;
    for row in &rows {
        let [class, memory, cpu, key, ..] = row.as_slice() else { panic!("{row:?}") };
        let tee = match key.split_once('/').map(|(domain, _)| domain) {
            Some("tdx.intel.com") => Tee::Tdx,
            Some("sev-snp.amd.com") => Tee::SevSnp,
            _ => continue,
        };
        with_keys += 1;
        let capacity = Capacity {
            memory: Bytes::mib(memory.parse().unwrap()),
            cpu: MilliCpu(cpu.parse().unwrap()),
            key_slots: 1,
            ..Capacity::default()
        };
        let answer = Catalogue::builtin().answer(&Wanted { tee: Some(tee), capacity });
        assert_eq!(answer.fits.is_empty(), tee == Tee::Tdx, "{class}");
        for fit in answer.fits {
            assert_eq!(fit.instance_type.covers, Covers::ChildVms, "{class}");
            assert_eq!(fit.unstated, [Resource::KeySlots], "{class}");
        }
    }
    assert_eq!(with_keys, 4);
}
