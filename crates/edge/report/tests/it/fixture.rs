//! A run with one container of every kind of ending.

use casemate_model::{Bytes, ContainerKey, Fingerprint, Measurement, Nanos, NodeName, Pages, PodKey, Tee};
use casemate_report::{
    CheckerReport, EpcReport, NodeReport, PolicyReport, RunReport, SoftwareRoot, State, Verdict,
    WorkloadReport,
};

pub(crate) fn workload(name: &str) -> WorkloadReport {
    let pod = PodKey { namespace: "default".into(), name: name.into() };
    WorkloadReport::pending(&ContainerKey { pod, container: "app".into() }, Some(Tee::Sgx))
}

pub(crate) fn ran(name: &str) -> WorkloadReport {
    WorkloadReport {
        node: Some(NodeName("laptop".into())),
        verdict: Some(Verdict::Affirming),
        state: State::Succeeded,
        exit_code: Some(0),
        measurement: Some(Measurement([0xcd; 32])),
        log: Some(format!("casemate-run/{name}.app.log")),
        log_sha256: Some("ef".repeat(32)),
        seconds: Some(Nanos::from_millis(2_345)),
        cpu_seconds: Some(Nanos::from_millis(1_500)),
        page_ins: Some(49_152),
        page_outs: Some(73_728),
        aex: Some(150),
        eexit: Some(3),
        ..workload(name)
    }
}

pub(crate) fn run() -> RunReport {
    let trapped = WorkloadReport {
        state: State::Trapped,
        exit_code: None,
        reasons: vec!["integer divide by zero\u{1b}[2J\nnot a line of ours".into()],
        ..ran("quick-trap")
    };
    let refused = WorkloadReport {
        node: Some(NodeName("laptop".into())),
        verdict: Some(Verdict::Contraindicated),
        state: State::Refused,
        reasons: vec!["the nonce is not the one asked for".into(), "debug enclaves are not allowed".into()],
        ..workload("quick-forged")
    };
    let pending = WorkloadReport {
        reasons: vec!["laptop: 128Mi of EPC asked for, the node has 64Mi".into()],
        ..workload("quick-huge")
    };
    RunReport {
        succeeded: false,
        workloads: vec![ran("quick-checksum"), trapped, refused, pending],
        node: Some(NodeReport {
            name: NodeName("laptop".into()),
            tee: Tee::Software,
            epc_bytes: Bytes::mib(64),
            cpus: 2,
            paging: "userfaultfd, handled inline".into(),
            root: Some(Fingerprint([0xab; 32])),
            verdict: Some(Verdict::Affirming),
            reasons: vec![],
        }),
        epc: Some(EpcReport {
            capacity_pages: Pages(16_384),
            working_pages: Pages(64),
            resident_pages_max: Some(Pages(16_000)),
            page_ins: 98_304,
            page_outs: 147_456,
        }),
        policy: Some(PolicyReport {
            name: "quickstart".into(),
            source: "examples/quickstart/policy.yaml".into(),
            software_root: vec![SoftwareRoot {
                written: "this-machine".into(),
                fingerprint: Fingerprint([0xab; 32]),
            }],
        }),
        checker: Some(CheckerReport { observations: 12_345, violations: vec![] }),
        events: Some("casemate-run/events.jsonl".into()),
        problems: vec!["broken.yaml:3:5: spec.containers: at least one container is needed".into()],
        ..RunReport::empty()
    }
}
