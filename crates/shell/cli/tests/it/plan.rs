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
        "3 pods on 3 nodes: 2 placed, 1 pending; checked, no rule broken\n",
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
    let misspelt = "apiVersion: v1\nkind: Pod\nmetadata: {name: m, annotations: {casemate.dev/need: fork}}\n\
                    spec: {containers: [{name: c, image: i}]}\n";
    casemate.file("cluster/misspelt.yaml", misspelt);
    let ran = planned(&casemate, &["-f", "cluster"]);
    assert!(ran.stdout.contains("note: cluster/misspelt.yaml:3:"), "{}", ran.stdout);
    let document = planned(&casemate, &["-f", "cluster", "-o", "json"]).document();
    assert!(document["notes"][0].as_str().is_some_and(|it| it.contains("casemate.dev/needs")), "{document}");
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

const RUNNING: &str = "\
apiVersion: v1
kind: Node
metadata: {name: a, annotations: {casemate.dev/fmspc: 00906ED50000}}
status: {allocatable: {cpu: 4, memory: 8Gi, sgx.intel.com/epc: 64Mi, sgx.intel.com/enclave: 9}}
---
apiVersion: v1
kind: Node
metadata: {name: b}
status: {allocatable: {cpu: 4, memory: 8Gi, sgx.intel.com/epc: 64Mi, sgx.intel.com/enclave: 9}}
---
apiVersion: v1
kind: Pod
metadata: {name: secret, namespace: bank, uid: u, resourceVersion: '5'}
spec:
  nodeName: a
  containers: [{name: c, image: i, resources: {limits: {sgx.intel.com/epc: 16Mi, sgx.intel.com/enclave: 1}}}]
status: {phase: Running}
---
apiVersion: v1
kind: Pod
metadata: {name: alone, namespace: shop, annotations: {casemate.dev/placement-policy: 'exclusive:node'}}
spec: {containers: [{name: c, image: i, resources: {requests: {cpu: 1}}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: claims, namespace: shop}
spec: {resourceClaims: [{name: g, resourceClaimName: g}], containers: [{name: c, image: i}]}
";

#[test]
fn policies_keep_tenants_apart_and_what_is_not_implemented_is_refused_by_its_condition() {
    let casemate = Casemate::new();
    casemate.file("all.yaml", RUNNING);
    let ran = planned(&casemate, &["-f", "all.yaml", "-o", "json"]);
    let document = ran.document();
    assert_eq!(places(&document), [("bank/secret", "a"), ("shop/alone", "b")]);
    assert_eq!(document["placements"][0]["there"], true);
    let pending = &document["pending"][0];
    assert_eq!((&pending["condition"], &pending["pods"][0]), (&"Unsupported".into(), &"shop/claims".into()));
    assert_eq!(document["checker"]["broken"], Value::Array(Vec::new()));
    assert_eq!(ran.code(), Some(1));
}

#[test]
fn who_is_where_trust_is_lost_moves_and_a_node_that_is_given_up_takes_nobody() {
    let casemate = Casemate::new();
    casemate.file("all.yaml", RUNNING);
    let supposed = "TCB recovery on FMSPC 00906ed50000";
    let document = planned(&casemate, &["-f", "all.yaml", "--what-if", supposed, "-o", "json"]).document();
    // b has a tenant that will not share: secret cannot leave.
    assert_eq!(document["stranded"][0]["pod"], "bank/secret");
    let document = planned(&casemate, &["-f", "all.yaml", "--evacuate", "b", "-o", "json"]).document();
    assert_eq!(places(&document), [("bank/secret", "a")]);
    let unknown = planned(&casemate, &["-f", "all.yaml", "--evacuate", "nope"]);
    assert!(unknown.stdout.contains("no node is named nope"), "{}", unknown.stdout);
}

#[test]
fn variants_are_compared_and_a_page_is_one_document() {
    let casemate = Casemate::new();
    casemate.file("all.yaml", RUNNING);
    let compared =
        planned(&casemate, &["-f", "all.yaml", "--compare", "shared,exclusive:tee+best-fit", "-o", "json"]);
    let names: Vec<_> = compared.document()["comparison"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["name"].as_str().expect("a name").to_owned())
        .collect();
    assert_eq!(names, ["shared", "exclusive:tee+best-fit"]);
    let page = planned(&casemate, &["-f", "all.yaml", "-o", "html"]).stdout;
    assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
    for wrong in [["--policy", "alone"], ["--packing", "tight"], ["--overcommit", "0.5"], ["--compare", "x"]]
    {
        let ran = planned(&casemate, &[&["-f", "all.yaml"], &wrong[..]].concat());
        assert_eq!(ran.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn lists_of_openb_are_nodes_and_pods() {
    let casemate = Casemate::new();
    casemate.file("nodes.csv", "sn,cpu_milli,memory_mib,gpu,model\nn0,8000,8192,2,T4\n");
    casemate.file(
        "pods.csv",
        "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\n\
         p0,1000,1024,1,600,\np1,1000,1024,1,600,T4\np2,1000,1024,1,600,\np3,1000,1024,1,100,P100\n",
    );
    let document = planned(&casemate, &["-f", "nodes.csv", "-f", "pods.csv", "-o", "json"]).document();
    assert_eq!(places(&document), [("openb/p0", "n0"), ("openb/p1", "n0")]);
    let gpus = document["bounds"].as_array().expect("a list").iter().find(|it| it["resource"] == "gpu-milli");
    assert_eq!(gpus.map(|it| (&it["placed"], &it["most"])), Some((&1200.into(), &1200.into())));
}
