//! vTPMs inside synthetic trust domains and guests, and keys that a report vouches for.

use casemate_attest::claims::{Body, Claims, PcrBank, SnpKey, VtpmBody};
use casemate_attest::dcap::TcbStatus;
use casemate_attest::tpm::Public;
use casemate_attest::vtpm::{VtpmFault, svsm};
use casemate_attest::{AzureVtpm, Endorsements, Evidence, Fault, GceVtpm, Product, Refused, verify};
use casemate_softtee::synthetic::dcap::{DcapQuote, DcapRoot};
use casemate_softtee::synthetic::snp::SnpRoot;
use casemate_softtee::synthetic::vtpm::{AzureDefect, GoogleRoot, SyntheticHcl, SyntheticTpm, TpmKeyKind};

use crate::NOW;

const TRUST_DOMAINS: [DcapQuote; 4] =
    [DcapQuote::TdxV4, DcapQuote::Tdx10V5, DcapQuote::Tdx15, DcapQuote::Tdx15Ex];

/// The vTPM of a trust domain whose quote holds what the HCL asks for.
fn on_tdx(root: &mut DcapRoot, hcl: &SyntheticHcl, kind: DcapQuote) -> AzureVtpm {
    root.subject.report_data = hcl.report_data().0;
    hcl.on_tdx(root.evidence(kind).as_bytes())
}

fn claims_of(root: &DcapRoot, evidence: AzureVtpm) -> Result<Claims, Refused> {
    let evidence = SyntheticHcl::evidence(evidence);
    verify(&evidence, &root.endorsements(), &root.roots(), NOW).map(|it| it.claims().clone())
}

fn vtpm(claims: &Claims) -> &VtpmBody {
    match &claims.body {
        Body::Vtpm(body) => body,
        other => panic!("{other:?}"),
    }
}

fn only_fault(result: Result<Claims, Refused>) -> Fault {
    crate::only_fault(result.expect_err("it does not verify"))
}

#[test]
fn hcl_reports_of_every_version_and_hash_verify_on_every_trust_domain() {
    for kind in TRUST_DOMAINS {
        let mut root = DcapRoot::new(NOW);
        for version in 0..=2 {
            for (request_version, hash) in [(1, PcrBank::Sha256), (2, PcrBank::Sha384), (1, PcrBank::Sha512)]
            {
                let hcl = SyntheticHcl { version, request_version, hash, ..SyntheticHcl::new() };
                let evidence = on_tdx(&mut root, &hcl, kind);
                let claims = claims_of(&root, evidence)
                    .unwrap_or_else(|refused| panic!("{kind:?}, {version}, {hash}: {refused}"));
                let azure = vtpm(&claims).azure.as_ref().expect("the HCL's claims");
                assert_eq!(azure.secure_boot, Some(true));
                let inner = vtpm(&claims).inner.as_ref().expect("the trust domain's claims");
                assert_eq!((&claims.tcb, claims.root, claims.window), (&inner.tcb, inner.root, inner.window));
                assert_eq!(claims.tcb.as_ref().map(|it| it.status), Some(TcbStatus::UpToDate));
                assert_eq!(claims.measurement(), inner.measurement());
            }
        }
    }
}

#[test]
fn what_the_trust_domain_does_not_vouch_for_is_refused() {
    for defect in [AzureDefect::ClaimsChanged, AzureDefect::ReportDataGoesOn, AzureDefect::OtherHash] {
        let mut root = DcapRoot::new(NOW);
        let hcl = SyntheticHcl::with_defect(defect);
        let evidence = on_tdx(&mut root, &hcl, DcapQuote::Tdx15);
        let fault = only_fault(claims_of(&root, evidence));
        assert!(matches!(fault, Fault::Vtpm(VtpmFault::VarDataBinding { .. })), "{defect:?}: {fault:?}");
    }
    let mut root = DcapRoot::new(NOW);
    let evidence =
        on_tdx(&mut root, &SyntheticHcl::with_defect(AzureDefect::TdReportDiffers), DcapQuote::TdxV4);
    let expected = VtpmFault::TdReportDiffers { field: "MRTD" };
    assert_eq!(only_fault(claims_of(&root, evidence)), Fault::Vtpm(expected));
}

#[test]
fn user_data_shorter_than_the_nonce_or_absent_is_claimed_as_it_is() {
    for user_data in [None, Some(String::new()), Some("00".to_owned()), Some("not hex".to_owned())] {
        let mut root = DcapRoot::new(NOW);
        let hcl = SyntheticHcl { user_data: user_data.clone(), ..SyntheticHcl::new() };
        let evidence = on_tdx(&mut root, &hcl, DcapQuote::TdxV4);
        let claims = claims_of(&root, evidence).expect("it verifies");
        assert_eq!(vtpm(&claims).azure.as_ref().and_then(|it| it.user_data.clone()), user_data);
    }
}

#[test]
fn a_vtpm_has_the_tcb_of_its_trust_domain_also_where_that_is_below_every_level() {
    let mut root = DcapRoot::new(NOW);
    root.platform.tcb_components = [0; 16];
    let evidence = on_tdx(&mut root, &SyntheticHcl::new(), DcapQuote::Tdx15);
    let tcb = match claims_of(&root, evidence) {
        Ok(claims) => claims.tcb,
        Err(refused) => refused.claims.expect("every signature holds").tcb,
    };
    assert_eq!(tcb.expect("a rating").status, TcbStatus::NoMatchingLevel);
}

#[test]
fn an_enclave_is_no_trust_domain() {
    let mut root = DcapRoot::new(NOW);
    let hcl = SyntheticHcl::new();
    let mut evidence = on_tdx(&mut root, &hcl, DcapQuote::TdxV4);
    evidence.td_quote = Some(root.evidence(DcapQuote::SgxV3).as_bytes().to_vec());
    let expected = VtpmFault::Inner { expected: "a TD quote" };
    assert_eq!(only_fault(claims_of(&root, evidence)), Fault::Vtpm(expected));
}

/// Google's vTPM in a trust domain whose report data is this.
fn in_trust_domain(report_data: impl FnOnce(&GceVtpm) -> [u8; 64]) -> Result<Claims, Refused> {
    let (google, mut intel) = (GoogleRoot::new(NOW), DcapRoot::new(NOW));
    let mut evidence = google.gce();
    intel.subject.report_data = report_data(&evidence);
    evidence.inner = Some(Box::new(intel.evidence(DcapQuote::Tdx15)));
    let roots = intel.roots().with_google(google.fingerprint());
    let (vtpm, dcap) = (google.endorsements(false), intel.endorsements());
    let endorsements = Endorsements { crls: [vtpm.crls, dcap.crls].concat(), ..dcap };
    let evidence = Evidence::GceVtpm(Box::new(evidence));
    verify(&evidence, &endorsements, &roots, NOW).map(|it| it.claims().clone())
}

fn padded(bytes: &[u8]) -> [u8; 64] {
    let mut padded = [0; 64];
    padded[..bytes.len()].copy_from_slice(bytes);
    padded
}

#[test]
fn a_trust_domain_that_vouches_for_the_vtpms_key_is_inside_it() {
    use aws_lc_rs::digest::{SHA256, SHA512, digest};
    for hash in [&SHA256, &SHA512] {
        let claims = in_trust_domain(|evidence| padded(digest(hash, &evidence.ak_public).as_ref()))
            .unwrap_or_else(|refused| panic!("{refused}"));
        let body = vtpm(&claims);
        let inner = body.inner.as_ref().expect("the trust domain's claims");
        assert_eq!(claims.tcb, inner.tcb);
        assert!(claims.not_after() <= inner.not_after());
        assert!(body.gce.is_some());
    }
}

#[test]
fn a_trust_domain_that_holds_the_nonce_alone_may_be_another() {
    let fault = only_fault(in_trust_domain(|_| padded(b"challenge")));
    assert_eq!(fault, Fault::Vtpm(VtpmFault::InnerNotBound));
}

/// Azure's vTPM in a guest of this level, whose report holds what the HCL asks for.
fn on_snp(product: Product, vmpl: u32) -> Result<Claims, Refused> {
    let (hcl, mut root) = (SyntheticHcl::new(), SnpRoot::new(NOW, product, SnpKey::Vcek));
    root.body.report_data = hcl.report_data();
    root.body.vmpl = vmpl;
    let evidence = SyntheticHcl::evidence(hcl.on_snp(&root.report(), root.certificates()));
    verify(&evidence, &root.endorsements(), &root.roots(), NOW).map(|it| it.claims().clone())
}

#[test]
fn an_hcl_on_every_product_of_amd_verifies() {
    for product in Product::ALL {
        let claims = on_snp(product, 0).unwrap_or_else(|refused| panic!("{product}: {refused}"));
        let inner = vtpm(&claims).inner.as_ref().expect("the guest's claims");
        assert!(matches!(&inner.body, Body::Snp(body) if body.product == product));
        assert_eq!(claims.tcb, None);
    }
}

#[test]
fn a_report_that_the_guest_asked_for_above_the_hcl_vouches_for_no_vtpm() {
    let fault = only_fault(on_snp(Product::Genoa, 2));
    assert_eq!(fault, Fault::Vtpm(VtpmFault::Vmpl { vmpl: 2 }));
}

#[test]
fn an_svsm_vouches_for_its_vtpms_key_at_vmpl_0_for_this_nonce_only() {
    use aws_lc_rs::digest::{SHA512, digest};
    let (nonce, manifest) = ([7; 64], SyntheticTpm::new(TpmKeyKind::P256).public_area());
    let vouched = |vmpl, nonce: &[u8; 64], manifest: &[u8]| {
        let mut root = SnpRoot::new(NOW, Product::Milan, SnpKey::Vcek);
        let bound = digest(&SHA512, &[&[7; 64][..], manifest].concat());
        root.body.report_data.0.copy_from_slice(bound.as_ref());
        root.body.vmpl = vmpl;
        let verified = verify(&root.evidence(), &root.endorsements(), &root.roots(), NOW);
        svsm::vouched_key(&verified.expect("it verifies"), nonce, manifest)
    };
    let key = vouched(0, &nonce, &manifest).expect("it vouches for it");
    assert_eq!(key, Public::parse(&manifest).expect("a TPMT_PUBLIC"));
    assert_eq!(vouched(0, &[8; 64], &manifest), Err(VtpmFault::ManifestBinding.into()));
    assert_eq!(vouched(1, &nonce, &manifest), Err(VtpmFault::Vmpl { vmpl: 1 }.into()));
}
