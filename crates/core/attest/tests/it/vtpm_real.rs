//! vTPMs of real machines. Each test cites its case in the shared data and is skipped by name where the data
//! is not there.

use casemate_attest::claims::{Body, Claims, NotChecked, PcrBank, PlatformId, VtpmBody, VtpmProvider};
use casemate_attest::tpm::{TpmError, TpmFault};
use casemate_attest::vtpm::{VtpmFault, inspect_hcl, inspect_instance};
use casemate_attest::{AzureVtpm, Endorsements, Evidence, Fault, GceVtpm, Refused, Roots, TpmQuote, verify};
use casemate_model::Timestamp;

use crate::vtpm_cases::VtpmCase;

const GCE: &str = "gce-cos85-nonce9009";
const AZURE_SNP: [&str; 3] = ["azure-snp-milan-v0", "azure-snp-genoa", "azure-snp-milan-2023-hcl"];

fn claims_of(evidence: Evidence, endorsements: &Endorsements, now: Timestamp) -> Result<Claims, Refused> {
    verify(&evidence, endorsements, &Roots::production(), now).map(|it| it.claims().clone())
}

fn azure(evidence: &AzureVtpm, endorsements: &Endorsements, now: Timestamp) -> Result<Claims, Refused> {
    claims_of(Evidence::AzureVtpm(Box::new(evidence.clone())), endorsements, now)
}

fn gce(evidence: &GceVtpm, endorsements: &Endorsements, now: Timestamp) -> Result<Claims, Refused> {
    claims_of(Evidence::GceVtpm(Box::new(evidence.clone())), endorsements, now)
}

fn vtpm(claims: &Claims) -> &VtpmBody {
    match &claims.body {
        Body::Vtpm(body) => body,
        other => panic!("{other:?}"),
    }
}

fn faults(result: Result<Claims, Refused>) -> Vec<Fault> {
    result.expect_err("it does not verify").faults
}

fn quote_of(evidence: &mut AzureVtpm) -> &mut TpmQuote {
    evidence.quote.as_mut().expect("a quote")
}

#[test]
fn gce_cos85_verifies_and_says_of_which_vm_it_is() {
    let Some(case) = VtpmCase::find(GCE) else { return };
    let (evidence, endorsements) = case.gce();
    let claims = gce(&evidence, &endorsements, case.now()).expect("it verifies");
    let body = vtpm(&claims);
    assert_eq!(body.provider, VtpmProvider::Gce);
    assert_eq!(body.extra_data, case.nonce());
    assert_eq!(body.pcrs.keys().copied().collect::<Vec<_>>(), PcrBank::ALL[..3]);
    assert!(body.pcrs.values().all(|registers| registers.len() == 24));
    let instance = body.gce.as_ref().expect("instance information");
    assert_eq!(instance.zone, "us-central1-a");
    assert_eq!(instance.project_number, 0x1b_5a47_5c69);
    assert_eq!(instance.project_id, "google.com:wuale-gcp-testing");
    assert_eq!(instance.instance_id, 0x5e53_e3fb_bf83_06c5);
    assert_eq!(instance.instance_name, "cos-test");
    assert_eq!(claims.not_checked, [NotChecked::GoogleCrl].into());
    assert!(matches!(claims.platform, Some(PlatformId::VtpmKey(_))));
    assert_eq!((claims.tcb.as_ref(), claims.tee()), (None, None));
}

#[test]
fn gce_cos85_is_valid_from_the_keys_certificate_to_its_end() {
    let Some(case) = VtpmCase::find(GCE) else { return };
    let (evidence, endorsements) = case.gce();
    let claims = gce(&evidence, &endorsements, case.now()).expect("it verifies");
    let end = claims.not_after();
    let late = Timestamp(end.0 + 1);
    let refused = gce(&evidence, &endorsements, late).expect_err("it has expired");
    assert!(matches!(refused.faults[..], [Fault::Expired { .. }]));
    assert_eq!(refused.claims.as_deref(), Some(&claims));
    let early = Timestamp(claims.not_before().0 - 1);
    assert!(matches!(faults(gce(&evidence, &endorsements, early))[..], [Fault::NotYetValid { .. }]));
}

#[test]
fn gce_without_its_intermediate_or_under_other_roots_is_refused() {
    let Some(case) = VtpmCase::find(GCE) else { return };
    let (evidence, mut endorsements) = case.gce();
    let stranger = Roots::none();
    let subject = Evidence::GceVtpm(Box::new(evidence.clone()));
    let refused = verify(&subject, &endorsements, &stranger, case.now()).expect_err("no root is accepted");
    assert!(matches!(refused.faults[..], [Fault::Chain(_)]));
    endorsements.certificates.remove(0);
    assert!(matches!(faults(gce(&evidence, &endorsements, case.now()))[..], [Fault::Missing { .. }]));
}

#[test]
fn gce_without_its_event_log_says_so_and_with_another_is_refused() {
    let Some(case) = VtpmCase::find(GCE) else { return };
    let (mut evidence, endorsements) = case.gce();
    let log = evidence.event_log.take().expect("a log");
    let claims = gce(&evidence, &endorsements, case.now()).expect("it verifies");
    assert!(claims.not_checked.contains(&NotChecked::EventLog));

    // The first event after the one that names the hashes: the first byte of its SHA-1 digest.
    let mut changed = log.clone();
    let header = 32 + u32::from_le_bytes(log[28..32].try_into().expect("four bytes")) as usize;
    changed[header + 14] ^= 1;
    evidence.event_log = Some(changed);
    let expected = VtpmFault::EventLog { bank: PcrBank::Sha1, index: 0 };
    assert_eq!(faults(gce(&evidence, &endorsements, case.now())), [Fault::Vtpm(expected)]);

    evidence.event_log = Some(log[..header].to_vec());
    assert!(matches!(
        faults(gce(&evidence, &endorsements, case.now()))[..],
        [Fault::Vtpm(VtpmFault::EventLog { index: 0, .. })]
    ));
}

#[test]
fn gce_quotes_are_all_verified() {
    let Some(case) = VtpmCase::find(GCE) else { return };
    let (evidence, endorsements) = case.gce();
    for index in 0..3 {
        let mut changed = evidence.clone();
        let last = changed.quotes[index].signature.len() - 1;
        changed.quotes[index].signature[last] ^= 1;
        let found = faults(gce(&changed, &endorsements, case.now()));
        assert_eq!(found, [Fault::Tpm(TpmFault::Signature)], "quote {index}");
    }
}

#[test]
fn azure_snp_cases_verify_with_everything_inside() {
    for name in AZURE_SNP {
        let Some(case) = VtpmCase::find(name) else { continue };
        let (evidence, endorsements) = case.azure();
        let claims = azure(&evidence, &endorsements, case.now()).unwrap_or_else(|it| panic!("{name}: {it}"));
        check_claims(&case, &claims);
        let Some(Body::Snp(inner)) = vtpm(&claims).inner.as_ref().map(|it| &it.body) else {
            panic!("{name}: no report inside")
        };
        assert_eq!(inner.version, case.expected["report_version"].as_u64().expect("a version") as u32);
        assert_eq!((inner.vmpl, inner.debug()), (0, false), "{name}");
        assert_eq!(u64::from(inner.reported_tcb.snp), case.expected["reported_tcb"]["snp"]);
        assert_eq!(claims.tcb, None);
    }
}

#[test]
fn azure_tdx_v1_verifies_with_the_tcb_of_the_quote_inside() {
    let Some(case) = VtpmCase::find("azure-tdx-v1") else { return };
    let (evidence, endorsements) = case.azure();
    let claims = azure(&evidence, &endorsements, case.now()).unwrap_or_else(|it| panic!("{it}"));
    check_claims(&case, &claims);
    let tcb = claims.tcb.as_ref().expect("the quote's");
    assert_eq!(tcb.status.as_str(), case.expected["tcb_status"]);
    let advisories: Vec<_> = tcb.advisories.iter().map(String::as_str).collect();
    assert_eq!(serde_json::json!(advisories), case.expected["advisories"]);
    assert_eq!(vtpm(&claims).inner.as_ref().and_then(|it| it.tcb.as_ref()), Some(tcb));
}

fn check_claims(case: &VtpmCase, claims: &Claims) {
    let body = vtpm(claims);
    let expected = &case.expected;
    assert_eq!(body.provider, VtpmProvider::Azure);
    assert_eq!(body.extra_data, case.nonce());
    let registers = &body.pcrs[&PcrBank::Sha256];
    assert_eq!(registers.len() as u64, expected["pcr_count"]);
    assert_eq!(registers[&0].to_string(), expected["pcr0"]);
    let azure = body.azure.as_ref().expect("the HCL's claims");
    assert_eq!(azure.secure_boot.map(Into::into), Some(expected["secure_boot"].clone()));
    assert_eq!(azure.user_data.as_deref(), expected["user_data"].as_str());
    assert_eq!(claims.measurement().map(|it| it.to_string()).as_deref(), expected["measurement"].as_str());
    assert!(matches!(claims.platform, Some(PlatformId::VtpmKey(_))));
    let inner = body.inner.as_ref().expect("the VM's claims");
    assert_eq!((claims.root, claims.window), (inner.root, inner.window));
}

#[test]
fn azure_tdx_hcl_only_is_refused_because_a_tdreport_cannot_be_verified_from_afar() {
    let Some(case) = VtpmCase::find("azure-tdx-hcl-only") else { return };
    let (evidence, endorsements) = case.azure();
    let found = faults(azure(&evidence, &endorsements, Timestamp::from_unix_secs(1_750_809_600)));
    assert_eq!(found, [Fault::Vtpm(VtpmFault::TdReportWithoutQuote)]);
}

#[test]
fn a_generic_tpm_is_refused_because_nobody_certified_its_key() {
    let Some(case) = VtpmCase::find("generic-tpm-uncertified-ak") else { return };
    let (ak_public, quotes) = case.generic();
    let now = Timestamp::from_unix_secs(1_750_809_600);
    let subject = |quotes| Evidence::Tpm { ak_public: ak_public.clone(), quotes };
    let refused = claims_of(subject(quotes.clone()), &Endorsements::none(), now).expect_err("no chain");
    assert!(matches!(refused.faults[..], [Fault::Vtpm(VtpmFault::Uncertified { .. })]));
    assert!(!refused.is_malformed());

    let mut forged = quotes;
    forged[0].message[20] ^= 1;
    let found = faults(claims_of(subject(forged), &Endorsements::none(), now));
    assert_eq!(found, [Fault::Tpm(TpmFault::Signature)]);
}

#[test]
fn a_byte_of_the_claims_changed_is_refused() {
    for name in AZURE_SNP {
        let Some(case) = VtpmCase::find(name) else { continue };
        let (evidence, endorsements) = case.azure();
        let mut changed = evidence.clone();
        // Within the user data, which is JSON before and after.
        let at = evidence.hcl_report.iter().rposition(|byte| *byte == b'0').expect("user data");
        changed.hcl_report[at] = b'1';
        let found = faults(azure(&changed, &endorsements, case.now()));
        let expected = VtpmFault::VarDataBinding { hash: PcrBank::Sha256 };
        assert_eq!(found, [Fault::Vtpm(expected)], "{name}");
    }
}

#[test]
fn registers_listed_otherwise_than_selected_are_refused() {
    for name in AZURE_SNP {
        let Some(case) = VtpmCase::find(name) else { continue };
        let (evidence, endorsements) = case.azure();
        let mut shorter = evidence.clone();
        quote_of(&mut shorter).pcrs.pop();
        let expected = TpmFault::PcrCount { expected: 24, found: 23 };
        assert_eq!(faults(azure(&shorter, &endorsements, case.now())), [Fault::Tpm(expected)]);
        let mut longer = evidence;
        quote_of(&mut longer).pcrs.push((None, vec![0; 32]));
        let expected = TpmFault::PcrCount { expected: 24, found: 25 };
        assert_eq!(faults(azure(&longer, &endorsements, case.now())), [Fault::Tpm(expected)]);
    }
}

#[test]
fn pre_authentication_panic_lengths_of_the_hcl_report_slice_nothing() {
    let Some(case) = VtpmCase::find("azure-snp-genoa") else { return };
    let (evidence, endorsements) = case.azure();
    // Request data: size, version, type, hash and length of the claims.
    for at in (1216..1236).step_by(4) {
        for value in [0, 5, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
            let mut changed = evidence.clone();
            changed.hcl_report[at..at + 4].copy_from_slice(&value.to_le_bytes());
            let refused = azure(&changed, &endorsements, case.now()).expect_err("it says otherwise");
            assert!(refused.is_malformed(), "{at}: {value:#x}: {refused}");
        }
    }
    for len in 0..evidence.hcl_report.len() {
        let mut cut = evidence.clone();
        cut.hcl_report.truncate(len);
        match azure(&cut, &endorsements, case.now()) {
            Ok(_) => assert!(cut.hcl_report.ends_with(b"}") || cut.hcl_report.ends_with(&[0]), "{len}"),
            Err(refused) => assert!(
                matches!(refused.faults[..], [Fault::TpmForm(TpmError::Truncated { .. })]),
                "{len}: {refused}"
            ),
        }
    }
}

#[test]
fn any_bit_of_what_the_hardware_signs_counts() {
    let Some(case) = VtpmCase::find("azure-snp-genoa") else { return };
    let (evidence, endorsements) = case.azure();
    // The report to its signature, then the claims; every byte once, another bit each time.
    let claims = 1236..1236 + 1200;
    for at in (32..32 + 0x2a0).chain(claims) {
        let mut changed = evidence.clone();
        changed.hcl_report[at] ^= 1 << (at % 8);
        assert!(azure(&changed, &endorsements, case.now()).is_err(), "{at:#x}");
    }
}

#[test]
fn a_key_compared_by_modulus_only_would_pass_another_exponent() {
    let Some(case) = VtpmCase::find("azure-snp-genoa") else { return };
    let (mut evidence, endorsements) = case.azure();
    let at = evidence.hcl_report.windows(4).position(|it| it == b"AQAB").expect("the exponent");
    evidence.hcl_report[at..at + 4].copy_from_slice(b"AQAD");
    assert_eq!(faults(azure(&evidence, &endorsements, case.now())), [Fault::Tpm(TpmFault::Signature)]);
}

#[test]
fn inspection_names_every_field_of_real_hcl_reports_and_certificates() {
    for name in ["azure-snp-milan-v0", "azure-tdx-v1", "azure-tdx-hcl-only"] {
        let Some(case) = VtpmCase::find(name) else { continue };
        let fields = inspect_hcl(&case.azure().0.hcl_report).expect("an HCL report");
        let claims = fields.last().expect("fields");
        let find = |name: &str| claims.children.iter().find(|it| it.name == name).expect("the field");
        assert_eq!(find("secure-boot").value, case.expected["secure_boot"].to_string());
        assert_eq!(find("user-data").value, case.expected["user_data"].as_str().expect("hex"));
        assert_eq!(find("HCLAkPub").children.len(), 2);
        assert_eq!(fields[1].value, case.expected["hcl"]["version"].to_string());
        let Some(measurement) = case.expected["measurement"].as_str() else { continue };
        let names = ["MEASUREMENT", "MRTD"];
        let measured = fields[2].children.iter().find(|it| names.contains(&it.name.as_str()));
        assert_eq!(measured.expect("the measurement").value, measurement);
    }
    let Some(case) = VtpmCase::find(GCE) else { return };
    let fields = inspect_instance(&case.file("derived-ak-cert.der")).expect("a certificate");
    let values: Vec<_> = fields.iter().map(|it| it.value.as_str()).collect();
    assert_eq!(values[0], "us-central1-a");
    assert_eq!(values[4..], ["cos-test", "true"]);
}

/// The case on TDX, its collateral and its instant.
fn azure_tdx() -> Option<(AzureVtpm, Endorsements, Timestamp)> {
    let case = VtpmCase::find("azure-tdx-v1")?;
    let (evidence, endorsements) = case.azure();
    Some((evidence, endorsements, case.now()))
}

#[test]
fn a_tdreport_that_is_not_the_td_quotes_is_refused_by_field() {
    let Some((evidence, endorsements, now)) = azure_tdx() else { return };
    // Offsets in the TDREPORT, which begins at 32.
    for (at, field) in
        [(264, "TEE_TCB_SVN"), (280, "MRSEAM"), (512, "TDATTRIBUTES"), (528, "MRTD"), (864, "RTMR3")]
    {
        let mut changed = evidence.clone();
        changed.hcl_report[32 + at] ^= 1;
        let expected = VtpmFault::TdReportDiffers { field };
        assert_eq!(faults(azure(&changed, &endorsements, now)), [Fault::Vtpm(expected)]);
    }
}

#[test]
fn claims_that_the_td_quote_does_not_vouch_for_are_refused() {
    let Some((evidence, endorsements, now)) = azure_tdx() else { return };
    let mut changed = evidence;
    let at = changed.hcl_report.iter().rposition(|byte| *byte == b'0').expect("user data");
    changed.hcl_report[at] = b'1';
    let expected = VtpmFault::VarDataBinding { hash: PcrBank::Sha256 };
    assert_eq!(faults(azure(&changed, &endorsements, now)), [Fault::Vtpm(expected)]);
}

#[test]
fn what_speaks_against_the_quote_inside_is_said_of_the_vtpm_with_its_tcb() {
    let Some((evidence, endorsements, now)) = azure_tdx() else { return };
    let good = azure(&evidence, &endorsements, now).expect("it verifies");
    let late = Timestamp(good.not_after().0 + 1);
    let refused = azure(&evidence, &endorsements, late).expect_err("the collateral expired");
    assert!(refused.faults.iter().all(|it| matches!(it, Fault::Expired { .. })), "{refused}");
    assert_eq!(refused.claims.as_deref(), Some(&good));
    let missing = azure(&evidence, &Endorsements::none(), now).expect_err("no collateral");
    assert!(!missing.is_malformed(), "{missing}");
}

#[test]
fn any_bit_of_the_td_quote_counts() {
    let Some((evidence, endorsements, now)) = azure_tdx() else { return };
    let quote = evidence.td_quote.clone().expect("a quote");
    // Header, body, signature, keys and QE report.
    for at in (0..1258).step_by(3) {
        let mut changed = quote.clone();
        changed[at] ^= 1 << (at % 8);
        let changed = AzureVtpm { td_quote: Some(changed), ..evidence.clone() };
        let verdict = azure(&changed, &endorsements, now);
        // The length of the signature data is not signed; that it is exact is checked.
        assert!(verdict.is_err(), "{at}");
    }
}

#[test]
fn a_td_quote_beside_an_snp_report_is_refused() {
    let Some(case) = VtpmCase::find("azure-snp-genoa") else { return };
    let (evidence, endorsements) = case.azure();
    let evidence = AzureVtpm { td_quote: Some(Vec::new()), ..evidence };
    let found = faults(azure(&evidence, &endorsements, case.now()));
    assert_eq!(found, [Fault::Vtpm(VtpmFault::TdQuoteUnexpected)]);
}

#[test]
fn a_report_of_another_vm_inside_a_vtpm_is_refused_although_it_verifies() {
    let Some(case) = VtpmCase::find(GCE) else { return };
    let Some((azure, collateral, now)) = azure_tdx() else { return };
    let (mut evidence, endorsements) = case.gce();
    evidence.inner = azure.td_quote.map(|quote| Box::new(Evidence::Quote(quote)));
    let certificates = [endorsements.certificates, collateral.certificates.clone()].concat();
    let endorsements = Endorsements { certificates, ..collateral };
    let found = faults(gce(&evidence, &endorsements, now));
    assert_eq!(found, [Fault::Vtpm(VtpmFault::InnerNotBound)]);
}
