//! What nodes are made of, read to plan.

use casemate_manifest::Reading;
use casemate_model::{Bytes, Hardware, MilliCpu, NumaNode, Tee};
use proptest::prelude::*;

use crate::fixture::summary;
use crate::nodes::{node, planned, with_allocatable};

/// A node that has this, with these annotations, in flow style.
fn with(amounts: &str, annotations: &str) -> String {
    with_allocatable(amounts).replace("{name: w1}", &format!("{{name: w1, annotations: {{{annotations}}}}}"))
}

fn hardware(amounts: &str, annotations: &str) -> Hardware {
    node(&with(amounts, annotations)).node.hardware
}

/// The zones of node `w1`, in flow style.
fn with_zones(zones: &str) -> String {
    format!(
        "---\napiVersion: topology.node.k8s.io/v1alpha2\nkind: NodeResourceTopology\nmetadata: {{name: w1}}\n\
         topologyPolicies: [None]\nzones: {zones}\n"
    )
}

/// As NFD's topology updater writes it.
const ZONES: &str = r#"
- name: node-1
  type: Node
  costs: [{name: node-0, value: 21}, {name: node-1, value: 10}]
  resources:
  - {name: cpu, capacity: "32", allocatable: "30", available: "3"}
  - {name: memory, capacity: "100", allocatable: "90", available: "9"}
  - {name: sgx.intel.com/epc, capacity: 3Gi, available: 1Gi}
- name: node-0
  type: Node
  costs: [{name: node-0, value: 10}, {name: node-1, value: 21}]
  resources:
  - {name: cpu, capacity: "32", available: "32"}
  - {name: hugepages-2Mi, capacity: "0", allocatable: "0", available: "0"}
  - {name: sgx.intel.com/epc, capacity: 1Gi, available: 1Gi}
  - {name: casemate.dev/memory-bandwidth, capacity: 200G}
- name: socket-0
  type: Socket
"#;

#[test]
fn zones_are_numa_nodes_in_the_order_of_their_numbers() {
    let numa =
        node(&(with_allocatable("cpu: 64, sgx.intel.com/epc: 4Gi") + &with_zones(ZONES))).node.hardware.numa;
    let gib = |number: u64| Bytes(number << 30);
    let expected = [
        NumaNode {
            epc: gib(1),
            cpu: MilliCpu(32_000),
            memory: Bytes(0),
            bandwidth: Some(200_000_000_000),
            distances: vec![10, 21],
        },
        NumaNode {
            epc: gib(3),
            cpu: MilliCpu(30_000),
            memory: Bytes(90),
            bandwidth: None,
            distances: vec![21, 10],
        },
    ];
    assert_eq!(numa, expected);
}

#[test]
fn zones_may_come_before_their_node_in_a_list_and_in_the_older_version() {
    let node = with_allocatable("cpu: 64, sgx.intel.com/epc: 4Gi");
    let zones = with_zones(ZONES);
    let older = zones.replace("v1alpha2", "v1alpha1");
    let items = zones.trim_start_matches("---\n").replace('\n', "\n  ");
    let list = format!("---\napiVersion: v1\nkind: List\nitems:\n- {items}\n");
    for text in [format!("{zones}---\n{node}"), format!("{node}{older}"), format!("{node}{list}")] {
        let reading = planned(&text);
        assert_eq!((reading.problems.len(), reading.notes.len()), (0, 0), "{text}");
        assert_eq!(reading.nodes[0].node.hardware.numa.len(), 2, "{text}");
    }
}

#[test]
fn where_a_distance_is_missing_none_is_known() {
    let zones =
        "[{name: node-0, type: Node, costs: [{name: node-1, value: 20}]}, {name: node-1, type: Node}]";
    let reading = planned(&(with_allocatable("cpu: 4") + &with_zones(zones)));
    assert_eq!(reading.problems, []);
    assert!(reading.notes[0].text.contains("none is known"), "{}", reading.notes[0]);
    assert_eq!(reading.nodes[0].node.hardware.numa, vec![NumaNode::default(); 2]);
    // Each knows that it is local to itself.
    let both = zones.replace(
        "{name: node-1, type: Node}",
        "{name: node-1, type: Node, costs: [{name: node-0, value: 20}]}",
    );
    let numa = node(&(with_allocatable("cpu: 4") + &with_zones(&both))).node.hardware.numa;
    assert_eq!(numa[0].distances, [10, 20]);
}

#[test]
fn what_is_wrong_with_zones_is_told_and_the_node_is_read_without_them() {
    let cases = [
        "5",
        "[{name: node-0}]",
        "[{name: node, type: Node}]",
        "[{name: node-0, type: Node}, {name: numa-0, type: Node}]",
        "[{name: node-0, type: Node, costs: [{name: node-0, value: 256}]}]",
        "[{name: node-0, type: Node, resources: [{name: cpu, capacity: lots}]}]",
        "[{name: node-0, type: Node, resources: [{name: sgx.intel.com/epc, capacity: 1Gi}]}]",
    ];
    let told = cases.map(|zones| {
        let reading = planned(&(with_allocatable("cpu: 64, sgx.intel.com/epc: 4Gi") + &with_zones(zones)));
        assert_eq!(reading.nodes[0].node.hardware.numa, [], "{zones}");
        format!("{zones}\n{}", summary(&reading))
    });
    insta::assert_snapshot!(told.join("\n"));
    let twice = with_allocatable("cpu: 1") + &with_zones("[]") + &with_zones("[]");
    assert!(planned(&twice).problems[0].cause.contains("a second NodeResourceTopology"));
    let alone = planned(&with_zones("[]"));
    assert!(alone.notes[0].text.contains("no Node of this name"), "{}", alone.notes[0]);
    let version = planned(&with_zones("[]").replace("v1alpha2", "v1"));
    assert!(version.problems[0].cause.contains("is not a version"), "{}", version.problems[0]);
}

#[test]
fn a_kubelet_that_holds_pods_to_one_numa_node_is_noted() {
    let noted = |text: &str| {
        planned(&text.replace("topologyPolicies: [None]\n", "").replace(
            "zones:",
            "attributes: [{name: topologyManagerPolicy, value: single-numa-node}]\nzones:",
        ))
    };
    let text = with_allocatable("cpu: 4") + &with_zones("[]");
    assert!(noted(&text).notes[0].text.contains("not held"), "{:?}", noted(&text).notes);
    let older = planned(&text.replace("[None]", "[SingleNUMANodePodLevel]"));
    assert_eq!((older.notes.len(), planned(&text).notes.len()), (1, 0));
}

#[test]
fn annotations_say_what_each_numa_node_has() {
    let said = "casemate.dev/numa-epc: \"1Gi, 3Gi\", casemate.dev/numa-cpu: \"32,31500m\", casemate.dev/numa-memory: \"5,6\", \
                casemate.dev/numa-bandwidth: \"1G,2G\", casemate.dev/numa-distances: \"10,21; 21,10\"";
    let numa = hardware("cpu: 64, sgx.intel.com/epc: 4Gi", said).numa;
    let expected = NumaNode {
        epc: Bytes(3 << 30),
        cpu: MilliCpu(31_500),
        memory: Bytes(6),
        bandwidth: Some(2_000_000_000),
        distances: vec![21, 10],
    };
    assert_eq!((numa.len(), &numa[1]), (2, &expected));
    let one = hardware("cpu: 1", "casemate.dev/numa-distances: \"10\"").numa;
    assert_eq!(one, [NumaNode { distances: vec![10], ..NumaNode::default() }]);
}

#[test]
fn annotations_come_before_zones_and_fill_what_those_leave_out() {
    let zones = ZONES.replace("sgx.intel.com/epc", "example.com/x");
    let text =
        with("cpu: 64, sgx.intel.com/epc: 4Gi", "casemate.dev/numa-epc: \"2Gi,2Gi\"") + &with_zones(&zones);
    let numa = node(&text).node.hardware.numa;
    assert_eq!(numa.iter().map(|numa| numa.epc.0 >> 30).collect::<Vec<_>>(), [2, 2]);
    assert_eq!(numa[1].cpu, MilliCpu(30_000));
    let said = with("cpu: 1", "casemate.dev/numa-cpu: \"1,1\"");
    assert_eq!(node(&(said + &with_zones("[]"))).node.hardware.numa.len(), 2, "no zones say nothing");
}

#[test]
fn thousands_of_nodes_with_their_zones_are_read() {
    let zones = |name: &str| with_zones(ZONES).replace("{name: w1}", &format!("{{name: {name}}}"));
    let node = |name: &str| with_allocatable("cpu: 64, sgx.intel.com/epc: 4Gi").replace("w1", name);
    let text: String =
        (0..5_000).map(|at| format!("n{at}")).map(|name| node(&name) + &zones(&name) + "---\n").collect();
    let reading = planned(&text);
    assert_eq!((reading.problems.len(), reading.nodes.len()), (0, 5_000));
    assert!(reading.nodes.iter().all(|entry| entry.node.hardware.numa.len() == 2));
}

#[test]
fn threads_the_fmspc_and_units_are_read() {
    let labels = |text: &str, labels: &str| {
        node(&with_allocatable(text).replace("{name: w1}", &format!("{{name: w1, labels: {{{labels}}}}}")))
            .node
            .hardware
    };
    let threads = "feature.node.kubernetes.io/cpu-hardware_multithreading";
    assert_eq!(labels("cpu: 1", &format!("{threads}: \"true\"")).threads_per_core, 2);
    assert_eq!(labels("cpu: 1", &format!("{threads}: \"false\"")).threads_per_core, 1);
    assert_eq!(labels("cpu: 1", "casemate.dev/fmspc: 00906ED50000").fmspc, Some([0, 0x90, 0x6E, 0xD5, 0, 0]));
    let said = hardware("cpu: 1", "casemate.dev/threads-per-core: \"4\", casemate.dev/fmspc: 30a06d07ff00");
    assert_eq!((said.threads_per_core, said.fmspc), (4, Some([0x30, 0xA0, 0x6D, 7, 0xFF, 0])));
    let units = hardware(
        "example.com/gpu-memory: 48, nvidia.com/gpu: 3",
        "casemate.dev/units: \"example.com/gpu-memory=16,2x16; nvidia.com/gpu = 1, 2\"",
    )
    .units;
    assert_eq!(
        (&units["example.com/gpu-memory"], &units["nvidia.com/gpu"]),
        (&vec![16, 16, 16], &vec![1, 2])
    );
    assert_eq!(hardware("cpu: 1", ""), Hardware::default());
}

#[test]
fn shared_gpus_are_as_many_equal_units_as_their_plugin_counts() {
    let node =
        node(&with_allocatable("aliyun.com/gpu-mem: 31, aliyun.com/gpu-count: 2, volcano.sh/gpu-memory: 9"))
            .node;
    assert_eq!(node.hardware.units["aliyun.com/gpu-mem"], [15, 15]);
    assert_eq!(node.devices["aliyun.com/gpu-mem"], 30, "what is on no unit nobody can have");
    assert_eq!(node.hardware.units.len(), 1);
    let less = self::node(&with_allocatable("aliyun.com/gpu-mem: 1, aliyun.com/gpu-count: 2")).node;
    assert_eq!((less.hardware.units.len(), less.devices["aliyun.com/gpu-mem"]), (0, 1));
}

#[test]
fn what_is_wrong_with_an_annotation_of_a_node_is_told_and_what_is_unknown_is_noted() {
    let cases = [
        "casemate.dev/numa-epc: \"1Gi,1Gi\"",
        "casemate.dev/numa-epc: \"1Gi,lots\"",
        "casemate.dev/numa-epc: \"15Ei,15Ei\"",
        "casemate.dev/numa-epc: \"\"",
        "casemate.dev/numa-epc: \"4Gi\", casemate.dev/numa-cpu: \"1,2\"",
        "casemate.dev/numa-distances: \"10,20\"",
        "casemate.dev/numa-distances: \"10,256;20,10\"",
        "casemate.dev/fmspc: 00906ED5000",
        "casemate.dev/fmspc: 00906ED5000G",
        "casemate.dev/fmspc: 00906éD5000",
        "casemate.dev/threads-per-core: \"0\"",
        "casemate.dev/units: example.com/x",
        "casemate.dev/units: example.com/x=0",
        "casemate.dev/units: example.com/x=2000x1",
        "casemate.dev/units: example.com/x=1",
        "casemate.dev/numa_epc: 1Gi",
        "casemate.dev/colour: red",
    ];
    let told = cases.map(|annotation| {
        let reading = planned(&with("cpu: 64, sgx.intel.com/epc: 4Gi", annotation));
        assert_eq!(reading.nodes.is_empty(), !reading.problems.is_empty(), "{annotation}");
        format!("{annotation}\n{}", summary(&reading))
    });
    insta::assert_snapshot!(told.join("\n"));
}

/// A node with whatever annotations and zones.
fn written() -> impl Strategy<Value = String> {
    let names = [
        "numa-epc",
        "numa-cpu",
        "numa-memory",
        "numa-bandwidth",
        "numa-distances",
        "fmspc",
        "units",
        "threads-per-core",
        "x",
    ];
    let value = prop_oneof![
        "[0-9GiMx,;=. a-f]{0,14}",
        Just("2Gi,2Gi".to_owned()),
        Just("10,21;21,10".to_owned()),
        Just("00906ED50000".to_owned()),
        Just("example.com/x=4".to_owned())
    ];
    let annotations = proptest::collection::vec((proptest::sample::select(names.to_vec()), value), 0..4);
    let zone = (0_u8..4, prop_oneof![Just("1Gi"), Just("2Gi"), Just("x")], 0_u16..300);
    (annotations, proptest::collection::vec(zone, 0..3)).prop_map(|(annotations, zones)| {
        let annotations: std::collections::BTreeMap<_, _> = annotations.into_iter().collect();
        let annotations: String =
            annotations.iter().map(|(name, value)| format!("casemate.dev/{name}: {value:?}, ")).collect();
        let zones: String = zones
            .iter()
            .map(|(number, epc, cost)| {
                format!(
                    "{{name: n{number}, type: Node, costs: [{{name: n0, value: {cost}}}], resources: [{{name: sgx.intel.com/epc, capacity: {epc}}}]}}, "
                )
            })
            .collect();
        with("cpu: 8, sgx.intel.com/epc: 4Gi, example.com/x: 4", &annotations) + &with_zones(&format!("[{zones}]"))
    })
}

/// What has to hold of a node, whatever was written.
fn holds(reading: &Reading) -> Result<(), TestCaseError> {
    for entry in &reading.nodes {
        let Hardware { numa, other_tees, units, threads_per_core, .. } = &entry.node.hardware;
        let epc: u64 = numa.iter().map(|numa| numa.epc.0).sum();
        prop_assert!(epc == 0 || epc == entry.node.capacity.epc.0);
        for one in numa {
            prop_assert!(one.distances.is_empty() || one.distances.len() == numa.len());
        }
        for (kind, units) in units {
            prop_assert_eq!(units.iter().sum::<u64>(), entry.node.devices[kind]);
        }
        prop_assert!(*threads_per_core <= 8);
        prop_assert!(entry.node.tee != Some(Tee::Tdx) && other_tees.is_empty());
    }
    prop_assert!(!reading.nodes.is_empty() || !reading.problems.is_empty());
    Ok(())
}

proptest! {
    #[test]
    fn what_is_read_of_hardware_adds_up_whatever_is_written(text in written()) {
        holds(&planned(&text))?;
    }
}
