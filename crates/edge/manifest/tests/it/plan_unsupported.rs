//! What is not planned is told of the pod that asks for it, which waits; it is never ignored.

use casemate_manifest::read;
use casemate_model::{Bytes, MilliCpu, Pod};

use crate::fixture::{source, with_container};
use crate::nodes::planned;
use crate::plan::{pod, with_spec};

fn unsupported(lines: &str) -> Vec<String> {
    pod(&with_spec(lines)).scheduling.unsupported
}

#[test]
fn what_is_not_planned_is_told_with_its_place_and_the_pod_is_read() {
    let told: Vec<String> = [
        "schedulingGates: [{name: g}]",
        "resourceClaims: [{name: gpu, resourceClaimName: g}]",
        "os: {name: windows}",
        "workloadRef: {name: w}",
        "volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]",
        "volumes: [{name: v, csi: {driver: d}}]",
        "volumes: [{name: v, awsElasticBlockStore: {volumeID: d}}]",
        "volumes: [{name: v, madeUp: {}}]",
    ]
    .iter()
    .flat_map(|lines| {
        let told = unsupported(lines);
        assert_eq!(told.len(), 1, "{lines}");
        // On one node there is nobody to start together with.
        let is_refused = !read(&[source(&with_spec(lines))]).problems.is_empty();
        assert_eq!(is_refused, !lines.starts_with("workloadRef"), "{lines}");
        told
    })
    .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn ports_of_nodes_are_not_planned_and_those_of_pods_are_of_no_matter() {
    let with_ports = |ports: &str| pod(&with_container(&format!("ports: {ports}"))).scheduling.unsupported;
    assert_eq!(
        with_ports("[{containerPort: 80, hostPort: 8080}, {containerPort: 81, hostPort: 8081}]").len(),
        2
    );
    for ports in ["[{containerPort: 80}]", "[{containerPort: 80, hostPort: 0}]"] {
        assert_eq!(with_ports(ports), Vec::<String>::new(), "{ports}");
    }
    let on_host = with_container("ports: [{containerPort: 80}]") + "  hostNetwork: true\n";
    let on_host = pod(&on_host.replace("{name: p}", "{name: p, namespace: kube-system}"));
    assert_eq!(on_host.scheduling.unsupported.len(), 1);
}

#[test]
fn a_tee_that_is_asked_for_by_annotation_is_not_counted_and_told() {
    for (annotation, expected) in [
        ("sgx.intel.com/epc: \"67108864\"", 1),
        ("sgx.intel.com/epc: \"0\"", 0),
        ("microsoft.containerinstance.virtualnode.ccepolicy: e30=", 1),
        ("io.katacontainers.config.hypervisor.cc_init_data: e30=", 0),
    ] {
        let text =
            with_container("").replace("{name: p}", &format!("{{name: p, annotations: {{{annotation}}}}}"));
        assert_eq!(pod(&text).scheduling.unsupported.len(), expected, "{annotation}");
    }
}

#[test]
fn storage_that_every_node_can_have_is_of_no_matter() {
    for volume in [
        "nfs: {server: s, path: /}",
        "image: {reference: r}",
        "projected: {sources: [{serviceAccountToken: {path: t, audience: vault}}, {clusterTrustBundle: {path: p}}]}",
    ] {
        let lines = format!("volumes: [{{name: v, {volume}}}]");
        assert_eq!(unsupported(&lines), Vec::<String>::new(), "{volume}");
    }
}

#[test]
fn claims_of_a_stateful_set_are_told_of_each_pod() {
    let set = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  replicas: 2\n  \
               volumeClaimTemplates: [{metadata: {name: data}}]\n  \
               template: {spec: {schedulingGates: [{name: g}], containers: [{name: c, image: i}]}}\n";
    let reading = planned(set);
    assert_eq!(reading.problems, []);
    let counts: Vec<_> =
        reading.workloads.iter().map(|workload| workload.pod.scheduling.unsupported.len()).collect();
    assert_eq!(counts, [2, 2]);
}

#[test]
fn what_is_told_of_one_pod_is_not_told_of_the_next_and_never_grows_without_bound() {
    let ports =
        (1..2_000).map(|port| format!("{{containerPort: {port}, hostPort: {port}}},")).collect::<String>();
    let many = with_container(&format!("ports: [{ports}]"))
        + "---\n"
        + &with_container("").replace("name: p", "name: q");
    let reading = planned(&many);
    let counts: Vec<_> =
        reading.workloads.iter().map(|workload| workload.pod.scheduling.unsupported.len()).collect();
    assert_eq!(counts, [16, 0]);
}

/// CPU and memory that Kubernetes counts for a pod (KEP-753): what runs at once at most.
fn counted(pod: &Pod) -> (u64, u64) {
    let of = |amount: &dyn Fn(&casemate_model::Demand) -> u64| {
        let together: u64 = pod.containers.iter().map(|container| amount(&container.demand)).sum();
        let most = pod.init_containers.iter().map(|container| amount(&container.demand)).max();
        together.max(most.unwrap_or(0))
    };
    (of(&|demand| demand.cpu.0), of(&|demand| demand.memory.0))
}

#[test]
fn sidecars_are_counted_beside_containers_and_beside_init_containers_after_them() {
    let text = r#"
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  initContainers:
  - {name: before, image: i1, resources: {requests: {cpu: 9, memory: 1}}}
  - {name: mesh, image: i2, restartPolicy: Always, resources: {requests: {cpu: 2, memory: 10}}}
  - {name: after, image: i3, resources: {requests: {cpu: 8, memory: 5}}}
  - {name: log, image: i4, restartPolicy: Always, resources: {requests: {cpu: 1, memory: 100}}}
  - {name: last, image: i5, resources: {requests: {cpu: 1, memory: 1}}}
  containers:
  - {name: c, image: i6, resources: {requests: {cpu: 3, memory: 7}}}
"#;
    let reading = planned(text);
    assert_eq!(reading.problems, []);
    let workload = &reading.workloads[0];
    // Of CPU: max(9, 2 + 8, 2 + 1 + 1, 2 + 1 + 3); of memory: max(1, 15, 111, 117).
    assert_eq!(counted(&workload.pod), (10_000, 117));
    let names: Vec<_> = workload.pod.all_containers().map(|container| container.name.as_str()).collect();
    assert_eq!(names, ["before", "after", "last", "mesh", "log", "c"]);
    let images: Vec<_> = workload.images.iter().map(|at| &text[at.offset..at.offset + at.len]).collect();
    assert_eq!(images, ["i1", "i3", "i5", "i2", "i4", "i6"], "images stand where their containers do");
}

#[test]
fn enclaves_of_sidecars_are_counted_as_theirs_and_beside_what_starts_after_them() {
    let text = r#"
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  initContainers:
  - {name: keys, image: i, restartPolicy: Always, resources: {limits: {sgx.intel.com/epc: 5000, nvidia.com/gpu: 1}}}
  - {name: load, image: i, resources: {limits: {sgx.intel.com/epc: 1Mi, cpu: 1}}}
  - {name: plain, image: i}
  containers:
  - {name: c, image: i, restartPolicy: OnFailure}
"#;
    let pod = pod(text);
    let load = &pod.init_containers[0].demand;
    let enclave = load.enclave.unwrap();
    assert_eq!(
        (enclave.epc_guaranteed, enclave.slots),
        (Bytes((1 << 20) + 8192), 2),
        "each in pages of its own"
    );
    assert_eq!((load.cpu, load.devices.len()), (MilliCpu(1000), 1));
    let beside = pod.init_containers[1].demand.enclave.map(|enclave| (enclave.epc_guaranteed, enclave.slots));
    assert_eq!(beside, Some((Bytes(5000), 1)));
    assert_eq!(pod.devices().into_values().collect::<Vec<_>>(), [1]);
}

#[test]
fn restart_policies_of_containers_are_checked() {
    for containers in [
        "initContainers: [{name: s, image: i, restartPolicy: Sometimes}]",
        "initContainers: [{name: s, image: i, restartPolicy: 1}]",
    ] {
        assert_eq!(planned(&with_spec(containers)).problems.len(), 1, "{containers}");
    }
    let debugged = with_spec("ephemeralContainers: [{name: d, image: i}]");
    assert_eq!(
        pod(&debugged).scheduling.unsupported,
        Vec::<String>::new(),
        "they take nothing of their node"
    );
}
