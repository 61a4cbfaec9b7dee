//! A workload's evidence.

use casemate_model::{ConfigDigest, Nanos, Nonce, Timestamp};
use casemate_policy::{
    AppraisalPolicy, PolicyDraft, Reason, Reference, Workload, WorkloadExpectation, appraise_workload,
};
use casemate_softtee::EnclaveReport;
use casemate_softtee::synthetic::TestRoot;
use proptest::prelude::*;

use crate::{
    IMAGE, NOW, OTHER, container, draft, one_of, policy, rule, workload, workload_expectation,
    workload_report,
};

fn appraise(report: &EnclaveReport, expected: &WorkloadExpectation) -> Result<(), Vec<Reason>> {
    let root = TestRoot::new(NOW);
    appraise_under(&root, &policy(&root), report, expected)
}

fn appraise_under(
    root: &TestRoot,
    policy: &AppraisalPolicy,
    report: &EnclaveReport,
    expected: &WorkloadExpectation,
) -> Result<(), Vec<Reason>> {
    appraise_workload(&root.verified(report), expected, policy, NOW).into_result().map(drop)
}

#[test]
fn good_evidence_of_a_workload_makes_a_witness_of_that_workload() {
    let root = TestRoot::new(NOW);
    let evidence = root.verified(&workload_report());
    let appraisal = appraise_workload(&evidence, &workload_expectation(), &policy(&root), NOW);
    assert_eq!(*appraisal.into_result().expect("a witness").subject(), workload());
}

#[test]
fn evidence_for_another_nonce_node_container_or_configuration_is_refused() {
    let good = workload_expectation();
    let mut other_container = good.clone();
    other_container.subject.container.container = "sidecar".into();
    let mut other_boot = good.clone();
    other_boot.identity.boot_id = "an earlier boot".into();
    for expected in [
        WorkloadExpectation { nonce: Nonce([8; 32]), ..good.clone() },
        WorkloadExpectation { config: ConfigDigest([1; 32]), ..good },
        other_container,
        other_boot,
    ] {
        let reasons = appraise(&workload_report(), &expected).expect_err("a refusal");
        assert!(matches!(reasons.as_slice(), [Reason::ReportData { .. }]), "{reasons:?}");
    }
}

#[test]
fn a_workload_that_no_rule_selects_is_refused() {
    let root = TestRoot::new(NOW);
    let policy = PolicyDraft { workloads: vec![], ..draft(&root) }.validate().expect("a policy");
    let refused = appraise_under(&root, &policy, &workload_report(), &workload_expectation());
    assert_eq!(refused, Err(vec![Reason::NoRule { container: container() }]));
}

#[test]
fn a_witness_never_speaks_of_another_measurement_than_its_evidence() {
    let root = TestRoot::new(NOW);
    let both = PolicyDraft { workloads: vec![rule("*", one_of([IMAGE, OTHER]))], ..draft(&root) };
    let policy = both.validate().expect("a policy");
    let report = EnclaveReport { measurement: OTHER, ..workload_report() };
    let refused = appraise_under(&root, &policy, &report, &workload_expectation());
    assert_eq!(refused, Err(vec![Reason::Subject { expected: IMAGE, found: Some(OTHER.into()) }]));
}

#[test]
fn an_enclave_that_is_not_the_image_is_refused_though_the_node_says_so() {
    let mut expected = workload_expectation();
    expected.subject = Workload { measurement: OTHER, ..workload() };
    let report = EnclaveReport { measurement: OTHER, ..workload_report() };
    let reasons = appraise(&report, &expected).expect_err("a refusal");
    assert!(
        matches!(reasons.as_slice(), [Reason::Measurement { found: Some(it), .. }] if *it == OTHER.into()),
        "{reasons:?}"
    );
}

#[test]
fn a_debuggable_enclave_is_refused_unless_the_policy_allows_it() {
    let root = TestRoot::new(NOW);
    let report = EnclaveReport { debug: true, ..workload_report() };
    assert_eq!(
        appraise_under(&root, &policy(&root), &report, &workload_expectation()),
        Err(vec![Reason::Debug])
    );
    let lenient = PolicyDraft { debug_allowed: true, ..draft(&root) }.validate().expect("a policy");
    assert_eq!(appraise_under(&root, &lenient, &report, &workload_expectation()), Ok(()));
}

#[test]
fn evidence_under_a_root_the_policy_does_not_name_is_refused() {
    let (root, other) = (TestRoot::new(NOW), TestRoot::new(NOW));
    let refused = appraise_under(&root, &policy(&other), &workload_report(), &workload_expectation());
    assert_eq!(refused, Err(vec![Reason::Root { root: root.fingerprint() }]));
}

#[test]
fn evidence_is_appraised_at_the_present_not_when_it_was_verified() {
    let root = TestRoot::new(NOW);
    let evidence = root.verified(&workload_report());
    let claims = evidence.claims();
    let (not_before, not_after) = (claims.not_before(), claims.not_after());
    let at = |now| appraise_workload(&evidence, &workload_expectation(), &policy(&root), now).into_result();
    assert!(at(not_before).is_ok() && at(not_after).is_ok());
    let early = Timestamp(not_before.0 - 1);
    assert_eq!(at(early).map(drop), Err(vec![Reason::NotYetValid { not_before, now: early }]));
    let late = not_after.after(Nanos(1));
    assert_eq!(at(late).map(drop), Err(vec![Reason::Expired { not_after, now: late }]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Each thing that is wrong gives its own reason, whatever else is wrong.
    #[test]
    fn reasons_are_complete_and_independent(
        root_ok: bool, nonce_ok: bool, debug_ok: bool, same_enclave: bool, has_rule: bool,
    ) {
        let (root, other) = (TestRoot::new(NOW), TestRoot::new(NOW));
        let mut demanded = draft(if root_ok { &root } else { &other });
        demanded.workloads = if has_rule { vec![rule("*", Reference::Image)] } else { vec![] };
        let nonce = if nonce_ok { crate::NONCE } else { Nonce([8; 32]) };
        let mut expected = WorkloadExpectation { nonce, ..workload_expectation() };
        if !same_enclave {
            expected.subject.measurement = OTHER;
        }
        let report = EnclaveReport { debug: !debug_ok, ..workload_report() };
        let policy = demanded.validate().expect("a policy");
        let reasons = appraise_under(&root, &policy, &report, &expected).err().unwrap_or_default();

        let said = |is: fn(&Reason) -> bool| reasons.iter().filter(|r| is(r)).count();
        prop_assert_eq!(said(|r| matches!(r, Reason::Root { .. })), usize::from(!root_ok));
        prop_assert_eq!(said(|r| matches!(r, Reason::ReportData { .. })), usize::from(!nonce_ok));
        prop_assert_eq!(said(|r| matches!(r, Reason::Debug)), usize::from(!debug_ok));
        prop_assert_eq!(said(|r| matches!(r, Reason::Subject { .. })), usize::from(!same_enclave));
        prop_assert_eq!(said(|r| matches!(r, Reason::NoRule { .. })), usize::from(!has_rule));
        let wrong = [root_ok, nonce_ok, debug_ok, same_enclave, has_rule].iter().filter(|ok| !**ok).count();
        prop_assert_eq!(reasons.len(), wrong);
    }
}
