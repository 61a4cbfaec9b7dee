//! AWS Nitro attestation documents of the shared data.

use casemate_attest::claims::{Body, NotChecked};
use casemate_attest::nitro::NitroFault;
use casemate_attest::{ChainError, Claims, Endorsements, Evidence, Fault, Refused, Roots, verify};
use casemate_model::{Nanos, Timestamp};
use serde_json::Value;

use crate::case::{Case, from_base64};

fn claims_of(document: &[u8], now: Timestamp) -> Result<Claims, Refused> {
    let evidence = Evidence::NitroDocument(document.to_vec());
    verify(&evidence, &Endorsements::none(), &Roots::production(), now).map(|it| it.claims().clone())
}

fn sha256(bytes: &[u8]) -> String {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Verifies the case's document at its instant, compares every claim with what the case expects, and
/// spoils it in every way.
fn check(name: &str, file: &str, decode: impl Fn(Vec<u8>) -> Vec<u8>) {
    let Some(case) = Case::find(name) else { return };
    let (document, now, expected) = (decode(case.read(file)), case.now(), case.expected());
    let claims = claims_of(&document, now).expect("a document in order");
    compare(&claims, &expected);
    for inside in [claims.not_before(), claims.not_after()] {
        assert_eq!(claims_of(&document, inside), Ok(claims.clone()));
    }
    let late = claims_of(&document, claims.not_after().after(Nanos(1))).expect_err("three hours later");
    assert!(matches!(late.faults[..], [Fault::Expired { .. }]), "{late}");
    assert_eq!(late.claims.as_deref(), Some(&claims));

    let stranger = Evidence::NitroDocument(document.clone());
    let refused = verify(&stranger, &Endorsements::none(), &Roots::none(), now).expect_err("no root");
    assert!(matches!(refused.faults[..], [Fault::Chain(ChainError::UnknownRoot { .. })]), "{refused}");

    for at in 0..document.len() {
        let mut changed = document.clone();
        changed[at] ^= 1;
        assert!(claims_of(&changed, now).is_err(), "byte {at} can be changed");
    }
    for len in (0..document.len()).step_by(7) {
        assert!(claims_of(&document[..len], now).expect_err("cut short").is_malformed(), "{len}");
    }
}

fn compare(claims: &Claims, expected: &Value) {
    let Body::Nitro(body) = &claims.body else { panic!("not Nitro") };
    assert_eq!(body.module_id, expected["module_id"]);
    assert_eq!(body.timestamp.0 / 1_000_000, expected["timestamp_ms"].as_u64().expect("a time"));
    assert_eq!(body.pcrs.len(), expected["pcr_count"]);
    for (index, value) in &body.pcrs {
        let expected = &expected["pcrs"][index.to_string()];
        assert_eq!(expected.as_str(), (!value.is_zero()).then(|| value.to_string()).as_deref(), "PCR{index}");
    }
    assert_eq!(claims.debug(), expected["debug"]);
    assert_eq!(
        body.public_key.as_ref().map(Vec::len),
        expected["public_key_len"].as_u64().map(|it| it as usize)
    );
    match (&body.nonce, expected["nonce"].as_str()) {
        (Some(nonce), Some(known)) => {
            assert_eq!(format!("{} (sha256, len {})", sha256(nonce), nonce.len()), known);
        }
        (nonce, known) => assert_eq!((nonce, known), (&None, None)),
    }
    match (&body.user_data, expected["user_data"].as_str()) {
        // The case has the first hundred bytes.
        (Some(data), Some(known)) => {
            let hex: String = data.iter().map(|byte| format!("{byte:02x}")).collect();
            assert!(hex.starts_with(known), "{hex}");
        }
        (data, known) => assert_eq!((data, known), (&None, None)),
    }
    let until = |name: &str| expected[name].as_str().expect("a date").replace("+00:00", "Z");
    assert_eq!(claims.not_before().to_string(), until("valid_from"));
    assert_eq!(claims.not_after().to_string(), until("valid_to"));
    assert_eq!(claims.not_checked, [NotChecked::AwsCrl].into());
}

#[test]
fn nitro_evervault_valid_2022_verifies() {
    check("nitro/evervault-valid-2022", "valid-attestation-doc-bytes", |it| it);
}

#[test]
fn nitro_evervault_debug_2022_verifies_and_claims_debug() {
    check("nitro/evervault-debug-2022", "debug-mode-attestation-doc-bytes", |it| it);
}

#[test]
fn nitro_evervault_tlscert_embedded_debug_2023_verifies_and_claims_debug() {
    check("nitro/evervault-tlscert-embedded-debug-2023", "derived-attestation-doc.cbor", |it| it);
}

#[test]
fn nitro_blocky_maxsize_valid_2024_verifies() {
    let decode = |text: Vec<u8>| from_base64(std::str::from_utf8(&text).expect("base64"));
    check("nitro/blocky-maxsize-valid-2024", "nitro_attestation.b64", decode);
}

#[test]
fn nitro_blocky_selfsigned_is_refused_for_its_bundle() {
    let Some(case) = Case::find("nitro/blocky-selfsigned") else { return };
    let text = case.read("selfsigned_attestation.b64");
    let document = from_base64(std::str::from_utf8(&text).expect("base64"));
    let refused = claims_of(&document, Timestamp::from_unix_secs(1_713_379_906)).expect_err("nobody's");
    assert_eq!(refused.faults, [Fault::Nitro(NitroFault::NoBundle)]);
    assert!(!refused.is_malformed());
}
