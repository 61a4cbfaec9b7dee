//! Synthetic quotes of SGX and TDX, and the collateral that rates them.

use casemate_attest::claims::{Body, PlatformId};
use casemate_attest::dcap::{
    Collateral, CollateralError, DcapFault, PckError, Platform, Quote, QuoteError, Tcb, TcbStatus, TeeType,
};
use casemate_attest::{
    Artifact, CertificateError, Claims, Endorsements, Evidence, Fault, Party, Refused, verify,
};
use casemate_softtee::synthetic::dcap::{DcapDefect, DcapQuote, DcapRoot, DcapSvnLevel};
use proptest::prelude::*;

use crate::{NOW, only_fault};

fn claims_of(root: &DcapRoot, kind: DcapQuote) -> Result<Claims, Refused> {
    let verified = verify(&root.evidence(kind), &root.endorsements(), &root.roots(), root.now());
    verified.map(|it| it.claims().clone())
}

fn tcb_of(root: &DcapRoot, kind: DcapQuote) -> Tcb {
    claims_of(root, kind).expect("it verifies").tcb.expect("a rating")
}

fn status_of(root: &DcapRoot, kind: DcapQuote) -> TcbStatus {
    tcb_of(root, kind).status
}

#[test]
fn every_kind_of_quote_verifies_and_says_what_it_quotes() {
    let root = DcapRoot::new(NOW);
    for kind in DcapQuote::ALL {
        let claims = claims_of(&root, kind).unwrap_or_else(|refused| panic!("{kind:?}: {refused}"));
        let tcb = claims.tcb.as_ref().expect("a rating");
        assert_eq!(tcb.status, TcbStatus::UpToDate, "{kind:?}");
        assert_eq!((tcb.fmspc, tcb.evaluation_number), (root.platform.fmspc, 20));
        assert_eq!(tcb.flags.smt_enabled, Some(true));
        assert_eq!(claims.platform, Some(PlatformId::Ppid(root.platform.ppid)));
        assert_eq!(claims.report_data().expect("report data").0, root.subject.report_data);
        assert_eq!(claims.root, root.fingerprint());
        assert!(!claims.debug());
        match &claims.body {
            Body::Sgx(body) => assert_eq!(body.mr_enclave.0, root.subject.measurement[..32]),
            Body::Tdx(body) => {
                assert_eq!(body.mr_td, root.subject.measurement.into());
                assert_eq!(body.rtmr, root.subject.rtmr.map(Into::into));
                assert_eq!(body.td_attributes, 1 << 28);
                let is_15 = matches!(kind, DcapQuote::Tdx15 | DcapQuote::Tdx15Ex);
                assert_eq!(body.mr_service_td.is_some(), is_15);
                assert_eq!(body.tee_tcb_svn2, is_15.then_some(root.platform.tee_tcb_svn2));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn every_defect_is_refused_for_its_own_reason() {
    for defect in DcapDefect::ALL {
        let root = DcapRoot::with_defect(NOW, defect);
        let refused = claims_of(&root, DcapQuote::Tdx15).expect_err("a defect");
        assert!(
            refused.faults.iter().any(|fault| is_fault_of(defect, fault)),
            "{defect:?} was refused with: {refused}"
        );
    }
}

fn is_fault_of(defect: DcapDefect, fault: &Fault) -> bool {
    let revoked = |name, index| {
        let what = Artifact { name, index: Some(index) };
        *fault == Fault::RevokedCertificate { what }
    };
    let rejected = |expected: &str, cause: CollateralError| {
        matches!(fault, Fault::Dcap(DcapFault::Collateral { what, cause: found })
            if *what == expected && *found == cause)
    };
    let expired = |expected: &str| matches!(fault, Fault::Expired { what, .. } if what.name == expected);
    let dcap = |expected: DcapFault| *fault == Fault::Dcap(expected);
    let forged_list = CollateralError::Certificate(CertificateError::CrlSignature);
    match defect {
        DcapDefect::PckRevoked => revoked("PCK certificate chain", 0),
        DcapDefect::PckCaRevoked => revoked("PCK certificate chain", 1),
        DcapDefect::SignerRevoked => revoked("TCB signing certificate chain", 0),
        DcapDefect::PckWithoutExtension => dcap(DcapFault::Pck(PckError::Missing { field: "SGX extension" })),
        DcapDefect::SignerUnderPckCa => rejected("TCB Info", CollateralError::NoSigner),
        DcapDefect::TcbInfoForged => rejected("TCB Info", CollateralError::Signature),
        DcapDefect::QeIdentityForged => rejected("QE Identity", CollateralError::Signature),
        DcapDefect::RootCrlForged | DcapDefect::PckCrlForged => rejected("revocation list", forged_list),
        DcapDefect::TcbInfoOfSgxOnly => {
            matches!(fault, Fault::Dcap(DcapFault::NoTcbInfo { tee: "TDX", .. }))
        }
        DcapDefect::QeIdentityOfSgxOnly => dcap(DcapFault::NoQeIdentity { id: "TD_QE" }),
        DcapDefect::TcbInfoExpired => expired("TCB Info"),
        DcapDefect::QeIdentityExpired => expired("QE Identity"),
        DcapDefect::CrlsExpired => {
            expired("root CA's revocation list") || expired("PCK CA's revocation list")
        }
        DcapDefect::QeForeignSigner => dcap(DcapFault::QeIdentity { field: "MRSIGNER" }),
        DcapDefect::QeForeignProduct => dcap(DcapFault::QeIdentity { field: "ISVPRODID" }),
        DcapDefect::QeForeignAttributes => dcap(DcapFault::QeIdentity { field: "ATTRIBUTES" }),
        DcapDefect::QeForeignMiscSelect => dcap(DcapFault::QeIdentity { field: "MISCSELECT" }),
        DcapDefect::ModuleForeignSigner => dcap(DcapFault::TdxModule { field: "MRSIGNERSEAM" }),
        DcapDefect::ModuleForeignAttributes => dcap(DcapFault::TdxModule { field: "SEAMATTRIBUTES" }),
        DcapDefect::QeDebug => dcap(DcapFault::QeDebug),
        DcapDefect::QeReportForged => dcap(DcapFault::QeReportSignature),
        DcapDefect::AttestationKeyNotVouched => dcap(DcapFault::AttestationKey),
        DcapDefect::QuoteForged => dcap(DcapFault::QuoteSignature),
    }
}

/// CVE-2026-22696 and others.
#[test]
fn a_qe_identity_that_was_fetched_is_verified_and_used() {
    for defect in [
        DcapDefect::QeIdentityForged,
        DcapDefect::QeForeignSigner,
        DcapDefect::QeForeignProduct,
        DcapDefect::QeForeignAttributes,
        DcapDefect::QeForeignMiscSelect,
    ] {
        for kind in DcapQuote::ALL {
            assert!(claims_of(&DcapRoot::with_defect(NOW, defect), kind).is_err(), "{defect:?}, {kind:?}");
        }
    }
}

#[test]
fn a_qe_of_another_vendor_is_refused() {
    let root = DcapRoot::new(NOW);
    for kind in DcapQuote::ALL {
        let mut quote = root.evidence(kind).as_bytes().to_vec();
        quote[12] ^= 1;
        assert!(matches!(Quote::parse(&quote), Err(QuoteError::QeVendor { .. })), "{kind:?}");
    }
}

#[test]
fn revoked_is_a_status_of_its_own_and_comes_after_every_signature() {
    for kind in DcapQuote::ALL {
        let mut root = DcapRoot::new(NOW);
        root.levels.platform[0].status = TcbStatus::Revoked;
        assert_eq!(status_of(&root, kind), TcbStatus::Revoked, "{kind:?}");
        root.defect = Some(DcapDefect::QuoteForged);
        let refused = claims_of(&root, kind).expect_err("a forged quote");
        assert_eq!(refused.claims, None);
        assert_eq!(only_fault(refused), Fault::Dcap(DcapFault::QuoteSignature));
    }
    let mut root = DcapRoot::new(NOW);
    root.levels.qe[0].status = TcbStatus::Revoked;
    assert_eq!(status_of(&root, DcapQuote::SgxV3), TcbStatus::Revoked);
    let mut root = DcapRoot::new(NOW);
    root.levels.modules[0].1[0].status = TcbStatus::Revoked;
    assert_eq!(status_of(&root, DcapQuote::TdxV4), TcbStatus::Revoked);
}

#[test]
fn stale_collateral_that_is_signed_is_not_replayed() {
    let (old, new) = (DcapRoot::with_defect(NOW, DcapDefect::TcbInfoExpired), DcapQuote::Tdx15);
    let refused = claims_of(&old, new).expect_err("a TCB Info of yesterday");
    assert!(matches!(only_fault(refused.clone()), Fault::Expired { .. }));
    assert_eq!(only_fault(refused).erred(), Party::Endorser);
}

#[test]
fn of_several_documents_in_date_the_highest_evaluation_number_counts() {
    let mut root = DcapRoot::new(NOW);
    let mut endorsements = root.endorsements();
    root.levels.evaluation_number = 21;
    root.levels.platform[0].status = TcbStatus::OutOfDate;
    let newer = root.endorsements();
    for both in [
        [&endorsements.tcb_infos[..], &newer.tcb_infos].concat(),
        [&newer.tcb_infos[..], &endorsements.tcb_infos].concat(),
    ] {
        endorsements.tcb_infos = both;
        let verified = verify(&root.evidence(DcapQuote::SgxV3), &endorsements, &root.roots(), NOW);
        let tcb = verified.expect("it verifies").claims().tcb.clone().expect("a rating");
        assert_eq!((tcb.status, tcb.evaluation_number), (TcbStatus::OutOfDate, 21));
    }
    root.defect = Some(DcapDefect::TcbInfoExpired);
    root.levels.evaluation_number = 22;
    endorsements.tcb_infos.extend(root.endorsements().tcb_infos);
    root.defect = None;
    let verified = verify(&root.evidence(DcapQuote::SgxV3), &endorsements, &root.roots(), NOW);
    let tcb = verified.expect("one is in date").claims().tcb.clone().expect("a rating");
    assert_eq!(tcb.evaluation_number, 21);
}

#[test]
fn tcb_info_of_version_2_rates_as_version_3_does() {
    for svn in 0..=5 {
        let mut root = DcapRoot::new(NOW);
        root.platform.tcb_components[15] = svn;
        let by_v3 = tcb_of(&root, DcapQuote::SgxV3);
        root.levels.tcb_info_version = 2;
        assert!(!root.tcb_info(false).contains("components"));
        assert_eq!(tcb_of(&root, DcapQuote::SgxV3), by_v3, "{svn}");
    }
}

#[test]
fn each_component_alone_decides_the_level() {
    for component in 0..16 {
        let mut root = DcapRoot::new(NOW);
        root.platform.tcb_components[component] = 3;
        assert_eq!(status_of(&root, DcapQuote::SgxV4), TcbStatus::SwHardeningNeeded, "{component}");
        root.platform.tcb_components[component] = 1;
        assert_eq!(status_of(&root, DcapQuote::SgxV4), TcbStatus::NoMatchingLevel, "{component}");
    }
    let mut root = DcapRoot::new(NOW);
    root.platform.pce_svn = 10;
    assert_eq!(status_of(&root, DcapQuote::SgxV4), TcbStatus::OutOfDate);
    root.platform.pce_svn = 9;
    let tcb = tcb_of(&root, DcapQuote::SgxV4);
    assert_eq!((tcb.status, tcb.tcb_date), (TcbStatus::NoMatchingLevel, None));
    assert!(tcb.advisories.is_empty());
}

#[test]
fn a_module_with_a_version_is_rated_by_its_own_identity() {
    let mut root = DcapRoot::new(NOW);
    root.levels.platform[0].tdx[0] = 0xff;
    root.levels.platform[0].tdx[1] = 0xff;
    assert_eq!(status_of(&root, DcapQuote::TdxV4), TcbStatus::UpToDate, "bytes 0 and 1 are skipped");
    root.platform.tee_tcb_svn[0] = 4;
    let tcb = tcb_of(&root, DcapQuote::TdxV4);
    assert_eq!(tcb.status, TcbStatus::OutOfDate);
    assert_eq!(tcb.advisories, ["INTEL-SA-00003".to_owned()].into());
    root.platform.tee_tcb_svn[0] = 2;
    assert_eq!(status_of(&root, DcapQuote::TdxV4), TcbStatus::NoMatchingLevel);
    root.platform.tee_tcb_svn[..2].copy_from_slice(&[9, 2]);
    assert_eq!(status_of(&root, DcapQuote::TdxV4), TcbStatus::NoMatchingLevel, "no identity TDX_02");
    root.platform.tee_tcb_svn[1] = 0;
    assert_eq!(status_of(&root, DcapQuote::TdxV4), TcbStatus::SwHardeningNeeded, "all bytes count");
}

#[test]
fn what_a_component_lacks_makes_the_platform_worse_as_in_intels_library() {
    use TcbStatus::{
        ConfigurationAndSwHardeningNeeded, ConfigurationNeeded, OutOfDate, OutOfDateConfigurationNeeded,
        SwHardeningNeeded, UpToDate,
    };
    for (platform, expected) in [
        (UpToDate, OutOfDate),
        (SwHardeningNeeded, OutOfDate),
        (ConfigurationNeeded, OutOfDateConfigurationNeeded),
        (ConfigurationAndSwHardeningNeeded, OutOfDateConfigurationNeeded),
        (OutOfDate, OutOfDate),
        (OutOfDateConfigurationNeeded, OutOfDateConfigurationNeeded),
    ] {
        let mut root = DcapRoot::new(NOW);
        root.levels.platform[0].status = platform;
        assert_eq!(status_of(&root, DcapQuote::SgxV5), platform);
        root.platform.qe_svn = 7;
        let tcb = tcb_of(&root, DcapQuote::SgxV5);
        assert_eq!(tcb.status, expected, "{platform}");
        assert!(tcb.advisories.contains("INTEL-SA-00004"));
    }
    let mut root = DcapRoot::new(NOW);
    root.platform.qe_svn = 5;
    assert_eq!(status_of(&root, DcapQuote::SgxV5), TcbStatus::NoMatchingLevel);
}

#[test]
fn a_td_that_was_launched_before_an_update_is_advised_to_relaunch() {
    let mut root = DcapRoot::new(NOW);
    root.platform.tee_tcb_svn[0] = 3;
    for kind in [DcapQuote::Tdx15, DcapQuote::Tdx15Ex] {
        let tcb = tcb_of(&root, kind);
        assert_eq!(tcb.status, TcbStatus::TdRelaunchAdvised);
        assert!(tcb.advisories.contains("INTEL-SA-00003"));
    }
    assert_eq!(status_of(&root, DcapQuote::Tdx10V5), TcbStatus::OutOfDate, "nothing is said of now");
    root.levels.platform[0].status = TcbStatus::ConfigurationNeeded;
    assert_eq!(status_of(&root, DcapQuote::Tdx15), TcbStatus::TdRelaunchAdvisedConfigurationNeeded);
    let mut root = DcapRoot::new(NOW);
    root.platform.tee_tcb_svn2[0] = 3;
    assert_eq!(status_of(&root, DcapQuote::Tdx15), TcbStatus::UpToDate, "the launch counts");
    root.platform.tee_tcb_svn2[0] = 2;
    assert_eq!(status_of(&root, DcapQuote::Tdx15), TcbStatus::NoMatchingLevel);
    let advisories = Vec::new();
    root.levels.modules[0].1.push(DcapSvnLevel { isv_svn: 2, status: TcbStatus::Revoked, advisories });
    assert_eq!(status_of(&root, DcapQuote::Tdx15), TcbStatus::Revoked);
}

#[test]
fn a_service_td_bound_after_creation_is_told() {
    let mut root = DcapRoot::new(NOW);
    root.subject.current_service_td = [7; 48];
    let service_td = |kind| match claims_of(&root, kind).expect("it verifies").body {
        Body::Tdx(body) => body.mr_service_td,
        other => panic!("{other:?}"),
    };
    assert_eq!(service_td(DcapQuote::Tdx15Ex), Some([7; 48].into()));
    assert_eq!(service_td(DcapQuote::Tdx15), Some([0; 48].into()));
}

#[test]
fn epid_quotes_and_p384_keys_are_refused_by_name() {
    let root = DcapRoot::new(NOW);
    let quote = root.evidence(DcapQuote::SgxV3).as_bytes().to_vec();
    let refused = |at: usize, value: u8| {
        let mut changed = quote.clone();
        changed[at] = value;
        let evidence = Evidence::quote(changed);
        let refused = verify(&evidence, &root.endorsements(), &root.roots(), NOW).expect_err("not read");
        (refused.to_string(), refused.is_malformed())
    };
    for version in [1, 2] {
        let (text, is_malformed) = refused(0, version);
        assert!(text.contains("EPID") && text.contains("IAS") && !is_malformed, "{text}");
    }
    let (text, is_malformed) = refused(2, 3);
    assert!(text.contains("P-384") && !is_malformed, "{text}");
    let (text, is_malformed) = refused(4, 0x81);
    assert!(text.contains("TDX") && is_malformed, "{text}");
}

#[test]
fn body_types_and_tee_types_are_paired() {
    let root = DcapRoot::new(NOW);
    for kind in [DcapQuote::SgxV5, DcapQuote::Tdx10V5, DcapQuote::Tdx15, DcapQuote::Tdx15Ex] {
        let quote = root.evidence(kind).as_bytes().to_vec();
        for body_type in 0..=5 {
            let mut changed = quote.clone();
            changed[48] = body_type;
            assert_eq!(Quote::parse(&changed).is_ok(), changed == quote, "{kind:?} as {body_type}");
        }
        let mut changed = quote.clone();
        changed[4] ^= 0x81;
        assert!(matches!(Quote::parse(&changed), Err(QuoteError::BodyType { .. })), "{kind:?}");
        let mut changed = quote.clone();
        changed[50] ^= 1;
        assert!(matches!(Quote::parse(&changed), Err(QuoteError::BodyLength { .. })), "{kind:?}");
    }
}

#[test]
fn a_quote_cut_short_anywhere_is_refused_with_the_place() {
    let root = DcapRoot::new(NOW);
    for kind in DcapQuote::ALL {
        let quote = root.evidence(kind).as_bytes().to_vec();
        for len in 0..quote.len() {
            let cut = Quote::parse(&quote[..len]).map(|it| it.canonical_len());
            assert!(matches!(cut, Err(QuoteError::Truncated { .. })), "{kind:?} at {len}: {cut:?}");
        }
    }
}

/// Slices by an attacker's length before anything is authenticated.
#[test]
fn lengths_that_lie_are_refused_before_anything_is_verified() {
    let root = DcapRoot::new(NOW);
    for kind in DcapQuote::ALL {
        let quote = root.evidence(kind).as_bytes().to_vec();
        let parsed = Quote::parse(&quote).expect("a quote");
        let at = |part: &[u8]| part.as_ptr() as usize - quote.as_ptr() as usize;
        let chain = at(parsed.pck_chain());
        let mut lengths = vec![(parsed.signed().len(), 4), (at(parsed.auth_data()) - 2, 2), (chain - 4, 4)];
        if parsed.version() > 3 {
            lengths.push((at(parsed.qe_report().as_bytes()) - 4, 4));
        }
        for (at, len) in lengths {
            for lie in [0, 1, 0x7fff_ffff_u32, u32::MAX - 1, u32::MAX] {
                let mut changed = quote.clone();
                changed[at..at + len].copy_from_slice(&lie.to_le_bytes()[..len]);
                assert!(Quote::parse(&changed).is_err(), "{kind:?}: {lie:#x} at {at}");
            }
        }
    }
}

#[test]
fn every_bit_of_what_is_signed_flips_the_verdict() {
    let root = DcapRoot::new(NOW);
    for kind in [DcapQuote::SgxV3, DcapQuote::Tdx15Ex] {
        let quote = root.evidence(kind).as_bytes().to_vec();
        let parsed = Quote::parse(&quote).expect("a quote");
        let chain_at = parsed.pck_chain().as_ptr() as usize - quote.as_ptr() as usize;
        let platform = Platform::verify(&parsed, &root.roots()).expect("it verifies");
        for bit in 0..chain_at * 8 {
            let mut changed = quote.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let Ok(changed) = Quote::parse(&changed) else { continue };
            // Of the parts that vouch for the platform only one that is unchanged may reuse it.
            let is_same = changed.qe_report() == parsed.qe_report()
                && changed.qe_signature() == parsed.qe_signature()
                && changed.auth_data() == parsed.auth_data()
                && changed.attestation_key() == parsed.attestation_key();
            let refused = if is_same {
                platform.verify_quote(&changed).is_err()
            } else {
                Platform::verify(&changed, &root.roots()).is_err()
            };
            assert!(refused, "{kind:?}: bit {bit}");
        }
    }
}

#[test]
fn every_bit_of_collateral_that_is_signed_is_refused() {
    let root = DcapRoot::new(NOW);
    let good = root.endorsements();
    let quote = root.evidence(DcapQuote::SgxV3);
    let quote = Quote::parse(quote.as_bytes()).expect("a quote");
    let platform = Platform::verify(&quote, &root.roots()).expect("it verifies");
    let is_refused = |change: &dyn Fn(&mut Endorsements)| {
        let mut changed = good.clone();
        change(&mut changed);
        let collateral = Collateral::verify(&changed, &root.roots());
        platform.appraise(&quote, &collateral, NOW).is_err()
    };
    for at in (0..good.tcb_infos[0].json.len()).step_by(7) {
        assert!(is_refused(&|it| it.tcb_infos[0].json[at] ^= 1 << (at % 8)), "TCB Info, byte {at}");
    }
    for at in (0..good.qe_identities[0].json.len()).step_by(7) {
        assert!(is_refused(&|it| it.qe_identities[0].json[at] ^= 1 << (at % 8)), "QE Identity, byte {at}");
    }
    for at in 0..64 {
        assert!(is_refused(&|it| it.tcb_infos[0].signature[at] ^= 1 << (at % 8)), "signature, byte {at}");
    }
    for list in 0..2 {
        for at in 0..good.crls[list].len() {
            assert!(is_refused(&|it| it.crls[list][at] ^= 1 << (at % 8)), "list {list}, byte {at}");
        }
    }
}

#[test]
fn without_a_piece_of_collateral_a_quote_is_refused_and_shown() {
    let root = DcapRoot::new(NOW);
    for missing in ["TCB Info", "QE Identity", "root CA", "PCK CA", "TCB signing"] {
        let mut endorsements = root.endorsements();
        match missing {
            "TCB Info" => endorsements.tcb_infos.clear(),
            "QE Identity" => endorsements.qe_identities.clear(),
            "root CA" => drop(endorsements.crls.remove(0)),
            "PCK CA" => drop(endorsements.crls.remove(1)),
            _ => drop(endorsements.certificates.remove(0)),
        }
        let refused = verify(&root.evidence(DcapQuote::Tdx15), &endorsements, &root.roots(), NOW);
        let refused = refused.expect_err("something is missing");
        assert!(refused.to_string().contains(missing), "{missing}: {refused}");
        assert_eq!(refused.claims.expect("every signature holds").tcb, None);
    }
}

#[test]
fn issuers_that_came_with_the_quote_need_not_come_again() {
    let root = DcapRoot::new(NOW);
    let mut endorsements = root.endorsements();
    endorsements.certificates.truncate(1);
    assert!(verify(&root.evidence(DcapQuote::Tdx15), &endorsements, &root.roots(), NOW).is_ok());
    let alone = Collateral::verify(&endorsements, &root.roots());
    assert!(!alone.covers(TeeType::Tdx, root.platform.fmspc), "alone it has no root");
    let whole = Collateral::verify(&root.endorsements(), &root.roots());
    assert_eq!(whole.rejected(), []);
    let families: Vec<_> = whole.families().collect();
    assert_eq!(families, [(TeeType::Sgx, root.platform.fmspc), (TeeType::Tdx, root.platform.fmspc)]);
}

#[test]
fn a_platform_does_not_vouch_for_another_platforms_quote() {
    let (one, other) = (DcapRoot::new(NOW), DcapRoot::new(NOW));
    let (one_quote, other_quote) = (one.evidence(DcapQuote::SgxV3), other.evidence(DcapQuote::SgxV3));
    let quote = Quote::parse(one_quote.as_bytes()).expect("a quote");
    let platform = Platform::verify(&quote, &one.roots()).expect("it verifies");
    assert!(platform.verify_quote(&quote).is_ok());
    let foreign = Quote::parse(other_quote.as_bytes()).expect("a quote");
    assert_eq!(platform.verify_quote(&foreign), Err(DcapFault::AttestationKey));
}

proptest! {
    #[test]
    fn bytes_after_a_quote_take_part_in_nothing(
        kind in prop::sample::select(DcapQuote::ALL.as_slice()),
        tail in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let root = DcapRoot::new(NOW);
        let quote = root.evidence(kind);
        let longer = [quote.as_bytes(), &tail].concat();
        let (short, long) = (Quote::parse(quote.as_bytes()).unwrap(), Quote::parse(&longer).unwrap());
        prop_assert_eq!(short.as_bytes(), long.as_bytes());
        prop_assert_eq!(short.signed(), long.signed());
    }

    #[test]
    fn more_of_any_component_never_rates_worse(
        component in 0_usize..16, svn in 0_u8..6, more in 0_u8..4,
    ) {
        let mut root = DcapRoot::new(NOW);
        root.platform.tcb_components[component] = svn;
        let less = status_of(&root, DcapQuote::SgxV3);
        root.platform.tcb_components[component] = svn + more;
        prop_assert!(status_of(&root, DcapQuote::SgxV3) <= less);
    }
}
