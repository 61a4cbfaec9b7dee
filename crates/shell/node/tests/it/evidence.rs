//! Evidence that is not good enough: nothing is placed on its word, nothing entered.
//!
//! Each fault is tried in the platform's evidence and in an enclave's; everything
//! else about the evidence is right.

use casemate_attest::Evidence;
use casemate_model::{Bytes, Measurement, ReportData, Tee, Timestamp};
use casemate_node::EvidenceSource;
use casemate_policy::{Reference, Selector, WorkloadRule};
use casemate_report::{State, Verdict};
use casemate_softtee::EnclaveReport;
use casemate_softtee::synthetic::{Defect, TestRoot, report};

use crate::programs::{HELLO, hello};
use crate::trial::{Guest, Ran, Trial};

const OTHER: Measurement = Measurement([9; 32]);

/// What can be wrong with evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Nothing,
    Replayed,
    OfAnotherEnclave,
    UnderAnotherRoot,
    Expired,
    Debug,
    QuoteForged,
    Truncated,
    Missing,
}

/// Each fault, and words that have to be among the reasons.
const FAULTS: [(Fault, &str); 8] = [
    (Fault::Replayed, "made for another nonce, node or use"),
    (Fault::OfAnotherEnclave, "measurement 0909"),
    (Fault::UnderAnotherRoot, "which is not accepted; if it is to be trusted, the policy must name it"),
    (Fault::Expired, "expired at"),
    (Fault::Debug, "debug mode"),
    (Fault::QuoteForged, "did not sign this quote"),
    (Fault::Truncated, "bytes, 0 are left"),
    (Fault::Missing, "no evidence: the device is gone"),
];

/// Whose evidence has the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    Platform,
    Workloads,
}

/// A source whose evidence has one fault.
struct Faulty {
    honest: TestRoot,
    defective: TestRoot,
    stranger: TestRoot,
    fault: Fault,
    of: Subject,
}

impl Faulty {
    fn new(now: Timestamp, fault: Fault, of: Subject) -> Self {
        let defective = match fault {
            Fault::Expired => TestRoot::with_defect(now, Defect::PckExpired),
            Fault::QuoteForged => TestRoot::with_defect(now, Defect::QuoteForged),
            _ => TestRoot::new(now),
        };
        Self { honest: TestRoot::new(now), defective, stranger: TestRoot::new(now), fault, of }
    }

    /// What is wrong with evidence of an enclave that measures this.
    fn fault_in(&self, measurement: Measurement) -> Fault {
        let of = if measurement == self.probe_measurement() { Subject::Platform } else { Subject::Workloads };
        if of == self.of { self.fault } else { Fault::Nothing }
    }
}

impl EvidenceSource for Faulty {
    fn tee(&self) -> Tee {
        Tee::Software
    }

    fn probe_measurement(&self) -> Measurement {
        casemate_node::probe_measurement()
    }

    fn agent_key(&self) -> &[u8] {
        b"the agent's key"
    }

    fn evidence(
        &mut self,
        measurement: Measurement,
        report_data: ReportData,
        _now: Timestamp,
    ) -> Result<Evidence, String> {
        let good = report(measurement, report_data);
        Ok(match self.fault_in(measurement) {
            Fault::Nothing => self.honest.evidence(&good),
            Fault::Replayed => self.honest.evidence(&report(measurement, ReportData([7; 64]))),
            Fault::OfAnotherEnclave => self.honest.evidence(&report(OTHER, report_data)),
            Fault::UnderAnotherRoot => self.stranger.evidence(&good),
            Fault::Expired | Fault::QuoteForged => self.defective.evidence(&good),
            Fault::Debug => self.honest.evidence(&EnclaveReport { debug: true, ..good }),
            Fault::Truncated => Evidence::quote(Vec::new()),
            Fault::Missing => return Err("the device is gone".to_owned()),
        })
    }
}

/// A run of one program, with this fault in the evidence of that subject.
fn run_with(fault: Fault, of: Subject) -> Ran {
    let now = casemate_node::Clock::start().now();
    let source = Faulty::new(now, fault, of);
    let mut trial = Trial::new(Bytes::mib(4), 1).guest(Guest::new("guest", hello()));
    trial.policy.roots = [source.honest.fingerprint(), source.defective.fingerprint()].into();
    trial.source(source).run()
}

/// That no enclave was entered and no program has left a trace.
fn never_ran(ran: &Ran, name: &str) {
    let kinds = ran.kinds(name);
    assert!(!kinds.contains(&"entered"), "{kinds:?}");
    let workload = ran.of(name);
    assert_eq!((&workload.log, &workload.log_sha256, workload.exit_code), (&None, &None, None));
    assert_eq!(ran.log_files(), Vec::<String>::new(), "a log was begun");
}

#[test]
fn the_evidence_of_these_tests_is_good_but_for_the_fault() {
    for of in [Subject::Platform, Subject::Workloads] {
        run_with(Fault::Nothing, of).finished("guest", HELLO);
    }
}

#[test]
fn nothing_is_placed_on_a_platform_whose_evidence_is_faulty() {
    for (fault, words) in FAULTS {
        let ran = run_with(fault, Subject::Platform);
        let node = ran.report.node.as_ref().expect("a node is reported");
        assert_eq!((node.verdict, node.root), (Some(Verdict::Contraindicated), None), "{fault:?}");
        let reasons = node.reasons.join("\n");
        assert!(reasons.contains(words), "{fault:?}: {reasons}");

        assert_eq!(ran.state("guest"), State::Pending, "{fault:?}");
        assert!(ran.reasons("guest").contains("the node is not attested"), "{}", ran.reasons("guest"));
        assert!(ran.order("pod_placed").is_empty() && ran.order("enclave_created").is_empty(), "{fault:?}");
        never_ran(&ran, "guest");
    }
}

#[test]
fn no_enclave_is_entered_whose_evidence_is_faulty() {
    for (fault, words) in FAULTS {
        let ran = run_with(fault, Subject::Workloads);
        let guest = ran.of("guest");
        assert_eq!((guest.state, guest.verdict), (State::Refused, Some(Verdict::Contraindicated)));
        assert!(ran.reasons("guest").contains(words), "{fault:?}: {}", ran.reasons("guest"));
        assert_eq!(ran.report.node.as_ref().and_then(|node| node.verdict), Some(Verdict::Affirming));
        never_ran(&ran, "guest");
    }
}

#[test]
fn a_platform_that_is_not_the_one_the_policy_names_gets_nothing() {
    let mut trial = Trial::new(Bytes::mib(4), 1).guest(Guest::new("guest", hello()));
    trial.policy.platform = Reference::OneOf([OTHER].into());
    let ran = trial.run();
    let reasons = &ran.report.node.as_ref().expect("a node is reported").reasons;
    assert!(reasons.join("\n").contains("is not among the policy's reference values (0909"), "{reasons:?}");
    assert_eq!(ran.state("guest"), State::Pending);
    never_ran(&ran, "guest");
}

#[test]
fn a_program_that_is_not_the_one_the_policy_names_is_not_entered_and_its_neighbour_is() {
    let only = |name: &str| Selector { name: Some(name.parse().expect("a name")), ..Selector::default() };
    let mut trial = Trial::new(Bytes::mib(4), 1)
        .guest(Guest::new("changed", hello()))
        .guest(Guest::new("unknown", hello()))
        .guest(Guest::new("good", hello()));
    trial.policy.workloads = vec![
        WorkloadRule { selector: only("changed"), reference: Reference::OneOf([OTHER].into()) },
        WorkloadRule { selector: only("good"), reference: Reference::Image },
    ];
    let ran = trial.run();
    ran.finished("good", HELLO);
    let refused = ["changed", "unknown"].map(|name| (ran.state(name), ran.reasons(name)));
    let [(changed, why_changed), (unknown, why_unknown)] = refused;
    assert_eq!((changed, unknown), (State::Refused, State::Refused));
    assert!(why_changed.contains("is not among the policy's reference values"), "{why_changed}");
    assert!(why_unknown.contains("no rule of the policy selects default/unknown/app"), "{why_unknown}");
    assert_eq!(ran.log_files(), ["default_good_app.log"]);
}

#[test]
fn every_reason_is_given_not_only_the_first() {
    let mut trial = Trial::new(Bytes::mib(4), 1).guest(Guest::new("guest", hello()));
    trial.policy.workloads.clear();
    let now = casemate_node::Clock::start().now();
    let source = Faulty::new(now, Fault::Replayed, Subject::Workloads);
    trial.policy.roots = [source.honest.fingerprint()].into();
    let ran = trial.source(source).run();
    assert_eq!(ran.of("guest").reasons.len(), 2, "{}", ran.reasons("guest"));
}
