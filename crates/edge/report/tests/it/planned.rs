//! A small plan with one of everything.

use casemate_report::{
    NodeUse, PendingPods, PlanCheck, PlanReport, PlannedBound, PlannedHurdle, PlannedMove, PlannedNode,
    PlannedPod, PlannedResource, PlannedVariant, PlannedVictim, StrandedPod, TenantPods, VariantResource,
};

/// The plan, with these words in every name and reason that a manifest may bring.
pub(crate) fn report(hostile: &str) -> PlanReport {
    let with = |text: &str| format!("{text}{hostile}");
    let hurdle = |nodes, example: &str, reason: &str| PlannedHurdle {
        nodes,
        example: with(example),
        reasons: vec![with(reason)],
    };
    PlanReport {
        schema: PlanReport::SCHEMA,
        policy: "shared, room".into(),
        what_if: vec![with("node b is down")],
        nodes: 5,
        nodes_used: 1,
        pods: 5,
        placements: vec![PlannedPod {
            pod: with("default/a"),
            node: with("n1"),
            there: false,
            why: "EPC would be 50 % used (32Mi of 64Mi)".into(),
            numa: vec![0],
            slowdown: Some(1.25),
        }],
        pending: vec![
            PendingPods {
                pods: vec![with("default/b"), "default/c".into(), "default/d".into()],
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
                reason: Some(with("its requests for CPU add up to more than any node can have")),
                hurdles: Vec::new(),
                instance_types: Vec::new(),
            },
        ],
        resources: vec![PlannedResource {
            resource: with("EPC"),
            unit: "bytes",
            capacity: 3 << 26,
            used: 1 << 25,
            largest_free: 1 << 26,
            unusable: 1 << 24,
            written: ["192Mi".into(), "32Mi".into(), "64Mi".into(), "16Mi".into()],
        }],
        preempted: vec![PlannedVictim { pod: with("batch/v"), node: with("n1"), by: with("default/a") }],
        moves: vec![PlannedMove {
            wave: 1,
            pod: with("default/m"),
            from: with("n2"),
            to: "n3".into(),
            how: "live".into(),
            why: with("n2 is drained"),
        }],
        stranded: vec![StrandedPod {
            pod: with("default/s"),
            node: "n2".into(),
            reasons: vec!["asks for tdx".into()],
        }],
        freed: vec![with("n2")],
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
            tenants: vec![TenantPods { tenant: with("default"), pods: 1 }],
            resources: vec![NodeUse { resource: "EPC".into(), used: 1 << 25, capacity: 1 << 26 }],
        }],
        comparison: vec![PlannedVariant {
            name: with("best-fit"),
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
        notes: vec![with("pods.yaml:9:3: spec.affinity: preferences are ignored")],
        errors: vec![with("pods.yaml:3:1: no such kind")],
    }
}
