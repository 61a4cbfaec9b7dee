//! What is refused, in the words a user sees. One text a test; snapshots hold the words.

use casemate_manifest::{ProblemKind, empty_directory, read};

use crate::fixture::{reading, source, summary, with_container, with_resources};

#[test]
fn one_bad_document_hides_neither_the_good_ones_nor_the_other_bad_ones() {
    let good = with_container("");
    let text = format!(
        "{}---\nkind: [\n---\nkind: Widget\napiVersion: v1\n---\na: 1\na: 2\n---\n{good}",
        good.replace("name: p", "name: first")
    );
    insta::assert_snapshot!(summary(&reading(&text)));
}

#[test]
fn every_mistake_of_a_pod_is_found_at_once() {
    let text = r#"
apiVersion: v1
kind: Pod
metadata: {name: Bad_Name, namespace: ../up}
spec:
  priority: very
  nodeName: here
  nodeSelector: {sgx: true, n: 1}
  overhead: {cpu: -1, gpu: 1}
  initContainers: [{name: i, image: i}]
  schedulingGates: [{name: g}]
  affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: []}}}
  tolerations:
  - {key: a, operator: Like}
  - {operator: Exists, value: v}
  - {value: v}
  - {key: a, effect: Never}
  - nothing
  containers:
  - image: i
    command: run
    args: [1, true, ~]
    env: [{name: A, value: 1}, {name: B, valueFrom: {fieldRef: {}}}, {value: x}, {name: "C=D"}]
    envFrom: [{configMapRef: {name: m}}]
  - name: c
    image: "nul\0"
    resources: {requests: {nvidia.com/gpu: 1, sgx.intel.com/epc: 1Mi}, limits: [64Mi]}
  - just text
"#;
    insta::assert_snapshot!(summary(&reading(text)));
}

#[test]
fn amounts_that_make_no_sense_are_refused_naming_the_field() {
    let cases = [
        ("sgx.intel.com/epc: 64Mi", "sgx.intel.com/epc: 32Mi"),
        ("sgx.intel.com/enclave: 1", "sgx.intel.com/enclave: 2"),
        ("sgx.intel.com/epc: -1", ""),
        ("sgx.intel.com/epc: 64MB", ""),
        ("sgx.intel.com/epc: lots", ""),
        ("sgx.intel.com/epc: 0.5", ""),
        ("sgx.intel.com/epc: 1e400", ""),
        ("sgx.intel.com/epc: 16Ei", ""),
        ("intel.com/sgx: 9000000000000000", ""),
        ("sgx.intel.com/enclave: 5000000000", ""),
        ("sgx.intel.com/epc: .inf", ""),
        ("sgx.intel.com/epc: {}", ""),
        ("sgx.intel.com/epc: 1Mi, alibabacloud.com/sgx_epc_MiB: 1", ""),
        ("sgx.intel.com/epc: 1Mi, tdx.intel.com/keys: 1", ""),
        ("cpu: 1, memory: 2Mi", "cpu: 500m, memory: 1Mi"),
    ];
    let said: Vec<String> = cases
        .iter()
        .map(|(requests, limits)| {
            format!("{requests} | {limits}\n{}", summary(&reading(&with_resources(requests, limits))))
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn a_tee_asked_for_without_a_resource_is_refused_rather_than_left_out() {
    let class = with_container("") + "  runtimeClassName: kata-qemu-snp\n";
    let device = with_container("")
        + "  volumes: [{name: d, hostPath: {path: /dev/sgx_enclave}}, {name: e, emptyDir: {}}]\n";
    let ordinary =
        with_container("") + "  runtimeClassName: gvisor\n  nodeName: n\n  priorityClassName: high\n";
    insta::assert_snapshot!([class, device, ordinary].map(|text| summary(&reading(&text))).join("--\n"));
}

#[test]
fn kinds_that_are_not_run_are_refused_by_name_and_are_not_called_wrong() {
    for (version, kind) in
        [("v1", "Node"), ("v1", "PodTemplate"), ("serving.knative.dev/v1", "Service"), ("v1", "Widget")]
    {
        let reading = reading(&format!("apiVersion: {version}\nkind: {kind}\n"));
        assert_eq!(reading.problems.len(), 1);
        assert_eq!(reading.problems[0].kind, ProblemKind::NotRun);
        assert_eq!(reading.problems[0].field, "kind");
        assert!(kind == "Node" || reading.problems[0].cause.contains(kind));
    }
}

#[test]
fn documents_that_say_too_little_or_the_wrong_version_are_told_what_to_say() {
    let texts = [
        "",
        "# only a comment\n---\n",
        "just text",
        "[1, 2]",
        "kind: Pod",
        "apiVersion: v1",
        "apiVersion: v2\nkind: Pod",
        "apiVersion: batch/v1beta1\nkind: Job",
        "apiVersion: v1\nkind: Pod",
        "apiVersion: v1\nkind: Pod\nmetadata: {generateName: p-}\nspec: {containers: []}",
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {}",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: text",
    ];
    let said: Vec<String> =
        texts.iter().map(|text| format!("{text:?}\n{}", summary(&reading(text)))).collect();
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn lists_are_read_item_by_item_and_names_are_unique_over_all_files() {
    let pod = |name: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}}}, spec: {{containers: [{{name: c, image: i}}]}}}}"
        )
    };
    let list = format!(
        "apiVersion: v1\nkind: List\nitems:\n- {}\n- {}\n- {{apiVersion: v1, kind: Widget}}\n",
        pod("a"),
        pod("b")
    );
    let typed = "apiVersion: v1\nkind: PodList\nitems: [{metadata: {name: c}, spec: {containers: [{name: c, image: i}]}}]";
    let again = source(&pod("b"));
    insta::assert_snapshot!(summary(&read(&[source(&list), source(typed), again])));
}

#[test]
fn nothing_to_read_is_a_problem_too() {
    insta::assert_snapshot!(format!("{}\n{}", summary(&read(&[])), empty_directory("manifests")));
}
