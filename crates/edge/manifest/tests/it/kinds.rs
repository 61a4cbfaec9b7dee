//! Kinds of documents: which pods each makes, and which makes none.

use casemate_manifest::{Idle, ProblemKind, WorkloadKind, read};
use casemate_model::{Nanos, RestartPolicy, TaintEffect};

use crate::fixture::{pods, reading, source, summary};

/// A document of a kind with a template, `spec` lines in flow style.
fn maker(kind: &str, version: &str, spec: &str, pod: &str) -> String {
    format!(
        "apiVersion: {version}\nkind: {kind}\nmetadata: {{name: web, namespace: shop}}\nspec:\n  {spec}\n  template:\n    \
         metadata: {{labels: {{app: web}}}}\n    spec:\n      {pod}\n      containers: [{{name: c, image: i, env: \
         [{{name: ME, valueFrom: {{fieldRef: {{fieldPath: metadata.name}}}}}}]}}]\n"
    )
}

fn apps(kind: &str, spec: &str) -> String {
    maker(kind, "apps/v1", spec, "")
}

fn names(text: &str) -> Vec<String> {
    pods(text).into_iter().map(|pod| pod.key.to_string()).collect()
}

#[test]
fn replicas_are_numbered_and_each_is_told_its_own_name() {
    for (kind, version) in [
        ("Deployment", "apps/v1"),
        ("Deployment", "extensions/v1beta1"),
        ("ReplicaSet", "apps/v1"),
        ("StatefulSet", "apps/v1"),
        ("ReplicationController", "v1"),
    ] {
        let pods = pods(&maker(kind, version, "replicas: 2", ""));
        let told: Vec<_> =
            pods.iter().map(|pod| (pod.key.name.as_str(), pod.containers[0].env[0].1.as_str())).collect();
        assert_eq!(told, [("web-0", "web-0"), ("web-1", "web-1")], "{kind}");
        assert!(pods.iter().all(|pod| pod.restart_policy == RestartPolicy::Always), "{kind}");
    }
    assert_eq!(names(&apps("Deployment", "paused: false")), ["shop/web-0"], "one where nothing is said");
}

#[test]
fn every_pod_says_which_kind_made_it_and_with_which_index() {
    let kinds = |text: &str| {
        reading(text).workloads.iter().map(|workload| workload.provenance.kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&apps("Deployment", "replicas: 2"))[1], WorkloadKind::Deployment { index: 1 });
    assert_eq!(kinds(&apps("ReplicaSet", "")), [WorkloadKind::ReplicaSet { index: 0 }]);
    let from_five = apps("StatefulSet", "ordinals: {start: 5}");
    assert_eq!(kinds(&from_five), [WorkloadKind::StatefulSet { index: 5 }]);
    assert_eq!(names(&from_five), ["shop/web-5"]);
    assert_eq!(kinds(&apps("DaemonSet", "")), [WorkloadKind::DaemonSet]);
}

#[test]
fn a_daemon_runs_once_and_lives_with_what_kubernetes_lets_daemons_live_with() {
    let pods = pods(&apps("DaemonSet", "replicas: 9"));
    assert_eq!(pods.len(), 1);
    let tolerated = |key: &str, effect| {
        pods[0].tolerations.iter().any(|it| it.key.as_deref() == Some(key) && it.effect == Some(effect))
    };
    assert!(tolerated("node.kubernetes.io/unreachable", TaintEffect::NoExecute));
    assert!(tolerated("node.kubernetes.io/unschedulable", TaintEffect::NoSchedule));
    assert!(!tolerated("node.kubernetes.io/network-unavailable", TaintEffect::NoSchedule));
}

#[test]
fn a_stateful_set_labels_its_pods_and_a_job_its_indexes() {
    let env = "env: [{name: A, valueFrom: {fieldRef: {fieldPath: \"metadata.labels['";
    let label = |text: String, label: &str| {
        let text = text.replace("env: [", &format!("{env}{label}']\"}}}}}}, "));
        pods(&text).last().unwrap().containers[0].env.iter().find(|(name, _)| name == "A").unwrap().1.clone()
    };
    let stateful = || apps("StatefulSet", "replicas: 2");
    assert_eq!(label(stateful(), "apps.kubernetes.io/pod-index"), "1");
    assert_eq!(label(stateful(), "statefulset.kubernetes.io/pod-name"), "web-1");
    assert_eq!(label(stateful(), "app"), "web");
    let job = maker("Job", "batch/v1", "completions: 3\n  completionMode: Indexed", "restartPolicy: Never");
    assert_eq!(label(job, "batch.kubernetes.io/job-completion-index"), "2");
}

#[test]
fn what_is_done_otherwise_than_in_a_cluster_is_said_once() {
    let texts = [
        apps("Deployment", "replicas: 3\n  paused: true"),
        apps("Deployment", "replicas: 0"),
        apps("StatefulSet", "replicas: 2"),
        apps("DaemonSet", ""),
        cron_job(""),
        cron_job("suspend: true"),
    ];
    insta::assert_snapshot!(texts.map(|text| summary(&reading(&text))).join("--\n"));
}

fn cron_job(spec: &str) -> String {
    format!(
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: nightly}}\nspec:\n  schedule: \"0 3 * * *\"\n  \
         {spec}\n  jobTemplate: {{spec: {{completions: 2, template: {{spec: {{restartPolicy: OnFailure, \
         containers: [{{name: c, image: i}}]}}}}}}}}\n"
    )
}

#[test]
fn a_cron_job_is_run_once_unless_it_is_suspended() {
    assert_eq!(names(&cron_job("")), ["default/nightly-0", "default/nightly-1"]);
    let suspended = reading(&cron_job("suspend: true"));
    assert_eq!((suspended.workloads.len(), suspended.problems.len()), (0, 0));
    assert_eq!(suspended.understood[0].because, Idle::NoPods);
}

#[test]
fn a_job_hands_its_limits_to_each_of_its_pods() {
    let job = |spec: &str, pod: &str| {
        let text = maker("Job", "batch/v1", spec, &format!("restartPolicy: OnFailure\n      {pod}"));
        let pod = pods(&text).remove(0);
        (pod.restarts_max, pod.active_deadline)
    };
    assert_eq!(job("", ""), (Some(6), None), "Kubernetes' own default");
    assert_eq!(job("backoffLimit: 0", ""), (Some(0), None));
    assert_eq!(job("activeDeadlineSeconds: 9", ""), (Some(6), Some(Nanos::from_secs(9))));
    assert_eq!(job("activeDeadlineSeconds: 9", "activeDeadlineSeconds: 5").1, Some(Nanos::from_secs(5)));
    assert_eq!(job("activeDeadlineSeconds: 0", "").1, Some(Nanos::ZERO));
}

#[test]
fn a_job_whose_pods_are_not_restarted_begins_them_anew_only_where_it_says_how_often() {
    let job =
        |spec: &str| pods(&maker("Job", "batch/v1", spec, "restartPolicy: Never")).remove(0).restarts_max;
    assert_eq!((job(""), job("backoffLimit: 4"), job("backoffLimit: 0")), (None, Some(4), Some(0)));
}

#[test]
fn what_a_maker_of_pods_cannot_have_is_refused() {
    let claims = "volumeClaimTemplates: [{metadata: {name: d}}]";
    let texts = [
        apps("Deployment", "replicas: 1000000"),
        apps("Deployment", "replicas: -1"),
        apps("StatefulSet", claims),
        apps("Deployment", "selector: {matchLabels: {app: other}}"),
        maker("ReplicationController", "v1", "selector: {app: other}", ""),
        maker("Deployment", "apps/v1", "", "restartPolicy: Never"),
        maker("Deployment", "apps/v1", "", "activeDeadlineSeconds: 5"),
        maker("Job", "batch/v1", "", "restartPolicy: Always"),
        maker("Job", "batch/v1", "", ""),
        maker("Job", "batch/v1", "activeDeadlineSeconds: -1", "restartPolicy: Never"),
        apps("Deployment", "").replace("name: web,", &format!("name: {},", "w".repeat(252))),
        maker("Job", "batch/v1", "completionMode: Indexed", "restartPolicy: Never"),
        cron_job("").replace("schedule:", "timetable:"),
    ];
    insta::assert_snapshot!(texts.map(|text| summary(&reading(&text))).join("--\n"));
}

#[test]
fn kinds_that_change_nothing_here_are_noted_and_fail_nothing() {
    let kinds = [
        ("v1", "Namespace"),
        ("v1", "Service"),
        ("v1", "ServiceAccount"),
        ("v1", "PersistentVolumeClaim"),
        ("networking.k8s.io/v1", "NetworkPolicy"),
        ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
        ("autoscaling/v2", "HorizontalPodAutoscaler"),
        ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ];
    for (version, kind) in kinds {
        let reading = reading(&format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: n}}\n"));
        assert_eq!((reading.problems.len(), reading.notes.len()), (0, 1), "{kind}");
        assert!(reading.notes[0].text.starts_with("not needed here: "), "{}", reading.notes[0]);
    }
}

#[test]
fn nodes_are_a_matter_of_planning() {
    for text in
        ["{apiVersion: v1, kind: Node, metadata: {name: n}}", "{apiVersion: v1, kind: NodeList, items: [{}]}"]
    {
        let reading = reading(text);
        assert_eq!((reading.problems.len(), reading.problems[0].kind), (1, ProblemKind::NotRun));
        assert!(reading.problems[0].remedy.contains("`casemate plan`"), "{}", reading.problems[0]);
    }
}

#[test]
fn what_is_made_by_something_in_the_same_files_is_not_run_twice() {
    let owned = |kind: &str, version: &str, name: &str, owner: &str, owner_kind: &str| {
        maker(kind, version, "replicas: 2", "").replace(
            "metadata: {name: web,",
            &format!(
                "metadata: {{name: {name}, ownerReferences: [{{kind: {owner_kind}, name: {owner}, controller: true}}],"
            ),
        )
    };
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web-5d-x, namespace: shop, ownerReferences: [{kind: \
               ReplicaSet, name: web-5d, controller: true}]}\nspec: {containers: [{name: c, image: i}]}\n";
    let set = owned("ReplicaSet", "apps/v1", "web-5d", "web", "Deployment");
    let deployment = apps("Deployment", "replicas: 2");
    let all = read(&[pod, set.as_str(), deployment.as_str()].map(source));
    assert_eq!((all.workloads.len(), all.problems.len()), (2, 0));
    assert_eq!(all.understood.iter().map(|it| it.because).collect::<Vec<_>>(), [Idle::Owned, Idle::Owned]);
    let without_deployment = read(&[pod, set.as_str()].map(source));
    assert_eq!(without_deployment.workloads.len(), 2, "the set makes its pods");
    assert_eq!(read(&[source(pod)]).workloads[0].pod.key.name, "web-5d-x", "by itself the pod is run");

    let labelled = pod.replace("namespace: shop,", "namespace: shop, labels: {pod-template-hash: \"5d\"},");
    let without_set = |pod: &str| read(&[pod, deployment.as_str()].map(source)).workloads.len();
    assert_eq!(without_set(&labelled), 2, "the Deployment's by its hash");
    assert_eq!(without_set(pod), 3, "somebody else's");
    let of_cron_job = pod
        .replace("ReplicaSet, name: web-5d", "Job, name: nightly-29180345")
        .replace("namespace: shop", "namespace: default");
    assert_eq!(
        read(&[of_cron_job, cron_job("")].map(|text| source(&text))).understood[0].because,
        Idle::Owned
    );
}

#[test]
fn typed_lists_say_what_their_items_are() {
    let list = "apiVersion: apps/v1\nkind: DeploymentList\nitems:\n- metadata: {name: d}\n  spec: {template: {spec: \
                {containers: [{name: c, image: i, envFrom: [{configMapRef: {name: m}}]}]}}}\n";
    let maps = "apiVersion: v1\nkind: ConfigMapList\nitems: [{metadata: {name: m}, data: {A: b}}]\n";
    let reading = read(&[list, maps].map(source));
    assert_eq!(reading.problems, []);
    assert_eq!(reading.workloads[0].pod.containers[0].env, [("A".to_owned(), "b".to_owned())]);
}

#[test]
fn many_makers_of_many_pods_are_refused_before_they_fill_memory() {
    let deployment = |index: u32| {
        format!(
            "---\n{}",
            apps("Deployment", "replicas: 1000").replace("name: web,", &format!("name: d{index},"))
        )
    };
    let reading = reading(&(0..200).map(deployment).collect::<String>());
    assert!((1_000..20_000).contains(&reading.workloads.len()), "{}", reading.workloads.len());
    assert!(reading.problems[0].cause.contains("64 MiB"), "{}", reading.problems[0]);
}
