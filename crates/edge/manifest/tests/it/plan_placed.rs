//! Manifests in, places out: what is read to plan is what placement goes by.

use std::collections::BTreeMap;

use casemate_model::Pod;
use casemate_placement::{Condition, Options, Planning};

use crate::nodes::planned;

/// Each pod with its node, or with the condition it waits under.
fn placed(text: &str) -> BTreeMap<String, String> {
    let reading = planned(text);
    assert_eq!(reading.problems, []);
    let pods: Vec<Pod> = reading.workloads.into_iter().map(|workload| workload.pod).collect();
    let nodes = reading.nodes.into_iter().map(|entry| entry.node);
    let options = Options { namespaces: reading.namespaces, budgets: reading.budgets, ..Options::default() };
    let planning = Planning::with(nodes, &pods, &options, &casemate_placement::Supposed::default()).unwrap();
    let name = |nth: usize| pods[nth].key.name.clone();
    let placed = planning.placed().map(|(nth, plan)| (name(nth), plan.node().0.clone()));
    let waiting = planning.pending().iter().flat_map(|pending| {
        pending.pods.iter().map(move |nth| (name(*nth), pending.condition.as_str().to_owned()))
    });
    placed.chain(waiting).collect()
}

/// Nodes `w1` and `w2`, in zones of their own.
fn two(amounts: &str) -> String {
    let node = |name: &str, zone: &str| {
        format!(
            "---\napiVersion: v1\nkind: Node\nmetadata: {{name: {name}, labels: {{topology.kubernetes.io/zone: {zone}}}}}\n\
             status: {{allocatable: {{{amounts}}}}}\n"
        )
    };
    node("w1", "a") + &node("w2", "b")
}

/// A pod with this in its metadata and this in its spec, in flow style.
fn pod(name: &str, metadata: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, {metadata}}}\nspec: {{containers: [{{name: c, image: i, \
         resources: {{requests: {{cpu: 1}}}}}}], {spec}}}\n"
    )
}

#[test]
fn pods_that_keep_apart_are_apart_and_the_third_waits() {
    let apart = "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: \
                 [{topologyKey: topology.kubernetes.io/zone, labelSelector: {matchLabels: {app: db}}}]}}";
    let pods: String = ["p", "q", "r"].map(|name| pod(name, "labels: {app: db}", apart)).concat();
    let places = placed(&(two("cpu: 8") + &pods));
    assert_ne!(places["p"], places["q"]);
    assert_eq!(places["r"], Condition::Unschedulable.as_str());
}

#[test]
fn a_pod_goes_where_its_volume_is_and_waits_where_nobody_knows() {
    let mounts = "volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]";
    let claim =
        "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c}\nspec: {volumeName: pv}\n";
    let volume = "---\napiVersion: v1\nkind: PersistentVolume\nmetadata: {name: pv, labels: {topology.kubernetes.io/zone: b}}\nspec: {}\n";
    let text = two("cpu: 8") + &pod("p", "", mounts) + claim;
    assert_eq!(placed(&text)["p"], Condition::Unsupported.as_str());
    assert_eq!(placed(&(text + volume))["p"], "w2");
}

#[test]
fn what_is_on_a_node_is_counted_there_whatever_is_not_planned_of_it() {
    let there = pod("p", "uid: p", "nodeName: w1, hostNetwork: true")
        .replace("image: i", "image: i, ports: [{containerPort: 80}]");
    let places = placed(&(two("cpu: 1") + &there + &pod("q", "", "priority: 9")));
    assert_eq!((places["p"].as_str(), places["q"].as_str()), ("w1", "w2"));
}

#[test]
fn a_host_of_confidential_machines_takes_enclaves_too() {
    let asks = |name: &str, limits: &str| {
        pod(name, "", "").replace("requests: {cpu: 1}", &format!("limits: {{{limits}}}"))
    };
    let node = "---\napiVersion: v1\nkind: Node\nmetadata: {name: w1}\nstatus: {allocatable: {cpu: 8, tdx.intel.com/keys: 1, \
                sgx.intel.com/epc: 1Mi, sgx.intel.com/enclave: 9}}\n";
    let places = placed(
        &(node.to_owned()
            + &asks("machine", "tdx.intel.com/keys: 1")
            + &asks("enclave", "sgx.intel.com/epc: 1Mi")
            + &asks("late", "sgx.intel.com/epc: 4Ki")),
    );
    assert_eq!((places["machine"].as_str(), places["enclave"].as_str()), ("w1", "w1"));
    assert_eq!(places["late"], Condition::Unschedulable.as_str());
}

#[test]
fn any_of_several_tees_will_do() {
    let node = "---\napiVersion: v1\nkind: Node\nmetadata: {name: amd}\nstatus: {allocatable: {cpu: 8, sev-snp.amd.com/esids: 1}}\n";
    let asks = |name: &str, annotations: &str| {
        pod(name, annotations, "").replace("requests: {cpu: 1}", "limits: {tdx.intel.com/keys: 1}")
    };
    let either = asks("either", "annotations: {casemate.dev/tees: \"tdx,sev-snp\"}");
    let places = placed(&(node.to_owned() + &asks("one", "") + &either));
    assert_eq!(
        (places["one"].as_str(), places["either"].as_str()),
        (Condition::Unschedulable.as_str(), "amd")
    );
}
