//! Quotes of real platforms with the collateral of their time. Each test cites its case in the shared
//! data and is skipped by name where the data is not there.

use casemate_attest::claims::Body;
use casemate_attest::dcap::{Collateral, DcapFault, Platform, Quote, QuoteError, TcbStatus};
use casemate_attest::{Artifact, ChainError, Claims, Endorsements, Evidence, Fault, Refused, Roots, verify};
use casemate_model::{Fingerprint, Nanos, Timestamp};
use serde_json::Value;

use crate::case::{Case, from_hex};
use crate::only_fault;
use crate::vtpm_cases::collateral;

/// A case, the file its quote is in, and whether that is in hex.
const CASES: [(&str, &str, bool); 13] = [
    ("sgx/v3-phala-cfg-swhardening", "sgx_quote", false),
    ("sgx/v3-automata-swhardening", "quotev3.hex", true),
    ("sgx/v3-automata-tcbinfo-v2-schema", "quotev3.hex", true),
    ("sgx/v3-occlum-debug-outofdate", "occlum_quote.dat", false),
    ("tdx/v4-phala-uptodate-2025-06", "tdx_quote", false),
    ("tdx/v4-phala-after-tcb-recovery-2026-10", "tdx_quote", false),
    ("tdx/v4-trustee-debug-td", "tdx_quote_4.dat", false),
    ("tdx/v4-gce-cos113-uptodate", "cos-113-tdx-quote.dat", false),
    ("tdx/v4-automata-outofdate-2025-02", "quote_tdx_00806f050000.dat", false),
    ("tdx/v5-td15-google-uptodate", "quote_v5_sample.dat", false),
    ("tdx/v5-td15ex-phala-uptodate", "tdx_quote_td15ex", false),
    ("tdx/v5-td15-phala-no-matching-level", "tdx_quote_outdated", false),
    ("vtpm/azure-tdx-v1", "derived-td-quote.bin", false),
];

/// A case that is there: quote, endorsements, instant, and what is known.
struct Real {
    quote: Vec<u8>,
    endorsements: Endorsements,
    now: Timestamp,
    expected: Value,
}

impl Real {
    fn open(name: &str) -> Option<Self> {
        let (_, file, is_hex) = CASES.into_iter().find(|it| it.0 == name).expect("a case");
        let case = Case::find(name)?;
        let bytes = case.read(file);
        let quote =
            if is_hex { from_hex(std::str::from_utf8(bytes.trim_ascii()).expect("hex")) } else { bytes };
        let expected = case.expected();
        let collateral_file = expected["collateral"].as_str().expect("a file");
        let endorsements = collateral(&case.json(collateral_file));
        Some(Self { quote, endorsements, now: case.now(), expected })
    }

    fn verify_at(&self, now: Timestamp) -> Result<Claims, Refused> {
        self.verify(&self.quote, &self.endorsements, now)
    }

    fn verify(&self, quote: &[u8], endorsements: &Endorsements, now: Timestamp) -> Result<Claims, Refused> {
        let evidence = Evidence::quote(quote);
        verify(&evidence, endorsements, &Roots::production(), now).map(|it| it.claims().clone())
    }
}

fn each_case(mut check: impl FnMut(&str, Real)) {
    for (name, _, _) in CASES {
        if let Some(real) = Real::open(name) {
            check(name, real);
        }
    }
}

fn at(text: &str) -> Timestamp {
    let secs = match text {
        "2025-06-18" => 1_750_204_800,
        "2025-06-25" => 1_750_809_600,
        "2025-08-01" => 1_754_006_400,
        "2025-11-01" => 1_761_955_200,
        _ => panic!("{text}"),
    };
    Timestamp::from_unix_secs(secs)
}

#[test]
fn every_case_has_the_rating_and_the_claims_it_is_known_for() {
    each_case(|name, real| {
        let claims = real.verify_at(real.now).unwrap_or_else(|refused| panic!("{name}: {refused}"));
        let expected = &real.expected;
        let tcb = claims.tcb.as_ref().expect("a rating");
        assert_eq!(tcb.status.as_str(), expected["tcb_status"], "{name}");
        let advisories: Vec<_> = tcb.advisories.iter().map(String::as_str).collect();
        assert_eq!(Value::from(advisories), expected["advisories"], "{name}");
        if let Some(fmspc) = expected["fmspc"].as_str() {
            assert_eq!(casemate_attest::inspect::hex(&tcb.fmspc), fmspc, "{name}");
            assert_eq!(tcb.evaluation_number, expected["tcb_evaluation_data_number"], "{name}");
            assert_eq!(claims.debug(), expected["debug"], "{name}");
            let data = claims.report_data().expect("report data");
            assert_eq!(data.to_string(), expected["report_data"], "{name}");
        }
        assert_eq!(claims.measurement().expect("one").to_string(), expected["measurement"], "{name}");
        assert_eq!(tcb.tcb_date.is_none(), tcb.status == TcbStatus::NoMatchingLevel, "{name}");
        match &claims.body {
            Body::Sgx(body) => {
                assert_eq!(body.mr_signer.to_string(), expected["mrsigner"], "{name}");
                assert_eq!(body.isv_prod_id, expected["isvprodid"], "{name}");
                assert_eq!(body.isv_svn, expected["isvsvn"], "{name}");
            }
            Body::Tdx(body) => {
                let bytes = body.td_attributes.to_le_bytes();
                assert_eq!(casemate_attest::inspect::hex(&bytes), expected["td_attributes"], "{name}");
                for (index, rtmr) in body.rtmr.iter().enumerate() {
                    if let Some(known) = expected["rtmr"][index.to_string()].as_str() {
                        assert_eq!(rtmr.to_string(), known, "{name}");
                    }
                }
                if let (Some(found), Some(known)) = (body.mr_service_td, expected["mr_service_td"].as_str()) {
                    assert_eq!(found.to_string(), known, "{name}");
                }
            }
            other => panic!("{name}: {other:?}"),
        }
    });
}

#[test]
fn every_case_is_valid_for_as_long_as_it_is_known_to_be() {
    each_case(|name, real| {
        let claims = real.verify_at(real.now).unwrap_or_else(|refused| panic!("{name}: {refused}"));
        let instant = |at: Timestamp| at.to_string().replace('Z', "+00:00");
        assert_eq!(instant(claims.not_before()), real.expected["valid_from"], "{name}");
        assert_eq!(instant(claims.not_after()), real.expected["valid_to"], "{name}");
        for inside in [claims.not_before(), claims.not_after()] {
            assert!(real.verify_at(inside).is_ok(), "{name}");
        }
        let early = real.verify_at(Timestamp(claims.not_before().0 - 1)).expect_err("too early");
        assert!(matches!(early.faults[..], [Fault::NotYetValid { .. }]), "{name}: {early}");
        let late = real.verify_at(claims.not_after().after(Nanos(1))).expect_err("too late");
        assert!(matches!(late.faults[..], [Fault::Expired { .. }]), "{name}: {late}");
        let shown = late.claims.expect("only its time speaks against it");
        assert_eq!(shown.tcb, claims.tcb, "{name}");
    });
}

#[test]
fn every_case_is_refused_where_intels_root_is_not_accepted() {
    each_case(|name, real| {
        let roots = Roots::none().with_intel(Fingerprint([0; 32]));
        let refused = verify(&Evidence::quote(real.quote), &real.endorsements, &roots, real.now);
        let fault = only_fault(refused.expect_err("an unknown root"));
        assert!(matches!(fault, Fault::Chain(ChainError::UnknownRoot { .. })), "{name}: {fault}");
    });
}

#[test]
fn bytes_after_a_quote_are_no_part_of_it() {
    each_case(|name, real| {
        let quote = Quote::parse(&real.quote).expect("a quote");
        let known = real.expected["trailing_bytes_after_signature"].as_u64().unwrap_or_default();
        if !name.starts_with("vtpm") {
            assert_eq!((real.quote.len() - quote.canonical_len()) as u64, known, "{name}");
        }
        let padded = [quote.as_bytes(), b"anything at all"].concat();
        let padded = Quote::parse(&padded).expect("a quote");
        assert_eq!(padded.as_bytes(), quote.as_bytes());
    });
}

/// One quote of each shape. Signatures need no collateral, which could only refuse more.
#[test]
fn one_bit_in_any_byte_that_is_signed_breaks_a_signature() {
    for name in [
        "sgx/v3-phala-cfg-swhardening",
        "tdx/v4-phala-uptodate-2025-06",
        "tdx/v5-td15-google-uptodate",
        "tdx/v5-td15ex-phala-uptodate",
    ] {
        let Some(real) = Real::open(name) else { continue };
        let quote = Quote::parse(&real.quote).expect("a quote");
        let start = real.quote.as_ptr() as usize;
        let range = |part: &[u8]| {
            let from = part.as_ptr() as usize - start;
            from..from + part.len()
        };
        let parts = [
            range(quote.signed()),
            range(quote.signature()),
            range(quote.attestation_key()),
            range(quote.qe_report().as_bytes()),
            range(quote.qe_signature()),
            range(quote.auth_data()),
        ];
        for at in parts.into_iter().flatten() {
            let mut changed = real.quote.clone();
            changed[at] ^= 1 << (at % 8);
            let Ok(quote) = Quote::parse(&changed) else { continue };
            let Ok(platform) = Platform::verify(&quote, &Roots::production()) else { continue };
            assert!(platform.verify_quote(&quote).is_err(), "{name}: byte {at} can be changed");
        }
    }
}

#[test]
fn collateral_changed_in_any_way_is_refused_for_what_was_changed() {
    let Some(real) = Real::open("tdx/v4-phala-uptodate-2025-06") else { return };
    let refused = |change: &dyn Fn(&mut Endorsements)| {
        let mut endorsements = real.endorsements.clone();
        change(&mut endorsements);
        let refused = real.verify(&real.quote, &endorsements, real.now).expect_err("changed collateral");
        assert!(refused.claims.is_some_and(|claims| claims.tcb.is_none()));
        refused.faults.into_iter().find(|it| matches!(it, Fault::Dcap(DcapFault::Collateral { .. })))
    };
    let is = |fault: Option<Fault>, expected: &str| matches!(fault, Some(Fault::Dcap(DcapFault::Collateral { what, .. })) if what == expected);
    assert!(is(refused(&|it| it.tcb_infos[0].json[100] ^= 1), "TCB Info"));
    assert!(is(refused(&|it| it.tcb_infos[0].signature[5] ^= 1), "TCB Info"));
    assert!(is(refused(&|it| it.tcb_infos[0].json.push(b' ')), "TCB Info"));
    assert!(is(refused(&|it| it.qe_identities[0].json[100] ^= 1), "QE Identity"));
    assert!(is(refused(&|it| it.qe_identities[0].signature[5] ^= 1), "QE Identity"));
    for list in 0..2 {
        assert!(is(refused(&|it| it.crls[list][80] ^= 1), "revocation list"));
    }
    for list in 0..2 {
        let fault = refused(&|it| {
            it.crls.remove(list);
        });
        assert_eq!(fault, None);
    }
}

#[test]
fn before_its_collateral_a_quote_is_not_yet_valid_and_after_it_expired() {
    let Some(real) = Real::open("tdx/v4-phala-uptodate-2025-06") else { return };
    let early = real.verify_at(at("2025-06-18")).expect_err("too early");
    assert!(matches!(early.faults[..], [Fault::NotYetValid { .. }]), "{early}");
    let late = real.verify_at(at("2025-08-01")).expect_err("too late");
    assert!(matches!(late.faults[..], [Fault::Expired { .. }]), "{late}");
}

#[test]
fn collateral_of_another_family_of_platforms_is_refused() {
    let Some(real) = Real::open("tdx/v4-phala-uptodate-2025-06") else { return };
    let Some(other) = Real::open("tdx/v4-gce-cos113-uptodate") else { return };
    let refused = real.verify(&real.quote, &other.endorsements, at("2025-11-01")).expect_err("another FMSPC");
    assert!(matches!(refused.faults[0], Fault::Dcap(DcapFault::NoTcbInfo { .. })), "{refused}");
}

#[test]
fn tdx_collateral_does_not_rate_an_sgx_quote() {
    let Some(real) = Real::open("sgx/v3-phala-cfg-swhardening") else { return };
    let Some(tdx) = Real::open("tdx/v4-phala-uptodate-2025-06") else { return };
    let refused = real.verify(&real.quote, &tdx.endorsements, real.now).expect_err("another TEE");
    let has = |is: &dyn Fn(&DcapFault) -> bool| {
        refused.faults.iter().any(|it| matches!(it, Fault::Dcap(fault) if is(fault)))
    };
    assert!(has(&|it| matches!(it, DcapFault::NoTcbInfo { tee: "SGX", .. })), "{refused}");
    assert!(has(&|it| *it == DcapFault::NoQeIdentity { id: "QE" }), "{refused}");
    assert!(has(&|it| *it == DcapFault::NoCrl { issuer: "PCK CA" }), "{refused}");
}

#[test]
fn a_pck_certificate_made_later_is_not_yet_valid() {
    let Some(real) = Real::open("tdx/v5-td15ex-phala-uptodate") else { return };
    let refused = real.verify_at(at("2025-06-25")).expect_err("too early");
    assert!(refused.faults.iter().all(|it| matches!(it, Fault::NotYetValid { .. })), "{refused}");
    let Some(older) = Real::open("tdx/v4-phala-uptodate-2025-06") else { return };
    let refused = real.verify(&real.quote, &older.endorsements, older.now).expect_err("too early");
    let what = Artifact { name: "PCK certificate chain", index: Some(0) };
    let is_pck = |it: &Fault| matches!(it, Fault::NotYetValid { what: found, .. } if *found == what);
    assert!(refused.faults.iter().any(is_pck), "{refused}");
}

#[test]
fn a_platform_and_collateral_kept_rate_as_everything_at_once() {
    each_case(|name, real| {
        let quote = Quote::parse(&real.quote).expect("a quote");
        let platform = Platform::verify(&quote, &Roots::production()).expect("signatures hold");
        let collateral = Collateral::verify(&real.endorsements, &Roots::production());
        assert_eq!(collateral.rejected(), [], "{name}");
        let kept = platform.appraise(&quote, &collateral, real.now).expect("it verifies");
        assert_eq!(Ok(kept.claims().clone()), real.verify_at(real.now), "{name}");
    });
}

#[test]
fn the_same_quote_falls_when_newer_collateral_arrives() {
    let Some(before) = Real::open("tdx/v4-phala-uptodate-2025-06") else { return };
    let Some(after) = Real::open("tdx/v4-phala-after-tcb-recovery-2026-10") else { return };
    assert_eq!(before.quote, after.quote);
    let mut both = before.endorsements.clone();
    both.tcb_infos.extend(after.endorsements.tcb_infos.clone());
    both.qe_identities.extend(after.endorsements.qe_identities.clone());
    both.crls.extend(after.endorsements.crls.clone());
    both.certificates.extend(after.endorsements.certificates.clone());
    let status = |now| before.verify(&before.quote, &both, now).expect("it verifies").tcb.expect("a rating");
    assert_eq!(status(before.now).status, TcbStatus::UpToDate);
    assert_eq!(status(after.now).status, TcbStatus::OutOfDate);
    assert_eq!(status(after.now).evaluation_number, 20);
}

#[test]
fn sgx_v3_intel_sample_testroot_is_refused_for_its_certification_data_type_1() {
    let Some(case) = Case::find("sgx/v3-intel-sample-testroot") else { return };
    let evidence = Evidence::quote(case.read("quote.dat"));
    let refused = verify(&evidence, &Endorsements::none(), &Roots::production(), Timestamp(0));
    let kind = QuoteError::CertDataType { offset: 1014, expected: 5, found: 1 };
    assert_eq!(refused.map_err(only_fault), Err(Fault::Quote(kind)));
}

#[test]
fn every_field_of_a_real_quote_is_shown_where_it_stands() {
    each_case(|name, real| {
        let quote = Quote::parse(&real.quote).expect("a quote");
        let fields = casemate_attest::dcap::inspect(&quote);
        let mut flat = Vec::new();
        let mut rest: Vec<_> = fields.iter().rev().collect();
        while let Some(field) = rest.pop() {
            flat.push(field);
            rest.extend(field.children.iter().rev());
        }
        let mut end = 0;
        for field in flat.iter().filter(|it| it.children.is_empty()) {
            let Some(offset) = field.offset else { continue };
            assert_eq!(offset, end, "{name}: {}", field.name);
            let number_len = match field.name.as_str() {
                "TEE type" | "body length" | "signature data length" | "certification data length" => Some(4),
                "version"
                | "attestation key type"
                | "QE SVN"
                | "PCE SVN"
                | "body type"
                | "ISVPRODID"
                | "ISVSVN"
                | "CONFIGSVN"
                | "QE authentication data length"
                | "certification data type" => Some(2),
                _ => None,
            };
            end += number_len.unwrap_or(field.value.len() / 2);
        }
        assert_eq!(end, quote.canonical_len() - quote.pck_chain().len(), "{name}");
        let text = format!("{fields:?}");
        assert!(text.contains("FMSPC") && !text.contains("unknown"), "{name}");
    });
}
