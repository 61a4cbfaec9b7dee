//! Every defect is refused, and for its own reason.

use casemate_attest::{ChainError, Party, Roots, VerifyError, verify};
use casemate_model::{Fingerprint, Nanos, Tee, Timestamp};
use casemate_softtee::EnclaveReport;
use casemate_softtee::synthetic::{Defect, TestRoot};

use crate::{NOW, claims_of, report};

#[test]
fn good_evidence_gives_what_the_enclave_reported() {
    let root = TestRoot::new(NOW);
    let EnclaveReport { measurement, signer, prod_id, svn, report_data, .. } = report();
    let verified = root.verified(&report());
    let claims = verified.claims();
    assert_eq!(claims.tee, Tee::Software);
    assert_eq!(claims.measurement, measurement);
    assert_eq!(claims.signer, signer);
    assert_eq!((claims.prod_id, claims.svn), (prod_id, svn));
    assert_eq!(claims.report_data, report_data);
    assert_eq!(claims.root, root.fingerprint());
    assert!(!claims.debug);
}

#[test]
fn a_debuggable_enclave_is_verified_and_says_so() {
    let verified = TestRoot::new(NOW).verified(&EnclaveReport { debug: true, ..report() });
    assert!(verified.claims().debug);
}

#[test]
fn every_defect_is_refused_for_its_own_reason() {
    for defect in Defect::ALL {
        let root = TestRoot::with_defect(NOW, defect);
        let refusal = verify(&root.evidence(&report()), &root.roots(), NOW).expect_err("a defect");
        assert!(is_refusal_of(defect, &refusal), "{defect:?} was refused with: {refusal}");
    }
}

fn is_refusal_of(defect: Defect, refusal: &VerifyError) -> bool {
    use VerifyError::Chain;
    match defect {
        Defect::PckExpired => matches!(refusal, Chain(ChainError::Expired { index: 0, .. })),
        Defect::PckNotYetValid => matches!(refusal, Chain(ChainError::NotYetValid { index: 0, .. })),
        Defect::IntermediateExpired => matches!(refusal, Chain(ChainError::Expired { index: 1, .. })),
        Defect::RootExpired => matches!(refusal, Chain(ChainError::Expired { index: 2, .. })),
        Defect::IntermediateNotCa => matches!(refusal, Chain(ChainError::NotCa { index: 1 })),
        Defect::IntermediateMayNotSign => {
            matches!(refusal, Chain(ChainError::KeyUsage { index: 1, expected: "keyCertSign" }))
        }
        Defect::PathTooLong => {
            matches!(refusal, Chain(ChainError::PathLength { index: 2, allowed: 0, found: 1 }))
        }
        Defect::PckIsCa => matches!(refusal, Chain(ChainError::LeafIsCa)),
        Defect::PckMayNotSign => {
            matches!(refusal, Chain(ChainError::KeyUsage { index: 0, expected: "digitalSignature" }))
        }
        Defect::PckWithoutConstraints => {
            matches!(refusal, Chain(ChainError::Extensions { index: 0, what: "no basic constraints" }))
        }
        Defect::PckWithUnknownCriticalExtension => {
            matches!(refusal, Chain(ChainError::CriticalExtension { index: 0, .. }))
        }
        Defect::PckWithExtensionTwice => {
            matches!(refusal, Chain(ChainError::Extensions { index: 0, what: "the same extension twice" }))
        }
        Defect::PckOnP384 => matches!(refusal, Chain(ChainError::Algorithm { index: 0, what: "key" })),
        Defect::PckForged => matches!(refusal, Chain(ChainError::Signature { index: 0 })),
        Defect::IntermediateForged => matches!(refusal, Chain(ChainError::Signature { index: 1 })),
        Defect::OtherRoot => matches!(refusal, VerifyError::UnknownRoot { .. }),
        Defect::ChainReversed => matches!(refusal, Chain(ChainError::NoRoot { index: 2 })),
        Defect::RootMissing => matches!(refusal, Chain(ChainError::NoRoot { index: 1 })),
        Defect::PckMissing => matches!(refusal, Chain(ChainError::Count { found: 1, .. })),
        Defect::ChainTooLong => matches!(refusal, Chain(ChainError::Count { found: 9, .. })),
        Defect::QeReportForged => matches!(refusal, VerifyError::QeReportSignature),
        Defect::QeDebug => matches!(refusal, VerifyError::QeDebug),
        Defect::AttestationKeyNotVouched | Defect::AuthDataChanged | Defect::QeReportDataGoesOn => {
            matches!(refusal, VerifyError::AttestationKey)
        }
        Defect::QuoteForged => matches!(refusal, VerifyError::QuoteSignature),
    }
}

#[test]
fn no_accepted_root_accepts_nothing() {
    let root = TestRoot::new(NOW);
    let fingerprint = root.fingerprint();
    let nobody = Roots::software([]);
    let refused = verify(&root.evidence(&report()), &nobody, NOW);
    assert_eq!(refused, Err(VerifyError::UnknownRoot { fingerprint }));
}

#[test]
fn an_intermediate_is_not_accepted_as_a_root() {
    let root = TestRoot::with_defect(NOW, Defect::RootMissing);
    let evidence = root.evidence(&report());
    let intermediate = sha256_of_last_certificate(evidence.as_bytes());
    let refused = verify(&evidence, &Roots::software([intermediate]), NOW);
    assert_eq!(refused, Err(VerifyError::Chain(ChainError::NoRoot { index: 1 })));
}

#[test]
fn a_chain_holds_at_both_ends_of_its_validity_and_not_beyond() {
    let root = TestRoot::new(NOW);
    let evidence = root.evidence(&report());
    let good = claims_of(evidence.as_bytes(), &root, NOW).expect("good evidence");
    for inside in [good.not_before, good.not_after] {
        assert_eq!(claims_of(evidence.as_bytes(), &root, inside), Ok(good.clone()));
    }
    let late = claims_of(evidence.as_bytes(), &root, good.not_after.after(Nanos(1)));
    assert!(matches!(late, Err(VerifyError::Chain(ChainError::Expired { .. }))));
    let early = claims_of(evidence.as_bytes(), &root, Timestamp(good.not_before.0 - 1));
    assert!(matches!(early, Err(VerifyError::Chain(ChainError::NotYetValid { .. }))));
}

#[test]
fn a_refusal_says_who_erred() {
    let erred = |defect| {
        let root = TestRoot::with_defect(NOW, defect);
        verify(&root.evidence(&report()), &root.roots(), NOW).expect_err("a defect").erred()
    };
    assert_eq!(erred(Defect::PckExpired), Party::Endorser);
    assert_eq!(erred(Defect::OtherRoot), Party::Operator);
    assert_eq!(erred(Defect::QuoteForged), Party::Attester);
}

/// Of the certificate whose PEM ends the quote.
fn sha256_of_last_certificate(quote: &[u8]) -> Fingerprint {
    const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
    let at = quote.windows(BEGIN.len()).rposition(|window| window == BEGIN).expect("a certificate");
    let (_, der) = der::pem::decode_vec(&quote[at..]).expect("PEM");
    let mut fingerprint = Fingerprint([0; 32]);
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &der);
    fingerprint.0.copy_from_slice(hash.as_ref());
    fingerprint
}
