//! Where a pod may be placed, how important it is, and what its sandbox costs.

use casemate_manifest::read;
use casemate_model::{Bytes, MilliCpu, Pod, TolerationOperator};

use crate::fixture::{pod, reading, source, summary, with_container};

fn with_affinity(terms: &str) -> String {
    with_container("")
        + &format!(
            "  affinity: {{nodeAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: {{nodeSelectorTerms: \
             {terms}}}}}}}\n"
        )
}

#[test]
fn required_affinity_that_says_no_more_than_a_selector_is_one() {
    let text = with_affinity(
        "[{matchExpressions: [{key: a, operator: In, values: [b]}, {key: c, operator: In, values: [\"d\"]}]}]",
    ) + "  nodeSelector: {a: b, e: f}\n";
    let selector: Vec<_> = pod(&text).node_selector.into_iter().map(|(key, value)| key + &value).collect();
    assert_eq!(selector, ["ab", "cd", "ef"]);
}

#[test]
fn any_other_required_affinity_is_refused_by_name() {
    let texts = [
        "[]",
        "[{}]",
        "[{matchExpressions: []}]",
        "[{matchExpressions: [{key: a, operator: In, values: [b]}]}, {matchExpressions: []}]",
        "[{matchExpressions: [{key: a, operator: In, values: [b, c]}]}]",
        "[{matchExpressions: [{key: a, operator: NotIn, values: [b]}]}]",
        "[{matchExpressions: [{key: a, operator: Exists}]}]",
        "[{matchExpressions: [{key: a, operator: DoesNotExist}]}]",
        "[{matchExpressions: [{key: a, operator: Gt, values: [\"3\"]}]}]",
        "[{matchExpressions: [{key: a, operator: Lt, values: [three]}]}]",
        "[{matchExpressions: [{key: a, operator: Exists, values: [b]}]}]",
        "[{matchExpressions: [{key: a, operator: In}]}]",
        "[{matchExpressions: [{key: a, operator: Near, values: [b]}]}]",
        "[{matchExpressions: [{operator: In, values: [b]}]}]",
        "[{matchExpressions: [{key: a, operator: In, values: [b]}, {key: a, operator: In, values: [c]}]}]",
        "[{matchFields: [{key: metadata.name, operator: In, values: [node-1]}]}]",
        "[{matchFields: [{key: metadata.uid, operator: In, values: [x]}]}]",
    ];
    let said = texts.map(|terms| format!("{terms}\n{}", summary(&reading(&with_affinity(terms)))));
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn affinity_between_pods_and_preferences_are_noted() {
    let text = with_container("")
        + "  affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: k}]}, \
           nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1}]}}\n";
    let reading = reading(&text);
    assert_eq!((reading.workloads.len(), reading.problems.len(), reading.notes.len()), (1, 0, 2));
}

const CLASS: &str = r#"---
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata: {name: vm}
handler: plain-vm
overhead: {podFixed: {cpu: 250m, memory: 160Mi, tdx.intel.com/keys: 1}}
scheduling:
  nodeSelector: {vm: "yes"}
  tolerations: [{key: vm, operator: Exists}]
"#;

fn overhead(pod: &Pod) -> (MilliCpu, Bytes, u32) {
    (pod.overhead_cpu, pod.overhead_memory, pod.overhead_key_slots)
}

#[test]
fn a_runtime_class_adds_its_overhead_selector_and_tolerations() {
    let pod = pod(&(with_container("") + "  runtimeClassName: vm\n  nodeSelector: {a: b}\n" + CLASS));
    assert_eq!(overhead(&pod), (MilliCpu(250), Bytes::mib(160), 1));
    assert_eq!(pod.node_selector.len(), 2);
    assert_eq!(pod.tolerations[0].operator, TolerationOperator::Exists);
}

#[test]
fn without_the_class_a_known_sandbox_costs_what_its_makers_say() {
    let text = with_container("resources: {limits: {sev-snp.amd.com/esids: 1}}")
        + "  runtimeClassName: kata-qemu-snp\n";
    let known = reading(&text);
    assert_eq!(overhead(&known.workloads[0].pod), (MilliCpu(1000), Bytes::mib(2048), 1));
    assert!(known.notes[0].text.contains("give the RuntimeClass"), "{}", known.notes[0]);
    let own = pod(&(text + "  overhead: {memory: 1Mi}\n"));
    assert_eq!(overhead(&own), (MilliCpu(0), Bytes::mib(1), 0), "what is written wins");
}

#[test]
fn the_handler_says_more_than_the_name_of_a_class() {
    let named = |name: &str, handler: &str| {
        let class = CLASS.replace("name: vm", &format!("name: {name}")).replace("plain-vm", handler);
        reading(&(with_container("") + &format!("  runtimeClassName: {name}\n") + &class)).problems
    };
    assert_eq!(named("kata-qemu-tdx", "runc"), [], "an ordinary runtime under a TEE's name");
    let hidden = named("ordinary", "kata-qemu-tdx");
    assert!(hidden[0].cause.contains("may mean a TEE"), "{}", hidden[0]);
}

#[test]
fn contradictions_with_a_class_are_refused() {
    let pod = with_container("") + "  runtimeClassName: vm\n";
    let texts = [
        pod.clone() + "  overhead: {cpu: 1}\n" + CLASS,
        pod.clone() + "  nodeSelector: {vm: \"no\"}\n" + CLASS,
        pod.clone() + &CLASS.replace("handler:", "handle:"),
        pod.clone() + &CLASS.replace("memory: 160Mi", "memory: lots, gpu: 1"),
        pod + CLASS + CLASS,
    ];
    insta::assert_snapshot!(texts.map(|text| summary(&reading(&text))).join("--\n"));
}

#[test]
fn priority_comes_from_the_pod_its_class_or_the_default_class() {
    let classes = r#"
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: high}
value: 1000
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: usual}
value: 10
globalDefault: true
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: broken}
value: much
"#;
    let priority = |lines: &str| {
        let reading = read(&[source(&(with_container("") + lines)), source(classes)]);
        reading.workloads.first().map(|workload| workload.pod.priority)
    };
    for (lines, expected) in [
        ("", Some(10)),
        ("  priorityClassName: high\n", Some(1000)),
        ("  priorityClassName: high\n  priority: 7\n", Some(7)),
        ("  priorityClassName: system-node-critical\n", Some(2_000_001_000)),
        ("  priorityClassName: unheard-of\n", Some(0)),
        ("  priorityClassName: broken\n", None),
    ] {
        assert_eq!(priority(lines), expected, "{lines}");
    }
}
