//! A pod's spec beside its containers' own: what runs first, what is started again, what
//! a security context comes to, and what is refused by name.

use casemate_manifest::ProblemKind;
use casemate_model::{Nanos, RestartPolicy};

use crate::fixture::{pod, reading, summary, with_container};

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
