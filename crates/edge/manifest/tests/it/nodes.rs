//! Nodes, read to plan.

use std::fmt::Write as _;

use casemate_manifest::{NodeEntry, Options, Reading, Source, Technology, read, read_to_plan};
use casemate_model::{Bytes, Capacity, MilliCpu, TaintEffect, Tee};
use proptest::prelude::*;

use crate::fixture::{source, summary, with_container};

pub(crate) fn planned(text: &str) -> Reading {
    read_to_plan(&[source(text)], &Options::default())
}

/// The one node of a text that has nothing wrong with it.
pub(crate) fn node(text: &str) -> NodeEntry {
    let mut reading = planned(text);
    assert_eq!(reading.problems, []);
    assert_eq!(reading.nodes.len(), 1);
    reading.nodes.remove(0)
}

/// A node that has this, in flow style.
pub(crate) fn with_allocatable(amounts: &str) -> String {
    format!("apiVersion: v1\nkind: Node\nmetadata: {{name: w1}}\nstatus: {{allocatable: {{{amounts}}}}}\n")
}

/// A node with these labels that has CPU only, in flow style.
fn with_labels(labels: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Node\nmetadata: {{name: w1, labels: {{{labels}}}}}\nstatus: {{allocatable: {{cpu: 1}}}}\n"
    )
}

/// What was read of each node, then every problem and note.
fn shown(reading: &Reading) -> String {
    let mut text = String::new();
    for entry in &reading.nodes {
        let NodeEntry { node, place, unschedulable, offers, is_confidential, inside } = entry;
        let _ = writeln!(
            text,
            "{} from {place}: uid {}, boot {:?}",
            node.name, node.identity.uid, node.identity.boot_id
        );
        let offers: Vec<_> = offers.iter().map(Technology::to_string).collect();
        let tee = node.tee.map_or("no TEE", Tee::as_str);
        let inside = inside.map_or("", Technology::as_str);
        let _ = writeln!(
            text,
            "  {tee}; offers {offers:?}; confidential {is_confidential} {inside}; cordoned {unschedulable}"
        );
        let Capacity { epc, slots, key_slots, cpu, memory } = node.capacity;
        let _ = writeln!(text, "  epc {epc}, slots {slots}, keys {key_slots}, cpu {cpu}, memory {memory}");
        for (kind, amount) in &node.devices {
            let _ = writeln!(text, "  {kind}: {amount}");
        }
        for taint in &node.taints {
            let _ = writeln!(text, "  taint {}={}:{:?}", taint.key, taint.value, taint.effect);
        }
        for (key, value) in &node.labels {
            let _ = writeln!(text, "  label {key}={value}");
        }
    }
    text + &summary(reading)
}

/// As a cluster prints it: more is written than is read.
const CLUSTER: &str = r#"
apiVersion: v1
kind: List
metadata: {resourceVersion: ""}
items:
- apiVersion: v1
  kind: Node
  metadata:
    annotations: {node.alpha.kubernetes.io/ttl: "0", nfd.node.kubernetes.io/feature-labels: cpu-security.sgx.enabled}
    creationTimestamp: "2025-06-25T00:00:00Z"
    labels:
      kubernetes.io/arch: amd64
      kubernetes.io/hostname: ice-1
      feature.node.kubernetes.io/cpu-security.sgx.enabled: "true"
      intel.feature.node.kubernetes.io/sgx: "true"
    managedFields: [{apiVersion: v1, fieldsType: FieldsV1, fieldsV1: {f:status: {}}, manager: kubelet, operation: Update}]
    name: ice-1
    resourceVersion: "81"
    uid: 3f1c7a52-0000-4000-8000-000000000001
  spec:
    podCIDR: 10.0.1.0/24
    taints:
    - {key: sgx.example/only, value: "yes", effect: NoSchedule}
    - {key: old, effect: NoExecute, timeAdded: "2025-06-25T00:00:00Z"}
  status:
    addresses: [{address: 10.0.0.4, type: InternalIP}]
    allocatable:
      cpu: 31580m
      ephemeral-storage: "47093746742"
      hugepages-1Gi: "0"
      hugepages-2Mi: 1Gi
      memory: 131595532Ki
      pods: "110"
      sgx.intel.com/enclave: "110"
      sgx.intel.com/epc: "8589934592"
      sgx.intel.com/provision: "110"
    capacity: {cpu: "32", memory: 132Gi, pods: "110", sgx.intel.com/epc: "8589934592"}
    conditions:
    - {type: MemoryPressure, status: "False", reason: KubeletHasSufficientMemory}
    - {type: Ready, status: "True", reason: KubeletReady}
    images: [{names: ["registry.example/app:1"], sizeBytes: 1234}]
    nodeInfo: {architecture: amd64, bootID: 9a0b0000-0000-4000-8000-000000000002, machineID: x, kernelVersion: 6.8.0}
- apiVersion: v1
  kind: Node
  metadata:
    labels: {node.kubernetes.io/instance-type: m7i.metal-24xl, feature.node.kubernetes.io/cpu-security.tdx.enabled: "true"}
    name: tdx-1
    uid: 3f1c7a52-0000-4000-8000-000000000003
  spec: {unschedulable: true, taints: [{key: node.kubernetes.io/unschedulable, effect: NoSchedule}]}
  status:
    allocatable: {cpu: "96", memory: 384Gi, pods: "110", tdx.intel.com/keys: "31", nvidia.com/gpu: "8", sgx.intel.com/enclave: "20", sgx.intel.com/epc: 64Mi}
    conditions: [{type: Ready, status: Unknown}, {type: DiskPressure, status: "True"}]
- apiVersion: v1
  kind: Node
  metadata:
    labels: {kubernetes.azure.com/security-type: ConfidentialVM, node.kubernetes.io/instance-type: Standard_DC8as_v5}
    name: aks-cvm
  status: {capacity: {cpu: 8, memory: 32Gi, google.com/cc: 1}}
"#;

#[test]
fn nodes_are_taken_as_a_cluster_prints_them() {
    let reading = planned(CLUSTER);
    assert_eq!(reading.problems, []);
    insta::assert_snapshot!(shown(&reading));
}

#[test]
fn json_says_the_same_as_yaml() {
    let yaml = with_allocatable("cpu: 4, memory: 8Gi, tdx.intel.com/keys: 15");
    let json = r#"{"kind":"NodeList","apiVersion":"v1","items":[{"metadata":{"name":"w1"},
        "status":{"allocatable":{"cpu":"4","memory":"8Gi","tdx.intel.com/keys":"15"}}}]}"#;
    assert_eq!(node(&yaml).node, node(json).node);
}

#[test]
fn nodes_pods_and_what_they_refer_to_stand_in_the_same_files() {
    let text = format!("{}---\n{}---\n{CLUSTER}", with_allocatable("cpu: 1"), with_container(""));
    let reading = planned(&text);
    assert_eq!(reading.problems, []);
    assert_eq!((reading.nodes.len(), reading.workloads.len()), (4, 1));
}

#[test]
fn to_run_nodes_are_refused_as_ever() {
    let reading = read(&[source(&with_allocatable("cpu: 1"))]);
    assert_eq!((reading.nodes.len(), reading.problems.len()), (0, 1));
    assert!(reading.problems[0].cause.contains("no other node"), "{}", reading.problems[0]);
}

#[test]
fn every_vocabulary_counts_encrypted_memory_in_its_own_unit() {
    for (amounts, epc, slots) in [
        ("sgx.intel.com/epc: 98566144, sgx.intel.com/enclave: 20", Bytes(98_566_144), 20),
        ("sgx.intel.com/epc: 94Mi, sgx.intel.com/enclave: 20", Bytes::mib(94), 20),
        ("kubernetes.azure.com/sgx_epc_mem_in_MiB: 28", Bytes::mib(28), 28 * 256),
        ("alibabacloud.com/sgx_epc_MiB: 93", Bytes::mib(93), 93 * 256),
        ("intel.com/sgx: 23936", Bytes(23_936 * 4096), 23_936),
        ("sgx.intel.com/epc: 94Mi", Bytes::mib(94), 0),
    ] {
        let entry = node(&with_allocatable(amounts));
        assert_eq!(entry.node.tee, Some(Tee::Sgx), "{amounts}");
        assert_eq!((entry.node.capacity.epc, entry.node.capacity.slots), (epc, slots), "{amounts}");
    }
}

#[test]
fn enclave_slots_without_encrypted_memory_are_no_encrypted_memory() {
    for amounts in ["sgx.intel.com/enclave: 20", "sgx.intel.com/enclave: 20, sgx.intel.com/epc: 0"] {
        let capacity = node(&with_allocatable(amounts)).node.capacity;
        assert_eq!((capacity.epc, capacity.slots), (Bytes::ZERO, 20));
    }
}

#[test]
fn two_plugins_that_count_the_same_are_believed_where_they_say_less() {
    let text = with_allocatable(
        "sgx.intel.com/enclave: 5, sgx.intel.com/epc: 64Mi, kubernetes.azure.com/sgx_epc_mem_in_MiB: 28",
    );
    let reading = planned(&text);
    assert_eq!(reading.nodes[0].node.capacity.epc, Bytes::mib(28));
    assert_eq!(reading.notes.len(), 1, "{:?}", reading.notes);
    // A plugin that has gone leaves a zero.
    let text = with_allocatable("sgx.intel.com/epc: 64Mi, kubernetes.azure.com/sgx_epc_mem_in_MiB: 0");
    assert_eq!(node(&text).node.capacity.epc, Bytes::mib(64));
}

#[test]
fn a_host_of_confidential_machines_has_them_first_and_its_enclaves_beside() {
    let text = with_allocatable("tdx.intel.com/keys: 31, sgx.intel.com/epc: 64Mi, sgx.intel.com/enclave: 9");
    let reading = planned(&text);
    let node = &reading.nodes[0].node;
    assert_eq!((node.tee, reading.notes.len()), (Some(Tee::Tdx), 0));
    assert_eq!(node.hardware.other_tees, [Tee::Sgx].into());
    let counted = Capacity { key_slots: 31, epc: Bytes::mib(64), slots: 9, ..Capacity::default() };
    assert_eq!(node.capacity, counted);
    assert!(reading.nodes[0].offers.contains(&Technology::Sgx));
}

#[test]
fn a_tee_that_is_counted_comes_before_one_that_a_label_offers() {
    let text = with_allocatable("sgx.intel.com/epc: 64Mi").replace(
        "{name: w1}",
        "{name: w1, labels: {feature.node.kubernetes.io/cpu-security.tdx.enabled: \"true\"}}",
    );
    let node = node(&text).node;
    assert_eq!((node.tee, node.hardware.other_tees), (Some(Tee::Sgx), [Tee::Tdx].into()));
    assert_eq!(node.capacity.key_slots, 0);
}

#[test]
fn a_label_offers_a_tee_of_which_there_is_nothing_to_hand_out() {
    for (labels, tee) in [
        ("feature.node.kubernetes.io/cpu-security.sgx.enabled: \"true\"", Some(Tee::Sgx)),
        ("feature.node.kubernetes.io/cpu-security.sgx.enabled: \"false\"", None),
        ("intel.feature.node.kubernetes.io/tdx: \"true\"", Some(Tee::Tdx)),
        ("amd.feature.node.kubernetes.io/snp: \"true\"", Some(Tee::SevSnp)),
        ("node.kubernetes.io/instance-type: Standard_DC4as_cc_v5", Some(Tee::SevSnp)),
        ("feature.node.kubernetes.io/cpu-security.sev.enabled: \"true\"", None),
        ("workload: confidential", None),
    ] {
        let node = node(&with_labels(labels)).node;
        assert_eq!(node.tee, tee, "{labels}");
        assert_eq!(node.capacity, Capacity { cpu: MilliCpu(1000), ..Capacity::default() }, "{labels}");
    }
}

#[test]
fn a_node_that_is_a_confidential_machine_offers_none() {
    let entry = node(&with_labels("intel.feature.node.kubernetes.io/tdx-guest: enabled"));
    assert_eq!((entry.node.tee, entry.is_confidential, entry.inside), (None, true, Some(Technology::Tdx)));
    let entry = node(&with_labels("cloud.google.com/gke-confidential-nodes: \"true\""));
    assert_eq!((entry.node.tee, entry.is_confidential, entry.inside), (None, true, None));
}

#[test]
fn nitro_enclaves_are_slots_and_their_cpus_and_pages_are_devices() {
    let amounts = "aws.ec2.nitro/nitro_enclaves: 4, aws.ec2.nitro/nitro_enclaves_cpus: 6, hugepages-1Gi: 8Gi";
    let node = node(&with_allocatable(amounts)).node;
    assert_eq!((node.tee, node.capacity.slots), (Some(Tee::Nitro), 4));
    assert_eq!(node.devices["aws.ec2.nitro/nitro_enclaves_cpus"], 6);
    assert_eq!(node.devices["hugepages-1Gi"], 8 << 30);
    assert_eq!(node.devices.len(), 2);
}

#[test]
fn amounts_that_are_not_whole_are_rounded_down() {
    let node = node(&with_allocatable("cpu: 1.9999, memory: 1500m, example.com/x: 2500m")).node;
    assert_eq!((node.capacity.cpu, node.capacity.memory), (MilliCpu(1999), Bytes(1)));
    assert_eq!(node.devices["example.com/x"], 2);
}

#[test]
fn what_keeps_pods_away_is_a_taint_once() {
    let text = "{apiVersion: v1, kind: Node, metadata: {name: w1}, spec: {unschedulable: true}, \
                status: {allocatable: {cpu: 1}, conditions: [{type: Ready, status: \"False\"}]}}";
    let entry = node(text);
    assert!(entry.unschedulable);
    let taints: Vec<_> = entry.node.taints.iter().map(|taint| (taint.key.as_str(), taint.effect)).collect();
    let no = TaintEffect::NoSchedule;
    assert_eq!(taints, [("node.kubernetes.io/unschedulable", no), ("node.kubernetes.io/not-ready", no)]);
    assert!(!node(&with_allocatable("cpu: 1")).unschedulable);
}

#[test]
fn every_mistake_of_a_node_is_found_at_once() {
    let text = r#"
apiVersion: v1
kind: Node
metadata: {name: Bad_Name, uid: 1, labels: {a: 1, b: true}}
spec:
  unschedulable: maybe
  taints: [{key: a}, {effect: NoSchedule}, {key: a, effect: Never}, nothing, {key: a, value: 1, effect: NoExecute}]
status:
  nodeInfo: {bootID: 7}
  conditions: [{type: Ready}, {status: "True"}]
  allocatable:
    cpu: -1
    memory: 64Mo
    sgx.intel.com/epc: 16Ei
    kubernetes.azure.com/sgx_epc_mem_in_MiB: 18446744073709551615
    tdx.intel.com/keys: many
    nvidia.com/gpu: [1]
    example.com/x: ~
---
{apiVersion: v1, kind: Node, metadata: {name: w1}}
---
{apiVersion: v1, kind: Node, metadata: {name: w2}, status: {}}
---
{apiVersion: v1, kind: Node, metadata: {name: w3}, status: {allocatable: []}}
---
{apiVersion: v1, kind: Node, status: {allocatable: {cpu: 1}}}
---
{apiVersion: v1, kind: Node, metadata: {name: w4}, status: {allocatable: {cpu: 1}}}
---
{apiVersion: v1, kind: Node, metadata: {name: w4}, status: {allocatable: {cpu: 2}}}
---
{apiVersion: v1, kind: Node, metadata: {name: w5, uid: w4}, status: {allocatable: {cpu: 2}}}
---
{apiVersion: v2, kind: Node, metadata: {name: w6}, status: {allocatable: {cpu: 2}}}
---
{apiVersion: metal3.io/v1, kind: Node, metadata: {name: w7}}
"#;
    let reading = planned(text);
    assert_eq!(reading.nodes.len(), 1);
    insta::assert_snapshot!(shown(&reading));
}

#[test]
fn more_slots_than_can_be_counted_are_as_many_as_can_be() {
    let capacity = node(&with_allocatable("tdx.intel.com/keys: 18446744073709551615")).node.capacity;
    assert_eq!(capacity.key_slots, u32::MAX);
}

/// A node as it may be written, right or wrong.
fn written() -> impl Strategy<Value = String> {
    let names = [
        "cpu",
        "memory",
        "pods",
        "sgx.intel.com/epc",
        "sgx.intel.com/enclave",
        "sgx.intel.com/provision",
        "kubernetes.azure.com/sgx_epc_mem_in_MiB",
        "intel.com/sgx",
        "tdx.intel.com/keys",
        "sev-snp.amd.com/esids",
        "aws.ec2.nitro/nitro_enclaves",
        "nvidia.com/gpu",
        "hugepages-2Mi",
        "gpu",
    ];
    let amounts = ["0", "1", "64Mi", "250m", "-1", "x", "1e30", "18446744073709551615", "[]", "\"3\"", "~"];
    let amount = (proptest::sample::select(names.to_vec()), proptest::sample::select(amounts.to_vec()));
    let labels = ["sgx: \"1\"", "intel.feature.node.kubernetes.io/tdx: \"true\"", "a: 1", "zone: z"];
    let label = proptest::sample::select(labels.to_vec());
    (
        0..6_u8,
        proptest::collection::btree_map(
            amount.prop_map(|it| it.0),
            proptest::sample::select(amounts.to_vec()),
            0..6,
        ),
        label,
    )
        .prop_map(|(name, amounts, label)| {
            let amounts: Vec<_> = amounts.iter().map(|(name, amount)| format!("{name}: {amount}")).collect();
            format!(
                "{{apiVersion: v1, kind: Node, metadata: {{name: w{name}, labels: {{{label}}}}}, \
                 status: {{allocatable: {{{}}}}}}}",
                amounts.join(", ")
            )
        })
}

/// Without the places, which differ by how documents are laid out.
fn said(reading: &Reading) -> (Vec<casemate_model::Node>, Vec<(String, String)>) {
    let problem = |it: &casemate_manifest::Problem| {
        // Where the first of two nodes is, is a place too.
        let cause = it.cause.split_once("; the first is at").map_or(it.cause.as_str(), |(what, _)| what);
        (it.field.clone(), cause.to_owned())
    };
    (
        reading.nodes.iter().map(|entry| entry.node.clone()).collect(),
        reading.problems.iter().map(problem).collect(),
    )
}

proptest! {
    #[test]
    fn a_list_says_what_its_items_say_as_documents(nodes in proptest::collection::vec(written(), 1..8)) {
        let documents = planned(&nodes.join("\n---\n"));
        let items: String = nodes.iter().map(|node| format!("- {node}\n")).collect();
        for kind in ["List", "NodeList"] {
            let list = planned(&format!("apiVersion: v1\nkind: {kind}\nitems:\n{items}"));
            prop_assert_eq!(said(&list), said(&documents));
        }
        let files: Vec<Source> = nodes.iter().map(|node| source(node)).collect();
        prop_assert_eq!(said(&read_to_plan(&files, &Options::default())), said(&documents));
        prop_assert_eq!(documents.nodes.len() + documents.problems.len() >= nodes.len(), true);
    }

    #[test]
    fn any_node_is_answered(text in proptest::collection::vec(prop_oneof![4 => written(), 1 => ".{0,16}", 1 => Just("\n---\n".to_owned())], 0..8)) {
        let reading = planned(&text.concat());
        for entry in &reading.nodes {
            prop_assert!(entry.node.devices.values().all(|amount| *amount > 0));
            prop_assert!(entry.node.tee.is_some() || entry.node.capacity.epc == Bytes::ZERO);
        }
    }
}
