//! `casemate world simulate`: designs under the same load, and what cannot be simulated.

use serde_json::{Value, json};

use crate::casemate::{Casemate, Ran};

const SMALL: &str = "\
name: two clients
about: who goes first
millis: 20
tasks:
  - {name: client, count: 2, run_micros: 500, sleep_micros: 1000, request: {work_micros: 700}}
designs:
  - {name: default}
  - {name: one, design: {agent: one}, corrected: false}
finding:
  says: One waits for the other.
  metric: request_p99_us
  figures: {default: 1, one: 2}
";

fn simulated(casemate: &Casemate, arguments: &[&str]) -> Ran {
    let mut command = casemate.subcommand("world");
    command.arg("simulate").args(arguments).output().expect("the binary starts").into()
}

#[test]
fn designs_are_compared_figure_by_figure() {
    let casemate = Casemate::new();
    casemate.file("small.yaml", SMALL);
    let ran = simulated(&casemate, &["small.yaml"]);
    assert_eq!((ran.code(), ran.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!(ran.stdout);
    let document = simulated(&casemate, &["small.yaml", "-o", "json"]).document();
    insta::assert_snapshot!(serde_json::to_string_pretty(&document).expect("it was read"));
}

#[test]
fn what_cannot_be_read_or_makes_no_sense_is_named_and_the_rest_is_simulated() {
    let casemate = Casemate::new();
    casemate.file("small.yaml", SMALL);
    casemate.file("long.yaml", SMALL.replace("millis: 20", "millis: 0"));
    casemate.file("typo.yaml", SMALL.replace("tasks:", "task:"));
    let ran = simulated(&casemate, &["absent.yaml", "long.yaml", "typo.yaml", "small.yaml", "-o", "json"]);
    assert_eq!(ran.code(), Some(1));
    let document = ran.document();
    assert_eq!(document["scenarios"].as_array().map(Vec::len), Some(1));
    let errors: Vec<_> = document["errors"].as_array().expect("a list").iter().collect();
    for (error, says) in errors.iter().zip([
        "absent.yaml: cannot be read",
        "long.yaml: `millis`: 0 is not in 1..=600000: choose a value in it",
        "typo.yaml:4:1: unknown field `task`",
    ]) {
        let error = error.as_str().expect("a text");
        assert!(error.starts_with(says), "{error}");
        assert!(ran.stderr.contains(error), "{}", ran.stderr);
    }
    assert_eq!(errors.len(), 3);
}

#[test]
fn every_other_choice_stands_beside_the_default() {
    let casemate = Casemate::new();
    casemate.file("small.yaml", SMALL);
    let ran = simulated(&casemate, &["small.yaml", "--choices", "-o", "json"]);
    let document = ran.document();
    assert_eq!((ran.code(), &document["schema"]), (Some(0), &json!("casemate.world-choices/v1")));
    assert_eq!((&document["loads"], &document["errors"]), (&json!(["two clients"]), &json!([])));
    let choices = document["choices"].as_array().expect("a list");
    let named = |name: &str| choices.iter().find(|it| it["name"] == name).cloned().unwrap_or(Value::Null);
    assert_eq!(named("as it is")["request_p99"], json!(1.0));
    assert!(named("agent: one")["request_p99"].as_f64().is_some_and(|it| it > 0.0));
    let table = simulated(&casemate, &["small.yaml", "--choices"]).stdout;
    assert!(table.starts_with("choice ") && table.contains("\nagent: one "), "{table}");
    // A table over less than was asked for would be another one.
    let ran = simulated(&casemate, &["small.yaml", "absent.yaml", "--choices", "-o", "json"]);
    assert_eq!((ran.code(), &ran.document()["choices"]), (Some(1), &json!([])));
}

#[test]
fn a_command_line_that_would_not_do_still_gives_a_document() {
    let ran = simulated(&Casemate::new(), &["-o", "json"]);
    assert_eq!(ran.code(), Some(2));
    assert!(ran.document()["errors"][0].as_str().is_some_and(|it| it.contains("SCENARIO")));
}

#[test]
fn a_page_and_a_trace_are_written_of_the_same_simulation() {
    let casemate = Casemate::new();
    casemate.file("small.yaml", SMALL);
    let ran = simulated(&casemate, &["small.yaml", "-o", "html", "--trace", "small.pftrace"]);
    assert_eq!((ran.code(), ran.stderr.as_str()), (Some(0), ""));
    assert!(ran.stdout.starts_with("<!doctype html>") && ran.stdout.contains("two clients"));
    let trace = std::fs::read(casemate.files().join("small.pftrace")).expect("it was written");
    // Names are in it as they are.
    for name in ["two clients: default", "two clients: one", "CPU 1 TEE"] {
        assert!(trace.windows(name.len()).any(|it| it == name.as_bytes()), "{name}");
    }
}

#[test]
fn nothing_is_simulated_where_the_picture_will_not_do() {
    let casemate = Casemate::new();
    casemate.file("small.yaml", SMALL);
    for (arguments, cause) in [
        (["--trace", "small.yaml"], "error: --trace small.yaml: a `.yaml` file is not written over"),
        (["--choices", "-ohtml"], "error: of --choices there is no page"),
    ] {
        let ran = simulated(&casemate, &[&["small.yaml"][..], &arguments].concat());
        assert_eq!((ran.code(), ran.stdout.as_str()), (Some(2), ""));
        assert!(ran.stderr.starts_with(cause), "{}", ran.stderr);
    }
}
