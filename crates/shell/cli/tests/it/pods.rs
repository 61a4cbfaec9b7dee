//! Pods and Jobs as Kubernetes writes them, on this machine as a node.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::casemate::{Casemate, HELLO_SHA256, joined, pod, workload};

const LABEL: [&str; 2] = ["--node-label", "feature.node.kubernetes.io/cpu-sgx.enabled=true"];
const IMAGE: [&str; 2] = ["--image", "myregistry/sgx-app:latest=hello.wat"];

/// A pod like that of CC 5.2: every field, other words.
const LIKE_CC_5_2: &str = r#"
apiVersion: v1
kind: Pod
metadata:
  name: confidential-workload
spec:
  runtimeClassName: kata-cc
  containers:
  - name: sgx-app
    image: myregistry/sgx-app:latest
    resources:
      limits: {sgx.intel.com/epc: 64Mi, sgx.intel.com/enclave: 1, sgx.intel.com/provision: 1}
      requests: {sgx.intel.com/epc: 32Mi, sgx.intel.com/enclave: 1}
    securityContext:
      runAsNonRoot: true
      seccompProfile: {type: RuntimeDefault}
  nodeSelector:
    feature.node.kubernetes.io/cpu-sgx.enabled: "true"
  tolerations:
  - {key: sgx.intel.com/epc, operator: Exists, effect: NoSchedule}
"#;

/// That the pod of CC 5.2 runs where the label is, and nowhere else.
fn runs_where_the_label_is(manifest: &str) {
    let casemate = Casemate::new();
    casemate.file("pod.yaml", manifest);
    let taint = ["--node-taint", "sgx.intel.com/epc=:NoSchedule"];
    for more in [&[][..], &taint] {
        let (code, document) = casemate.json(&[&["pod.yaml"], &IMAGE[..], &LABEL, more].concat());
        let pod = workload(&document, "confidential-workload");
        assert_eq!((code, &pod["state"]), (Some(0), &"Succeeded".into()), "{document:#}");
        assert_eq!(pod["log_sha256"], HELLO_SHA256);
    }
    let ran = casemate.run(&[&["pod.yaml", "-o", "json"], &IMAGE[..]].concat());
    assert_eq!(ran.code(), Some(1));
    let document = ran.document();
    never_placed(&document, "confidential-workload", "no label feature.node.kubernetes.io/cpu-sgx.enabled");
    never_placed(&document, "confidential-workload", &LABEL.join(" "));
}

/// That the pod ended as Pending, for a reason that holds these words, and left nothing.
fn never_placed(document: &Value, name: &str, words: &str) {
    let pod = workload(document, name);
    assert_eq!(pod["state"], "Pending", "{pod:#}");
    for unknown in ["node", "verdict", "exit_code", "log", "log_sha256", "seconds", "measurement"] {
        assert_eq!(pod[unknown], Value::Null, "{unknown}");
    }
    assert!(joined(&pod["reasons"]).contains(words), "{pod:#}");
}

#[test]
fn a_pod_like_cc_5_2_runs_where_its_label_is_and_nowhere_else() {
    runs_where_the_label_is(LIKE_CC_5_2);
}

#[test]
fn cc_5_2_itself_runs_unchanged_where_its_label_is_and_nowhere_else() {
    let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/seeds");
    let manifest = fs::read_dir(seeds).ok().and_then(|entries| {
        let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.sort();
        paths.iter().find_map(|path| section_5_2(path))
    });
    let Some(manifest) = manifest else {
        println!("skipped: CC 5.2: no such document at {seeds}");
        return;
    };
    assert!(manifest.contains("confidential-workload"), "{manifest}");
    runs_where_the_label_is(&manifest);
}

/// The first YAML block below the heading 5.2, where a document has one with a pod in it.
fn section_5_2(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let (_, section) = text.split_once("\n### 5.2 ")?;
    let (section, _) = section.split_once("\n### ")?;
    let (_, block) = section.split_once("```yaml\n")?;
    let (block, _) = block.split_once("```")?;
    block.contains("kind: Pod").then(|| block.to_owned())
}

#[test]
fn a_pod_that_asks_for_more_than_the_node_has_ends_as_pending_and_the_others_run() {
    let casemate = Casemate::new();
    casemate.file("large.yaml", pod("large", "file://./hello.wat", "33Mi", ""));
    casemate.pod("good", "file://./hello.wat", "");
    let (code, document) = casemate.json(&["large.yaml", "good.yaml", "--epc", "32Mi"]);
    assert_eq!((code, &workload(&document, "good")["state"]), (Some(1), &"Succeeded".into()));
    never_placed(&document, "large", "asks for 33Mi EPC, the node has 32Mi in all");
}

#[test]
fn a_pod_that_needs_the_whole_node_waits_for_its_turn() {
    let casemate = Casemate::new();
    for name in ["one", "two", "three"] {
        casemate.file(&format!("{name}.yaml"), pod(name, "file://./hello.wat", "32Mi", ""));
    }
    let (code, document) = casemate.json(&["one.yaml", "two.yaml", "three.yaml", "--epc", "32Mi"]);
    assert_eq!(code, Some(0), "{document:#}");
}

#[test]
fn a_job_is_as_many_pods_as_it_has_completions() {
    let casemate = Casemate::new();
    casemate.file(
        "job.yaml",
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: triple}\nspec:\n  completions: 3\n  template:\n    \
         spec:\n      restartPolicy: Never\n      containers:\n      - name: app\n        image: \
         file://./hello.wat\n        resources: {limits: {sgx.intel.com/epc: 1Mi}}\n",
    );
    let (code, document) = casemate.json(&["job.yaml"]);
    assert_eq!(code, Some(0), "{document:#}");
    let workloads = document["workloads"].as_array().expect("a list");
    let names: Vec<_> = workloads.iter().map(|workload| workload["name"].as_str().expect("a text")).collect();
    assert_eq!(names, ["triple-0", "triple-1", "triple-2"]);
    assert!(workloads.iter().all(|workload| workload["log_sha256"] == HELLO_SHA256));
}

#[test]
fn a_taint_keeps_out_who_does_not_tolerate_it() {
    let casemate = Casemate::new();
    casemate.pod("plain", "file://./hello.wat", "");
    let tolerates = "tolerations:\n- {key: dedicated, operator: Equal, value: enclaves, effect: NoSchedule}";
    casemate.pod("tolerant", "file://./hello.wat", tolerates);
    let taint = ["--node-taint", "dedicated=enclaves:NoSchedule"];
    let (code, document) = casemate.json(&[&["plain.yaml", "tolerant.yaml"], &taint[..]].concat());
    assert_eq!((code, &workload(&document, "tolerant")["state"]), (Some(1), &"Succeeded".into()));
    never_placed(&document, "plain", "does not tolerate the taint dedicated=enclaves:NoSchedule");
}

#[test]
fn arguments_and_environment_of_the_manifest_arrive() {
    let casemate = Casemate::new();
    let says = |get: &str, sizes: &str| {
        format!(
            r#"(module
              (import "wasi_snapshot_preview1" "{get}" (func $get (param i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "{sizes}" (func $sizes (param i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "fd_write"
                (func $fd_write (param i32 i32 i32 i32) (result i32)))
              (memory (export "memory") 1)
              (func (export "_start")
                (drop (call $get (i32.const 4096) (i32.const 8192)))
                (drop (call $sizes (i32.const 8) (i32.const 4)))
                (i32.store (i32.const 0) (i32.const 8192))
                (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))"#
        )
    };
    casemate.file("args.wat", says("args_get", "args_sizes_get"));
    casemate.file("env.wat", says("environ_get", "environ_sizes_get"));
    casemate.file(
        "two.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: two}\nspec:\n  containers:\n  - name: args\n    image: \
         file://./args.wat\n    command: [prog]\n    args: [--flag, two words]\n    resources: {limits: \
         {sgx.intel.com/epc: 1Mi}}\n  - name: env\n    image: file://./env.wat\n    env:\n    - {name: FIRST, \
         value: one}\n    - {name: SECOND, value: \"2\"}\n    resources: {limits: {sgx.intel.com/epc: 1Mi}}\n",
    );
    let (code, document) = casemate.json(&["two.yaml"]);
    assert_eq!(code, Some(0), "{document:#}");
    let output = |at: usize| {
        let log = document["workloads"][at]["log"].as_str().expect("a path");
        fs::read_to_string(log).expect("it is there")
    };
    assert_eq!(output(0), "prog\0--flag\0two words\0");
    assert_eq!(output(1), "FIRST=one\0SECOND=2\0");
}

#[test]
fn an_exit_code_that_is_not_zero_is_reported_and_makes_the_runs_one() {
    let casemate = Casemate::new();
    casemate.file(
        "fails.wat",
        r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 1) (func (export "_start") (call $exit (i32.const 42))))"#,
    );
    casemate.pod("fails", "file://./fails.wat", "");
    casemate.pod("good", "file://./hello.wat", "");
    let (code, document) = casemate.json(&["."]);
    let fails = workload(&document, "fails");
    assert_eq!((code, &fails["exit_code"], &fails["state"]), (Some(1), &42.into(), &"Failed".into()));
    assert_eq!(workload(&document, "good")["state"], "Succeeded");
}
