//! Pods, read to plan: what differs from reading them to run.

use casemate_manifest::{Idle, ProblemKind, Reading, read};
use casemate_model::{Devices, EnclaveDemand, Pod, Tee};

use crate::fixture::{source, with_container, with_resources};
use crate::nodes::planned;

/// The one pod of a text that has nothing wrong with it.
pub(crate) fn pod(text: &str) -> Pod {
    let mut reading = planned(text);
    assert_eq!(reading.problems, []);
    assert_eq!(reading.workloads.len(), 1);
    reading.workloads.remove(0).pod
}

pub(crate) fn refused(reading: &Reading) -> bool {
    reading.workloads.is_empty() && !reading.problems.is_empty()
}

fn devices(of: &[(&str, u64)]) -> Devices {
    of.iter().map(|(name, amount)| ((*name).into(), *amount)).collect()
}

/// A pod with these further lines in its spec, indented by two.
pub(crate) fn with_spec(lines: &str) -> String {
    with_container("") + &lines.lines().map(|line| format!("  {line}\n")).collect::<String>()
}

#[test]
fn resources_of_no_table_are_devices() {
    let asked = "nvidia.com/gpu: 2, hugepages-2Mi: 64Mi, kubernetes.io/batch-cpu: 500, ephemeral-storage: 1Gi, \
                 example.com/none: 0";
    let pod = pod(&with_resources(asked, ""));
    let expected = devices(&[
        ("nvidia.com/gpu", 2),
        ("hugepages-2Mi", 64 << 20),
        ("kubernetes.io/batch-cpu", 500),
        ("ephemeral-storage", 1 << 30),
    ]);
    assert_eq!(pod.containers[0].demand.devices, expected);
    assert!(!pod.is_confidential());
}

#[test]
fn a_pod_needs_what_its_containers_need_together_or_its_largest_init_container() {
    let pod = pod("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  initContainers:\n  \
        - {name: i, image: i, resources: {limits: {nvidia.com/gpu: 1, example.com/x: 9}}}\n  \
        - {name: j, image: i, resources: {limits: {nvidia.com/gpu: 2}}}\n  containers:\n  \
        - {name: a, image: i, resources: {limits: {nvidia.com/gpu: 2, example.com/x: 1}}}\n  \
        - {name: b, image: i, resources: {limits: {nvidia.com/gpu: 1}}}\n");
    assert_eq!(pod.devices(), devices(&[("nvidia.com/gpu", 3), ("example.com/x", 9)]));
}

#[test]
fn the_right_to_be_attested_is_handed_out_too() {
    let pod = pod(&with_resources("", "sgx.intel.com/epc: 1Mi, sgx.intel.com/provision: 1"));
    assert_eq!(pod.devices(), devices(&[("sgx.intel.com/provision", 1)]));
    assert!(pod.is_confidential());
}

#[test]
fn devices_of_a_tee_ask_for_the_tee() {
    let nothing = |tee| EnclaveDemand {
        tee,
        epc_guaranteed: Default::default(),
        epc_limit: None,
        slots: 0,
        key_slots: 0,
    };
    for (name, tee) in [
        ("sgx.k8s.io/sgx", Tee::Sgx),
        ("tdx.intel.com/tdx-guest", Tee::Tdx),
        ("devices.kubevirt.io/tdx", Tee::Tdx),
        ("aws.ec2.nitro/nitro_enclaves_cpus", Tee::Nitro),
    ] {
        let demand = pod(&with_resources("", &format!("{name}: 1"))).containers.remove(0).demand;
        assert_eq!((demand.enclave, demand.devices), (Some(nothing(tee)), devices(&[(name, 1)])), "{name}");
    }
    let pod = pod(&with_resources("", "aws.ec2.nitro/nitro_enclaves: 1, hugepages-2Mi: 512Mi"));
    assert_eq!(pod.containers[0].demand.enclave, Some(EnclaveDemand { slots: 1, ..nothing(Tee::Nitro) }));
    assert_eq!(pod.devices(), devices(&[("hugepages-2Mi", 512 << 20)]));
}

#[test]
fn what_would_ask_for_no_evidence_though_it_asks_for_a_tee_is_refused() {
    for (name, kind) in [
        ("sgx.intel.com/ecp", ProblemKind::NotRun),
        ("example.com/sev-snp", ProblemKind::NotRun),
        ("google.com/cc", ProblemKind::NotRun),
        ("devices.kubevirt.io/sev", ProblemKind::NotRun),
        ("kata.peerpods.io/vm", ProblemKind::NotRun),
        ("gpu", ProblemKind::Invalid),
        ("hugepages-", ProblemKind::Invalid),
    ] {
        let reading = planned(&with_resources("", &format!("{name}: 1")));
        let kinds: Vec<_> = reading.problems.iter().map(|problem| problem.kind).collect();
        assert_eq!((reading.workloads.len(), kinds), (0, vec![kind]), "{name}");
    }
}

#[test]
fn devices_are_whole_and_what_is_asked_for_is_what_is_had() {
    for (requests, limits) in [
        ("", "nvidia.com/gpu: 500m"),
        ("nvidia.com/gpu: 1", "nvidia.com/gpu: 2"),
        ("aws.ec2.nitro/nitro_enclaves_cpus: 1", "aws.ec2.nitro/nitro_enclaves_cpus: 2"),
        ("", "aws.ec2.nitro/nitro_enclaves: 1, aws.amazon.com/nitro-enclaves: 1"),
    ] {
        assert!(refused(&planned(&with_resources(requests, limits))), "{requests} {limits}");
    }
}

#[test]
fn to_run_devices_are_refused_as_ever() {
    for name in ["nvidia.com/gpu", "hugepages-2Mi", "tdx.intel.com/tdx-guest", "aws.ec2.nitro/nitro_enclaves"]
    {
        let reading = read(&[source(&with_resources("", &format!("{name}: 1")))]);
        assert!(refused(&reading), "{name}");
    }
    let run = read(&[source(&with_resources(
        "ephemeral-storage: 1Gi",
        "sgx.intel.com/provision: 1, sgx.intel.com/epc: 1Mi",
    ))]);
    assert_eq!(run.workloads[0].pod.devices(), Devices::new());
}

#[test]
fn a_runtime_class_that_names_a_confidential_machine_is_request_enough() {
    for (class, tee) in [("kata-qemu-tdx", Tee::Tdx), ("kata-qemu-nvidia-gpu-snp", Tee::SevSnp)] {
        let pod = pod(&with_spec(&format!("runtimeClassName: {class}")));
        let asked = pod.containers[0].demand.enclave.unwrap();
        assert_eq!((asked.tee, asked.key_slots, pod.overhead_key_slots), (tee, 0, 1), "{class}");
        assert!(refused(&read(&[source(&with_spec(&format!("runtimeClassName: {class}")))])), "{class}");
    }
    // Nobody says what this one costs; a machine takes a key all the same.
    let unpriced = pod(&with_spec("runtimeClassName: kata-tdx"));
    assert_eq!((unpriced.overhead_memory.0, unpriced.overhead_key_slots), (0, 1));
    for class in ["kata-cc", "kata", "enclave-cc", "kata-qemu-se"] {
        assert!(refused(&planned(&with_spec(&format!("runtimeClassName: {class}")))), "{class}");
    }
}

#[test]
fn a_runtime_class_says_by_its_handler_what_it_is() {
    let class = "---\napiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: mine}\nhandler: kata-qemu-snp\n\
                 overhead: {podFixed: {memory: 1Gi, sev-snp.amd.com/esids: 1}}\n";
    let pod = pod(&(with_spec("runtimeClassName: mine") + class));
    assert_eq!(pod.containers[0].demand.enclave.map(|asked| asked.tee), Some(Tee::SevSnp));
    assert_eq!(pod.overhead_key_slots, 1);
}

#[test]
fn daemon_sets_are_refused_since_they_are_as_many_as_there_are_nodes() {
    let text = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: d}\nspec: {template: {spec: {containers: [{name: c, image: i}]}}}\n";
    let reading = planned(text);
    assert!(refused(&reading) && reading.problems[0].cause.contains("one on each node"), "{reading:?}");
}

#[test]
fn a_node_that_a_pod_names_is_where_it_is() {
    let named = pod(&with_spec("nodeName: w7\nnodeSelector: {a: b}"));
    assert_eq!(named.scheduling.node.map(|node| node.0).as_deref(), Some("w7"));
    assert_eq!(named.node_selector.len(), 1);
    assert_eq!(pod(&with_spec("nodeName: \"\"")).scheduling.node, None);
    let confidential = with_resources("", "sgx.intel.com/epc: 1Mi") + "  nodeName: w7\n";
    assert_eq!(planned(&confidential).problems[0].kind, ProblemKind::NotAdmitted);
    let live = confidential.replace("{name: p}", "{name: p, uid: u1}");
    assert_eq!(pod(&live).scheduling.node.map(|node| node.0).as_deref(), Some("w7"));
    assert!(refused(&planned(&with_spec("nodeName: /w7"))));
}

#[test]
fn pods_of_a_cluster_are_where_they_are_unless_they_have_ended() {
    let live = |phase: &str| {
        let text = with_spec("nodeName: w7").replace("{name: p}", "{name: p, uid: u1}");
        text + &format!("status: {{phase: {phase}}}\n")
    };
    for phase in ["Running", "Pending"] {
        let reading = planned(&live(phase));
        let node = reading.workloads[0].pod.scheduling.node.as_ref().map(|node| node.0.as_str());
        assert_eq!((node, reading.notes.len()), (Some("w7"), 0), "{phase}");
    }
    for phase in ["Succeeded", "Failed"] {
        let reading = planned(&live(phase));
        assert_eq!((reading.workloads.len(), reading.understood[0].because), (0, Idle::Ended));
        assert_eq!(read(&[source(&live(phase))]).workloads.len(), 1);
    }
}

#[test]
fn where_a_pod_goes_does_not_depend_on_what_it_is_told() {
    let text = with_container(
        "env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}, \
         {name: B, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}, \
         {name: C, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]\nenvFrom: [{configMapRef: {name: m}}]\n\
         volumeMounts: [{name: h, mountPath: /h}, {name: s, mountPath: /s}]",
    ) + "  volumes: [{name: h, hostPath: {path: /srv/data, type: DirectoryOrCreate}}, {name: s, secret: {secretName: t}}]\n";
    assert_eq!(pod(&text).containers[0].name, "c");
    assert!(refused(&read(&[source(&text)])));
}

#[test]
fn a_tees_device_that_is_mounted_and_not_asked_for_is_refused_though_the_policy_allows_it() {
    let text = |path: &str| {
        with_spec(&format!("volumes: [{{name: d, hostPath: {{path: {path}}}}}]"))
            .replace("{name: p}", "{name: p, namespace: kube-system}")
    };
    let reading = planned(&text("/dev/sgx_enclave"));
    assert!(reading.problems[0].cause.contains("is not counted"), "{}", reading.problems[0]);
    assert_eq!(pod(&text("/proc")).volumes, []);
}

#[test]
fn resources_of_a_whole_pod_are_what_it_needs() {
    let text = |whole: &str| {
        with_container("resources: {requests: {cpu: 1, memory: 10}}")
            + "  - {name: d, image: i, resources: {requests: {cpu: 2, memory: 20}}}\n  initContainers: [{name: j, image: i, resources: {requests: {cpu: 5}}}]\n"
            + &format!("  resources: {{{whole}}}\n")
    };
    let needs = |whole: &str| {
        let pod = pod(&text(whole));
        let sum = |of: &dyn Fn(&casemate_model::Demand) -> u64| {
            pod.containers.iter().map(|container| of(&container.demand)).sum::<u64>()
        };
        let pages = pod.devices().get("hugepages-2Mi").copied();
        (sum(&|demand| demand.cpu.0), sum(&|demand| demand.memory.0), pages)
    };
    assert_eq!(needs("requests: {cpu: 8, memory: 50}"), (8_000, 50, None));
    assert_eq!(needs("requests: {cpu: 5}"), (5_000, 30, None), "its init container needs as much");
    assert_eq!(
        needs("limits: {cpu: 9, hugepages-2Mi: 4Mi}"),
        (3_000, 30, Some(4 << 20)),
        "limits are requests of what no container asks for"
    );
    for (wrong, cause) in [
        ("requests: {cpu: 4}", "is less of `cpu`"),
        ("requests: {memory: 29}", "is less of `memory`"),
        ("requests: {cpu: 9}, limits: {cpu: 8}", "is above its limit"),
        ("limits: {nvidia.com/gpu: 1}", "asked for by containers"),
        ("limits: {sgx.intel.com/epc: 1Mi}", "asked for by containers"),
    ] {
        let reading = planned(&text(wrong));
        assert!(
            refused(&reading) && reading.problems[0].cause.contains(cause),
            "{wrong}: {:?}",
            reading.problems
        );
    }
}
