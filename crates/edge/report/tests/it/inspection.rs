//! The table of `casemate inspect`.

use casemate_model::Bytes;
use casemate_report::{Inspected, Remark, Style, Weight, inspection_table};

fn pod(name: &str) -> Inspected {
    Inspected {
        place: "pods.yaml:1".into(),
        kind: "Pod".into(),
        namespace: "trusted".into(),
        name: name.into(),
        class: "confidential",
        weight: Weight::Good,
        reason: "it asks for `sgx.intel.com/epc: 32Mi`".into(),
        tee: Some("sgx"),
        epc_guaranteed: Some(Bytes::mib(32)),
        epc_limit: Some(Bytes::mib(64)),
        enclaves: Some(1),
        key_slots: Some(0),
        overhead_memory: Some(Bytes::mib(2048)),
        remarks: Vec::new(),
    }
}

fn some() -> Vec<Inspected> {
    let remark =
        |weight, id, text: &str| Remark { weight, place: "pods.yaml:9:7".into(), id, text: text.into() };
    let second = Inspected {
        place: "pods.yaml:20".into(),
        namespace: String::new(),
        class: "ambiguous",
        weight: Weight::Warning,
        reason: "the runtime class `kata` may be a TEE's or not".into(),
        tee: None,
        epc_limit: None,
        overhead_memory: None,
        remarks: vec![
            remark(Weight::Error, "two-tees", "tdx beside sgx. Ask for one TEE"),
            remark(Weight::Info, "sandbox-unknown", "the overhead is not known. Give the RuntimeClass"),
            remark(Weight::Info, "sandbox-unknown", "the overhead is not known. Give the RuntimeClass"),
        ],
        ..pod("web")
    };
    let third = Inspected {
        place: "values.yaml:3".into(),
        kind: String::new(),
        name: String::new(),
        class: "not-confidential",
        weight: Weight::Info,
        ..pod("")
    };
    vec![pod("cc"), second, third]
}

#[test]
fn each_thing_has_a_row_and_each_finding_a_line() {
    let table = inspection_table(&some(), &["broken.yaml:2:1: a tab".to_owned()], Style::plain());
    insta::assert_snapshot!(table);
}

#[test]
fn on_a_terminal_findings_stand_below_what_they_were_found_in() {
    let table = inspection_table(&some(), &["broken.yaml:2:1: a tab".to_owned()], narrow(72));
    insta::assert_snapshot!(table);
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let long = Inspected { place: format!("{}/pods.yaml:1", "very-long-name".repeat(9)), ..pod("long") };
    let inspected = [some(), vec![long]].concat();
    for width in [72, 100, 140] {
        let table = inspection_table(&inspected, &[], narrow(width));
        let (_, rows) = table.split_once("PLACE").expect("a table");
        assert!(rows.lines().all(|line| line.chars().count() <= usize::from(width)), "{table}");
        assert!(rows.contains("/pods.yaml:1 ") && rows.contains("not-confidential"), "{table}");
        assert!((width < 100) != rows.contains("ENCLAVES"), "{table}");
    }
    // Words are never broken; all others fit.
    let table = inspection_table(&some(), &[], narrow(60));
    assert!(table.lines().all(|line| line.chars().count() <= 60), "{table}");
}

fn narrow(width: u16) -> Style {
    Style { width: Some(width), colour: false }
}

#[test]
fn nothing_found_is_said_and_hostile_names_are_disarmed() {
    assert_eq!(inspection_table(&[], &[], Style::plain()), "nothing in it asks or could ask for a TEE\n");
    let unreadable = inspection_table(&[], &["pods.yaml:1:1: no text".to_owned()], Style::plain());
    assert_eq!(unreadable, "pods.yaml:1:1: no text\n\n1 error\n", "what could not be read may well ask");
    let table = inspection_table(&[pod("a\u{1b}[2Jb")], &[], Style { width: None, colour: true });
    assert!(
        table.contains("a\u{fffd}[2Jb") && table.contains("\u{1b}[38;5;10m") | table.contains("\u{1b}[32m")
    );
}
