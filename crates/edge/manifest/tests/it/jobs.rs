//! Jobs: how many pods, and what they are called.

use crate::fixture::{pods, reading, summary};

fn job(spec: &str, container: &str) -> String {
    format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: j, namespace: ns}}\nspec:\n  {spec}\n  template:\n    \
         spec:\n      restartPolicy: Never\n      containers:\n      - {{name: c, image: i, {container}}}\n"
    )
}

fn names(text: &str) -> Vec<String> {
    pods(text).into_iter().map(|pod| pod.key.to_string()).collect()
}

#[test]
fn a_job_makes_one_pod_unless_it_says_otherwise() {
    assert_eq!(names(&job("", "")), ["ns/j-0"]);
    assert_eq!(names(&job("completions: 3", "")), ["ns/j-0", "ns/j-1", "ns/j-2"]);
    assert_eq!(names(&job("parallelism: 2", "")), ["ns/j-0", "ns/j-1"], "a work queue");
    assert_eq!(
        names(&job("completions: 2, parallelism: 9".replace(", ", "\n  ").as_str(), "")),
        ["ns/j-0", "ns/j-1"]
    );
    assert!(names(&job("completions: 0", "")).is_empty());
}

#[test]
fn an_indexed_job_tells_each_pod_its_index() {
    let text = job("completions: 2\n  completionMode: Indexed", "args: [\"part $(JOB_COMPLETION_INDEX)\"]");
    let pods = pods(&text);
    for (index, pod) in pods.iter().enumerate() {
        assert_eq!(pod.containers[0].args, ["i".to_owned(), format!("part {index}")]);
        assert_eq!(pod.containers[0].env, [("JOB_COMPLETION_INDEX".to_owned(), index.to_string())]);
    }
}

#[test]
fn what_is_not_done_for_a_job_is_said_once() {
    let several =
        job("completions: 3\n  parallelism: 2\n  backoffLimit: 6\n  activeDeadlineSeconds: 9", "ports: [{}]");
    let suspended = job("suspend: true", "");
    let paused = job("parallelism: 0", "");
    insta::assert_snapshot!([several, suspended, paused].map(|text| summary(&reading(&text))).join("--\n"));
}

#[test]
fn what_is_wrong_with_a_template_is_said_once_however_many_pods() {
    for spec in ["completions: 5", "completions: 0", "suspend: true"] {
        let text = job(spec, "resources: {limits: {sgx.intel.com/epc: lots}}");
        assert_eq!(reading(&text).problems.len(), 1, "{spec}");
    }
}

#[test]
fn impossible_numbers_of_pods_are_refused() {
    for spec in
        ["completions: 2000000000", "completions: -1", "parallelism: 1.5", "completions: many", "suspend: 1"]
    {
        let reading = reading(&job(spec, ""));
        assert_eq!((reading.workloads.len(), reading.problems.len()), (0, 1), "{spec}");
    }
}
