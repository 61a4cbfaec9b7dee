//! A small plan with one of everything.

use super::*;
use crate::Style;

fn report() -> PlanReport {
    let hurdle = |nodes, example: &str, reason: &str| PlannedHurdle {
        nodes,
        example: example.into(),
        reasons: vec![reason.into()],
    };
    PlanReport {
        schema: PlanReport::SCHEMA,
        policy: "shared, room".into(),
        what_if: vec!["node b is down".into()],
        nodes: 5,
        nodes_used: 1,
        pods: 5,
        placements: vec![PlannedPod {
            pod: "default/a".into(),
            node: "n1".into(),
            there: false,
            why: "EPC would be 50 % used (32Mi of 64Mi)".into(),
            numa: vec![0],
            slowdown: Some(1.25),
        }],
        pending: vec![
            PendingPods {
                pods: vec!["default/b".into(), "default/c".into(), "default/d".into()],
                condition: "Unschedulable".into(),
                never: false,
                reason: None,
                hurdles: vec![
                    hurdle(3, "n1", "asks for 60Mi EPC, 54Mi of 64Mi are free"),
                    hurdle(1, "n4", "asks for sgx, the node has tdx"),
                ],
                instance_types: vec!["Standard_DC1s_v3".into(), "Standard_DC2s_v3".into()],
            },
            PendingPods {
                pods: vec!["default/\u{1b}[2Je".into()],
                condition: "Unsupported".into(),
                never: true,
                reason: Some("its requests for CPU add up to more than any node can have".into()),
                hurdles: Vec::new(),
                instance_types: Vec::new(),
            },
        ],
        resources: vec![PlannedResource {
            resource: "EPC".into(),
            unit: "bytes",
            capacity: 3 << 26,
            used: 1 << 25,
            largest_free: 1 << 26,
            unusable: 1 << 24,
            written: ["192Mi".into(), "32Mi".into(), "64Mi".into(), "16Mi".into()],
        }],
        preempted: vec![PlannedVictim { pod: "batch/v".into(), node: "n1".into(), by: "default/a".into() }],
        moves: vec![PlannedMove {
            wave: 1,
            pod: "default/m".into(),
            from: "n2".into(),
            to: "n3".into(),
            how: "live".into(),
            why: "n2 is drained".into(),
        }],
        stranded: vec![StrandedPod {
            pod: "default/s".into(),
            node: "n2".into(),
            reasons: vec!["asks for tdx".into()],
        }],
        freed: vec!["n2".into()],
        bounds: vec![PlannedBound {
            resource: "EPC".into(),
            unit: "bytes",
            placed: 1 << 25,
            most: 1 << 26,
            percent: 50.0,
        }],
        node_usage: vec![PlannedNode {
            node: "n1".into(),
            tee: Some("sgx".into()),
            pods: 1,
            tenants: vec![TenantPods { tenant: "default".into(), pods: 1 }],
            resources: vec![NodeUse { resource: "EPC".into(), used: 1 << 25, capacity: 1 << 26 }],
        }],
        comparison: vec![PlannedVariant {
            name: "best-fit".into(),
            placed: 1,
            pending: 4,
            preempted: 0,
            nodes_used: 1,
            resources: vec![VariantResource {
                resource: "EPC".into(),
                used_percent: 16.6,
                unusable_percent: 8.3,
                bound_percent: 50.0,
            }],
            slowdown: None,
        }],
        checker: PlanCheck { checked: 5, broken: Vec::new() },
        notes: vec!["pods.yaml:9:3: spec.affinity: preferences are ignored".into()],
        errors: vec!["pods.yaml:3:1: no such kind".into()],
    }
}

#[test]
fn a_plan_as_people_read_it() {
    insta::assert_snapshot!(plan_table(&report(), Style::plain()));
}

#[test]
fn in_a_narrow_window_no_line_is_wider() {
    let style = Style { width: Some(60), colour: false };
    let table = plan_table(&report(), style);
    assert!(table.lines().all(|line| line.chars().count() <= 60), "{table}");
}

#[test]
fn the_document_is_what_programs_rely_on() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&report()).expect("JSON"));
}

#[test]
fn the_page_has_one_of_everything_and_nothing_of_it_is_markup() {
    let mut page = Vec::new();
    crate::write_plan_html(&report(), &mut page).expect("a Vec takes everything");
    let page = String::from_utf8(page).expect("UTF-8");
    let (_, body) = page.split_once("</style>").expect("a style");
    assert!(!body.contains("<script") && !body.contains('\u{1b}'));
    insta::assert_snapshot!(body);
}
