//! Quotes of a quoting enclave under this machine's root.

use casemate_attest::{
    Artifact, ChainError, Endorsements, Evidence, Fault, Refused, Roots, VerifiedEvidence,
};
use casemate_model::{Measurement, Nanos, ReportData, Timestamp};
use casemate_softtee::{EnclaveReport, SoftwareRoot};
use proptest::prelude::*;

use crate::{NOW, report};

fn verify(evidence: &Evidence, roots: &Roots, now: Timestamp) -> Result<VerifiedEvidence, Refused> {
    casemate_attest::verify(evidence, &Endorsements::none(), roots, now)
}

fn root() -> (tempfile::TempDir, SoftwareRoot) {
    let dir = tempfile::tempdir().expect("a directory");
    let root = SoftwareRoot::open_or_create(&dir.path().join("root"), NOW).expect("a root");
    (dir, root)
}

fn quote(root: &SoftwareRoot, report: &EnclaveReport, now: Timestamp) -> Evidence {
    root.quoting_enclave(now).expect("a quoting enclave").quote(report).expect("a quote")
}

#[test]
fn a_quote_is_refused_under_any_other_root() {
    let (_keep, ours) = root();
    let (_keep, theirs) = root();
    let refused = verify(&quote(&ours, &report(), NOW), &Roots::software([theirs.fingerprint()]), NOW);
    assert_eq!(
        refused,
        Err(Fault::Chain(ChainError::UnknownRoot {
            chain: "PCK certificate chain",
            fingerprint: ours.fingerprint(),
        })
        .into())
    );
}

#[test]
fn a_quote_lapses_with_its_quoting_enclave_and_a_new_one_takes_over() {
    let (_keep, root) = root();
    let roots = Roots::software([root.fingerprint()]);
    let enclave = root.quoting_enclave(NOW).expect("a quoting enclave");
    let evidence = enclave.quote(&report()).expect("a quote");
    assert_eq!(verify(&evidence, &roots, NOW).expect("good").claims().not_after(), enclave.not_after());

    let later = enclave.not_after().after(Nanos(1));
    let refused = verify(&evidence, &roots, later);
    let faults = refused.expect_err("late").faults;
    assert!(
        matches!(faults[..], [Fault::Expired { what: Artifact { index: Some(0), .. }, .. }]),
        "{faults:?}"
    );
    assert!(verify(&quote(&root, &report(), later), &roots, later).is_ok());
}

#[test]
fn every_quoting_enclave_has_an_attestation_key_of_its_own() {
    let (_keep, root) = root();
    let key = |evidence: &Evidence| evidence.as_bytes()[500..564].to_vec();
    assert_ne!(key(&quote(&root, &report(), NOW)), key(&quote(&root, &report(), NOW)));
}

#[test]
fn a_quote_says_in_plain_text_that_it_protects_nothing() {
    let (_keep, root) = root();
    let evidence = quote(&root, &report(), NOW);
    let text = String::from_utf8_lossy(evidence.as_bytes());
    assert!(text.contains("software TEE: protects nothing from the host's owner"));
}

#[test]
fn the_debug_form_of_a_quoting_enclave_shows_no_private_key() {
    let (_keep, root) = root();
    let shown = format!("{:?}", root.quoting_enclave(NOW).expect("a quoting enclave"));
    assert!(shown.contains("EcdsaKeyPair { public_key: "), "{shown}");
    assert!(!shown.contains("private"), "{shown}");
}

fn any_report() -> impl Strategy<Value = EnclaveReport> {
    (any::<[u8; 32]>(), any::<[u8; 32]>(), any::<bool>(), any::<u16>(), any::<u16>(), any::<u8>()).prop_map(
        |(measurement, signer, debug, prod_id, svn, fill)| EnclaveReport {
            measurement: Measurement(measurement),
            signer: Measurement(signer),
            debug,
            prod_id,
            svn,
            report_data: ReportData(std::array::from_fn(|i| fill.wrapping_add(i as u8))),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn whatever_is_quoted_is_what_verification_claims(report in any_report()) {
        let (_keep, root) = root();
        let verified = verify(&quote(&root, &report, NOW), &Roots::software([root.fingerprint()]), NOW);
        let verified = verified.expect("a good quote");
        let claims = verified.claims().enclave().expect("an enclave");
        prop_assert_eq!(claims.mr_enclave, report.measurement);
        prop_assert_eq!(claims.mr_signer, report.signer);
        prop_assert_eq!(claims.debug(), report.debug);
        prop_assert_eq!((claims.isv_prod_id, claims.isv_svn), (report.prod_id, report.svn));
        prop_assert_eq!(claims.report_data, report.report_data);
    }
}
