//! Witnesses of hardware: the same appraisal, by the rules of each kind.

use std::collections::{BTreeMap, BTreeSet};

use casemate_attest::binding::platform_report_data;
use casemate_attest::claims::{Body, Kind, NotChecked};
use casemate_attest::{VerifiedEvidence, verify};
use casemate_model::{Nonce, ReportData, Tee};
use casemate_policy::evidence::{Accept, CcaRules, NitroRules, Rules, SgxRules};
use casemate_policy::result::{Algorithm, Ear, Issue, VerifierId};
use casemate_policy::{
    Appraisal, AppraisalPolicy, EvidenceDraft, Platform, PlatformExpectation, PolicyDraft, PolicyError,
    Question, Reason, appraise_platform, appraise_workload, challenge, judge, reopen,
};
use casemate_softtee::synthetic::TestRoot;
use casemate_softtee::synthetic::cca::{CcaPlatform, CcaProfile};
use casemate_softtee::synthetic::nitro::NitroRoot;

use crate::keys::TestSigner;
use crate::{AGENT_KEY, NONCE, NOW, draft, identity, platform, platform_expectation, workload_expectation};

pub(crate) fn bound() -> ReportData {
    platform_report_data(&NONCE, &identity(), AGENT_KEY)
}

fn cca() -> VerifiedEvidence {
    let platform = CcaPlatform::new(CcaProfile::V2023, bound().0);
    let roots = casemate_attest::Roots::none();
    verify(&platform.evidence(), &platform.endorsements(), &roots, NOW).expect("a good token")
}

fn nitro() -> VerifiedEvidence {
    let mut root = NitroRoot::new(NOW);
    root.claims.set("nonce", bound().0.to_vec());
    verify(&root.evidence(), &root.endorsements(false), &root.roots(), NOW).expect("a good document")
}

/// Rules that accept exactly what this evidence runs.
fn rules_for(evidence: &VerifiedEvidence) -> Rules {
    match &evidence.claims().body {
        Body::Cca(body) => {
            let cca = CcaRules { rim: Accept::one_of([body.rim]), ..CcaRules::default() };
            Rules { cca: Some(cca), ..Rules::default() }
        }
        Body::Nitro(body) => {
            let pcrs: BTreeMap<_, _> = body.pcrs.iter().map(|(k, v)| (*k, BTreeSet::from([*v]))).collect();
            Rules { nitro: Some(NitroRules { pcrs, ..NitroRules::default() }), ..Rules::default() }
        }
        other => panic!("no rules for {other:?}"),
    }
}

fn hardware_only(rules: Rules) -> AppraisalPolicy {
    let none = PolicyDraft { roots: BTreeSet::new(), ..draft(&TestRoot::new(NOW)) };
    let evidence = EvidenceDraft { id: "test".into(), scopes: vec![], rules: Some(rules) };
    none.validate_with(evidence).expect("a policy that can mean something")
}

pub(crate) fn expectation(tee: Tee) -> PlatformExpectation<'static> {
    PlatformExpectation { subject: Platform { tee, ..platform() }, ..platform_expectation() }
}

pub(crate) fn refused(appraisal: Appraisal<Platform>) -> Vec<Reason> {
    match appraisal {
        Appraisal::Affirming(witness) => panic!("affirmed: {witness:?}"),
        Appraisal::Contraindicated(reasons) => reasons,
    }
}

#[test]
fn good_evidence_of_hardware_makes_a_witness_that_is_signed_and_reopened() {
    for (evidence, tee) in [(cca(), Tee::Cca), (nitro(), Tee::Nitro)] {
        let policy = hardware_only(rules_for(&evidence));
        let expected = expectation(tee);
        let witness = appraise_platform(&evidence, &expected, &policy, NOW).into_result().expect("a witness");
        assert_eq!((witness.subject().tee, witness.root()), (tee, evidence.claims().root));

        let question = Question { nonce: Some(&bound().0), tenant: None, now: NOW };
        let judgement = judge(&evidence, policy.evidence(), &question);
        let verifier = VerifierId { developer: "https://casemate.dev".into(), build: "test".into() };
        let issue = Issue { verifier: &verifier, policy: policy.evidence().id(), nonce: None, now: NOW };
        let ear = Ear::attesting(&witness.at(NOW).expect("fresh"), &evidence, &judgement, &issue);
        let signer = TestSigner::new(Algorithm::Es384, "key-1");
        let token = ear.expect("a result").sign(&signer).expect("signed");
        let again = reopen(&token, &signer.keys(), &expected.subject, NOW).expect("a witness");
        assert_eq!(again.root(), witness.root());
        assert!(reopen(&token, &signer.keys(), &platform(), NOW).is_err(), "not of a software TEE");
    }
}

#[test]
fn a_node_that_claims_another_tee_than_its_evidence_is_refused() {
    for (evidence, found) in [(cca(), Kind::Cca), (nitro(), Kind::Nitro)] {
        let policy = hardware_only(rules_for(&evidence));
        for expected in Tee::ALL.into_iter().filter(|tee| Some(*tee) != evidence.claims().tee()) {
            let reasons = refused(appraise_platform(&evidence, &expectation(expected), &policy, NOW));
            assert_eq!(reasons, [Reason::Tee { expected, found }]);
        }
    }
}

#[test]
fn evidence_of_hardware_that_was_relayed_or_replayed_is_refused() {
    for evidence in [cca(), nitro()] {
        let policy = hardware_only(rules_for(&evidence));
        let good = expectation(evidence.claims().tee().expect("a TEE"));
        let mut boot = good.clone();
        boot.subject.identity.boot_id = "another boot".into();
        let nonce = PlatformExpectation { nonce: Nonce([8; 32]), ..good.clone() };
        for expected in [boot, nonce, PlatformExpectation { agent_key: b"another key", ..good }] {
            let reasons = refused(appraise_platform(&evidence, &expected, &policy, NOW));
            assert!(
                matches!(reasons.as_slice(), [Reason::ReportData { .. } | Reason::Nonce { .. }]),
                "{reasons:?}"
            );
        }
    }
}

#[test]
fn a_witness_of_hardware_needs_reference_values_whatever_a_verdict_would_say() {
    let kinds =
        || Rules { cca: Some(CcaRules::default()), nitro: Some(NitroRules::default()), ..Rules::default() };
    for evidence in [cca(), nitro()] {
        let expected = expectation(evidence.claims().tee().expect("a TEE"));
        let reasons = refused(appraise_platform(&evidence, &expected, &hardware_only(kinds()), NOW));
        assert_eq!(reasons, [Reason::NotChecked { what: NotChecked::ReferenceValues }]);
    }
}

#[test]
fn a_policy_that_speaks_of_software_alone_accepts_no_hardware() {
    let policy = draft(&TestRoot::new(NOW)).validate().expect("a policy");
    for evidence in [cca(), nitro()] {
        let kind = evidence.claims().kind();
        let expected = expectation(evidence.claims().tee().expect("a TEE"));
        let reasons = refused(appraise_platform(&evidence, &expected, &policy, NOW));
        assert!(reasons.contains(&Reason::Kind { kind }), "{reasons:?}");
    }
}

#[test]
fn a_policy_that_speaks_of_hardware_alone_accepts_no_software() {
    let root = TestRoot::new(NOW);
    let policy = hardware_only(Rules { sgx: Some(SgxRules::default()), ..Rules::default() });
    let evidence = root.verified(&crate::platform_report());
    let reasons = refused(appraise_platform(&evidence, &platform_expectation(), &policy, NOW));
    assert_eq!(reasons, [Reason::Kind { kind: Kind::Software }]);
}

#[test]
fn a_policy_that_speaks_of_neither_is_refused() {
    let none = PolicyDraft { roots: BTreeSet::new(), ..draft(&TestRoot::new(NOW)) };
    let evidence = EvidenceDraft { id: "test".into(), scopes: vec![], rules: Some(Rules::default()) };
    assert_eq!(none.validate_with(evidence), Err(PolicyError::NoRoots));
}

#[test]
fn a_workload_is_an_enclave_and_no_other_evidence_speaks_of_one() {
    for evidence in [cca(), nitro()] {
        let policy = hardware_only(rules_for(&evidence));
        let Appraisal::Contraindicated(reasons) =
            appraise_workload(&evidence, &workload_expectation(), &policy, NOW)
        else {
            panic!("affirmed");
        };
        assert!(reasons.iter().any(|it| matches!(it, Reason::Subject { .. })), "{reasons:?}");
    }
}

/// TPM2B_DATA holds no more than a digest: 64 bytes would not fit a TPM without SHA-512.
#[test]
fn a_vtpm_is_challenged_with_what_it_can_hold() {
    let bound = bound();
    for kind in Kind::ALL {
        let len = if kind == Kind::Vtpm { 32 } else { 64 };
        assert_eq!(challenge(kind, &bound), &bound.0[..len], "{kind}");
    }
}
