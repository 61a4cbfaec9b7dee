//! SEV-SNP reports of every product, by both kinds of key, with everything wrong that can be.

use casemate_attest::claims::{Body, NotChecked, PlatformId, SnpBody, SnpKey, SnpTcb};
use casemate_attest::snp::{Certificates, Report, SnpFault, Vek, inspect, product_of_cpuid};
use casemate_attest::{
    ChainError, Claims, Endorsements, Evidence, Fault, Party, Product, Refused, Roots, verify,
};
use casemate_softtee::synthetic::snp::{SnpDefect, SnpRoot};
use proptest::prelude::*;

use crate::{NOW, only_fault};

/// Every product, with every kind of key.
fn combinations() -> impl Iterator<Item = (Product, SnpKey)> {
    Product::ALL.into_iter().flat_map(|product| [(product, SnpKey::Vcek), (product, SnpKey::Vlek)])
}

fn vcek_root() -> SnpRoot {
    SnpRoot::new(NOW, Product::Milan, SnpKey::Vcek)
}

fn claims_of(root: &SnpRoot) -> Result<Claims, Refused> {
    verify(&root.evidence(), &root.endorsements(), &root.roots(), NOW).map(|it| it.claims().clone())
}

/// What becomes of a report of other bytes under the same certificates.
fn claims_of_report(root: &SnpRoot, report: Vec<u8>) -> Result<Claims, Refused> {
    let evidence = Evidence::SnpReport { report, certificates: root.certificates() };
    verify(&evidence, &root.endorsements(), &root.roots(), NOW).map(|it| it.claims().clone())
}

/// Why a report is refused whose signed content was changed before it was signed.
fn refusal_of(root: &SnpRoot, change: impl FnOnce(&mut Vec<u8>)) -> Fault {
    let mut content = root.content();
    change(&mut content);
    only_fault(claims_of_report(root, root.report_of(&content)).expect_err("it is refused"))
}

#[test]
fn snp_reports_of_every_product_by_every_key_give_what_the_guest_reported() {
    for (product, key) in combinations() {
        let root = SnpRoot::new(NOW, product, key);
        let claims = claims_of(&root).unwrap_or_else(|refused| panic!("{product}: {refused}"));
        assert_eq!(claims.body, Body::Snp(Box::new(root.body.clone())));
        assert_eq!(claims.root, root.fingerprint());
        assert!(claims.not_checked.is_empty());
        let platform = match (key, product) {
            (SnpKey::Vlek, _) => PlatformId::CloudProvider(SnpRoot::PROVIDER.to_owned()),
            (SnpKey::Vcek, Product::Turin) => PlatformId::ChipId(vec![0xc1; 8]),
            (SnpKey::Vcek, _) => PlatformId::ChipId(vec![0xc1; 64]),
        };
        assert_eq!(claims.platform, Some(platform));
    }
}

#[test]
fn snp_version_2_says_nothing_of_processor_and_mitigations() {
    for product in Product::ALL {
        let mut root = SnpRoot::new(NOW, product, SnpKey::Vcek);
        let old = SnpBody {
            version: 2,
            cpuid: None,
            launch_mit_vector: None,
            current_mit_vector: None,
            ..root.body.clone()
        };
        root.body = old.clone();
        assert_eq!(claims_of(&root).expect("it verifies").body, Body::Snp(Box::new(old)));
    }
}

#[test]
fn snp_every_defect_is_refused_for_its_own_reason() {
    for (product, key) in combinations() {
        // A provider's certificate names no chip.
        let applies = |it: &SnpDefect| key == SnpKey::Vcek || *it != SnpDefect::OtherChip;
        for defect in SnpDefect::ALL.into_iter().filter(applies) {
            let root = SnpRoot::with_defect(NOW, product, key, defect);
            let refused = claims_of(&root).expect_err("a defect");
            let has_claims = refused.claims.is_some();
            let fault = only_fault(refused);
            assert!(is_refusal_of(defect, &fault), "{product} {key:?} {defect:?} was refused with: {fault}");
            let is_of_time = matches!(
                fault,
                Fault::Expired { .. } | Fault::NotYetValid { .. } | Fault::RevokedCertificate { .. }
            );
            assert_eq!(has_claims, is_of_time, "{defect:?}");
            assert!(!fault.is_malformed());
        }
    }
}

fn is_refusal_of(defect: SnpDefect, fault: &Fault) -> bool {
    let at = |artifact: &casemate_attest::Artifact, index| artifact.index == Some(index);
    match (defect, fault) {
        (SnpDefect::VekExpired, Fault::Expired { what, .. }) => at(what, 0),
        (SnpDefect::VekNotYetValid, Fault::NotYetValid { what, .. }) => at(what, 0),
        (SnpDefect::IssuerExpired, Fault::Expired { what, .. }) => at(what, 1),
        (SnpDefect::ListExpired, Fault::Expired { what, .. }) => what.name == "AMD revocation list",
        (SnpDefect::IssuerRevoked, Fault::RevokedCertificate { what }) => at(what, 1),
        (SnpDefect::VekRevoked, Fault::RevokedCertificate { what }) => at(what, 0),
        (SnpDefect::IssuerNotCa, Fault::Chain(ChainError::Certificate { index, .. })) => *index == 1,
        (SnpDefect::VekIsCa, Fault::Chain(ChainError::Certificate { index, .. })) => *index == 0,
        (SnpDefect::VekForged, Fault::Chain(ChainError::Signature { index, .. })) => *index == 0,
        (SnpDefect::IssuerForged, Fault::Chain(ChainError::Signature { index, .. })) => *index == 1,
        (SnpDefect::OtherRoot, Fault::Chain(ChainError::UnknownRoot { .. })) => true,
        (SnpDefect::OtherIssuer, Fault::Snp(SnpFault::IssuerRole { .. })) => true,
        (SnpDefect::OwnerMissing, Fault::Snp(SnpFault::Extension { what, .. })) => *what == "it is missing",
        (SnpDefect::OwnerTwice, Fault::Snp(SnpFault::Extension { what, .. })) => what.contains("other kind"),
        (SnpDefect::OtherChip, Fault::Snp(SnpFault::ChipId)) => true,
        (SnpDefect::OtherProduct, Fault::Snp(SnpFault::CertificateProduct { .. })) => true,
        (SnpDefect::OtherLayout, Fault::Snp(SnpFault::Extension { name, .. })) => *name == "structVersion",
        (SnpDefect::OtherTcb, Fault::Snp(SnpFault::Tcb { component, .. })) => *component == "snpSPL",
        (SnpDefect::VekOnP256, Fault::Snp(SnpFault::Key)) => true,
        (SnpDefect::ReportForged, Fault::Snp(SnpFault::Signature)) => true,
        _ => false,
    }
}

/// microsoft/TEE-Attestation-Verification#142.
#[test]
fn snp_a_vlek_is_not_accepted_as_a_vcek_nor_a_vcek_as_a_vlek() {
    for key in [SnpKey::Vcek, SnpKey::Vlek] {
        let root = SnpRoot::new(NOW, Product::Genoa, key);
        let fault = refusal_of(&root, |content| content[0x48] ^= 1 << 2);
        assert!(matches!(fault, Fault::Snp(SnpFault::Role { certificate, .. }) if certificate == key));
    }
}

/// microsoft/TEE-Attestation-Verification#142: a missing hwID was skipped.
#[test]
fn snp_a_vcek_without_its_chip_is_refused() {
    let root = SnpRoot::with_defect(NOW, Product::Milan, SnpKey::Vcek, SnpDefect::OwnerMissing);
    let fault = only_fault(claims_of(&root).expect_err("no hwID"));
    assert!(matches!(fault, Fault::Snp(SnpFault::Extension { name: "hwID", .. })));
}

/// virtee/snpguest#159: the check looked for a common name no certificate has, and so never ran.
#[test]
fn snp_the_chip_of_the_certificate_is_compared_on_every_product() {
    for product in Product::ALL {
        let mut root = SnpRoot::new(NOW, product, SnpKey::Vcek);
        root.body.chip_id[0] ^= 1;
        assert_eq!(only_fault(claims_of(&root).expect_err("another")), Fault::Snp(SnpFault::ChipId));
    }
}

#[test]
fn snp_a_withheld_chip_id_is_accepted_and_the_certificate_says_the_chip() {
    for product in Product::ALL {
        let mut root = SnpRoot::new(NOW, product, SnpKey::Vcek);
        root.body.chip_id = [0; 64];
        let len = if product == Product::Turin { 8 } else { 64 };
        let claims = claims_of(&root).expect("it verifies");
        assert_eq!(claims.platform, Some(PlatformId::ChipId(vec![0xc1; len])));
    }
}

#[test]
fn snp_what_follows_a_chip_id_on_turin_is_padding() {
    let mut root = SnpRoot::new(NOW, Product::Turin, SnpKey::Vcek);
    root.body.chip_id[63] = 1;
    assert!(claims_of(&root).is_ok());
}

/// google/go-sev-guest#72.
#[test]
fn snp_the_reported_versions_count_and_not_the_current_ones() {
    let mut root = vcek_root();
    root.body.current_tcb.microcode += 3;
    root.body.committed_tcb.microcode += 2;
    assert!(claims_of(&root).is_ok(), "current and committed may be above");
    root.body.reported_tcb.microcode += 1;
    let fault = only_fault(claims_of(&root).expect_err("the key was derived for others"));
    let expected = SnpFault::Tcb { component: "ucodeSPL", certificate: 219, report: 220 };
    assert_eq!(fault, Fault::Snp(expected));
}

/// google/go-sev-guest#59.
#[test]
fn snp_versions_are_compared_component_by_component_and_never_as_one_integer() {
    for component in 0..5 {
        let mut root = SnpRoot::new(NOW, Product::Turin, SnpKey::Vcek);
        let raise = |tcb: &mut SnpTcb, nth| match nth {
            0 => tcb.fmc = tcb.fmc.map(|it| it + 1),
            1 => tcb.boot_loader += 1,
            2 => tcb.tee += 1,
            3 => tcb.snp += 1,
            _ => tcb.microcode += 1,
        };
        // One component of the committed versions is above the current ones, all others far below.
        (0..5).filter(|nth| *nth != component).for_each(|nth| raise(&mut root.body.current_tcb, nth));
        raise(&mut root.body.committed_tcb, component);
        let fault = only_fault(claims_of(&root).expect_err("an impossible order"));
        assert!(matches!(fault, Fault::Snp(SnpFault::TcbOrder { lower: "COMMITTED_TCB", .. })), "{fault}");
    }
}

#[test]
fn snp_reported_versions_above_the_committed_ones_are_refused() {
    let mut root = vcek_root();
    root.body.committed_tcb.snp -= 1;
    let fault = only_fault(claims_of(&root).expect_err("an impossible order"));
    assert!(matches!(
        fault,
        Fault::Snp(SnpFault::TcbOrder { lower: "REPORTED_TCB", component: "snpSPL", .. })
    ));
}

/// attestation-rs#89: the FMC was left out.
#[test]
fn snp_the_fmc_of_turin_is_part_of_its_versions() {
    let mut root = SnpRoot::new(NOW, Product::Turin, SnpKey::Vcek);
    for tcb in [&mut root.body.reported_tcb, &mut root.body.committed_tcb, &mut root.body.current_tcb] {
        tcb.fmc = Some(1);
    }
    let fault = only_fault(claims_of(&root).expect_err("the key was derived for FMC 0"));
    let expected = SnpFault::Tcb { component: "fmcSPL", certificate: 0, report: 1 };
    assert_eq!(fault, Fault::Snp(expected));
}

#[test]
fn snp_a_processor_of_another_product_is_refused() {
    for (product, [family, model]) in
        [(Product::Milan, [0x19, 0x11]), (Product::Genoa, [0x19, 0x01]), (Product::Turin, [0x19, 0x11])]
    {
        let mut root = SnpRoot::new(NOW, product, SnpKey::Vcek);
        root.body.cpuid = Some([family, model, 0]);
        let fault = only_fault(claims_of(&root).expect_err("another processor"));
        assert_eq!(fault, Fault::Snp(SnpFault::Processor { family, model, expected: product }));
    }
    assert_eq!(product_of_cpuid(0x19, 0xa0), Some(Product::Genoa), "Bergamo has Genoa's root");
    assert_eq!(product_of_cpuid(0x17, 0x31), None, "Rome has no SNP");
}

#[test]
fn snp_other_versions_are_refused_by_name() {
    let root = vcek_root();
    for found in [0_u32, 1, 4, 6, u32::MAX] {
        let fault = refusal_of(&root, |content| content[..4].copy_from_slice(&found.to_le_bytes()));
        assert_eq!(fault, Fault::Snp(SnpFault::Version { found }));
        assert!(fault.to_string().contains(&found.to_string()) && !fault.is_malformed());
    }
}

#[test]
fn snp_reports_of_plain_sev_are_refused_by_name() {
    let fault = only_fault(claims_of_report(&vcek_root(), vec![0x5e; 208]).expect_err("plain SEV"));
    assert_eq!(fault, Fault::Snp(SnpFault::PlainSev));
    assert!(fault.to_string().contains("plain SEV or SEV-ES") && !fault.is_malformed());
}

#[test]
fn snp_other_signature_algorithms_and_keys_are_refused_by_name() {
    let root = vcek_root();
    let fault = refusal_of(&root, |content| content[0x34] = 2);
    assert_eq!(fault, Fault::Snp(SnpFault::SignatureAlgorithm { found: 2 }));
    for found in 2..7 {
        let fault = refusal_of(&root, |content| content[0x48] |= found << 2);
        assert_eq!(fault, Fault::Snp(SnpFault::SigningKey { found }));
    }
    let fault = refusal_of(&root, |content| content[0x48] |= 7 << 2);
    assert_eq!(fault, Fault::Snp(SnpFault::Unsigned));
}

/// Policy bit 25 of AWS, PLATFORM_INFO bit 6 of Turin.
#[test]
fn snp_bits_that_are_not_known_do_not_refuse() {
    let mut root = vcek_root();
    root.body.policy = u64::MAX;
    root.body.platform_info = u64::MAX;
    let claims = claims_of(&root).expect("it verifies");
    assert!(claims.debug());
}

/// microsoft/TEE-Attestation-Verification#141: copies of one report, told apart by what nobody signed.
#[test]
fn snp_no_byte_that_the_signature_does_not_determine_may_differ_from_zero() {
    let root = vcek_root();
    let report = root.report();
    // Nor the upper bytes of r and s, which P-384 does not use.
    for offset in (0x2d0..0x2e8).chain(0x318..0x330).chain(0x330..0x4a0) {
        let mut changed = report.clone();
        changed[offset] = 0x80;
        let fault = only_fault(claims_of_report(&root, changed).expect_err("not zero"));
        assert_eq!(fault, Fault::Snp(SnpFault::UnsignedBytes { offset }));
    }
}

#[test]
fn snp_no_bit_of_a_report_can_be_changed() {
    for (product, key) in combinations() {
        let root = SnpRoot::new(NOW, product, key);
        let good = root.report();
        let certificates = Certificates::new(&root.certificates(), &[]);
        let parsed = Report::parse(&good).expect("a report");
        let vek = Vek::verify(&parsed, &certificates, &root.roots()).expect("a key");
        assert_eq!(vek.verify_report(&parsed).as_ref(), Ok(&root.body));
        // Every bit of one report, one of every byte of the others.
        let step = if product == Product::Turin && key == SnpKey::Vcek { 1 } else { 9 };
        for bit in (0..good.len() * 8).step_by(step) {
            let mut changed = good.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let verdict = Report::parse(&changed).and_then(|it| vek.verify_report(&it));
            assert!(verdict.is_err(), "{product} {key:?}: bit {bit} can be changed");
        }
    }
}

#[test]
fn snp_a_report_cut_short_anywhere_is_malformed() {
    let root = vcek_root();
    let report = root.report();
    for len in (0..report.len()).filter(|len| *len != 208) {
        let refused = claims_of_report(&root, report[..len].to_vec()).expect_err("cut short");
        assert!(refused.is_malformed(), "{len}");
    }
}

#[test]
fn snp_without_a_list_of_the_root_revocation_is_not_checked() {
    let root = vcek_root();
    let verdict = |crls| {
        let endorsements = Endorsements { crls, ..Endorsements::none() };
        verify(&root.evidence(), &endorsements, &root.roots(), NOW).map(|it| it.claims().not_checked.clone())
    };
    let [of_root, of_issuer] = <[Vec<u8>; 2]>::try_from(root.crls()).expect("two lists");
    assert_eq!(verdict(Vec::new()), Ok([NotChecked::AmdCrl].into()));
    assert_eq!(verdict(vec![of_issuer]), Ok([NotChecked::AmdCrl].into()));
    assert_eq!(verdict(vec![of_root.clone()]), Ok([].into()));
    let mut forged = of_root;
    let last = forged.len() - 1;
    forged[last] ^= 1;
    assert_eq!(verdict(vec![forged]), Ok([NotChecked::AmdCrl].into()), "a forged list is none");
}

#[test]
fn snp_missing_certificates_are_named_with_the_address_they_are_at() {
    for product in Product::ALL {
        let root = SnpRoot::new(NOW, product, SnpKey::Vcek);
        let verdict = |certificates: &[Vec<u8>]| {
            let evidence = Evidence::SnpReport { report: root.report(), certificates: certificates.to_vec() };
            only_fault(verify(&evidence, &Endorsements::none(), &root.roots(), NOW).expect_err("missing"))
        };
        let [vek, issuer, ark] = <[Vec<u8>; 3]>::try_from(root.certificates()).expect("three");
        let fault = verdict(&[issuer.clone(), ark.clone()]);
        assert_eq!(fault.erred(), Party::Operator);
        let (chip, fmc) = match product {
            Product::Turin => ("c1".repeat(8), "fmcSPL=00&"),
            _ => ("c1".repeat(64), ""),
        };
        let address = format!(
            "https://kdsintf.amd.com/vcek/v1/{product}/{chip}?{fmc}blSPL=04&teeSPL=00&snpSPL=24&ucodeSPL=219"
        );
        assert!(fault.to_string().contains(&address), "{fault}");
        for certificates in [&[vek.clone(), ark], &[vek, issuer]] {
            let fault = verdict(certificates);
            let address = format!("https://kdsintf.amd.com/vcek/v1/{product}/cert_chain");
            assert!(matches!(fault, Fault::Snp(SnpFault::NoIssuer { .. })), "{fault}");
            assert!(fault.to_string().contains(&address), "{fault}");
            assert_eq!(fault.erred(), Party::Operator);
        }
    }
}

#[test]
fn snp_the_right_certificate_is_found_among_those_of_a_fleet() {
    let root = vcek_root();
    let others = [SnpDefect::OtherChip, SnpDefect::OtherTcb, SnpDefect::OwnerMissing];
    let others = others.map(|it| SnpRoot::with_defect(NOW, Product::Milan, SnpKey::Vcek, it));
    let mut certificates: Vec<_> = others.iter().flat_map(SnpRoot::certificates).collect();
    certificates.extend(root.certificates());
    let evidence = Evidence::SnpReport { report: root.report(), certificates: Vec::new() };
    let mut endorsements = Endorsements { certificates, ..Endorsements::none() };
    assert!(verify(&evidence, &endorsements, &root.roots(), NOW).is_ok());
    endorsements.certificates.retain(|it| *it != root.certificates()[0]);
    let fault = only_fault(verify(&evidence, &endorsements, &root.roots(), NOW).expect_err("missing"));
    assert!(matches!(fault, Fault::Snp(SnpFault::NoVek { key: SnpKey::Vcek, .. })), "{fault}");
}

#[test]
fn snp_a_root_of_another_product_is_not_accepted_for_this_one() {
    let root = vcek_root();
    let roots = Roots::none().with_amd(Product::Genoa, root.fingerprint());
    let fault = only_fault(verify(&root.evidence(), &root.endorsements(), &roots, NOW).expect_err("Genoa"));
    assert!(matches!(fault, Fault::Snp(SnpFault::IssuerRole { .. })), "{fault}");
}

#[test]
fn snp_inspect_names_every_byte_that_says_something() {
    let root = SnpRoot::new(NOW, Product::Turin, SnpKey::Vcek);
    let fields = inspect(&root.report()).expect("a report");
    let offsets: Vec<_> = fields.iter().map(|it| it.offset.expect("an offset")).collect();
    assert!(offsets.is_sorted() && offsets.first() == Some(&0) && offsets.last() == Some(&0x2a0));
    let field = |name: &str| fields.iter().find(|it| it.name == name).expect("a field");
    assert_eq!(field("FLAGS").meaning.as_deref(), Some("signed by the VCEK"));
    assert_eq!(field("CPUID").meaning.as_deref(), Some("Turin"));
    assert_eq!(field("REPORTED_TCB").children[0].name, "FMC");
    assert_eq!(field("CURRENT_VERSION").value, "1.1.55");
    assert_eq!(field("CURRENT_MIT_VECTOR").value, "0x7");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn snp_bytes_of_any_kind_are_parsed_without_panic(bytes in proptest::collection::vec(any::<u8>(), 1184)) {
        let mut report = bytes;
        report[..4].copy_from_slice(&5_u32.to_le_bytes());
        report[0x34..0x38].copy_from_slice(&1_u32.to_le_bytes());
        report[0x48] &= 0x3;
        report[0x2a0..].fill(0);
        let parsed = Report::parse(&report).expect("a report's form");
        prop_assert_eq!(parsed.signed, &report[..0x2a0]);
        prop_assert!(inspect(&report).is_ok());
    }
}
