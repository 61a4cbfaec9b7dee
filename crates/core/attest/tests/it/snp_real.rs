//! SEV-SNP reports of real machines. Each test cites its case in the shared data and is skipped by name where
//! the data is not there.

use casemate_attest::claims::{Body, NotChecked, PlatformId, SnpBody, SnpKey, SnpTcb};
use casemate_attest::snp::{Certificates, Report, SnpFault, Vek, inspect};
use casemate_attest::x509::pem_blocks;
use casemate_attest::{
    ChainError, Claims, Endorsements, Evidence, Fault, Party, Product, Refused, Roots, verify,
};
use casemate_model::Timestamp;
use serde_json::Value;

use crate::case::{Case, from_base64, from_hex};

/// A case: its folder, the report, the certificate of its key, and the issuers' files.
struct SnpCase {
    case: Case,
    report: Vec<u8>,
    certificates: Vec<Vec<u8>>,
}

const VIRTEE: [&str; 4] = ["milan-v2-virtee", "derived-report.bin", "vcek_milan.der", "ask.pem"];
const GOOGLE_DEBUG: [&str; 4] = ["milan-v2-google-debug", "attestation.bin", "vcek.testcer", "ask.pem"];
const AUTOMATA: [&str; 4] = ["milan-v2-automata", "derived-report.bin", "output.json", "ask.pem"];
const BAD_VCEK: [&str; 4] =
    ["milan-v2-trustee-bad-vcek-legacy", "test-report.bin", "test-vcek-invalid-legacy.der", "ask.pem"];
const AWS_VLEK: [&str; 4] = ["milan-v3-aws-vlek", "test-vlek-report.bin", "test-vlek.der", "asvk.pem"];
const OAK_MILAN: [&str; 4] = ["milan-v3-oak-release", "derived-report.bin", "derived-vcek.der", "ask.pem"];
const OAK_TURIN: [&str; 4] = ["turin-v5-oak", "derived-report.bin", "derived-vcek.der", "ask.pem"];
/// The cases whose evidence verifies.
const GOOD: [[&str; 4]; 6] = [VIRTEE, GOOGLE_DEBUG, AUTOMATA, AWS_VLEK, OAK_MILAN, OAK_TURIN];

impl SnpCase {
    fn find([name, report, leaf, issuer]: [&str; 4]) -> Option<Self> {
        let case = Case::find(&format!("snp/{name}"))?;
        let certificates = [leaf, issuer, "ark.pem"].map(|file| der(case.read(file)));
        Some(Self { report: case.read(report), certificates: certificates.to_vec(), case })
    }

    fn claims_at(&self, now: Timestamp) -> Result<Claims, Refused> {
        claims_of(&self.report, &self.certificates, now)
    }

    fn claims(&self) -> Result<Claims, Refused> {
        self.claims_at(self.case.now())
    }
}

/// The certificate in a file: DER, PEM, or the JSON in which one of the cases has its VCEK.
fn der(file: Vec<u8>) -> Vec<u8> {
    if let Ok(json) = serde_json::from_slice::<Value>(&file) {
        return from_base64(json["sev_snp"]["vek_cert"].as_str().expect("a certificate"));
    }
    match pem_blocks(&file, 8) {
        Ok(blocks) if !blocks.is_empty() => blocks[0].1.clone(),
        _ => file,
    }
}

fn claims_of(report: &[u8], certificates: &[Vec<u8>], now: Timestamp) -> Result<Claims, Refused> {
    let evidence = Evidence::SnpReport { report: report.to_vec(), certificates: Vec::new() };
    let endorsements = Endorsements { certificates: certificates.to_vec(), ..Endorsements::none() };
    verify(&evidence, &endorsements, &Roots::production(), now).map(|it| it.claims().clone())
}

fn body(claims: &Claims) -> &SnpBody {
    match &claims.body {
        Body::Snp(body) => body,
        other => panic!("{other:?}"),
    }
}

fn number(value: &Value) -> u64 {
    match value.as_str() {
        Some(hex) => u64::from_str_radix(hex.trim_start_matches("0x"), 16).expect("hex"),
        None => value.as_u64().expect("a number"),
    }
}

fn versions(value: &Value) -> SnpTcb {
    let part = |name: &str| value[name].as_u64().map(|it| u8::try_from(it).expect("a byte"));
    let needed = |name: &str| part(name).expect("a component");
    SnpTcb {
        fmc: part("fmc"),
        boot_loader: needed("bl"),
        tee: needed("tee"),
        snp: needed("snp"),
        microcode: needed("ucode"),
    }
}

fn compare(claims: &Claims, expected: &Value) {
    let body = body(claims);
    let text = |name: &str| expected[name].as_str().unwrap_or_else(|| panic!("{name}")).to_owned();
    let until = |name: &str| text(name).replace(' ', "T").replace("+00:00", "Z");
    assert_eq!(claims.not_before().to_string(), until("valid_from"));
    assert_eq!(claims.not_after().to_string(), until("valid_to"));
    assert!(text("product").starts_with(body.product.as_str()));
    assert_eq!(u64::from(body.version), number(&expected["report_version"]));
    assert_eq!(body.signing_key == SnpKey::Vlek, text("signing_key") == "VLEK");
    assert_eq!(u64::from(body.vmpl), number(&expected["vmpl"]));
    assert_eq!(body.policy, number(&expected["policy"]));
    assert_eq!(body.debug(), expected["debug"]);
    assert_eq!(body.may_migrate(), expected["migrate_ma"]);
    assert_eq!(body.smt_allowed(), expected["smt"]);
    assert_eq!(body.platform_info, number(&expected["plat_info"]));
    let flags = number(&expected["flags"]);
    assert_eq!(body.author_key_enabled, flags & 1 != 0);
    assert_eq!(body.chip_key_masked, flags & 2 != 0);
    let processor = expected["fms"].as_array().expect("three numbers");
    let processor: Vec<u8> = processor.iter().map(|it| number(it) as u8).collect();
    assert_eq!(body.cpuid.unwrap_or_default().to_vec(), processor);
    assert_eq!(body.cpuid.is_some(), body.version >= 3);
    assert_eq!(body.reported_tcb, versions(&expected["reported_tcb"]));
    assert_eq!(body.current_tcb, versions(&expected["current_tcb"]));
    assert_eq!(body.committed_tcb, versions(&expected["committed_tcb"]));
    assert_eq!(body.launch_tcb, versions(&expected["launch_tcb"]));
    for (vector, name) in
        [(body.launch_mit_vector, "launch_mit_vector"), (body.current_mit_vector, "current_mit_vector")]
    {
        let known = u64::from_le_bytes(from_hex(&text(name)).try_into().expect("eight bytes"));
        assert_eq!(vector, (body.version >= 5).then_some(known), "{name}");
    }
    assert_eq!(body.measurement.to_string(), text("measurement"));
    assert_eq!(body.host_data.to_string(), text("host_data"));
    assert_eq!(body.report_data.to_string(), text("report_data"));
    assert_eq!(body.id_key_digest.to_string(), text("id_key_digest"));
    assert_eq!(body.author_key_digest.to_string(), text("author_key_digest"));
    assert_eq!(body.chip_id.to_vec(), from_hex(&text("chip_id")));
    let platform = match expected["vek_csp"].as_str() {
        Some(provider) => PlatformId::CloudProvider(provider.to_owned()),
        None => PlatformId::ChipId(from_hex(&text("vek_hwid"))),
    };
    assert_eq!(claims.platform, Some(platform));
    assert_eq!(claims.not_checked, [NotChecked::AmdCrl].into());
    assert_eq!(claims.tcb, None);
}

#[test]
fn snp_every_good_case_verifies_and_says_what_is_expected() {
    for name in GOOD {
        let Some(case) = SnpCase::find(name) else { continue };
        let claims = case.claims().unwrap_or_else(|refused| panic!("{name:?}: {refused}"));
        compare(&claims, &case.case.expected());
        let inspected = inspect(&case.report).expect("a report");
        let measurement = inspected.iter().find(|it| it.name == "MEASUREMENT").expect("a field");
        assert_eq!(measurement.value, body(&claims).measurement.to_string());
    }
}

#[test]
fn snp_every_good_case_holds_from_its_first_instant_to_its_last() {
    for name in GOOD {
        let Some(case) = SnpCase::find(name) else { continue };
        let claims = case.claims().expect("it verifies");
        for inside in [claims.not_before(), claims.not_after()] {
            assert_eq!(case.claims_at(inside).as_ref(), Ok(&claims), "{name:?}");
        }
        let late = case.claims_at(Timestamp(claims.not_after().0 + 1)).expect_err("expired");
        assert!(matches!(late.faults[..], [Fault::Expired { .. }]), "{late}");
        assert_eq!(late.claims.as_deref(), Some(&claims));
        let early = case.claims_at(Timestamp(claims.not_before().0 - 1)).expect_err("not yet");
        assert!(matches!(early.faults[..], [Fault::NotYetValid { .. }]), "{early}");
    }
}

#[test]
fn snp_no_bit_that_is_signed_can_be_changed_in_any_good_case() {
    for name in GOOD {
        let Some(case) = SnpCase::find(name) else { continue };
        let report = Report::parse(&case.report).expect("a report");
        let certificates = Certificates::new(&[], &case.certificates);
        let vek = Vek::verify(&report, &certificates, &Roots::production()).expect("a key");
        for at in 0..0x4a0 {
            let mut changed = case.report.clone();
            changed[at] ^= 1 << (at % 8);
            let verdict = Report::parse(&changed).and_then(|it| vek.verify_report(&it));
            assert!(verdict.is_err(), "{name:?}: byte {at:#x} can be changed");
        }
    }
}

#[test]
fn snp_no_byte_of_a_leaf_certificate_can_be_changed() {
    let Some(case) = SnpCase::find(OAK_MILAN) else { return };
    for at in 0..case.certificates[0].len() {
        let mut certificates = case.certificates.clone();
        certificates[0][at] ^= 1;
        assert!(claims_of(&case.report, &certificates, case.case.now()).is_err(), "byte {at}");
    }
}

#[test]
fn snp_a_report_of_any_other_length_is_malformed() {
    let Some(case) = SnpCase::find(OAK_TURIN) else { return };
    let now = case.case.now();
    for len in (0..case.report.len()).filter(|len| *len != 208) {
        let refused = claims_of(&case.report[..len], &case.certificates, now).expect_err("cut short");
        assert_eq!(refused.faults, [Fault::Snp(SnpFault::Length { found: len })]);
        assert!(refused.is_malformed());
    }
    let longer = [&case.report[..], &[0]].concat();
    assert!(claims_of(&longer, &case.certificates, now).expect_err("too long").is_malformed());
}

#[test]
fn snp_bytes_nobody_signed_are_refused() {
    let Some(case) = SnpCase::find(OAK_MILAN) else { return };
    for offset in 0x330..0x4a0 {
        let mut changed = case.report.clone();
        changed[offset] = 1;
        let refused = claims_of(&changed, &case.certificates, case.case.now()).expect_err("not zero");
        assert_eq!(refused.faults, [Fault::Snp(SnpFault::UnsignedBytes { offset })]);
    }
}

#[test]
fn snp_milan_v2_trustee_bad_vcek_legacy_is_refused_for_its_chain() {
    let Some(case) = SnpCase::find(BAD_VCEK) else { return };
    let refused = case.claims().expect_err("nobody's");
    assert!(
        matches!(refused.faults[..], [Fault::Chain(ChainError::Signature { index: 0, .. })]),
        "{refused}"
    );
    assert_eq!(refused.claims, None);
}

#[test]
fn snp_milan_v3_aws_vlek_with_the_issuer_of_vceks_is_refused() {
    let (Some(case), Some(other)) = (SnpCase::find(AWS_VLEK), SnpCase::find(VIRTEE)) else { return };
    let mut certificates = case.certificates.clone();
    certificates[1] = other.certificates[1].clone();
    let refused = claims_of(&case.report, &certificates, case.case.now()).expect_err("the ASK");
    assert!(matches!(refused.faults[..], [Fault::Snp(SnpFault::NoIssuer { .. })]), "{refused}");
    assert_eq!(refused.faults[0].erred(), Party::Operator);
}

#[test]
fn snp_milan_v3_aws_vlek_has_expired_in_2026() {
    let Some(case) = SnpCase::find(AWS_VLEK) else { return };
    let refused = case.claims_at(Timestamp::from_unix_secs(1_767_225_600)).expect_err("expired");
    assert!(matches!(refused.faults[..], [Fault::Expired { .. }]), "{refused}");
    assert_eq!(
        refused.claims.expect("claims").measurement().map(|it| it.to_string()).as_deref(),
        case.case.expected()["measurement"].as_str()
    );
}

#[test]
fn snp_without_its_vcek_says_where_it_is_to_be_had() {
    let Some(case) = SnpCase::find(OAK_TURIN) else { return };
    let refused = claims_of(&case.report, &case.certificates[1..], case.case.now()).expect_err("no VCEK");
    let [Fault::Snp(SnpFault::NoVek { key: SnpKey::Vcek, remedy })] = &refused.faults[..] else {
        panic!("{refused}")
    };
    assert_eq!(
        remedy,
        "it is at https://kdsintf.amd.com/vcek/v1/Turin/3b42092f69c656d3\
         ?fmcSPL=00&blSPL=01&teeSPL=00&snpSPL=02&ucodeSPL=71"
    );
    assert_eq!(refused.faults[0].erred(), Party::Operator);
}

#[test]
fn snp_the_key_of_another_chip_is_refused_and_the_right_one_found_among_many() {
    let (Some(case), Some(other)) = (SnpCase::find(OAK_MILAN), SnpCase::find(VIRTEE)) else { return };
    let now = case.case.now();
    let mut certificates = case.certificates.clone();
    certificates.insert(0, other.certificates[0].clone());
    assert!(claims_of(&case.report, &certificates, now).is_ok());
    certificates.remove(1);
    let refused = claims_of(&case.report, &certificates, now).expect_err("another chip's");
    assert_eq!(refused.faults, [Fault::Snp(SnpFault::ChipId)]);
}

#[test]
fn snp_milan_v2_automata_has_a_certificate_of_another_chip_beside_its_own() {
    let Some(case) = SnpCase::find(AUTOMATA) else { return };
    let now = case.case.now();
    let mut certificates = case.certificates.clone();
    certificates.push(der(case.case.read("vcek.pem")));
    assert!(claims_of(&case.report, &certificates, now).is_ok());
    certificates.swap_remove(0);
    let refused = claims_of(&case.report, &certificates, now).expect_err("another chip's");
    assert_eq!(refused.faults, [Fault::Snp(SnpFault::ChipId)]);
}

#[test]
fn snp_turin_vcek_chain_only_verifies_and_states_its_chip() {
    let Some(case) = Case::find("snp/turin-vcek-chain-only") else { return };
    let Some(report) = SnpCase::find(OAK_TURIN) else { return };
    let chain = pem_blocks(&case.read("cert_chain_turin"), 8).expect("PEM");
    let mut certificates: Vec<_> = chain.into_iter().map(|(_, der)| der).collect();
    certificates.push(case.read("vcek_turin.der"));
    let report = Report::parse(&report.report).expect("a report");
    let pool = Certificates::new(&[], &certificates);
    let vek = Vek::verify(&report, &pool, &Roots::production()).expect("a chain in order");
    assert_eq!(vek.product(), Product::Turin);
    assert_eq!(vek.platform(), PlatformId::ChipId(from_hex("1e550a8ee5cf9f4d")));
    assert!(vek.window().contains(case.now()));
    assert_eq!(vek.verify_report(&report), Err(SnpFault::ChipId));
}

#[test]
fn snp_a_root_is_accepted_for_its_own_product_only() {
    let Some(case) = SnpCase::find(OAK_MILAN) else { return };
    let evidence =
        Evidence::SnpReport { report: case.report.clone(), certificates: case.certificates.clone() };
    let root = case.claims().expect("it verifies").root;
    for (roots, is_accepted) in [
        (Roots::none(), false),
        (Roots::none().with_amd(Product::Turin, root), false),
        (Roots::none().with_amd(Product::Milan, root), true),
        (Roots::none().with_intel(root), false),
    ] {
        let verdict = verify(&evidence, &Endorsements::none(), &roots, case.case.now());
        assert_eq!(verdict.is_ok(), is_accepted, "{verdict:?}");
    }
}
