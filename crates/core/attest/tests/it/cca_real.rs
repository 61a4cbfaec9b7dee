//! Arm CCA tokens of the shared data: of models, with a published key.

use casemate_attest::cca::{CcaFault, CcaPart, PlatformClaims, RealmClaims};
use casemate_attest::claims::{Body, CcaBody};
use casemate_attest::{
    CborError, CcaAnchor, CcaCurve, Claims, CoseError, CoseSignatureError, Endorsements, Evidence, Fault,
    Party, Refused, Roots, verify,
};
use serde_json::Value;

use crate::NOW;
use crate::case::{Case, from_base64, from_hex};

fn anchors(case: &Case, file: &str) -> Endorsements {
    let text = |it: &Value| it.as_str().expect("text").to_owned();
    let anchor = |it: &Value| {
        let coordinate = |name: &str| from_base64(&text(&it["pkey"][name]));
        CcaAnchor {
            instance_id: from_hex(&text(&it["instance-id"])),
            implementation_id: Some(from_hex(&text(&it["implementation-id"]))),
            curve: match it["pkey"]["crv"].as_str() {
                Some("P-256") => CcaCurve::P256,
                Some("P-384") => CcaCurve::P384,
                other => panic!("curve {other:?}"),
            },
            point: [coordinate("x"), coordinate("y")].concat(),
        }
    };
    let anchors = case.json(file);
    let anchors = anchors.as_array().expect("an array").iter().map(anchor).collect();
    Endorsements { cca_anchors: anchors, ..Endorsements::none() }
}

fn claims_of(token: &[u8], endorsements: &Endorsements) -> Result<Claims, Refused> {
    let evidence = Evidence::CcaToken(token.to_vec());
    verify(&evidence, endorsements, &Roots::production(), NOW).map(|it| it.claims().clone())
}

fn body(claims: &Claims) -> &CcaBody {
    match &claims.body {
        Body::Cca(body) => body,
        other => panic!("not CCA: {other:?}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Compares every claim with what the case expects.
fn compare(claims: &Claims, expected: &Value) {
    let (body, expected) = (body(claims), &expected["claims"]);
    assert_eq!(body.platform_profile, expected["platform_profile"]);
    assert_eq!(hex(&body.implementation_id), expected["implementation_id"]);
    assert_eq!(hex(&body.instance_id), expected["instance_id"]);
    assert_eq!(body.lifecycle, expected["platform_lifecycle"]);
    assert_eq!(body.platform_hash, expected["platform_hash"]);
    assert_eq!(body.components.len(), expected["sw_components"]);
    assert_eq!(hex(&body.challenge), expected["realm_challenge"]);
    assert_eq!(body.rim.to_string(), expected["realm_rim"]);
    assert_eq!(body.realm_hash, expected["realm_hash"]);
    assert_eq!(hex(&body.personalization), expected["realm_rpv"]);
    assert_eq!(body.realm_profile.as_deref(), expected["realm_profile"].as_str());
    assert!(!claims.debug(), "0x3003 is secured");
}

/// One bit of every byte of both tokens: only what is not signed may be changed.
fn check_flips(token: &[u8], endorsements: &Endorsements, good: &Claims) {
    let mut unsigned = Vec::new();
    for at in 0..token.len() {
        let mut changed = token.to_vec();
        changed[at] ^= 1;
        if let Ok(claims) = claims_of(&changed, endorsements) {
            assert_eq!(claims, *good, "byte {at}");
            unsigned.push(at);
        }
    }
    assert_eq!(unsigned, [0usize; 0], "bytes that can be changed");
}

#[test]
fn cca_legacy_ccatoken_01_verifies_with_its_anchor_only() {
    let Some(case) = Case::find("cca/legacy-ccatoken-01") else { return };
    let token = case.read("cca-token-01.cbor");
    let right = anchors(&case, "ta-tfa.json");
    let claims = claims_of(&token, &right).expect("a token in order");
    compare(&claims, &case.expected());
    let names: Vec<_> = body(&claims).components.iter().map(|it| it.component_type.as_deref()).collect();
    assert_eq!(names, [Some("BL"), Some("M1"), Some("M2"), Some("M3")]);
    check_flips(&token, &right, &claims);

    let refused = claims_of(&token, &anchors(&case, "ta.json")).expect_err("another platform's anchor");
    assert!(matches!(refused.faults[..], [Fault::Missing { .. }]), "{refused}");
    assert_eq!(refused.faults[0].erred(), Party::Operator);
}

#[test]
fn cca_legacy_ccatoken_02_bad_ta_is_refused_for_a_key_off_its_curve() {
    let Some(case) = Case::find("cca/legacy-ccatoken-02-bad-ta") else { return };
    let refused = claims_of(&case.read("cca-token-02.cbor"), &anchors(&case, "ta-02-bad.json"))
        .expect_err("an anchor that is no key");
    let instance_id = case.expected()["claims"]["instance_id"].as_str().expect("text").to_owned();
    let cause = CoseSignatureError::NotOnCurve { curve: "P-256" };
    assert_eq!(refused.faults, [Fault::Cca(CcaFault::PlatformSignature { instance_id, cause })]);
    assert_eq!(refused.faults[0].erred(), Party::Endorser);
    assert!(!refused.is_malformed());
}

/// rust-ccatoken#33: both signatures hold, and the platform vouches for another key.
#[test]
fn cca_bug33_wrong_rak_binding_is_refused() {
    let Some(case) = Case::find("cca/bug33-wrong-rak-binding") else { return };
    let refused = claims_of(&case.read("bug-33-repro.cbor"), &anchors(&case, "ta-tfa.json"))
        .expect_err("a key nobody vouches for");
    let fault = CcaFault::RealmKeyBinding { algorithm: "sha-256".into() };
    assert_eq!(refused.faults, [Fault::Cca(fault)]);
    assert_eq!(refused.faults[0].erred(), Party::Attester);
}

#[test]
fn cca_profile2023_draft_ffm_00_verifies() {
    let Some(case) = Case::find("cca/profile2023-draft-ffm-00") else { return };
    let token = case.read("cca-token-draft-ffm-00.cbor");
    let endorsements = anchors(&case, "ta-tfa.json");
    let claims = claims_of(&token, &endorsements).expect("a token in order");
    compare(&claims, &case.expected());
    check_flips(&token, &endorsements, &claims);
}

#[test]
fn cca_realm_claims_spurious_keys_are_ignored() {
    let Some(case) = Case::find("cca/realm-claims-spurious-keys") else { return };
    let plain = RealmClaims::parse(&case.read("realm-claims.cbor")).expect("a claims set");
    for spurious in ["realm-claims+spurious-numeric-key.cbor", "realm-claims+spurious-text-key.cbor"] {
        let bytes = case.read(spurious);
        assert_eq!(RealmClaims::parse(&bytes), Ok(plain.clone()), "{spurious}");
        for len in 0..bytes.len() {
            assert!(RealmClaims::parse(&bytes[..len]).is_err(), "{spurious} cut to {len}");
        }
    }
}

#[test]
fn cca_realm_claims_missing_challenge_is_refused_for_claim_10() {
    let Some(case) = Case::find("cca/realm-claims-missing-challenge") else { return };
    let missing = RealmClaims::parse(&case.read("realm-claims-missing-challenge.cbor"));
    let cause = CoseError::Cbor(CborError::Missing { name: "challenge (10)" });
    assert_eq!(missing, Err(CcaFault::Malformed { part: CcaPart::RealmClaims, cause }));

    let platform = PlatformClaims::parse(&case.read("platform-claims.cbor")).expect("a claims set");
    assert_eq!((platform.lifecycle, platform.lifecycle_name()), (0x3000, "secured"));
    assert_eq!(platform.components.len(), 2);
}
