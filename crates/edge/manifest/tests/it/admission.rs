//! Who may ask for what reaches around a TEE.

use std::path::Path;

use casemate_manifest::{Admission, Idle, Options, ProblemKind, Reading, read, read_with};
use casemate_model::{Bytes, Tee};

use crate::fixture::{reading, source, summary, with_container};

const POLICY: &str = r#"
---
apiVersion: casemate.dev/v1alpha1
kind: AppraisalPolicy
metadata: {name: strict}
spec:
  softwareRoot: this-machine
  workloads: []
  admission:
    privileged:
    - {namespace: tee-system, serviceAccount: "plugin-*"}
    provision:
    - {namespace: default, serviceAccount: attested}
"#;

/// Shaped like CC 5.1, in words of its own.
const PLUGIN: &str = r#"
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: epc-plugin, namespace: kube-system}
spec:
  template:
    metadata: {labels: {app: epc-plugin}}
    spec:
      containers:
      - name: plugin
        image: registry.example/epc-plugin:1
        securityContext: {privileged: true}
        volumeMounts:
        - {name: sockets, mountPath: /var/lib/kubelet/device-plugins}
        - {name: enclave, mountPath: /dev/sgx_enclave}
      volumes:
      - {name: sockets, hostPath: {path: /var/lib/kubelet/device-plugins}}
      - {name: enclave, hostPath: {path: /dev/sgx_enclave}}
"#;

fn is_understood_as_plugin(reading: &Reading) -> bool {
    let understood = reading.understood.iter().any(|it| it.because == Idle::DevicePlugin);
    understood && reading.problems.is_empty() && reading.workloads.is_empty()
}

#[test]
fn a_device_plugin_is_understood_where_the_policy_allows_it() {
    let reading = reading(PLUGIN);
    assert!(is_understood_as_plugin(&reading), "{}", summary(&reading));
    assert_eq!(reading.notes.len(), 1);
    assert!(reading.notes[0].text.contains("needs no device plugin"), "{}", reading.notes[0]);
    let elsewhere = PLUGIN
        .replace("kube-system", "tee-system")
        .replace("    spec:\n", "    spec:\n      serviceAccountName: plugin-sgx\n");
    assert!(is_understood_as_plugin(&read(&[source(&(elsewhere + POLICY))])));
}

#[test]
fn a_device_plugin_is_refused_elsewhere_with_every_field_that_asks() {
    let elsewhere = PLUGIN.replace("kube-system", "default");
    let reading = reading(&elsewhere);
    assert!(reading.problems.iter().all(|problem| problem.kind == ProblemKind::NotAdmitted));
    insta::assert_snapshot!(summary(&reading));
}

#[test]
fn a_policy_that_names_nobody_or_cannot_be_read_allows_nobody() {
    let policy = POLICY.split("  admission:").next().unwrap();
    let broken = POLICY.replace("this-machine", "any-machine");
    let of_another_version = POLICY.replace("v1alpha1", "v9");
    let misspelt = POLICY.replace("AppraisalPolicy", "ApraisalPolicy");
    let no_yaml = POLICY.replace("spec:", "spec: [");
    for policy in [policy, &broken, &of_another_version, &misspelt, &no_yaml] {
        let reading = reading(&format!("{PLUGIN}{policy}"));
        assert!(
            reading.problems.iter().any(|it| it.kind == ProblemKind::NotAdmitted),
            "{}",
            summary(&reading)
        );
        assert!(reading.understood.is_empty());
    }
}

#[test]
fn the_callers_word_stands_over_the_policy_among_the_documents() {
    let sources = [source(&format!("{PLUGIN}{POLICY}"))];
    assert!(!read(&sources).problems.is_empty());
    let options = Options { admission: Some(Admission::built_in()), ..Options::default() };
    assert!(is_understood_as_plugin(&read_with(&sources, &options)));
}

#[test]
fn every_way_around_the_sandbox_is_found_and_told_by_its_field() {
    let text = r#"
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  hostPID: true
  hostIPC: true
  hostNetwork: true
  nodeName: that-one
  initContainers:
  - {name: i, image: i, securityContext: {privileged: true}}
  containers:
  - name: c
    image: i
    securityContext: {capabilities: {add: [SYS_ADMIN, CAP_NET_RAW, CHOWN, CAP_KILL]}}
    resources: {limits: {sgx.intel.com/epc: 4Mi, sgx.intel.com/provision: 1}}
  ephemeralContainers:
  - {name: e, image: i, securityContext: {privileged: true}}
  volumes:
  - {name: a, hostPath: {path: /dev/sgx_provision}}
  - {name: b, hostPath: {path: /proc}}
  - {name: c, hostPath: {path: /}}
  - {name: d, hostPath: {path: /sys/kernel/config/tsm}}
"#;
    insta::assert_snapshot!(summary(&reading(&format!("{text}{POLICY}"))));
}

#[test]
fn an_allowed_pod_that_is_no_plugin_is_run_without_what_it_asked_for() {
    let privileged = with_container("securityContext: {privileged: true}")
        .replace("{name: p}", "{name: p, namespace: kube-system}")
        + "  hostNetwork: true\n";
    let read = reading(&privileged);
    assert_eq!((read.workloads.len(), read.problems.len()), (1, 0));
    assert_eq!(read.notes.len(), 2, "{}", summary(&read));
    let device = privileged + "  volumes: [{name: d, hostPath: {path: /dev/sgx_enclave}}]\n";
    let read = reading(&device);
    assert_eq!((read.workloads.len(), read.problems.len()), (0, 1));
    assert!(read.problems[0].cause.contains("no program"), "{}", read.problems[0]);
}

#[test]
fn who_asks_for_encrypted_memory_is_no_plugin() {
    let asking = PLUGIN.replace(
        "securityContext:",
        "resources: {limits: {sgx.intel.com/epc: 1Mi}}\n        securityContext:",
    );
    let reading = reading(&asking);
    assert!(reading.understood.is_empty());
    assert!(!reading.problems.is_empty());
}

#[test]
fn privilege_written_as_text_is_not_overlooked() {
    for lines in [
        "securityContext: {privileged: \"true\"}",
        "securityContext: {capabilities: {add: SYS_ADMIN}}",
        "securityContext: {capabilities: {add: [21]}}",
    ] {
        let reading = reading(&with_container(lines));
        assert_eq!((reading.workloads.len(), reading.problems.len()), (0, 1), "{lines}");
    }
    assert_eq!(reading(&(with_container("") + "  hostPID: \"yes\"\n")).problems.len(), 1);
}

#[test]
fn a_pod_that_asks_wrongly_is_confidential_all_the_same() {
    let pod =
        with_container("resources: {requests: {sgx.intel.com/epc: 64Mi}, limits: {sgx.intel.com/epc: 32Mi}}")
            + "  nodeName: mine\n";
    let fields: Vec<_> = reading(&pod).problems.into_iter().map(|problem| problem.field).collect();
    assert_eq!(fields, ["spec.containers[0].resources.requests[\"sgx.intel.com/epc\"]", "spec.nodeName"]);
}

#[test]
fn the_provision_right_is_everyones_unless_the_policy_lists_who_may_have_it() {
    let pod = |account: &str| {
        with_container("resources: {limits: {sgx.intel.com/epc: 1Mi, sgx.intel.com/provision: 1}}")
            + &format!("  serviceAccountName: {account}\n")
    };
    assert_eq!(reading(&pod("any")).problems, []);
    assert_eq!(reading(&(pod("attested") + POLICY)).problems, []);
    let refused = reading(&(pod("other") + POLICY));
    assert_eq!(refused.problems[0].kind, ProblemKind::NotAdmitted);
    assert!(refused.problems[0].field.contains("sgx.intel.com/provision"), "{}", refused.problems[0]);
    let none_of_it = pod("other").replace("provision: 1", "provision: 0") + POLICY;
    assert_eq!(reading(&none_of_it).problems, []);
}

#[test]
fn what_is_wrong_with_the_admission_section_is_found() {
    let policy = POLICY
        .replace(
            "{namespace: tee-system, serviceAccount: \"plugin-*\"}",
            "{namespace: a*b, serviceacount: x}",
        )
        .replace("    provision:\n", "    priviledged: []\n    provision:\n    - everyone\n");
    insta::assert_snapshot!(summary(&reading(&policy)));
}

/// The YAML block of the founding document whose first line is this comment's.
fn founding_manifest(name: &str, kind: &str) -> Option<String> {
    let root = std::env::var_os("CASEMATE_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data"),
        std::path::PathBuf::from,
    );
    let folder = root.join("../seeds");
    let files = std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let texts = files.filter_map(|path| std::fs::read_to_string(path).ok());
    let blocks: Vec<String> = texts
        .flat_map(|text| text.split("```yaml\n").skip(1).map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let blocks = blocks.iter().filter_map(|block| block.split("```").next());
    let found = blocks.filter(|block| block.contains(&format!("kind: {kind}\n"))).map(str::to_owned).next();
    if found.is_none() {
        println!("skipped: {name}: no data at {}", folder.display());
    }
    found
}

#[test]
fn cc_5_1_verbatim_is_a_device_plugin_that_only_the_policy_lets_be() {
    let name = "cc_5_1_verbatim_is_a_device_plugin_that_only_the_policy_lets_be";
    let Some(text) = founding_manifest(name, "DaemonSet") else { return };
    assert!(is_understood_as_plugin(&reading(&text)));
    let refused = reading(&format!("{text}{POLICY}"));
    let fields: Vec<_> = refused.problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "spec.template.spec.volumes[0].hostPath.path",
            "spec.template.spec.volumes[1].hostPath.path",
            "spec.template.spec.volumes[2].hostPath.path",
            "spec.template.spec.containers[0].securityContext.privileged",
        ]
    );
}

#[test]
fn cc_5_2_verbatim_is_run_with_32_mib_of_64_guaranteed() {
    let Some(text) = founding_manifest("cc_5_2_verbatim_is_run_with_32_mib_of_64_guaranteed", "Pod") else {
        return;
    };
    let reading = reading(&text);
    assert_eq!(reading.problems, []);
    let pod = &reading.workloads[0].pod;
    let (_, demand) = pod.enclaves().next().unwrap();
    assert_eq!((demand.tee, demand.slots), (Tee::Sgx, 1));
    assert_eq!((demand.epc_guaranteed, demand.epc_limit), (Bytes::mib(32), Some(Bytes::mib(64))));
    assert_eq!((pod.node_selector.len(), pod.tolerations.len()), (1, 1));
    assert_eq!(reading.notes.len(), 1, "what is held of every WASI program");
    assert!(reading.notes[0].text.starts_with("runAsNonRoot, seccompProfile: held"), "{}", reading.notes[0]);
}
