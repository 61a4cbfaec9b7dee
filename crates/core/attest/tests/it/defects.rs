//! Every defect is refused, and for its own reason.

use casemate_attest::dcap::DcapFault;
use casemate_attest::{
    Artifact, CertificateError, ChainError, Endorsements, Evidence, Fault, Party, Refused, Roots,
    VerifiedEvidence, verify,
};
use casemate_model::{Fingerprint, Nanos, Tee, Timestamp};
use casemate_softtee::EnclaveReport;
use casemate_softtee::synthetic::{Defect, TestRoot};

use crate::{NOW, claims_of, only_fault, report};

/// Without endorsements, of which software needs none.
fn verified(evidence: &Evidence, roots: &Roots) -> Result<VerifiedEvidence, Refused> {
    verify(evidence, &Endorsements::none(), roots, NOW)
}

#[test]
fn good_evidence_gives_what_the_enclave_reported() {
    let root = TestRoot::new(NOW);
    let EnclaveReport { measurement, signer, prod_id, svn, report_data, .. } = report();
    let good = root.verified(&report());
    let claims = good.claims();
    assert_eq!(claims.tee(), Some(Tee::Software));
    let enclave = claims.enclave().expect("an enclave");
    assert_eq!(enclave.mr_enclave, measurement);
    assert_eq!(enclave.mr_signer, signer);
    assert_eq!((enclave.isv_prod_id, enclave.isv_svn), (prod_id, svn));
    assert_eq!(enclave.report_data, report_data);
    assert_eq!(claims.root, root.fingerprint());
    assert!(!claims.debug());
}

#[test]
fn a_debuggable_enclave_is_verified_and_says_so() {
    let verified = TestRoot::new(NOW).verified(&EnclaveReport { debug: true, ..report() });
    assert!(verified.claims().debug());
}

#[test]
fn every_defect_is_refused_for_its_own_reason() {
    for defect in Defect::ALL {
        let root = TestRoot::with_defect(NOW, defect);
        let refused = verified(&root.evidence(&report()), &root.roots()).expect_err("a defect");
        let refusal = only_fault(refused);
        assert!(is_refusal_of(defect, &refusal), "{defect:?} was refused with: {refusal}");
    }
}

fn is_refusal_of(defect: Defect, refusal: &Fault) -> bool {
    use CertificateError::{CriticalExtension, Extensions, KeyUsage, LeafIsCa, NotCa, PathLength};
    let certificate = |expected: usize, is_cause: &dyn Fn(&CertificateError) -> bool| {
        matches!(refusal, Fault::Chain(ChainError::Certificate { index, cause, .. })
            if *index == expected && is_cause(cause))
    };
    let expired = |expected: usize| matches!(refusal, Fault::Expired { what: Artifact { index, .. }, .. } if *index == Some(expected));
    let extensions =
        |expected: &str| certificate(0, &|cause| matches!(cause, Extensions { what } if *what == expected));
    let chain =
        |is_error: &dyn Fn(&ChainError) -> bool| matches!(refusal, Fault::Chain(error) if is_error(error));
    let dcap = |expected: DcapFault| matches!(refusal, Fault::Dcap(fault) if *fault == expected);
    match defect {
        Defect::PckExpired => expired(0),
        Defect::PckNotYetValid => {
            matches!(refusal, Fault::NotYetValid { what: Artifact { index: Some(0), .. }, .. })
        }
        Defect::IntermediateExpired => expired(1),
        Defect::RootExpired => expired(2),
        Defect::IntermediateNotCa => certificate(1, &|cause| *cause == NotCa),
        Defect::IntermediateMayNotSign => {
            certificate(1, &|cause| *cause == KeyUsage { expected: "keyCertSign" })
        }
        Defect::PathTooLong => certificate(2, &|cause| *cause == PathLength { allowed: 0, found: 1 }),
        Defect::PckIsCa => certificate(0, &|cause| *cause == LeafIsCa),
        Defect::PckMayNotSign => certificate(0, &|cause| *cause == KeyUsage { expected: "digitalSignature" }),
        Defect::PckWithoutConstraints => extensions("no basic constraints"),
        Defect::PckWithUnknownCriticalExtension => {
            certificate(0, &|cause| matches!(cause, CriticalExtension { .. }))
        }
        Defect::PckWithExtensionTwice => extensions("the same extension twice"),
        Defect::PckOnP384 => dcap(DcapFault::PckKey),
        Defect::PckForged => chain(&|error| matches!(error, ChainError::Signature { index: 0, .. })),
        Defect::IntermediateForged => chain(&|error| matches!(error, ChainError::Signature { index: 1, .. })),
        Defect::OtherRoot => chain(&|error| matches!(error, ChainError::UnknownRoot { .. })),
        Defect::ChainReversed => chain(&|error| matches!(error, ChainError::NoRoot { index: 2, .. })),
        Defect::RootMissing => chain(&|error| matches!(error, ChainError::NoRoot { index: 1, .. })),
        Defect::PckMissing => chain(&|error| matches!(error, ChainError::Count { found: 1, .. })),
        Defect::ChainTooLong => matches!(refusal, Fault::Chain(_)),
        Defect::QeReportForged => dcap(DcapFault::QeReportSignature),
        Defect::QeDebug => dcap(DcapFault::QeDebug),
        Defect::AttestationKeyNotVouched | Defect::AuthDataChanged | Defect::QeReportDataGoesOn => {
            dcap(DcapFault::AttestationKey)
        }
        Defect::QuoteForged => dcap(DcapFault::QuoteSignature),
    }
}

#[test]
fn no_accepted_root_accepts_nothing() {
    let root = TestRoot::new(NOW);
    let fingerprint = root.fingerprint();
    let nobody = Roots::software([]);
    let refused = verified(&root.evidence(&report()), &nobody).map_err(only_fault);
    let chain = "PCK certificate chain";
    assert_eq!(refused, Err(Fault::Chain(ChainError::UnknownRoot { chain, fingerprint })));
}

#[test]
fn an_intermediate_is_not_accepted_as_a_root() {
    let root = TestRoot::with_defect(NOW, Defect::RootMissing);
    let evidence = root.evidence(&report());
    let intermediate = sha256_of_last_certificate(evidence.as_bytes());
    let refused = verified(&evidence, &Roots::software([intermediate])).map_err(only_fault);
    let chain = "PCK certificate chain";
    assert_eq!(refused, Err(Fault::Chain(ChainError::NoRoot { chain, index: 1 })));
}

#[test]
fn a_chain_holds_at_both_ends_of_its_validity_and_not_beyond() {
    let root = TestRoot::new(NOW);
    let evidence = root.evidence(&report());
    let good = claims_of(evidence.as_bytes(), &root, NOW).expect("good evidence");
    for inside in [good.not_before(), good.not_after()] {
        assert_eq!(claims_of(evidence.as_bytes(), &root, inside), Ok(good.clone()));
    }
    let late = claims_of(evidence.as_bytes(), &root, good.not_after().after(Nanos(1)));
    assert!(matches!(late.map_err(only_fault), Err(Fault::Expired { .. })));
    let early = claims_of(evidence.as_bytes(), &root, Timestamp(good.not_before().0 - 1));
    assert!(matches!(early.map_err(only_fault), Err(Fault::NotYetValid { .. })));
}

#[test]
fn a_refusal_says_who_erred() {
    let erred = |defect| {
        let root = TestRoot::with_defect(NOW, defect);
        only_fault(verified(&root.evidence(&report()), &root.roots()).expect_err("a defect")).erred()
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
