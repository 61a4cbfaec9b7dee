//! The policy decides what runs: given, found beside the manifests, or built in.

use serde_json::Value;

use crate::casemate::{Casemate, joined, workload};

const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A policy document with these words in its places.
fn policy(root: &str, platform: &str, workloads: &str) -> String {
    format!(
        "apiVersion: casemate.dev/v1alpha1\nkind: AppraisalPolicy\nmetadata: {{name: strict}}\nspec:\n  \
         softwareRoot: {root}\n  ttl: 5m\n  platform: {{measurements: {platform}}}\n  workloads:\n  \
         - match: {{namespace: default, name: \"good*\"}}\n    measurements: {workloads}\n"
    )
}

/// Runs one good pod under this policy.
fn under(policy: &str) -> (Option<i32>, Value) {
    let casemate = Casemate::new();
    casemate.pod("good", "file://./hello.wat", "");
    casemate.file("given.yaml", policy);
    casemate.json(&["good.yaml", "--policy", "given.yaml"])
}

/// That nothing was placed, for a reason of the node's that holds these words.
fn nothing_is_placed(policy: &str, words: &str) {
    let (code, document) = under(policy);
    let good = workload(&document, "good");
    assert_eq!((code, &good["state"], &good["log"]), (Some(1), &"Pending".into(), &Value::Null));
    assert!(joined(&good["reasons"]).contains("the node is not attested"), "{good:#}");
    assert_eq!(document["node"]["verdict"], "contraindicated");
    let reasons = joined(&document["node"]["reasons"]);
    assert!(reasons.contains(words), "`{words}` is not in: {reasons}");
}

#[test]
fn under_an_unknown_root_nothing_is_placed() {
    nothing_is_placed(
        &policy(&format!("sha256:{ZEROS}"), "image", "image"),
        "which is not accepted; if it is to be trusted, the policy must name it",
    );
}

#[test]
fn under_another_platforms_measurement_nothing_is_placed() {
    let policy = policy("this-machine", &format!("[\"{ZEROS}\"]"), "image");
    nothing_is_placed(&policy, "not among the policy's reference values");
}

#[test]
fn a_program_that_measures_as_another_is_not_entered() {
    let (code, document) = under(&policy("this-machine", "image", &format!("[\"{ZEROS}\"]")));
    let good = workload(&document, "good");
    assert_eq!((code, &good["state"], &good["log"]), (Some(1), &"Refused".into(), &Value::Null));
    assert_eq!(good["verdict"], "contraindicated");
    assert!(joined(&good["reasons"]).contains("not among the policy's reference values"), "{good:#}");
}

#[test]
fn a_program_that_no_rule_selects_is_not_entered() {
    let casemate = Casemate::new();
    casemate.pod("other", "file://./hello.wat", "");
    casemate.file("given.yaml", policy("this-machine", "image", "image"));
    let (code, document) = casemate.json(&["other.yaml", "--policy", "given.yaml"]);
    let other = workload(&document, "other");
    assert_eq!((code, &other["state"]), (Some(1), &"Refused".into()));
    assert!(joined(&other["reasons"]).contains("no rule of the policy selects default/other/app"));
}

#[test]
fn what_a_run_reports_can_be_pinned_for_the_next() {
    let casemate = Casemate::new();
    casemate.pod("good", "file://./hello.wat", "");
    let (_, first) = casemate.json(&["good.yaml"]);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let root = text(&first["policy"]["software_root"][0]["fingerprint"]);
    assert_eq!(first["policy"]["software_root"][0]["written"], "this-machine");
    assert_eq!(first["node"]["root"], root.as_str());
    let measurement = text(&workload(&first, "good")["measurement"]);
    let pinned = policy(&format!("sha256:{root}"), "image", &format!("[\"{measurement}\"]"));
    casemate.file("pinned.yaml", pinned);
    assert_eq!(casemate.json(&["good.yaml", "--policy", "pinned.yaml"]).0, Some(0));

    let program = std::fs::read_to_string(casemate.files().join("hello.wat")).expect("it is there");
    casemate.file("hello.wat", program.replace("hello", "HELLO"));
    let (code, document) = casemate.json(&["good.yaml", "--policy", "pinned.yaml"]);
    assert_eq!((code, &workload(&document, "good")["state"]), (Some(1), &"Refused".into()));
}

#[test]
fn each_home_has_a_root_of_its_own_and_keeps_it() {
    let root = |casemate: &Casemate| {
        casemate.pod("good", "file://./hello.wat", "");
        casemate.json(&["good.yaml"]).1["node"]["root"].clone()
    };
    let (one, other) = (Casemate::new(), Casemate::new());
    let first = root(&one);
    assert_eq!(first, root(&one));
    assert_ne!(first, root(&other));
}

#[test]
fn under_a_broken_policy_nothing_is_run() {
    for (broken, words) in [
        (policy("anyone", "image", "image"), "spec.softwareRoot"),
        (policy("this-machine", "image", "[]"), "given.yaml"),
        (policy("this-machine", "image", "image").replace("ttl: 5m", "ttl: 0s"), "spec.ttl"),
        (policy("this-machine", "image", "image").replace("AppraisalPolicy", "Policy"), "given.yaml"),
        (String::new(), "given.yaml"),
        ("]".to_owned(), "given.yaml:1:1"),
    ] {
        let (code, document) = under(&broken);
        assert_eq!((code, &document["workloads"]), (Some(2), &Value::Array(Vec::new())), "{broken}");
        let problems = joined(&document["problems"]);
        assert!(problems.contains(words), "`{words}` is not in: {problems}");
        assert!(problems.contains("nothing is run"), "{problems}");
    }
}

#[test]
fn the_policy_beside_the_manifests_counts_unless_another_is_given() {
    let casemate = Casemate::new();
    casemate.file("dir/hello.wat", crate::casemate::HELLO);
    let good = crate::casemate::pod("good", "file://./hello.wat", "1Mi", "");
    casemate.file("dir/good.yaml", good);
    casemate.file("dir/policy.yaml", policy(&format!("sha256:{ZEROS}"), "image", "image"));
    casemate.file("lax.yaml", policy("this-machine", "image", "image"));
    let (code, document) = casemate.json(&["dir"]);
    assert_eq!((code, &document["policy"]["source"]), (Some(1), &"dir/policy.yaml".into()));
    let (code, document) = casemate.json(&["dir", "--policy", "lax.yaml"]);
    assert_eq!((code, &document["policy"]["source"]), (Some(0), &"lax.yaml".into()));

    casemate.file("dir/policy.yaml", "kind: AppraisalPolicy\n");
    let (code, document) = casemate.json(&["dir"]);
    assert_eq!(code, Some(2), "a broken policy is not replaced by a laxer one: {document:#}");
}

#[test]
fn verdicts_that_lapse_show_on_the_screen() {
    let casemate = Casemate::new();
    casemate.file("spin.wat", crate::casemate::SPIN);
    casemate.pod("spin", "file://./spin.wat", "");
    let never = ["--attest-ttl", "100ms", "--attest-renewal", "never"];
    let ran = casemate.run(&[&["spin.yaml"], &never[..]].concat());
    assert_eq!(ran.code(), Some(1));
    assert!(ran.stdout.contains("suspended: its evidence has lapsed"), "{}", ran.stdout);
    assert!(ran.stdout.contains("Suspended"), "{}", ran.stdout);
}
