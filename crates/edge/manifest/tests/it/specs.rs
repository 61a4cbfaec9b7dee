//! A pod's spec beside its containers' own: what runs first, what is started again, what
//! a security context comes to, and what is refused by name.

use casemate_affinity::PodTerms;
use casemate_manifest::{ProblemKind, Reading};
use casemate_model::{Nanos, RestartPolicy};
use proptest::prelude::*;

use crate::fixture::{pod, reading, summary, with_container};
use crate::nodes::planned;

#[test]
fn init_containers_come_first_in_their_order_and_so_do_their_images() {
    let text = with_container("")
        + "  initContainers:\n  - {name: first, image: one, resources: {limits: {sgx.intel.com/epc: 1Mi}}}\n  - {name: \
           second, image: two}\n";
    let reading = reading(&text);
    assert_eq!(reading.problems, []);
    let workload = &reading.workloads[0];
    let names: Vec<_> = workload.pod.all_containers().map(|container| container.name.as_str()).collect();
    assert_eq!(names, ["first", "second", "c"]);
    let images: Vec<_> = workload.images.iter().map(|at| &text[at.offset..at.offset + at.len]).collect();
    assert_eq!(images, ["one", "two", "i"]);
    assert!(workload.pod.is_confidential(), "an init container asks too");
}

#[test]
fn pods_are_started_again_as_they_say_and_always_where_they_say_nothing() {
    for (lines, expected) in [
        ("", RestartPolicy::Always),
        ("  restartPolicy: Always\n", RestartPolicy::Always),
        ("  restartPolicy: OnFailure\n", RestartPolicy::OnFailure),
        ("  restartPolicy: Never\n", RestartPolicy::Never),
    ] {
        let pod = pod(&(with_container("") + lines));
        assert_eq!((pod.restart_policy, pod.restarts_max), (expected, None), "{lines}");
    }
    let limited =
        pod(&(with_container("") + "  activeDeadlineSeconds: 30\n  terminationGracePeriodSeconds: 5\n"));
    assert_eq!(limited.active_deadline, Some(Nanos::from_secs(30)));
}

#[test]
fn what_a_security_context_takes_away_is_held_and_what_contradicts_itself_is_refused() {
    let on_container = |context: &str| with_container(&format!("securityContext: {{{context}}}"));
    let on_pod = |context: &str| with_container("") + &format!("  securityContext: {{{context}}}\n");
    let texts = [
        on_container("runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}"),
        on_container(
            "readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}",
        ),
        on_pod("runAsUser: 1000, fsGroup: 2000, sysctls: [{name: kernel.shm_rmid_forced, value: \"1\"}]"),
        on_container(""),
        on_container("runAsNonRoot: true, runAsUser: 0"),
        on_pod("runAsUser: 0").replace("image: i\n", "image: i\n    securityContext: {runAsNonRoot: true}\n"),
        on_container("runAsNonRoot: \"true\""),
        on_container("runAsUser: -1"),
        on_container("seccompProfile: {type: Localhost}"),
        on_container("seccompProfile: {type: RuntimeDefault, localhostProfile: p.json}"),
        on_container("seccompProfile: {type: Strict}"),
        on_container("capabilities: {drop: [1]}"),
        on_container("allowPrivilegeEscalation: false, privileged: true")
            .replace("{name: p}", "{name: p, namespace: kube-system}"),
    ];
    insta::assert_snapshot!(texts.map(|text| summary(&reading(&text))).join("--\n"));
}

#[test]
fn what_would_run_wrongly_if_it_were_ignored_is_refused_by_name() {
    let cases = [
        "initContainers: [{name: s, image: i, restartPolicy: Always}]",
        "initContainers: [{name: s, image: i, restartPolicy: Never}]",
        "initContainers: [{name: c, image: i}]",
        "initContainers: {name: s}",
        "restartPolicy: Sometimes",
        "restartPolicy: {}",
        "activeDeadlineSeconds: 0",
        "activeDeadlineSeconds: 4000000000",
        "schedulingGates: [{name: g}]",
        "resourceClaims: [{name: gpu, resourceClaimName: g}]",
        "resources: {limits: {cpu: 1}}",
        "os: {name: windows}",
        "ephemeralContainers: [{name: e, image: i}]",
    ];
    let said: Vec<_> = cases
        .iter()
        .map(|line| {
            let reading = reading(&(with_container("") + "  " + line + "\n"));
            assert_eq!((reading.workloads.len(), reading.problems.len()), (0, 1), "{line}");
            format!("{line}\n{}", summary(&reading))
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"));
    let of_linux = reading(&(with_container("") + "  os: {name: linux}\n"));
    assert_eq!(of_linux.problems, []);
}

#[test]
fn what_this_version_does_not_run_is_not_called_wrong() {
    for (line, kind) in [
        ("schedulingGates: [{name: g}]", ProblemKind::NotRun),
        ("restartPolicy: Sometimes", ProblemKind::Invalid),
        ("hostPID: true", ProblemKind::NotAdmitted),
    ] {
        assert_eq!(reading(&(with_container("") + "  " + line + "\n")).problems[0].kind, kind, "{line}");
    }
}

/// A value that may stand anywhere in a manifest.
fn value() -> impl Strategy<Value = String> {
    let scalars = [
        "~",
        "true",
        "0",
        "-1",
        "1e400",
        "a",
        "\"\"",
        "Always",
        "64Mi",
        "../x",
        "/v",
        "v",
        "m",
        "c",
        "$(A)",
        "metadata.name",
        "limits.memory",
        "In",
    ];
    let scalar = proptest::sample::select(scalars.to_vec()).prop_map(str::to_owned);
    scalar.prop_recursive(4, 24, 4, |inner| {
        let entry = (proptest::sample::select(KEYS.to_vec()), inner.clone());
        prop_oneof![
            proptest::collection::vec(inner, 0..3).prop_map(|items| format!("[{}]", items.join(", "))),
            proptest::collection::btree_map(entry.0, entry.1, 0..4).prop_map(|map| {
                let entries: Vec<_> = map.into_iter().map(|(key, value)| format!("{key}: {value}")).collect();
                format!("{{{}}}", entries.join(", "))
            }),
        ]
    })
}

/// Keys that mean something, wherever they stand.
const KEYS: [&str; 62] = [
    "nodeAffinity",
    "podAntiAffinity",
    "requiredDuringSchedulingIgnoredDuringExecution",
    "preferredDuringSchedulingIgnoredDuringExecution",
    "weight",
    "preference",
    "podAffinityTerm",
    "labelSelector",
    "matchLabels",
    "matchLabelKeys",
    "topologyKey",
    "maxSkew",
    "whenUnsatisfiable",
    "persistentVolumeClaim",
    "name",
    "image",
    "env",
    "envFrom",
    "value",
    "valueFrom",
    "key",
    "path",
    "items",
    "optional",
    "fieldRef",
    "fieldPath",
    "resourceFieldRef",
    "resource",
    "divisor",
    "containerName",
    "configMapKeyRef",
    "configMapRef",
    "secretRef",
    "prefix",
    "volumeMounts",
    "mountPath",
    "subPath",
    "subPathExpr",
    "readOnly",
    "workingDir",
    "resources",
    "limits",
    "requests",
    "cpu",
    "memory",
    "sgx.intel.com/epc",
    "securityContext",
    "privileged",
    "capabilities",
    "add",
    "seccompProfile",
    "type",
    "emptyDir",
    "hostPath",
    "configMap",
    "projected",
    "sources",
    "downwardAPI",
    "operator",
    "values",
    "matchExpressions",
    "nodeSelectorTerms",
];

/// Keys of a pod's spec that are read.
const SPEC_KEYS: [&str; 25] = [
    "topologySpreadConstraints",
    "resources",
    "resourceClaims",
    "schedulingGates",
    "hostNetwork",
    "preemptionPolicy",
    "schedulerName",
    "workloadRef",
    "containers",
    "initContainers",
    "volumes",
    "affinity",
    "tolerations",
    "nodeSelector",
    "overhead",
    "securityContext",
    "restartPolicy",
    "activeDeadlineSeconds",
    "runtimeClassName",
    "priorityClassName",
    "serviceAccountName",
    "nodeName",
    "hostPID",
    "ephemeralContainers",
    "os",
];

/// Some of these, in this order.
fn some(pieces: &[&'static str]) -> impl Strategy<Value = String> {
    let pieces = pieces.to_vec();
    let most = pieces.len().min(4);
    proptest::sample::subsequence(pieces, 0..=most).prop_map(|some| format!("[{}]", some.join(", ")))
}

const ENV: [&str; 6] = [
    "{name: A, value: \"$(B)\"}",
    "{name: B, valueFrom: {configMapKeyRef: {name: m, key: k}}}",
    "{name: C, valueFrom: {fieldRef: {fieldPath: metadata.name}}}",
    "{name: D, valueFrom: {resourceFieldRef: {resource: requests.cpu, divisor: 1m}}}",
    "{name: E, valueFrom: {secretKeyRef: {name: none, key: k, optional: true}}}",
    "{name: F, valueFrom: {configMapKeyRef: {name: none, key: k}}}",
];

const MOUNTS: [&str; 6] = [
    "{name: v, mountPath: /a}",
    "{name: v, mountPath: /a/b, subPath: x, readOnly: true}",
    "{name: w, mountPath: /c, subPathExpr: \"p-$(A)\"}",
    "{name: kube-api-access-x, mountPath: /var/run/secrets}",
    "{name: none, mountPath: /d}",
    "{name: w, mountPath: /a}",
];

const VOLUMES: [&str; 6] = [
    "{name: v, emptyDir: {sizeLimit: 1Mi}}",
    "{name: w, configMap: {name: m}}",
    "{name: x, downwardAPI: {items: [{path: l, fieldRef: {fieldPath: metadata.labels}}]}}",
    "{name: u, projected: {sources: [{configMap: {name: m, items: [{key: k, path: a/b}]}}]}}",
    "{name: kube-api-access-x, projected: {sources: [{serviceAccountToken: {path: t}}]}}",
    "{name: z, persistentVolumeClaim: {claimName: c}}",
];

proptest! {
    #[test]
    fn any_value_under_any_key_of_a_spec_is_answered(
        key in prop_oneof![Just("unheardOf"), proptest::sample::select(SPEC_KEYS.to_vec())],
        value in value(),
        (env, mounts, volumes) in (some(&ENV), some(&MOUNTS), some(&VOLUMES)),
        kind in proptest::sample::select(vec![("Pod", "v1"), ("Deployment", "apps/v1"), ("Job", "batch/v1")]),
    ) {
        let mut entries = vec![format!("{key}: {value}")];
        if key != "containers" {
            entries.push(format!("containers: [{{name: c, image: i, env: {env}, volumeMounts: {mounts}}}]"));
        }
        if key != "volumes" {
            entries.push(format!("volumes: {volumes}"));
        }
        if kind.0 == "Job" && key != "restartPolicy" {
            entries.push("restartPolicy: Never".to_owned());
        }
        let spec = format!("{{{}}}", entries.join(", "));
        let spec = if kind.0 == "Pod" { spec } else { format!("{{template: {{spec: {spec}}}}}") };
        let text = format!(
            "{{apiVersion: {}, kind: {}, metadata: {{name: any}}, spec: {spec}}}\n---\n{{apiVersion: v1, kind: ConfigMap, \
             metadata: {{name: m}}, data: {{k: x}}}}\n",
            kind.1, kind.0
        );
        for reading in [reading(&text), planned(&text)] {
            holds(&reading, &text)?;
        }
    }
}

/// What holds of what is read of one document, to run and to plan.
fn holds(reading: &Reading, text: &str) -> Result<(), TestCaseError> {
    prop_assert_eq!(reading.workloads.is_empty(), !reading.problems.is_empty(), "{}", summary(reading));
    for problem in &reading.problems {
        let place = &problem.place;
        prop_assert!(text.get(place.offset..place.offset + place.len).is_some(), "{place:?}");
        prop_assert!(!problem.cause.is_empty() && !problem.remedy.is_empty());
    }
    for workload in &reading.workloads {
        let pod = &workload.pod;
        prop_assert_eq!(workload.images.len(), pod.all_containers().count());
        let volumes: Vec<_> = pod.volumes.iter().map(|volume| &volume.name).collect();
        let mut mounts = pod.all_containers().flat_map(|container| &container.mounts);
        prop_assert!(mounts.all(|mount| volumes.contains(&&mount.volume)), "{:?}", volumes);
        prop_assert!(!pod.containers.is_empty() && pod.scheduling.unsupported.len() <= 16);
        prop_assert_eq!(PodTerms::of(pod).mistakes(), []);
    }
    Ok(())
}
