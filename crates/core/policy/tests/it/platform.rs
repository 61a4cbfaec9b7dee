//! A platform's evidence.

use casemate_model::{Nonce, Tee};
use casemate_policy::{Appraisal, PlatformExpectation, PolicyDraft, Reason, appraise_platform};
use casemate_softtee::EnclaveReport;
use casemate_softtee::synthetic::TestRoot;

use crate::{
    IMAGE, NONCE, NOW, OTHER, TTL, draft, identity, one_of, platform, platform_expectation, platform_report,
    policy,
};

/// What is said against evidence with this report, by the root's own policy.
fn reasons(report: &EnclaveReport, expected: &PlatformExpectation<'_>) -> Vec<Reason> {
    let root = TestRoot::new(NOW);
    match appraise_platform(&root.verified(report), expected, &policy(&root), NOW) {
        Appraisal::Affirming(witness) => panic!("affirmed: {witness:?}"),
        Appraisal::Contraindicated(reasons) => reasons,
    }
}

#[test]
fn good_evidence_of_a_platform_makes_a_witness_of_that_platform() {
    let root = TestRoot::new(NOW);
    let evidence = root.verified(&platform_report());
    let appraisal = appraise_platform(&evidence, &platform_expectation(), &policy(&root), NOW);
    let witness = appraisal.into_result().expect("a witness");
    assert_eq!(*witness.subject(), platform());
    assert_eq!(witness.root(), root.fingerprint());
    assert_eq!(witness.not_after(), NOW.after(TTL));
}

#[test]
fn evidence_for_another_nonce_boot_node_or_agent_is_refused() {
    let good = platform_expectation();
    let mut other_boot = good.clone();
    other_boot.subject.identity.boot_id = "an earlier boot".into();
    let mut other_node = good.clone();
    other_node.subject.identity.uid = "another node".into();
    for expected in [
        PlatformExpectation { nonce: Nonce([8; 32]), ..good.clone() },
        other_boot,
        other_node,
        PlatformExpectation { agent_key: b"a stranger's key", ..good },
    ] {
        let reasons = reasons(&platform_report(), &expected);
        assert!(matches!(reasons.as_slice(), [Reason::ReportData { .. }]), "{reasons:?}");
    }
}

#[test]
fn a_workloads_evidence_is_no_platforms() {
    let reasons = reasons(&crate::workload_report(), &platform_expectation());
    assert!(matches!(reasons.as_slice(), [Reason::ReportData { .. }]), "{reasons:?}");
}

#[test]
fn a_platform_that_claims_another_tee_than_its_evidence_is_refused() {
    let mut expected = platform_expectation();
    expected.subject.tee = Tee::Sgx;
    let reasons = reasons(&platform_report(), &expected);
    assert_eq!(reasons, [Reason::Tee { expected: Tee::Sgx, found: casemate_attest::claims::Kind::Software }]);
}

#[test]
fn a_platform_of_another_measurement_is_refused() {
    let reasons =
        reasons(&EnclaveReport { measurement: OTHER, ..platform_report() }, &platform_expectation());
    let one_of_image = std::collections::BTreeSet::from([IMAGE]);
    assert_eq!(reasons, [Reason::Measurement { expected: one_of_image, found: Some(OTHER.into()) }]);
}

#[test]
fn a_listed_measurement_is_good_whatever_the_image() {
    let root = TestRoot::new(NOW);
    let policy = PolicyDraft { platform: one_of([OTHER]), ..draft(&root) }.validate().expect("a policy");
    let listed = root.verified(&EnclaveReport { measurement: OTHER, ..platform_report() });
    assert!(appraise_platform(&listed, &platform_expectation(), &policy, NOW).into_result().is_ok());
    let image = root.verified(&platform_report());
    assert!(appraise_platform(&image, &platform_expectation(), &policy, NOW).into_result().is_err());
}

#[test]
fn a_refusal_names_every_reason_at_once() {
    let (root, other) = (TestRoot::new(NOW), TestRoot::new(NOW));
    let report = EnclaveReport { measurement: OTHER, debug: true, ..platform_report() };
    let mut expected = PlatformExpectation { nonce: Nonce([8; 32]), ..platform_expectation() };
    expected.subject.tee = Tee::Sgx;
    let late = root.verified(&report).claims().not_after().after(TTL);
    let Appraisal::Contraindicated(reasons) =
        appraise_platform(&root.verified(&report), &expected, &policy(&other), late)
    else {
        panic!("affirmed");
    };
    assert!(
        matches!(
            reasons.as_slice(),
            [
                Reason::Root { .. },
                Reason::ReportData { .. },
                Reason::Debug,
                Reason::Expired { .. },
                Reason::Tee { .. },
                Reason::Measurement { .. },
            ]
        ),
        "{reasons:?}"
    );
}

#[test]
fn every_reason_says_what_was_found() {
    let expected = PlatformExpectation { nonce: Nonce([8; 32]), ..platform_expectation() };
    let report = EnclaveReport { measurement: OTHER, ..platform_report() };
    let said: Vec<String> = reasons(&report, &expected).iter().map(ToString::to_string).collect();
    let found = casemate_attest::binding::platform_report_data(&NONCE, &identity(), crate::AGENT_KEY);
    assert!(said[0].contains(&found.to_string()), "{said:?}");
    assert!(said[1].contains(&OTHER.to_string()) && said[1].contains(&IMAGE.to_string()), "{said:?}");
}
