//! The JSON document: one, whole, with the documented keys.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::casemate::{Casemate, HELLO_SHA256, Ran, joined, workload};

/// Every key of a document, `a.b` for b in a, `a[]` for each in a list.
fn keys(value: &Value, path: &str, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let path = format!("{path}{}{key}", if path.is_empty() { "" } else { "." });
                into.insert(path.clone());
                keys(value, &path, into);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| keys(value, &format!("{path}[]"), into)),
        _ => {}
    }
}

const KEYS: &str = "\
checker checker.observations checker.violations epc epc.capacity_pages epc.page_ins epc.page_outs \
epc.resident_pages_max epc.working_pages events node node.cpus node.epc_bytes node.name node.paging \
node.reasons node.root node.tee node.verdict policy policy.name policy.software_root \
policy.software_root[].fingerprint policy.software_root[].written policy.source problems report schema \
succeeded trace workloads workloads[].aex workloads[].container workloads[].cpu_seconds workloads[].eexit \
workloads[].exit_code workloads[].init workloads[].log workloads[].log_sha256 workloads[].measurement workloads[].name \
workloads[].namespace workloads[].node workloads[].page_ins workloads[].page_outs workloads[].reasons \
workloads[].restarts workloads[].seconds workloads[].state workloads[].tee workloads[].verdict";

#[test]
fn the_document_of_a_run_has_exactly_the_documented_keys() {
    let casemate = Casemate::new();
    casemate.pod("hello", "file://./hello.wat", "");
    let (code, document) = casemate.json(&["hello.yaml", "--cpus", "1"]);
    assert_eq!(code, Some(0));
    let mut found = BTreeSet::new();
    keys(&document, "", &mut found);
    assert_eq!(found.into_iter().collect::<Vec<_>>(), KEYS.split(' ').collect::<Vec<_>>());

    let hello = workload(&document, "hello");
    let texts = ["namespace", "name", "container", "tee", "verdict", "state", "log_sha256"];
    let values = texts.map(|key| hello[key].as_str().expect("a text"));
    assert_eq!(values, ["default", "hello", "app", "software", "affirming", "Succeeded", HELLO_SHA256]);
    assert_eq!((&hello["exit_code"], &hello["reasons"]), (&0.into(), &Value::Array(Vec::new())));
    for key in ["seconds", "cpu_seconds"] {
        assert!(hello[key].as_f64().is_some_and(|seconds| seconds > 0.0), "{hello:#}");
    }
    for key in ["page_ins", "page_outs", "aex", "eexit"] {
        assert!(hello[key].is_u64(), "{hello:#}");
    }
    let log = std::fs::read(hello["log"].as_str().expect("a path")).expect("the log is where it says");
    assert_eq!(log, b"hello\n");
    assert_eq!(document["schema"], "casemate.run/v1");
    assert_eq!(document["node"]["epc_bytes"], 64 << 20);
    assert_eq!(document["epc"]["capacity_pages"], 16_384);
}

/// That a run was refused with this code, this problem, and one document on stdout.
fn refused(ran: &Ran, code: i32, problem: &str) {
    let document = ran.document();
    assert_eq!(ran.code(), Some(code), "{document:#}");
    let problems = joined(&document["problems"]);
    assert!(problems.contains(problem), "`{problem}` is not in: {problems}");
    assert!(ran.stderr.contains(problem), "`{problem}` is not in: {}", ran.stderr);
    assert_eq!(document["succeeded"], false);
    assert_eq!(document.as_object().map(serde_json::Map::len), Some(11), "every key is there");
}

#[test]
fn every_refusal_is_one_document_too() {
    let casemate = Casemate::new();
    casemate.pod("hello", "file://./hello.wat", "");
    for (arguments, problem) in [
        (vec!["missing.yaml", "-o", "json"], "missing.yaml: cannot be read"),
        (vec!["hello.yaml", "-o", "json", "--node", "nodes.yaml"], "casemate plan FILE… --node NODES.yaml"),
        (vec!["hello.yaml", "-o", "json", "--epc", "3x"], "`3x` has an unknown suffix"),
        (vec!["hello.yaml", "--output=json", "--slice", "0ms"], "`0ms` is no time at all"),
        (vec!["hello.yaml", "-ojson", "--bogus"], "unexpected argument '--bogus'"),
        (vec!["--output", "json"], "<FILE|DIR>"),
        (vec!["hello.yaml", "-o", "json", "--policy", "none.yaml"], "none.yaml: cannot be read"),
        (vec!["hello.yaml", "-o", "json", "--attest-ttl", "1h"], "--attest-ttl is longer than"),
    ] {
        refused(&casemate.run(&arguments), 2, problem);
    }
}

#[test]
fn the_event_log_is_a_line_of_json_an_event_from_the_first_to_the_last() {
    let casemate = Casemate::new();
    casemate.pod("hello", "file://./hello.wat", "");
    let (_, document) = casemate.json(&["hello.yaml"]);
    let events = document["events"].as_str().expect("a path");
    let events = std::fs::read_to_string(events).expect("the event log is where it says");
    let events: Vec<Value> = events.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(events.iter().all(|event| event["time"].is_string() && event["subject"].is_object()));
    let kinds: Vec<_> = events.iter().map(|event| event["kind"].as_str().expect("a text")).collect();
    assert_eq!(
        kinds,
        [
            "node_attested",
            "pod_placed",
            "enclave_created",
            "enclave_measured",
            "workload_attested",
            "entered",
            "exited",
            "destroyed",
            "run_ended"
        ]
    );
    assert_eq!(events.last().map(|event| &event["succeeded"]), Some(&Value::Bool(true)));
}
