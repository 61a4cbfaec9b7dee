//! What is given on the command line and cannot be used: said each, and the rest runs.

use crate::casemate::{Casemate, HELLO, HELLO_SHA256, joined, pod, workload};

/// That the good pod ran and each of these problems was said, on stderr and in the document.
fn beside_the_good_one(casemate: &Casemate, path: &str, problems: &[&str]) {
    casemate.pod("good", "file://./hello.wat", "");
    let ran = casemate.run(&["good.yaml", path, "-o", "json"]);
    let document = ran.document();
    assert_eq!(ran.code(), Some(1), "{document:#}");
    let good = workload(&document, "good");
    assert_eq!((&good["state"], &good["log_sha256"]), (&"Succeeded".into(), &HELLO_SHA256.into()));
    assert_eq!(document["succeeded"], false);
    let said = joined(&document["problems"]);
    for problem in problems {
        assert!(said.contains(problem), "`{problem}` is not in: {said}");
        assert!(ran.stderr.contains(problem), "`{problem}` is not in: {}", ran.stderr);
    }
}

#[test]
fn a_missing_manifest_is_named_and_the_good_one_runs() {
    beside_the_good_one(&Casemate::new(), "missing.yaml", &["missing.yaml: cannot be read: No such file"]);
}

#[test]
fn an_empty_manifest_is_named_and_the_good_one_runs() {
    let casemate = Casemate::new();
    casemate.file("empty.yaml", "");
    beside_the_good_one(&casemate, "empty.yaml", &["empty.yaml", "holds no document"]);
}

#[test]
fn an_empty_directory_is_named_and_the_good_one_runs() {
    let casemate = Casemate::new();
    casemate.file("dir/readme.txt", "no manifest");
    beside_the_good_one(&casemate, "dir", &["dir: no `*.yaml` in this directory"]);
}

#[test]
fn every_broken_file_of_a_directory_is_named_with_its_place() {
    let casemate = Casemate::new();
    casemate.file("dir/binary.yaml", [0xff, 0xfe, 0, 1]);
    casemate.file("dir/broken.yaml", "kind: [");
    casemate.file("dir/kind.yaml", "apiVersion: v1\nkind: Unheard\nmetadata: {name: x}\n");
    casemate.file("dir/spec.yaml", pod("spec", "file://./hello.wat", "many", ""));
    let problems = ["binary.yaml:1:1", "UTF-16", "broken.yaml:1:7", "Unheard", "spec.yaml:12:28", "`many`"];
    beside_the_good_one(&casemate, "dir", &problems);
}

#[test]
fn one_broken_document_of_a_file_keeps_the_others_running() {
    let casemate = Casemate::new();
    let good = pod("second", "file://./hello.wat", "1Mi", "");
    casemate.file("two.yaml", format!("apiVersion: v1\nkind: Pod\n---\n{good}"));
    let (code, document) = casemate.json(&["two.yaml"]);
    assert_eq!((code, &workload(&document, "second")["state"]), (Some(1), &"Succeeded".into()));
    assert!(joined(&document["problems"]).contains("two.yaml:1:1"), "{document:#}");
}

#[test]
fn nothing_to_run_is_said_and_starts_no_node() {
    let casemate = Casemate::new();
    casemate.file("dir/policy.yaml", "");
    for path in ["missing.yaml", "dir"] {
        let ran = casemate.run(&[path]);
        assert_eq!(ran.code(), Some(2));
        assert_eq!(ran.stderr.matches("there is nothing to run").count(), 1, "{}", ran.stderr);
        assert_eq!(ran.stdout, "", "it is said once");
    }
}

#[test]
fn an_image_that_nobody_maps_is_said_with_the_remedy() {
    let casemate = Casemate::new();
    casemate.pod("mapped", "registry/app:1", "");
    casemate.pod("unmapped", "registry/app:2", "");
    let image = ["--image", "registry/app:1=hello.wat"];
    let (code, document) = casemate.json(&[&["mapped.yaml", "unmapped.yaml"], &image[..]].concat());
    assert_eq!((code, &workload(&document, "mapped")["state"]), (Some(1), &"Succeeded".into()));
    let unmapped = workload(&document, "unmapped");
    let reasons = joined(&unmapped["reasons"]);
    assert_eq!((&unmapped["state"], &unmapped["log"]), (&"Failed".into(), &serde_json::Value::Null));
    assert!(reasons.contains("give --image registry/app:2=prog.wasm"), "{reasons}");
}

#[test]
fn a_program_that_is_not_there_or_none_is_said_and_the_others_run() {
    let casemate = Casemate::new();
    casemate.file("script.sh", "#!/bin/sh\n");
    casemate.pod("absent", "file://./absent.wasm", "");
    casemate.pod("script", "file://./script.sh", "");
    casemate.pod("good", "file://./hello.wat", "");
    let (code, document) = casemate.json(&["."]);
    assert_eq!((code, &workload(&document, "good")["state"]), (Some(1), &"Succeeded".into()));
    for (name, words) in [("absent", "absent.wasm: cannot be read"), ("script", "not a WebAssembly module")] {
        let workload = workload(&document, name);
        assert_eq!(workload["state"], "Failed");
        assert!(joined(&workload["reasons"]).contains(words), "{workload:#}");
    }
}

#[test]
fn an_image_mapping_that_nothing_uses_is_warned_of() {
    let casemate = Casemate::new();
    casemate.pod("good", "file://./hello.wat", "");
    let ran = casemate.run(&["good.yaml", "--image", "tpyo=hello.wat"]);
    assert_eq!(ran.code(), Some(0));
    assert!(ran.stderr.contains("warning: --image tpyo: no container has an image of this name"));
}

#[test]
fn programs_are_looked_for_beside_their_manifest() {
    let casemate = Casemate::new();
    casemate.file("sub/prog/other.wat", HELLO);
    casemate.file("sub/pod.yaml", pod("beside", "file://./prog/other.wat", "1Mi", ""));
    assert_eq!(casemate.json(&["sub/pod.yaml"]).0, Some(0));
    let absolute = casemate.file("abs.wat", HELLO);
    casemate.pod("absolute", &format!("file://{}", absolute.display()), "");
    assert_eq!(casemate.json(&["absolute.yaml"]).0, Some(0));
}

#[test]
fn logs_go_where_they_are_told_and_by_default_below_the_home() {
    let casemate = Casemate::new();
    casemate.pod("good", "file://./hello.wat", "");
    let log = |document: &serde_json::Value| {
        let log = workload(document, "good")["log"].as_str().expect("a path").to_owned();
        assert_eq!(std::fs::read(casemate.files().join(&log)).expect("it is there"), b"hello\n");
        log
    };
    let below_home = casemate.home().join(".local/state/casemate/runs").display().to_string();
    assert!(log(&casemate.json(&["good.yaml"]).1).starts_with(&below_home));
    let told = log(&casemate.json(&["good.yaml", "--log-dir", "logs"]).1);
    assert_eq!(told, "logs/default_good_app.log");
    assert!(log(&casemate.json(&["good.yaml", "--state-dir", "state"]).1).starts_with("state/runs/"));
}

#[test]
fn without_a_home_the_remedy_is_said() {
    let casemate = Casemate::new();
    casemate.pod("good", "file://./hello.wat", "");
    let output = casemate.command(&["good.yaml"]).env_remove("HOME").output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("give --state-dir"));
}

#[test]
fn host_paths_are_for_directories_that_are_there() {
    let casemate = Casemate::new();
    casemate.pod("good", "file://./hello.wat", "");
    for (path, why) in [("missing", "cannot be read"), ("good.yaml", "is no directory")] {
        let (code, document) = casemate.json(&["good.yaml", "--allow-host-path", path]);
        assert_eq!(code, Some(2), "{document:#}");
        let problems = joined(&document["problems"]);
        assert!(problems.contains(&format!("--allow-host-path {path}: {why}")), "{problems}");
    }
}

#[test]
fn manifests_come_from_standard_input_too() {
    let casemate = Casemate::new();
    let manifest = casemate.pod("good", "file://./hello.wat", "");
    let mut command = casemate.command(&["-", "-o", "json"]);
    let output = command.stdin(std::fs::File::open(manifest).expect("it is there")).output();
    let ran = crate::casemate::Ran::from(output.expect("the binary starts"));
    assert_eq!((ran.code(), &workload(&ran.document(), "good")["state"]), (Some(0), &"Succeeded".into()));
}

#[test]
fn documents_that_need_nothing_to_run_are_no_failure() {
    let casemate = Casemate::new();
    let plugin = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: none}\nspec:\n  replicas: 0\n  \
                  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n    \
                  spec: {containers: [{name: app, image: \"file://./hello.wat\"}]}\n";
    casemate.file("none.yaml", plugin);
    let (code, document) = casemate.json(&["none.yaml"]);
    assert_eq!((code, &document["succeeded"]), (Some(0), &true.into()), "{document:#}");
}

#[test]
fn a_host_path_is_mounted_where_its_directory_is_allowed() {
    let casemate = Casemate::new();
    let shared = casemate.file("shared/data/file", "x");
    let directory = shared.parent().expect("it is in one").display().to_string();
    let volumes = format!("volumes: [{{name: data, hostPath: {{path: {directory}}}}}]");
    let manifest = pod("reader", "file://./hello.wat", "1Mi", &volumes).replace(
        "    resources:",
        "    volumeMounts: [{name: data, mountPath: /data, readOnly: true}]\n    resources:",
    );
    casemate.file("reader.yaml", manifest);
    let (code, document) = casemate.json(&["reader.yaml"]);
    assert_eq!(code, Some(2), "{document:#}");
    assert!(joined(&document["problems"]).contains("--allow-host-path"), "{document:#}");
    let (code, document) = casemate.json(&["reader.yaml", "--allow-host-path", "shared"]);
    assert_eq!(
        (code, &workload(&document, "reader")["state"]),
        (Some(0), &"Succeeded".into()),
        "{document:#}"
    );
}
