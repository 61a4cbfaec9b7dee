//! The example of the README.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::casemate::Casemate;

const QUICKSTART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../examples/quickstart");

/// Runs the quickstart with more arguments; what each workload printed, and the pages put out.
fn quickstart(arguments: &[&str]) -> (BTreeMap<String, String>, u64) {
    let (code, document) = Casemate::new().json(&[&[QUICKSTART], arguments].concat());
    assert_eq!(code, Some(0), "{document:#}");
    assert_eq!(
        (&document["succeeded"], &document["checker"]["violations"]),
        (&true.into(), &Value::Array(vec![]))
    );
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let workloads = document["workloads"].as_array().expect("a list").iter();
    let logs: BTreeMap<_, _> = workloads.map(|it| (text(&it["name"]), text(&it["log_sha256"]))).collect();
    assert_eq!(logs.len(), 4);
    (logs, document["epc"]["page_outs"].as_u64().expect("a number"))
}

#[test]
fn the_quickstart_ends_well_and_with_less_encrypted_memory_only_pages_more() {
    let (logs, page_outs) = quickstart(&[]);
    assert!(page_outs > 0, "it pages by default");
    let (logs_of_less, page_outs_of_less) = quickstart(&["--epc", "8Mi"]);
    assert_eq!(logs, logs_of_less);
    assert!(page_outs_of_less > page_outs, "{page_outs_of_less} > {page_outs}");
}

#[test]
fn the_quickstart_prints_the_same_where_userfaultfd_is_not_permitted_and_on_one_cpu() {
    let (logs, _) = quickstart(&["--paging", "mprotect"]);
    assert_eq!(logs, quickstart(&["--cpus", "1"]).0);
}

#[test]
fn the_quickstart_survives_verdicts_that_lapse() {
    let (logs, _) = quickstart(&["--attest-ttl", "200ms", "--attest-renewal", "on-lapse"]);
    assert_eq!(logs, quickstart(&[]).0);
}
