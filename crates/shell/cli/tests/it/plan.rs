//! `casemate plan`: pods and nodes from documents, what is supposed beside, and what is said of it.

use serde_json::Value;

use crate::casemate::{Casemate, Ran};

const NODES: &str = r#"
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Node, metadata: {name: sgx-1}, status: {allocatable: {cpu: "8", memory: 64Gi, pods: "110", sgx.intel.com/epc: 1Gi, sgx.intel.com/enclave: "110"}}}
- {apiVersion: v1, kind: Node, metadata: {name: sgx-2}, status: {allocatable: {cpu: "8", memory: 64Gi, pods: "110", sgx.intel.com/epc: 512Mi, sgx.intel.com/enclave: "110"}}}
- apiVersion: v1
  kind: Node
  metadata: {name: gpu-1}
  spec: {taints: [{key: gpu, value: "yes", effect: NoSchedule}]}
  status: {allocatable: {cpu: "16", memory: 128Gi, pods: "110", nvidia.com/gpu: "4"}}
"#;

const PODS: &str = r#"
apiVersion: v1
kind: Pod
metadata: {name: first}
spec: {containers: [{name: c, image: i, resources: {limits: {sgx.intel.com/epc: 800Mi, sgx.intel.com/enclave: 1, cpu: "1"}}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: second}
spec: {containers: [{name: c, image: i, resources: {limits: {sgx.intel.com/epc: 800Mi, sgx.intel.com/enclave: 1, cpu: "1"}}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: gpu}
spec: {tolerations: [{operator: Exists}], containers: [{name: c, image: i, resources: {limits: {nvidia.com/gpu: 3}}}]}
"#;

fn planned(casemate: &Casemate, arguments: &[&str]) -> Ran {
    let mut command = casemate.subcommand("plan");
    command.args(arguments).output().expect("the binary starts").into()
}

fn directory() -> Casemate {
    let casemate = Casemate::new();
    casemate.file("cluster/nodes.yaml", NODES);
    casemate.file("cluster/pods.yaml", PODS);
    casemate
}

/// Where each pod with a place would go.
fn places(document: &Value) -> Vec<(&str, &str)> {
    let placements = document["placements"].as_array().expect("a list").iter();
    placements.map(|it| (it["pod"].as_str().expect("a pod"), it["node"].as_str().expect("a node"))).collect()
}

#[test]
fn pods_get_places_or_the_reasons_why_not_and_types_that_would_do() {
    let casemate = directory();
    let ran = planned(&casemate, &["-f", "cluster"]);
    assert_eq!(ran.code(), Some(1), "one has no place");
    for said in [
        "default/first  sgx-1  EPC would be 78 % used (800Mi of 1Gi)",
        "default/gpu    gpu-1  nvidia.com/gpu would be 75 % used (3 of 4)",
        "default/second waits:\n  sgx-1: asks for 800Mi EPC, 224Mi of 1Gi are free\n",
        "  sgx-2: asks for 800Mi EPC, the node has 512Mi in all\n  would fit: ",
        "3 pods on 3 nodes: 2 placed, 1 pending\n",
    ] {
        assert!(ran.stdout.contains(said), "{said:?} is not in\n{}", ran.stdout);
    }
    assert_eq!(ran.stderr, "");
    let document = planned(&casemate, &["-f", "cluster", "-o", "json"]).document();
    assert_eq!(document["schema"], "casemate.plan/v1");
    assert_eq!(places(&document), [("default/first", "sgx-1"), ("default/gpu", "gpu-1")]);
    let gpu = &document["resources"].as_array().expect("a list")[4];
    assert_eq!((&gpu["resource"], &gpu["used"]), (&"nvidia.com/gpu".into(), &3.into()));
}

#[test]
fn what_is_supposed_is_planned_with() {
    let casemate = directory();
    let what_if =
        ["-f", "cluster", "-o", "json", "--what-if", "+1 nodes like sgx-1", "--what-if", "node gpu-1 down"];
    let document = planned(&casemate, &what_if).document();
    assert_eq!(places(&document), [("default/first", "sgx-1"), ("default/second", "sgx-1-1")]);
    assert_eq!(document["what_if"], serde_json::json!(["+1 nodes like sgx-1", "node gpu-1 down"]));
    assert_eq!(document["pending"][0]["never"], true);
    let all = planned(&casemate, &["-f", "cluster", "--what-if", "+1 nodes like sgx-1"]);
    assert_eq!(all.code(), Some(0), "{}", all.stdout);
    let nobody = planned(&casemate, &["-f", "cluster", "--what-if", "node nobody down"]);
    assert_eq!(nobody.code(), Some(1));
    assert!(nobody.stdout.contains("no node is named nobody"), "{}", nobody.stdout);
    let nonsense = planned(&casemate, &["-f", "cluster", "--what-if", "more"]);
    assert_eq!(nonsense.code(), Some(2));
    assert!(nonsense.stderr.contains("node NAME down"), "{}", nonsense.stderr);
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_planned() {
    let casemate = directory();
    casemate.file("cluster/broken.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {}\n");
    let ran = planned(&casemate, &["-f", "cluster", "-o", "json"]);
    assert_eq!(ran.code(), Some(1));
    let document = ran.document();
    assert_eq!(places(&document).len(), 2);
    assert!(
        document["errors"][0].as_str().is_some_and(|it| it.starts_with("cluster/broken.yaml:")),
        "{document}"
    );
    let none = planned(&casemate, &["-o", "json"]);
    assert_eq!((none.code(), &none.document()["schema"]), (Some(2), &"casemate.plan/v1".into()));
}

#[test]
fn what_is_understood_and_not_acted_upon_is_told() {
    let casemate = directory();
    let preferring = PODS.replacen(
        "spec: {containers",
        "spec: {affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: {matchExpressions: [{key: zone, operator: Exists}]}}]}}, containers",
        1,
    );
    casemate.file("cluster/pods.yaml", preferring);
    let ran = planned(&casemate, &["-f", "cluster"]);
    assert!(ran.stdout.contains("note: cluster/pods.yaml:4:"), "{}", ran.stdout);
    let document = planned(&casemate, &["-f", "cluster", "-o", "json"]).document();
    assert!(document["notes"][0].as_str().is_some_and(|it| it.contains("affinity")), "{document}");
}

#[test]
fn a_file_that_is_not_there_is_one_error() {
    let casemate = Casemate::new();
    let document = planned(&casemate, &["-f", "nope.yaml", "-o", "json"]).document();
    assert_eq!(document["errors"].as_array().map(Vec::len), Some(1), "{document}");
}

#[test]
fn what_each_tee_can_do_is_told() {
    let casemate = Casemate::new();
    let ran = planned(&casemate, &["--tees"]);
    assert_eq!(ran.code(), Some(0));
    assert!(ran.stdout.contains("sev-snp\n  instance     confidential VM\n"), "{}", ran.stdout);
    let rows = planned(&casemate, &["--tees", "-o", "json"]).document();
    assert_eq!(rows.as_array().map(Vec::len), Some(10));
    assert_eq!(rows[0]["TEE"], "sgx1");
}
