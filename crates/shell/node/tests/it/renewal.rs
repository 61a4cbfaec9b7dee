//! Verdicts that lapse while programs run.
//!
//! The programs here last longer than their first verdict by their own clock, so
//! what is tried happens however slow the machine is.

use std::collections::{BTreeMap, BTreeSet};

use casemate_attest::Evidence;
use casemate_model::{Bytes, Measurement, Nanos, ReportData, Tee, Timestamp};
use casemate_node::{EvidenceSource, Renewal, SoftwareTee};
use casemate_report::State;

use crate::programs::{HELLO, hello, spin, spin_for};
use crate::trial::{Guest, Trial, software_tee};

const TTL: Nanos = Nanos::from_millis(100);
const LONGER_NS: u64 = 350_000_000;

/// Where each of these events first happens among the others.
fn first(kinds: &[&str], wanted: [&str; 4]) -> [Option<usize>; 4] {
    wanted.map(|kind| kinds.iter().position(|it| *it == kind))
}

#[test]
fn an_enclave_whose_verdict_lapses_is_suspended_attested_again_and_ends_right() {
    let ran = Trial::new(Bytes::mib(4), 1)
        .renewal(Renewal::OnLapse, TTL)
        .guest(Guest::new("guest", spin_for(LONGER_NS)))
        .run();
    ran.finished("guest", HELLO);
    let kinds = ran.kinds("guest");
    let places = first(&kinds, ["entered", "suspended", "resumed", "exited"]);
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{kinds:?}");
    let count = |kind| kinds.iter().filter(|it| **it == kind).count();
    assert_eq!(count("suspended"), count("resumed"), "{kinds:?}");
}

#[test]
fn a_verdict_that_lapses_and_is_not_renewed_ends_the_enclave() {
    let ran = Trial::new(Bytes::mib(4), 1)
        .renewal(Renewal::Never, TTL)
        .guest(Guest::new("short", hello()))
        .guest(Guest::new("guest", spin()))
        .run();
    ran.finished("short", HELLO);
    assert_eq!(ran.state("guest"), State::Suspended);
    assert!(ran.reasons("guest").contains("lapsed while it ran"), "{}", ran.reasons("guest"));
    assert!(ran.kinds("guest").ends_with(&["suspended", "killed", "destroyed"]), "{:?}", ran.kinds("guest"));
    assert!(!ran.report.succeeded);
}

#[test]
fn a_verdict_renewed_in_time_suspends_nobody() {
    let ttl = Nanos::from_millis(1500);
    let ran = Trial::new(Bytes::mib(4), 1)
        .renewal(Renewal::InTime, ttl)
        .guest(Guest::new("guest", spin_for(1_200_000_000)))
        .run();
    ran.finished("guest", HELLO);
    let kinds: BTreeSet<_> = ran.events.iter().map(|event| event.what.kind()).collect();
    assert!(ran.kinds("guest").contains(&"renewed"), "{kinds:?}");
    assert!(!kinds.contains("suspended") && !kinds.contains("resumed"), "{kinds:?}");
}

#[test]
fn a_pod_that_waits_is_not_placed_on_a_platform_whose_verdict_has_lapsed() {
    let half = Bytes::mib(3);
    let ran = Trial::new(Bytes::mib(4), 1)
        .renewal(Renewal::Never, TTL)
        .guest(Guest::new("first", spin()).guaranteed(half))
        .guest(Guest::new("next", hello()).guaranteed(half))
        .run();
    assert_eq!((ran.state("first"), ran.state("next")), (State::Suspended, State::Pending));
    assert!(ran.reasons("next").contains("attestation does not hold"), "{}", ran.reasons("next"));
    assert_eq!(ran.order("pod_placed"), ["first"]);
}

#[test]
fn a_pod_that_waits_is_placed_once_the_platform_is_attested_again() {
    let half = Bytes::mib(3);
    let ran = Trial::new(Bytes::mib(4), 1)
        .renewal(Renewal::OnLapse, TTL)
        .guest(Guest::new("first", spin_for(LONGER_NS)).guaranteed(half))
        .guest(Guest::new("next", hello()).guaranteed(half))
        .run();
    ran.finished("first", HELLO);
    ran.finished("next", HELLO);
    assert_eq!(ran.order("pod_placed"), ["first", "next"]);
}

/// Gives evidence of each measurement, except when `refuses` says so; it is told how often it was
/// asked before.
struct Moody {
    tee: SoftwareTee,
    asked: BTreeMap<Measurement, u32>,
    refuses: fn(u32) -> bool,
}

impl Moody {
    fn new(tee: SoftwareTee, refuses: fn(u32) -> bool) -> Self {
        Self { tee, asked: BTreeMap::new(), refuses }
    }
}

impl EvidenceSource for Moody {
    fn tee(&self) -> Tee {
        self.tee.tee()
    }

    fn probe_measurement(&self) -> Measurement {
        self.tee.probe_measurement()
    }

    fn agent_key(&self) -> &[u8] {
        self.tee.agent_key()
    }

    fn evidence(
        &mut self,
        measurement: Measurement,
        report_data: ReportData,
        now: Timestamp,
    ) -> Result<Evidence, String> {
        let asked = self.asked.entry(measurement).or_insert(0);
        *asked += 1;
        if (self.refuses)(*asked - 1) {
            return Err("the quoting enclave is gone".to_owned());
        }
        self.tee.evidence(measurement, report_data, now)
    }
}

#[test]
fn evidence_that_is_refused_at_its_renewal_lets_nobody_back_in() {
    for renewal in [Renewal::InTime, Renewal::OnLapse] {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let tee = software_tee(&directory);
        let mut trial = Trial::new(Bytes::mib(4), 1).renewal(renewal, TTL).guest(Guest::new("guest", spin()));
        trial.policy.roots = [tee.fingerprint()].into();
        let ran = trial.source(Moody::new(tee, |before| before > 0)).run();
        assert_eq!(ran.state("guest"), State::Suspended, "{renewal:?}");
        assert!(ran.reasons("guest").contains("the quoting enclave is gone"), "{}", ran.reasons("guest"));
        assert!(!ran.kinds("guest").contains(&"resumed"), "{renewal:?}");
    }
}

#[test]
fn evidence_that_is_refused_in_time_is_asked_for_again_while_what_stands_holds() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let tee = software_tee(&directory);
    let mut trial = Trial::new(Bytes::mib(4), 1)
        .renewal(Renewal::InTime, Nanos::from_millis(1500))
        .guest(Guest::new("guest", spin_for(1_300_000_000)));
    trial.policy.roots = [tee.fingerprint()].into();
    // The second and every other after it: of the platform, too.
    let ran = trial.source(Moody::new(tee, |before| before % 2 == 1)).run();
    ran.finished("guest", HELLO);
    assert!(!ran.kinds("guest").contains(&"workload_refused"), "{:?}", ran.kinds("guest"));
}
