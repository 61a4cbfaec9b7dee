//! Synthetic vTPMs: good ones of every kind, and one reason for each defect.

use casemate_attest::claims::{Body, Claims, NotChecked, PcrBank};
use casemate_attest::tpm::{TpmError, TpmFault};
use casemate_attest::vtpm::VtpmFault;
use casemate_attest::{
    CertificateError, ChainError, Endorsements, Evidence, Fault, GceVtpm, Refused, Roots, verify,
};
use casemate_softtee::synthetic::vtpm::{
    AzureDefect, GoogleDefect, GoogleRoot, QuoteDefect, SyntheticHcl, SyntheticTpm, TpmKeyKind,
};

use crate::NOW;

fn gce(root: &GoogleRoot, evidence: GceVtpm, endorsements: &Endorsements) -> Result<Claims, Refused> {
    let evidence = Evidence::GceVtpm(Box::new(evidence));
    verify(&evidence, endorsements, &root.roots(), NOW).map(|it| it.claims().clone())
}

fn faults(result: Result<Claims, Refused>) -> Vec<Fault> {
    result.expect_err("it does not verify").faults
}

#[test]
fn keys_of_every_kind_sign_quotes_that_verify() {
    for kind in TpmKeyKind::ALL {
        let root = GoogleRoot::with_key(NOW, kind);
        let claims = gce(&root, root.gce(), &root.endorsements(false))
            .unwrap_or_else(|refused| panic!("{kind:?}: {refused}"));
        let Body::Vtpm(body) = &claims.body else { panic!("{kind:?}: not a vTPM") };
        assert_eq!(body.extra_data, b"challenge");
        assert_eq!((body.reset_count, body.restart_count), (7, 1));
        assert_eq!(body.pcrs[&PcrBank::Sha256].len(), 24);
        let instance = body.gce.as_ref().expect("instance information");
        assert_eq!((instance.zone.as_str(), instance.project_number), ("z", 5));
        assert_eq!((instance.project_id.as_str(), instance.instance_name.as_str()), ("p", "i"));
        assert_eq!(claims.not_checked, [].into());
        assert_eq!(claims.root, root.fingerprint());
    }
}

#[test]
fn each_defect_of_google_evidence_is_refused_for_its_reason() {
    for defect in GoogleDefect::ALL {
        let root = GoogleRoot::with_defect(NOW, defect);
        let found = faults(gce(&root, root.gce(), &root.endorsements(false)));
        let [fault] = &found[..] else { panic!("{defect:?}: {found:?}") };
        assert!(is_reason(defect, fault), "{defect:?}: {fault:?}");
    }
}

fn is_reason(defect: GoogleDefect, fault: &Fault) -> bool {
    let chain = |cause: CertificateError| matches!(fault, Fault::Chain(ChainError::Certificate { index: 0, cause: found, .. }) if *found == cause);
    let Fault::Vtpm(vtpm) = fault else {
        return match defect {
            GoogleDefect::LeafExpired => {
                matches!(fault, Fault::Expired { what, .. } if what.index == Some(0))
            }
            GoogleDefect::IntermediateExpired => {
                matches!(fault, Fault::Expired { what, .. } if what.index == Some(1))
            }
            GoogleDefect::LeafIsCa => chain(CertificateError::LeafIsCa),
            GoogleDefect::LeafForged => {
                matches!(fault, Fault::Chain(ChainError::Signature { index: 0, .. }))
            }
            GoogleDefect::OtherRoot => matches!(fault, Fault::Chain(ChainError::UnknownRoot { .. })),
            GoogleDefect::KeyNotRestricted => matches!(fault, Fault::Tpm(TpmFault::KeyAttributes(_))),
            _ => false,
        };
    };
    match defect {
        GoogleDefect::OtherExponent | GoogleDefect::OtherKey => *vtpm == VtpmFault::KeyMismatch,
        GoogleDefect::NoCertificate => matches!(vtpm, VtpmFault::Uncertified { .. }),
        GoogleDefect::NoInstanceInfo | GoogleDefect::InstanceInfoMalformed => {
            matches!(vtpm, VtpmFault::InstanceInfo { .. })
        }
        GoogleDefect::NotProduction => *vtpm == VtpmFault::NotProduction,
        GoogleDefect::OtherNonce => *vtpm == VtpmFault::QuotesDiffer { index: 1, field: "extraData" },
        GoogleDefect::OtherRegisters => {
            *vtpm == VtpmFault::QuotesDiffer { index: 1, field: "selection of registers" }
        }
        GoogleDefect::ResetBetween => *vtpm == VtpmFault::QuotesDiffer { index: 1, field: "resetCount" },
        GoogleDefect::BankTwice => *vtpm == VtpmFault::BankTwice(PcrBank::Sha256),
        GoogleDefect::OnlySha1 => *vtpm == VtpmFault::OnlySha1,
        GoogleDefect::NoQuote => matches!(vtpm, VtpmFault::Count { found: 0, .. }),
        GoogleDefect::EventMissing => *vtpm == VtpmFault::EventLog { bank: PcrBank::Sha1, index: 7 },
        GoogleDefect::EventChanged => *vtpm == VtpmFault::EventLog { bank: PcrBank::Sha256, index: 7 },
        _ => false,
    }
}

#[test]
fn a_revoked_key_is_refused_and_its_claims_are_shown() {
    let root = GoogleRoot::new(NOW);
    let refused = gce(&root, root.gce(), &root.endorsements(true)).expect_err("it is revoked");
    assert!(matches!(refused.faults[..], [Fault::RevokedCertificate { what }] if what.index == Some(0)));
    assert!(refused.claims.is_some());
}

#[test]
fn without_revocation_lists_or_a_log_the_claims_say_so() {
    let root = GoogleRoot::new(NOW);
    let evidence = GceVtpm { event_log: None, ..root.gce() };
    let claims = gce(&root, evidence, &Endorsements::none()).expect("neither is required");
    assert_eq!(claims.not_checked, [NotChecked::GoogleCrl, NotChecked::EventLog].into());
}

#[test]
fn attributes_that_nobody_signed_do_not_change_who_the_vtpm_is() {
    let root = GoogleRoot::new(NOW);
    let platform = |evidence| gce(&root, evidence, &Endorsements::none()).expect("it verifies").platform;
    let mut other = root.gce();
    // USER_WITH_AUTH, which is neither demanded nor forbidden.
    other.ak_public[7] ^= 1 << 6;
    assert_eq!(platform(root.gce()), platform(other));
}

#[test]
fn each_defect_of_a_quote_is_refused_for_its_reason() {
    for kind in [TpmKeyKind::RsaSsa, TpmKeyKind::P256] {
        let root = GoogleRoot::with_key(NOW, kind);
        let tpm = root.tpm();
        for defect in QuoteDefect::ALL {
            let mut evidence = root.gce();
            evidence.quotes[1] = tpm.quote_with(&tpm.statement, PcrBank::Sha256, Some(defect));
            let found = faults(gce(&root, evidence, &Endorsements::none()));
            let [fault] = &found[..] else { panic!("{defect:?}: {found:?}") };
            let field = match fault {
                Fault::TpmForm(TpmError::Unknown { field, .. }) => field,
                _ => "",
            };
            let is_reason = match defect {
                QuoteDefect::Magic => field == "magic",
                QuoteDefect::NotAQuote => field == "type",
                QuoteDefect::UnknownBank => field == "pcrSelect.hash",
                QuoteDefect::BitmapTooLong => field == "pcrSelect.sizeofSelect",
                QuoteDefect::Trailing => matches!(fault, Fault::TpmForm(TpmError::Trailing { .. })),
                QuoteDefect::BankTwice => *fault == Fault::Tpm(TpmFault::BankTwice(PcrBank::Sha256)),
                QuoteDefect::NoRegister => *fault == Fault::Tpm(TpmFault::NoRegister),
                QuoteDefect::Digest => *fault == Fault::Tpm(TpmFault::PcrDigest),
                QuoteDefect::Forged => *fault == Fault::Tpm(TpmFault::Signature),
            };
            assert!(is_reason, "{defect:?}: {fault:?}");
        }
    }
}

#[test]
fn a_quote_of_another_kind_of_key_is_refused() {
    let root = GoogleRoot::new(NOW);
    let mut evidence = root.gce();
    evidence.quotes[1] = SyntheticTpm::new(TpmKeyKind::P256).quote(PcrBank::Sha256);
    let found = faults(gce(&root, evidence, &Endorsements::none()));
    assert!(matches!(found[..], [Fault::Tpm(TpmFault::Scheme { key: "RSA", .. })]), "{found:?}");
}

#[test]
fn a_vtpm_is_inside_nothing_but_hardware() {
    let root = GoogleRoot::new(NOW);
    let evidence = GceVtpm { inner: Some(Box::new(root.evidence())), ..root.gce() };
    let expected = VtpmFault::Inner { expected: "a TD quote or an SEV-SNP report" };
    assert_eq!(faults(gce(&root, evidence, &Endorsements::none())), [Fault::Vtpm(expected)]);
}

#[test]
fn more_certificates_than_are_looked_at_are_refused() {
    let root = GoogleRoot::new(NOW);
    let mut evidence = root.gce();
    evidence.certificates = vec![Vec::new(); 17];
    let found = faults(gce(&root, evidence, &Endorsements::none()));
    assert!(matches!(found[..], [Fault::Vtpm(VtpmFault::Count { found: 17, .. })]));
}

#[test]
fn certificates_that_issue_each_other_end() {
    let root = GoogleRoot::new(NOW);
    let mut evidence = root.gce();
    evidence.certificates.remove(0);
    let found = faults(gce(&root, evidence, &Endorsements::none()));
    assert!(matches!(found[..], [Fault::Missing { .. }]), "{found:?}");
}

#[test]
fn each_defect_of_an_hcl_report_before_the_hardware_is_refused_for_its_reason() {
    for defect in AzureDefect::ALL {
        let hcl = SyntheticHcl::with_defect(defect);
        let evidence = SyntheticHcl::evidence(hcl.on_snp(&[0; 1184], Vec::new()));
        let result = verify(&evidence, &Endorsements::none(), &Roots::none(), NOW);
        let found = result.expect_err("no hardware vouches").faults;
        let [fault] = &found[..] else { panic!("{defect:?}: {found:?}") };
        let field = match fault {
            Fault::TpmForm(TpmError::Unknown { field, .. } | TpmError::Truncated { field, .. }) => field,
            _ => "",
        };
        let is_reason = match defect {
            AzureDefect::KeyMissing => *fault == Fault::Vtpm(VtpmFault::HclKeys { found: 0 }),
            AzureDefect::KeyTwice => *fault == Fault::Vtpm(VtpmFault::HclKeys { found: 2 }),
            AzureDefect::KeyEncrypts => matches!(fault, Fault::Vtpm(VtpmFault::HclKey { .. })),
            AzureDefect::KeyOtherExponent | AzureDefect::KeyOther => {
                *fault == Fault::Tpm(TpmFault::Signature)
            }
            AzureDefect::NotJson => matches!(fault, Fault::Vtpm(VtpmFault::VarData { .. })),
            AzureDefect::NotHcl => field == "signature",
            AzureDefect::UnknownVersion => field == "version",
            AzureDefect::Vbs => field == "report type",
            AzureDefect::ClaimsTooLong => field == "claims",
            AzureDefect::PaddingNotZero => field == "padding",
            AzureDefect::NoQuote => *fault == Fault::Vtpm(VtpmFault::NoQuote),
            // Seen only in what the hardware's report says: zeros are none.
            AzureDefect::ClaimsChanged
            | AzureDefect::ReportDataGoesOn
            | AzureDefect::OtherHash
            | AzureDefect::TdReportDiffers => !matches!(fault, Fault::Vtpm(_) | Fault::Tpm(_)),
        };
        assert!(is_reason, "{defect:?}: {fault:?}");
    }
}
