//! Arm CCA tokens of synthetic platforms.

use casemate_attest::cca::{CcaFault, CcaPart, PlatformClaims, RealmClaims, inspect};
use casemate_attest::claims::{Body, PlatformId};
use casemate_attest::{
    CborError, CcaCurve, Claims, CoseError, CoseSignatureError, Endorsements, Evidence, Fault, Lengths,
    MAX_EVIDENCE_BYTES, Refused, Roots, Window, verify,
};
use casemate_softtee::synthetic::cca::{CcaPlatform, CcaProfile};
use casemate_softtee::synthetic::cose::{CoseSigner, Curve, encode};
use ciborium::Value;

use crate::NOW;

const CHALLENGE: [u8; 64] = [0xc4; 64];

fn platform(profile: CcaProfile) -> CcaPlatform {
    CcaPlatform::new(profile, CHALLENGE)
}

fn claims_of(token: &[u8], endorsements: &Endorsements) -> Result<Claims, Refused> {
    let evidence = Evidence::CcaToken(token.to_vec());
    verify(&evidence, endorsements, &Roots::none(), NOW).map(|it| it.claims().clone())
}

/// The only fault of a token that its platform's anchor does not make good.
fn fault_of(platform: &CcaPlatform) -> CcaFault {
    let refused = claims_of(&platform.token(), &platform.endorsements()).expect_err("a defect");
    assert_eq!(refused.claims, None);
    match refused.faults.as_slice() {
        [Fault::Cca(fault)] => fault.clone(),
        other => panic!("{other:?}"),
    }
}

fn malformed(part: CcaPart, cause: CborError) -> CcaFault {
    CcaFault::Malformed { part, cause: CoseError::Cbor(cause) }
}

fn is_malformed(fault: &CcaFault, where_: CcaPart) -> bool {
    matches!(fault, CcaFault::Malformed { part, .. } if *part == where_)
}

#[test]
fn a_token_gives_what_platform_and_realm_say() {
    for profile in CcaProfile::ALL {
        let it = platform(profile);
        let claims = claims_of(&it.token(), &it.endorsements()).expect("a token in order");
        assert_eq!(claims.window, Window::ALWAYS);
        assert_eq!(claims.platform, Some(PlatformId::CcaInstance(CcaPlatform::INSTANCE_ID.to_vec())));
        assert_eq!(claims.challenge(), Some(CHALLENGE.as_slice()));
        assert_eq!(claims.measurement(), Some([0x1f; 32].into()));
        assert!(claims.not_checked.is_empty());
        assert!(!claims.debug());
        let Body::Cca(body) = claims.body else { panic!("not CCA") };
        assert_eq!(body.realm_profile.is_some(), profile == CcaProfile::V2023);
        assert_eq!(body.rem.len(), 4);
        assert_eq!(body.personalization, [0x99; 64]);
        let [boot, manager] = body.components.as_slice() else { panic!("{:?}", body.components) };
        assert_eq!(boot.component_type.as_deref(), Some("BL"));
        assert_eq!((boot.version.as_deref(), boot.hash.as_deref()), (Some("1.2.3"), Some("sha-256")));
        assert_eq!(boot.measurement, [0x11; 32].into());
        assert_eq!(manager.signer_id, [0x23; 32]);
    }
}

#[test]
fn keys_are_on_every_curve_their_profile_allows() {
    for anchor in [Curve::P256, Curve::P384] {
        for realm in [Curve::P256, Curve::P384, Curve::P521] {
            let it = CcaPlatform::on(CcaProfile::V2023, CHALLENGE, anchor, realm);
            assert!(claims_of(&it.token(), &it.endorsements()).is_ok(), "{anchor:?}, {realm:?}");
        }
    }
    let legacy = CcaPlatform::on(CcaProfile::Legacy, CHALLENGE, Curve::P384, Curve::P256);
    let expected = Lengths::OneOf(&[97]);
    let cause = CborError::Length { name: "public key (44237)", expected, found: 65 };
    assert_eq!(fault_of(&legacy), malformed(CcaPart::RealmClaims, cause));
}

#[test]
fn without_the_platforms_anchor_nothing_verifies() {
    let it = platform(CcaProfile::V2023);
    let mut of_another_instance = it.anchor();
    of_another_instance.instance_id[32] ^= 1;
    let mut of_another_implementation = it.anchor();
    of_another_implementation.implementation_id = Some(vec![0; 32]);
    for anchors in [vec![], vec![of_another_instance], vec![of_another_implementation]] {
        let endorsements = Endorsements { cca_anchors: anchors, ..Endorsements::none() };
        let refused = claims_of(&it.token(), &endorsements).expect_err("no anchor");
        assert!(matches!(refused.faults[..], [Fault::Missing { .. }]), "{refused}");
    }
}

#[test]
fn an_anchor_need_not_name_the_implementation() {
    let it = platform(CcaProfile::V2023);
    let mut anchor = it.anchor();
    anchor.implementation_id = None;
    let endorsements = Endorsements { cca_anchors: vec![anchor], ..Endorsements::none() };
    assert!(claims_of(&it.token(), &endorsements).is_ok());
}

#[test]
fn of_several_anchors_for_a_platform_any_may_verify() {
    let (it, other) = (platform(CcaProfile::V2023), platform(CcaProfile::V2023));
    let cca_anchors = vec![other.anchor(), it.anchor()];
    let endorsements = Endorsements { cca_anchors, ..Endorsements::none() };
    let claims = claims_of(&it.token(), &endorsements).expect("one of them signed");
    assert_eq!(claims, claims_of(&it.token(), &it.endorsements()).expect("the right one alone"));
}

#[test]
fn another_platform_key_is_refused() {
    let mut it = platform(CcaProfile::V2023);
    let endorsements = it.endorsements();
    it.platform_key = CoseSigner::new(Curve::P384);
    let refused = claims_of(&it.token(), &endorsements).expect_err("a stranger");
    let cause = CoseSignatureError::Signature;
    let instance_id = "01".repeat(33);
    assert_eq!(refused.faults, [Fault::Cca(CcaFault::PlatformSignature { instance_id, cause })]);
}

#[test]
fn an_algorithm_that_does_not_fit_the_key_is_refused() {
    let it = CcaPlatform::on(CcaProfile::V2023, CHALLENGE, Curve::P256, Curve::P384);
    let header = encode(&Value::Map(vec![(1.into(), Curve::P384.algorithm().into())]));
    let platform = it.platform_key.sign1_with(&header, &it.platform.encode());
    let token = CcaPlatform::collection(&platform, &it.realm_key.sign1(&it.realm.encode()));
    let refused = claims_of(&token, &it.endorsements()).expect_err("an algorithm of another curve");
    let cause = CoseSignatureError::Algorithm { algorithm: "ES384", curve: "P-256" };
    let instance_id = "01".repeat(33);
    assert_eq!(refused.faults, [Fault::Cca(CcaFault::PlatformSignature { instance_id, cause })]);
}

/// veraison/rust-ccatoken: verify() returns Ok where the anchor's key is on no curve.
#[test]
fn an_anchor_off_its_curve_is_refused_by_name() {
    let it = platform(CcaProfile::V2023);
    let refused_for = |edit: &dyn Fn(&mut casemate_attest::CcaAnchor)| {
        let mut anchor = it.anchor();
        edit(&mut anchor);
        let endorsements = Endorsements { cca_anchors: vec![anchor], ..Endorsements::none() };
        claims_of(&it.token(), &endorsements).expect_err("no key").faults
    };
    let instance_id = "01".repeat(33);
    let cause = CoseSignatureError::NotOnCurve { curve: "P-384" };
    let off = CcaFault::PlatformSignature { instance_id: instance_id.clone(), cause };
    assert_eq!(refused_for(&|it| it.point[95] ^= 1), [Fault::Cca(off.clone())]);
    assert_eq!(refused_for(&|it| it.point.fill(0)), [Fault::Cca(off)]);
    for len in [0, 1, 95, 97] {
        let short = CcaFault::AnchorLength { instance_id: instance_id.clone(), expected: 96, found: len };
        assert_eq!(refused_for(&|it| it.point.resize(len, 4)), [Fault::Cca(short)]);
    }
    let short = CcaFault::AnchorLength { instance_id, expected: 64, found: 96 };
    assert_eq!(refused_for(&|it| it.curve = CcaCurve::P256), [Fault::Cca(short)]);
}

#[test]
fn a_realm_key_off_its_curve_is_refused() {
    for profile in CcaProfile::ALL {
        let mut it = platform(profile);
        let mut public_key = match profile {
            CcaProfile::Legacy => it.realm_key.point().to_vec(),
            CcaProfile::V2023 => it.realm_key.cose_key(),
        };
        *public_key.last_mut().expect("a key") ^= 1;
        it.vouch_for(&public_key);
        let cause = CoseSignatureError::NotOnCurve { curve: "P-384" };
        assert_eq!(fault_of(&it), CcaFault::RealmSignature(cause));
    }
}

#[test]
fn another_realm_key_is_refused() {
    let mut it = platform(CcaProfile::Legacy);
    it.realm_key = CoseSigner::new(Curve::P384);
    assert_eq!(fault_of(&it), CcaFault::RealmSignature(CoseSignatureError::Signature));
}

/// rust-ccatoken#33: version 0.1.0 accepts a realm key for which the platform does not vouch.
#[test]
fn a_realm_key_nobody_vouches_for_is_refused_although_both_signatures_hold() {
    for profile in CcaProfile::ALL {
        let mut it = platform(profile);
        let stranger = CcaPlatform::new(profile, CHALLENGE);
        (it.realm_key, it.realm) = (stranger.realm_key, stranger.realm);
        assert_eq!(fault_of(&it), CcaFault::RealmKeyBinding { algorithm: "sha-256".into() });
    }
}

#[test]
fn a_realm_key_is_hashed_as_declared() {
    let mut it = platform(CcaProfile::V2023);
    it.realm.set(44240, "sha-512");
    assert_eq!(fault_of(&it), CcaFault::RealmKeyBinding { algorithm: "sha-512".into() });
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA512, &it.realm_key.cose_key());
    it.platform.set(10, hash.as_ref());
    assert!(claims_of(&it.token(), &it.endorsements()).is_ok());
    it.realm.set(44240, "md5");
    assert_eq!(fault_of(&it), CcaFault::Hash { found: "md5".into() });
}

/// The hash is over the claim's bytes: the same key in another encoding is another claim.
#[test]
fn a_realm_key_is_hashed_as_encoded() {
    let mut it = platform(CcaProfile::V2023);
    let (x, y) = it.realm_key.point()[1..].split_at(48);
    let reordered = encode(&Value::Map(vec![
        ((-3).into(), y.into()),
        ((-2).into(), x.into()),
        ((-1).into(), 2.into()),
        (1.into(), 2.into()),
    ]));
    it.realm.set(44237, reordered.as_slice());
    assert_eq!(fault_of(&it), CcaFault::RealmKeyBinding { algorithm: "sha-256".into() });
    it.vouch_for(&reordered);
    assert!(claims_of(&it.token(), &it.endorsements()).is_ok());
}

#[test]
fn every_claim_but_the_optional_ones_is_mandatory_and_has_its_type() {
    for profile in CcaProfile::ALL {
        let realm_profile = if profile == CcaProfile::Legacy { 0 } else { 265 };
        for key in platform(profile).platform.keys() {
            let mut it = platform(profile);
            it.platform.remove(key.clone());
            let is_optional = key == Value::from(2400);
            assert_eq!(PlatformClaims::parse(&it.platform.encode()).is_ok(), is_optional, "{key:?}");
            it.platform.set(key.clone(), true);
            assert!(PlatformClaims::parse(&it.platform.encode()).is_err(), "{key:?}");
        }
        for key in platform(profile).realm.keys() {
            let mut it = platform(profile);
            it.realm.remove(key.clone());
            // Without its profile the token is a legacy one, whose key is a point.
            let cause = match RealmClaims::parse(&it.realm.encode()).expect_err("a claim is missing") {
                CcaFault::Malformed { part: CcaPart::RealmClaims, cause } => cause,
                other => panic!("{key:?}: {other}"),
            };
            let is_profile = key == Value::from(realm_profile);
            let is_missing = matches!(cause, CoseError::Cbor(CborError::Missing { .. }));
            assert_eq!(is_missing, !is_profile, "{key:?}: {cause}");
            it.realm.set(key.clone(), true);
            assert!(RealmClaims::parse(&it.realm.encode()).is_err(), "{key:?}");
        }
    }
}

#[test]
fn claims_of_another_length_are_refused() {
    let wrong = |key: i64, lengths: &[usize], is_platform: bool| {
        for len in lengths {
            let mut it = platform(CcaProfile::V2023);
            let claims = if is_platform { &mut it.platform } else { &mut it.realm };
            claims.set(key, vec![1u8; *len]);
            assert!(fault_of(&it).to_string().contains(&format!("({key}) has {len} bytes")), "{key} {len}");
        }
    };
    wrong(10, &[0, 31, 33, 65], true);
    wrong(2396, &[0, 31, 33, 48], true);
    wrong(256, &[0, 32, 34], true);
    wrong(10, &[0, 32, 63, 65], false);
    wrong(44235, &[0, 63, 65], false);
    wrong(44238, &[0, 20, 31, 65], false);

    let mut it = platform(CcaProfile::V2023);
    it.realm.set(44239, Value::Array(vec![vec![0u8; 32].into(); 3]));
    assert!(is_malformed(&fault_of(&it), CcaPart::RealmClaims));
    it.realm.set(44239, Value::Array(vec![vec![0u8; 20].into(); 4]));
    assert!(is_malformed(&fault_of(&it), CcaPart::RealmClaims));
    let mut it = platform(CcaProfile::V2023);
    it.platform.set(2399, Value::Array(vec![]));
    assert!(is_malformed(&fault_of(&it), CcaPart::PlatformClaims));
    it.platform.set(2399, Value::Array(vec![Value::Map(vec![(2.into(), vec![0u8; 32].into())])]));
    let missing = CborError::Missing { name: "signer ID (5)" };
    assert_eq!(fault_of(&it), malformed(CcaPart::PlatformClaims, missing));
    let mut it = platform(CcaProfile::V2023);
    it.platform.set(2395, 0x1_0000);
    assert!(is_malformed(&fault_of(&it), CcaPart::PlatformClaims));
}

#[test]
fn profiles_not_known_are_refused_by_name() {
    let mut it = platform(CcaProfile::V2023);
    it.realm.set(265, "tag:arm.com,2099:realm#9.0.0");
    let fault = fault_of(&it);
    let found = "tag:arm.com,2099:realm#9.0.0".to_owned();
    assert_eq!(fault, CcaFault::Profile { part: CcaPart::RealmClaims, found });
    it.platform.set(265, "http://arm.com/PSA/2.0.0");
    let found = "http://arm.com/PSA/2.0.0".to_owned();
    assert_eq!(fault_of(&it), CcaFault::Profile { part: CcaPart::PlatformClaims, found });
}

#[test]
fn claims_not_known_are_ignored_and_claims_twice_are_refused() {
    let mut it = platform(CcaProfile::V2023);
    it.platform.add(99_999, "what");
    it.realm.add("text", 1);
    assert!(claims_of(&it.token(), &it.endorsements()).is_ok());
    it.realm.add(10, CHALLENGE.as_slice());
    let twice = CborError::Duplicate { key: "10".into() };
    assert_eq!(fault_of(&it), malformed(CcaPart::RealmClaims, twice.clone()));
    let mut it = platform(CcaProfile::V2023);
    it.platform.add(10, CHALLENGE.as_slice());
    assert_eq!(fault_of(&it), malformed(CcaPart::PlatformClaims, twice));
}

#[test]
fn a_platform_that_is_not_secured_is_verified_and_says_so() {
    for (lifecycle, debug) in
        [(0x3000, false), (0x30ff, false), (0x2fff, true), (0x3100, true), (0x4001, true), (0, true)]
    {
        let mut it = platform(CcaProfile::V2023);
        it.platform.set(2395, lifecycle);
        let claims = claims_of(&it.token(), &it.endorsements()).expect("a token in order");
        assert_eq!(claims.debug(), debug, "{lifecycle:#x}");
    }
}

#[test]
fn any_changed_bit_is_refused() {
    for profile in CcaProfile::ALL {
        let it = platform(profile);
        let (token, endorsements) = (it.token(), it.endorsements());
        for at in 0..token.len() {
            let mut changed = token.clone();
            changed[at] ^= 1 << (at % 8);
            assert!(claims_of(&changed, &endorsements).is_err(), "byte {at}");
        }
    }
}

#[test]
fn a_token_cut_short_or_with_more_after_it_is_malformed() {
    for profile in CcaProfile::ALL {
        let it = platform(profile);
        let (token, endorsements) = (it.token(), it.endorsements());
        for len in 0..token.len() {
            let refused = claims_of(&token[..len], &endorsements).expect_err("cut short");
            assert!(refused.is_malformed(), "{len}: {refused}");
        }
        let refused = claims_of(&[token.as_slice(), &[0]].concat(), &endorsements).expect_err("more");
        let cause = CborError::Trailing { found: 1 };
        assert_eq!(refused.faults, [Fault::Cca(malformed(CcaPart::Collection, cause))]);
    }
    let long = vec![0; MAX_EVIDENCE_BYTES + 1];
    assert!(claims_of(&long, &Endorsements::none()).expect_err("too long").is_malformed());
}

#[test]
fn an_untagged_collection_and_other_tags_are_refused() {
    let token = platform(CcaProfile::V2023).token();
    // 0xd9 0x018f is the tag.
    let untagged = claims_of(&token[3..], &Endorsements::none()).expect_err("no tag");
    assert!(untagged.is_malformed());
    let other = [&[0xd9, 0x03, 0x8b], &token[3..]].concat();
    let refused = claims_of(&other, &Endorsements::none()).expect_err("a tag not known");
    assert_eq!(refused.faults, [Fault::Cca(CcaFault::Tag { found: 907 })]);
}

#[test]
fn platform_and_realm_tokens_do_not_stand_in_for_each_other() {
    let it = platform(CcaProfile::V2023);
    let platform = it.platform_key.sign1(&it.platform.encode());
    let realm = it.realm_key.sign1(&it.realm.encode());
    let swapped = CcaPlatform::collection(&realm, &platform);
    assert!(claims_of(&swapped, &it.endorsements()).is_err());
}

#[test]
fn inspection_names_every_claim_and_needs_no_anchor() {
    let it = platform(CcaProfile::V2023);
    let fields = inspect(&it.token()).expect("a token");
    let [platform, realm] = fields.as_slice() else { panic!("{fields:?}") };
    let field = |of: &casemate_attest::inspect::Field, name: &str| {
        of.children.iter().find(|it| it.name == name).cloned().unwrap_or_else(|| panic!("no {name}"))
    };
    let lifecycle = field(platform, "lifecycle (2395)");
    assert_eq!((lifecycle.value.as_str(), lifecycle.meaning.as_deref()), ("0x3003", Some("secured")));
    assert_eq!(field(platform, "software components (2399)").children.len(), 2);
    assert_eq!(field(realm, "challenge (10)").value, "c4".repeat(64));
    assert_eq!(field(realm, "extensible measurements (44239)").children.len(), 4);
    assert!(inspect(&it.token()[1..]).is_err());
}
