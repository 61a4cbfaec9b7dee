//! What a cluster has put on nodes stays there, and is not made a second time.

use casemate_manifest::{Idle, Reading, read};
use casemate_model::NodeName;
use casemate_model::affinity::{Labels, NodeFacts};

use crate::fixture::source;
use crate::nodes::planned;

/// A pod as a cluster prints it, with this in its metadata and this in its status.
fn live(name: &str, metadata: &str, node: &str, phase: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, uid: {name}, {metadata}}}\nspec:\n  nodeName: {node:?}\n  \
         containers: [{{name: c, image: i}}]\nstatus: {{phase: {phase}}}\n"
    )
}

fn owned(kind: &str, name: &str) -> String {
    format!("ownerReferences: [{{controller: true, kind: {kind}, name: {name}}}]")
}

fn maker(kind: &str, name: &str, spec: &str) -> String {
    let version = if kind == "Job" { "batch/v1" } else { "apps/v1" };
    format!(
        "---\napiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {{{spec}, template: {{metadata: {{labels: {{a: b}}}}, \
         spec: {{restartPolicy: {}, containers: [{{name: c, image: i}}]}}}}}}\n",
        if kind == "Job" { "Never" } else { "Always" }
    )
}

/// The pods' names, each with the node that it is on.
fn pods(reading: &Reading) -> Vec<String> {
    assert_eq!(reading.problems, []);
    let name = |pod: &casemate_model::Pod| match &pod.scheduling.node {
        Some(node) => format!("{} on {node}", pod.key.name),
        None => pod.key.name.clone(),
    };
    reading.workloads.iter().map(|workload| name(&workload.pod)).collect()
}

#[test]
fn pods_of_a_deployment_that_are_on_nodes_stay_and_so_many_fewer_are_made() {
    let set = maker("ReplicaSet", "web-5d7", "replicas: 3")
        .replace("{name: web-5d7}", &format!("{{name: web-5d7, {}}}", owned("Deployment", "web")));
    let of_set = owned("ReplicaSet", "web-5d7");
    let text = maker("Deployment", "web", "replicas: 3")
        + &set
        + &live("web-5d7-a", &of_set, "w1", "Running")
        + &live("web-5d7-b", &of_set, "", "Pending")
        + &live("web-5d7-c", &of_set, "w2", "Pending")
        + &live("web-5d7-d", &of_set, "w2", "Failed");
    assert_eq!(pods(&planned(&text)), ["web-0", "web-5d7-a on w1", "web-5d7-c on w2"]);
    // Without its ReplicaSet a pod is told by its hash.
    let hashed = format!("labels: {{pod-template-hash: 5d7}}, {of_set}");
    let text = live("web-5d7-a", &hashed, "w1", "Running") + &maker("Deployment", "web", "replicas: 1");
    let reading = planned(&text);
    assert_eq!(pods(&reading), ["web-5d7-a on w1"]);
    assert_eq!(reading.understood[0].because, Idle::NoPods);
    assert!(reading.notes.iter().any(|note| note.text.contains("0 more are planned")), "{:?}", reading.notes);
}

#[test]
fn one_that_is_leaving_is_there_and_is_replaced() {
    let leaving = format!("deletionTimestamp: \"2025-06-25T00:00:00Z\", {}", owned("ReplicaSet", "web"));
    let text = maker("ReplicaSet", "web", "replicas: 1") + &live("web-a", &leaving, "w1", "Running");
    assert_eq!(pods(&planned(&text)), ["web-0", "web-a on w1"]);
}

#[test]
fn pods_of_a_stateful_set_are_known_by_their_names() {
    let text = live("db-1", &owned("StatefulSet", "db"), "w1", "Running")
        + &maker("StatefulSet", "db", "replicas: 3");
    assert_eq!(pods(&planned(&text)), ["db-1 on w1", "db-0", "db-2"]);
    let all = live("db-0", &owned("StatefulSet", "db"), "w1", "Running")
        + &maker("StatefulSet", "db", "replicas: 1");
    assert_eq!(pods(&planned(&all)), ["db-0 on w1"]);
}

#[test]
fn what_a_job_has_done_is_not_done_again() {
    let job = maker("Job", "j", "completions: 4") + "status: {succeeded: 1}\n";
    let text = job
        + &live("j-x", &owned("Job", "j"), "w1", "Running")
        + &live("j-y", &owned("Job", "j"), "w1", "Succeeded");
    assert_eq!(pods(&planned(&text)), ["j-0", "j-1", "j-x on w1"]);
}

#[test]
fn pods_of_a_daemon_set_are_where_they_are() {
    let text = maker("DaemonSet", "d", "minReadySeconds: 0")
        + &live("d-x", &owned("DaemonSet", "d"), "w1", "Running");
    assert_eq!(pods(&planned(&text)), ["d-x on w1"]);
}

#[test]
fn what_a_cluster_has_admitted_is_counted_where_it_is() {
    let privileged =
        live("p", "", "w1", "Running").replace("image: i", "image: i, securityContext: {privileged: true}");
    let reading = planned(&privileged);
    assert_eq!(pods(&reading), ["p on w1"]);
    assert!(reading.notes[0].text.contains("counted where it is"), "{}", reading.notes[0]);
    let waiting = planned(&privileged.replace("\"w1\"", "\"\""));
    assert!(waiting.workloads.is_empty() && !waiting.problems.is_empty());
    let entered = live("p", "", "w1", "Running")
        .replace("image: i", "image: i, resources: {limits: {sgx.intel.com/epc: 1Mi}}")
        .replace("  containers", "  ephemeralContainers: [{name: d, image: i}]\n  containers");
    assert_eq!(pods(&planned(&entered)), ["p on w1"]);
    assert!(planned(&entered.replace("\"w1\"", "\"\"")).workloads.is_empty());
    let plugin = live("p", "namespace: kube-system", "w1", "Running").replace(
        "  containers",
        "  volumes: [{name: d, hostPath: {path: /dev/sgx_enclave}}, {name: s, hostPath: {path: /var/lib/kubelet/device-plugins}}]\n  containers",
    );
    assert_eq!(pods(&planned(&plugin)), ["p on w1"]);
    let elsewhere = planned(&plugin.replace("\"w1\"", "\"\""));
    assert_eq!(elsewhere.understood[0].because, Idle::DevicePlugin);
}

#[test]
fn what_is_not_planned_keeps_a_pod_where_it_is() {
    let claim = "  volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]\n  containers";
    let own = "  affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: \
               [{matchExpressions: [{key: a, operator: Exists}]}]}}}\n  volumes";
    let running = live("p", "", "w1", "Running").replace("  containers", claim);
    for text in [running.clone(), running.replace("  volumes", own)] {
        let reading = planned(&text);
        assert_eq!(pods(&reading), ["p on w1"]);
        assert!(reading.notes[0].text.contains("the claim `c` is not among"), "{}", reading.notes[0]);
        let said = &reading.workloads[0].pod.scheduling;
        assert!(said.unsupported.is_empty());
        let allows = |name: &str| {
            let labels = Labels::from([("a".to_owned(), String::new())]);
            said.node_affinity.allows(&NodeFacts { name: NodeName(name.into()), labels, taints: Vec::new() })
        };
        assert!(allows("w1") && !allows("w2"));
    }
    let waiting = planned(&running.replace("\"w1\"", "\"\""));
    assert_eq!(waiting.workloads[0].pod.scheduling.unsupported.len(), 1);
}

#[test]
fn to_run_what_owns_a_pod_makes_it_wherever_it_is() {
    let text = maker("ReplicaSet", "web", "replicas: 2")
        + &live("web-a", &owned("ReplicaSet", "web"), "w1", "Running");
    let reading = read(&[source(&text)]);
    let names: Vec<_> = reading.workloads.iter().map(|workload| workload.pod.key.name.as_str()).collect();
    assert_eq!(names, ["web-0", "web-1"]);
}

#[test]
fn makers_that_own_each_other_are_answered() {
    let one = maker("ReplicaSet", "a", "replicas: 1")
        .replace("{name: a}", &format!("{{name: a, {}}}", owned("ReplicaSet", "b")));
    let two = maker("ReplicaSet", "b", "replicas: 1")
        .replace("{name: b}", &format!("{{name: b, {}}}", owned("ReplicaSet", "a")));
    let text = one + &two + &live("p", &owned("ReplicaSet", "a"), "w1", "Running");
    assert_eq!(pods(&planned(&text)), ["p on w1"]);
}
