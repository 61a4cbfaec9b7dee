//! `casemate inspect`: files, directories, one document, exit codes.

use std::io::Write;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::casemate::{Casemate, Ran, pod};
use crate::pty::{Streams, Terminal};

fn inspected(casemate: &Casemate, arguments: &[&str]) -> Ran {
    let mut command = casemate.subcommand("inspect");
    command.args(arguments).output().expect("the binary starts").into()
}

fn document(casemate: &Casemate, arguments: &[&str]) -> (Option<i32>, Value) {
    let ran = inspected(casemate, &[arguments, &["-o", "json"]].concat());
    (ran.code(), ran.document())
}

/// The names of what was inspected, in order.
fn names(document: &Value) -> Vec<&str> {
    let workloads = document["workloads"].as_array().expect("a list").iter();
    workloads.map(|workload| workload["name"].as_str().expect("a name")).collect()
}

/// A pod of that name in a file of its own.
fn put(casemate: &Casemate, file: &str, name: &str) {
    casemate.file(file, pod(name, "registry.example/app:1.0", "1Mi", ""));
}

#[test]
fn a_file_is_understood_with_its_amounts_and_places() {
    let casemate = Casemate::new();
    put(&casemate, "web.yaml", "web");
    let (code, document) = document(&casemate, &["web.yaml"]);
    assert_eq!((code, &document["schema"]), (Some(0), &"casemate.inspect/v1".into()));
    let web = &document["workloads"][0];
    assert_eq!(
        (&web["file"], &web["line"], &web["class"]),
        (&"web.yaml".into(), &1.into(), &"confidential".into())
    );
    assert_eq!((&web["tee"], &web["epc_guaranteed_bytes"]), (&"sgx".into(), &(1 << 20).into()));
    let ran = inspected(&casemate, &["web.yaml"]);
    assert_eq!((ran.code(), ran.stderr.as_str()), (Some(0), ""));
    assert!(ran.stdout.contains("web") && ran.stdout.contains("confidential"), "{}", ran.stdout);
    assert!(!ran.stdout.contains('\u{1b}'), "{}", ran.stdout);
}

#[test]
fn a_directory_is_walked_by_name_and_only_manifests_are_read() {
    let casemate = Casemate::new();
    for (file, name) in [
        ("dir/b.yaml", "b"),
        ("dir/a/deep/er.yml", "deeper"),
        ("dir/a/template.yaml.in", "template"),
        ("dir/c.json", "c"),
        ("dir/.git/d.yaml", "hidden"),
        ("dir/readme.md", "readme"),
    ] {
        put(&casemate, file, name);
    }
    casemate.file(
        "dir/c.json",
        r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "c"}, "spec": {"containers": []}}"#,
    );
    let (code, document) = document(&casemate, &["dir"]);
    assert_eq!((code, names(&document)), (Some(0), vec!["deeper", "template", "b", "c"]), "{document:#}");
}

#[test]
fn links_are_followed_but_never_in_circles() {
    let casemate = Casemate::new();
    put(&casemate, "dir/a.yaml", "a");
    put(&casemate, "elsewhere/b.yaml", "b");
    let path = |name: &str| casemate.files().join(name);
    symlink(path("dir"), path("dir/itself")).expect("a link");
    symlink(path("elsewhere"), path("dir/there")).expect("a link");
    symlink(path("elsewhere"), path("dir/there-again")).expect("a link");
    symlink(path("nowhere.yaml"), path("dir/dangling.yaml")).expect("a link");
    let (code, document) = document(&casemate, &["dir"]);
    assert_eq!((code, names(&document)), (Some(1), vec!["a", "b"]), "{document:#}");
    assert_eq!(document["errors"][0]["file"], "dir/dangling.yaml", "{document:#}");
}

#[test]
fn what_cannot_be_read_is_an_error_and_the_rest_is_told() {
    let casemate = Casemate::new();
    put(&casemate, "good.yaml", "good");
    casemate.file("broken.yaml", "kind: [");
    casemate.file("empty/readme.txt", "");
    let (code, document) =
        document(&casemate, &["missing.yaml", "empty", "broken.yaml", "good.yaml", "good.yaml"]);
    assert_eq!((code, names(&document)), (Some(1), vec!["good"]), "{document:#}");
    let errors = document["errors"].as_array().expect("a list");
    let told: Vec<_> = errors.iter().map(|error| (error["file"].as_str(), error["line"].as_u64())).collect();
    let wanted = [("missing.yaml", 0), ("empty", 0), ("broken.yaml", 1)];
    assert_eq!(told, wanted.map(|(file, line)| (Some(file), Some(line))), "{document:#}");
    let ran = inspected(&casemate, &["missing.yaml"]);
    assert_eq!(ran.code(), Some(1));
    assert!(ran.stdout.contains("missing.yaml: cannot be read: No such file"), "{}", ran.stdout);
}

#[test]
fn a_dash_is_standard_input() {
    let casemate = Casemate::new();
    let mut command = casemate.subcommand("inspect");
    command.args(["-", "-o", "json"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    let manifest = pod("piped", "registry.example/app:1.0", "1Mi", "");
    child.stdin.take().expect("a pipe").write_all(manifest.as_bytes()).expect("it reads");
    let ran = Ran::from(child.wait_with_output().expect("it ends"));
    let document = ran.document();
    assert_eq!((names(&document), &document["workloads"][0]["file"]), (vec!["piped"], &"<stdin>".into()));
}

#[test]
fn findings_fail_an_inspection_where_they_are_asked_to() {
    let casemate = Casemate::new();
    // Request and limit of an extended resource differ: an error.
    put(&casemate, "error.yaml", "error");
    let plain = "apiVersion: v1\nkind: Pod\nmetadata: {name: plain}\nspec: {containers: []}\n";
    casemate.file("plain.yaml", plain);
    for (file, fail_on, code) in [
        ("error.yaml", None, 0),
        ("error.yaml", Some("error"), 1),
        ("error.yaml", Some("info"), 1),
        ("plain.yaml", Some("error"), 0),
    ] {
        let arguments: Vec<&str> =
            [file].into_iter().chain(fail_on.into_iter().flat_map(|it| ["--fail-on", it])).collect();
        let ran = inspected(&casemate, &arguments);
        assert_eq!(ran.code(), Some(code), "{arguments:?}: {}", ran.stdout);
    }
}

#[test]
fn a_command_line_that_will_not_do_is_one_document_too() {
    let casemate = Casemate::new();
    for arguments in [&["--fail-on", "everything", "x.yaml", "-o", "json"][..], &["-o", "json"]] {
        let ran = inspected(&casemate, arguments);
        let document = ran.document();
        assert_eq!((ran.code(), &document["workloads"]), (Some(2), &Value::Array(Vec::new())));
        assert!(
            document["errors"][0]["cause"].as_str().is_some_and(|cause| !cause.is_empty()),
            "{document:#}"
        );
    }
}

#[test]
fn a_terminal_gets_colours_and_no_line_of_the_table_is_wider() {
    let casemate = Casemate::new();
    put(&casemate, "a/rather/long/path/to/web.yaml", "a-rather-long-name-of-a-pod-for-a-narrow-window");
    let command = || -> Command {
        let mut command = casemate.subcommand("inspect");
        command.arg("a");
        command
    };
    let mut terminal = Terminal::start(command(), 60, 50, Streams::All);
    assert_eq!(terminal.end().code(), Some(0));
    assert!(terminal.written().contains("\u{1b}["), "{}", terminal.written());
    let mut plain = command();
    plain.env("NO_COLOR", "1");
    let mut terminal = Terminal::start(plain, 60, 50, Streams::All);
    assert_eq!(terminal.end().code(), Some(0));
    assert!(!terminal.written().contains('\u{1b}'), "{}", terminal.written());
}

#[test]
fn help_says_what_is_read_and_the_exit_codes() {
    let ran = inspected(&Casemate::new(), &["--help"]);
    assert_eq!(ran.code(), Some(0));
    for said in ["*.yaml", "stdin", "0 every file was read", "1 something", "--fail-on"] {
        assert!(ran.stdout.contains(said), "{said}: {}", ran.stdout);
    }
}
