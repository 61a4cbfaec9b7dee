//! Results: what they say, who can verify them, and what is made of them again.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use casemate_attest::Claims;
use casemate_model::{Nanos, NodeName, Tee, Timestamp};
use casemate_policy::evidence::{Accept, Rules};
use casemate_policy::result::{
    Algorithm, Ear, Issue, KeyError, MAX_TOKEN_BYTES, NotAttested, OpenError, ReopenError, Tier, TrustVector,
    VerifierId, VerifierKey, VerifierKeys, open,
};
use casemate_policy::{
    AppraisalPolicy, Attested, EvidenceDraft, EvidencePolicy, Judgement, Platform, PlatformExpectation,
    Question, Workload, appraise_platform, appraise_workload, challenge, judge, judge_claims, reopen,
};
use casemate_softtee::synthetic::TestRoot;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::claims::{self, NONCE, every_kind};
use crate::keys::{ALGORITHMS, TestSigner};
use crate::{
    AGENT_KEY, NOW, TTL, identity, platform, platform_expectation, platform_report, policy, workload,
    workload_expectation, workload_report,
};

fn verifier() -> VerifierId {
    VerifierId { developer: "https://casemate.dev".to_owned(), build: "casemate test".to_owned() }
}

fn issue(verifier: &VerifierId) -> Issue<'_> {
    Issue { verifier, policy: "test-policy", nonce: Some(&NONCE), now: NOW }
}

fn judged(claims: &Claims) -> Judgement {
    let policy = EvidencePolicy::published_default();
    judge_claims(claims, &policy, &Question { nonce: Some(&NONCE), tenant: None, now: NOW })
}

/// A platform's evidence appraised as good, and the result that says so.
struct Good {
    witness: Attested<Platform>,
    ear: Ear,
}

fn good() -> Good {
    let root = TestRoot::new(NOW);
    let (evidence, policy) = (root.verified(&platform_report()), policy(&root));
    let expected = platform_expectation();
    let witness = appraise_platform(&evidence, &expected, &policy, NOW).into_result().expect("a witness");
    let judgement = judge_again(&evidence, &expected, &policy);
    let ear = Ear::attesting(&witness.at(NOW).expect("fresh"), &evidence, &judgement, &issue(&verifier()));
    Good { ear: ear.expect("a result"), witness }
}

fn judge_again(
    evidence: &casemate_attest::VerifiedEvidence,
    expected: &PlatformExpectation<'_>,
    policy: &AppraisalPolicy,
) -> Judgement {
    let bound = casemate_attest::binding::platform_report_data(&expected.nonce, &identity(), AGENT_KEY);
    let nonce = challenge(evidence.claims().kind(), &bound);
    judge(evidence, policy.evidence(), &Question { nonce: Some(nonce), tenant: None, now: NOW })
}

fn good_token(signer: &TestSigner) -> String {
    good().ear.sign(signer).expect("a signed result")
}

/// A token with this header and payload, signed by the key whatever they say.
fn forged(signer: &TestSigner, header: &Value, payload: &str) -> String {
    use casemate_policy::result::Signer as _;
    let encoded = |text: &str| Base64UrlUnpadded::encode_string(text.as_bytes());
    let signed = format!("{}.{}", encoded(&header.to_string()), encoded(payload));
    let signature = Base64UrlUnpadded::encode_string(&signer.sign(signed.as_bytes()).expect("a signature"));
    format!("{signed}.{signature}")
}

fn header(signer: &TestSigner) -> Value {
    use casemate_policy::result::Signer as _;
    json!({ "alg": signer.algorithm().as_str(), "kid": signer.kid(), "typ": "eat+jwt" })
}

/// The good result with one member of it changed.
fn changed(signer: &TestSigner, pointer: &str, value: Value) -> String {
    let mut payload = Value::Object(good().ear.payload().clone());
    *payload.pointer_mut(pointer).expect("a member") = value;
    forged(signer, &header(signer), &payload.to_string())
}

#[test]
fn a_result_is_reopened_as_a_witness_of_the_same_subject_that_holds_as_long() {
    for algorithm in ALGORITHMS {
        let signer = TestSigner::new(algorithm, "key-1");
        let Good { witness, ear } = good();
        let token = ear.sign(&signer).expect("a signed result");
        let reopened = reopen(&token, &signer.keys(), &platform(), NOW).expect("a witness");
        assert_eq!((reopened.subject(), reopened.root()), (witness.subject(), witness.root()));
        let ends = NOW.after(TTL);
        assert_eq!(reopened.not_after(), Timestamp(ends.0 - 1));
        assert!(reopened.at(Timestamp(ends.0 - 1)).is_ok() && reopened.at(ends).is_err());
        assert!(reopened.at(Timestamp(NOW.0 - 1)).is_err(), "not before it was issued");
    }
}

#[test]
fn a_workloads_result_is_reopened_for_that_workload_only() {
    let root = TestRoot::new(NOW);
    let (evidence, policy) = (root.verified(&workload_report()), policy(&root));
    let expected = workload_expectation();
    let witness = appraise_workload(&evidence, &expected, &policy, NOW).into_result().expect("a witness");
    let judgement = judge_claims(
        evidence.claims(),
        policy.evidence(),
        &Question { nonce: None, tenant: Some("default"), now: NOW },
    );
    let ear = Ear::attesting(&witness.at(NOW).expect("fresh"), &evidence, &judgement, &issue(&verifier()));
    let signer = TestSigner::new(Algorithm::Es256, "key-1");
    let token = ear.expect("a result").sign(&signer).expect("a signed result");
    assert!(reopen(&token, &signer.keys(), &workload(), NOW).is_ok());
    let mut instance = workload();
    instance.enclave.generation += 1;
    let mut pod = workload();
    pod.container.pod.name.push('x');
    let other = Workload { measurement: crate::OTHER, ..workload() };
    for subject in [instance, pod, other] {
        let refused = reopen(&token, &signer.keys(), &subject, NOW);
        assert!(matches!(refused, Err(ReopenError::Subject { .. })), "{subject}");
    }
    assert!(matches!(reopen(&token, &signer.keys(), &platform(), NOW), Err(ReopenError::Subject { .. })));
}

#[test]
fn a_result_about_another_node_boot_or_tee_makes_no_witness() {
    let signer = TestSigner::new(Algorithm::Es256, "key-1");
    let token = good_token(&signer);
    let mut boot = platform();
    boot.identity.boot_id = "another boot".into();
    let mut uid = platform();
    uid.identity.uid = "another node".into();
    let name = Platform { node: NodeName("another".into()), ..platform() };
    let tee = Platform { tee: Tee::Sgx, ..platform() };
    for subject in [boot, uid, name, tee] {
        let refused = reopen(&token, &signer.keys(), &subject, NOW);
        assert_eq!(refused, Err(ReopenError::Subject { expected: subject.to_string() }));
    }
}

#[test]
fn a_result_about_nobody_makes_no_witness() {
    let signer = TestSigner::new(Algorithm::EdDsa, "key-1");
    let claims = claims::snp();
    let token = Ear::new(&claims, &judged(&claims), &issue(&verifier())).sign(&signer).expect("signed");
    assert!(open(&token, &signer.keys(), NOW).is_ok());
    assert!(matches!(reopen(&token, &signer.keys(), &platform(), NOW), Err(ReopenError::Subject { .. })));
}

#[test]
fn a_result_that_refuses_or_warns_makes_no_witness_whoever_signed_it() {
    let signer = TestSigner::new(Algorithm::Es256, "key-1");
    for pointer in ["/ear_status", "/submods/software/ear_status"] {
        for status in [json!("contraindicated"), json!("warning"), json!("none"), json!(2), Value::Null] {
            let refused =
                reopen(&changed(&signer, pointer, status.clone()), &signer.keys(), &platform(), NOW);
            assert!(matches!(refused, Err(ReopenError::NotAffirming { .. })), "{pointer} {status}");
        }
    }
    let refused = reopen(&changed(&signer, "/submods", json!({})), &signer.keys(), &platform(), NOW);
    assert_eq!(refused, Err(ReopenError::Incomplete { what: "appraisal" }));
}

#[test]
fn evidence_that_is_refused_attests_nothing() {
    let root = TestRoot::new(NOW);
    let evidence = root.verified(&platform_report());
    let witness = good().witness;
    let fresh = witness.at(NOW).expect("fresh");
    let refused = judge_again(&evidence, &platform_expectation(), &policy(&TestRoot::new(NOW)));
    let made = Ear::attesting(&fresh, &evidence, &refused, &issue(&verifier()));
    assert_eq!(made, Err(NotAttested::Refused));
    let accepted = judge_again(&evidence, &platform_expectation(), &policy(&root));
    let made = Ear::attesting(&fresh, &evidence, &accepted, &issue(&verifier()));
    assert_eq!(made, Err(NotAttested::OtherEvidence));
}

#[test]
fn changing_any_bit_of_a_token_refuses_it() {
    for algorithm in ALGORITHMS {
        let signer = TestSigner::new(algorithm, "key-1");
        let (token, keys) = (good_token(&signer), signer.keys());
        // Every bit of the header and the signature, and of the payload one in seven: it is long.
        let payload = token.find('.').expect("a payload")..token.rfind('.').expect("a signature");
        for (byte, bit) in (0..token.len()).flat_map(|byte| (0..8).map(move |bit| (byte, bit))) {
            if payload.contains(&byte) && (byte + bit) % 7 != 0 {
                continue;
            }
            let mut bytes = token.clone().into_bytes();
            bytes[byte] ^= 1 << bit;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            assert!(reopen(&changed, &keys, &platform(), NOW).is_err(), "bit {bit} of byte {byte}");
        }
    }
}

#[test]
fn a_token_cut_short_or_with_more_after_it_is_refused() {
    let signer = TestSigner::new(Algorithm::Es256, "key-1");
    let (token, keys) = (good_token(&signer), signer.keys());
    for len in (0..token.len()).step_by(11) {
        assert!(open(&token[..len], &keys, NOW).is_err(), "{len}");
    }
    for more in ["=", ".", "A", "AA", "AAAA", "\n", " ", ".AAAA"] {
        assert!(open(&format!("{token}{more}"), &keys, NOW).is_err(), "{more:?} after");
        assert!(open(&format!("{more}{token}"), &keys, NOW).is_err(), "{more:?} before");
    }
}

#[test]
fn a_token_that_says_it_needs_no_signature_is_refused() {
    let signer = TestSigner::new(Algorithm::Es256, "key-1");
    let payload = serde_json::to_string(good().ear.payload()).expect("JSON");
    for alg in ["none", "None", "NONE", "", "HS256", "HS384", "RS256", "ES512", "es256", "PS256"] {
        let header = json!({ "alg": alg, "kid": "key-1", "typ": "eat+jwt" });
        let token = forged(&signer, &header, &payload);
        assert!(matches!(open(&token, &signer.keys(), NOW), Err(OpenError::Header { .. })), "{alg}");
        let unsigned = token.rsplit_once('.').expect("a signature").0;
        assert!(open(unsigned, &signer.keys(), NOW).is_err());
        assert!(open(&format!("{unsigned}."), &signer.keys(), NOW).is_err());
    }
}

#[test]
fn the_key_says_how_it_signs_and_the_token_does_not() {
    let payload = serde_json::to_string(good().ear.payload()).expect("JSON");
    for (ours, theirs) in [
        (Algorithm::Es256, Algorithm::EdDsa),
        (Algorithm::EdDsa, Algorithm::Es256),
        (Algorithm::Es384, Algorithm::Es256),
    ] {
        let (trusted, attacker) = (TestSigner::new(ours, "key-1"), TestSigner::new(theirs, "key-1"));
        let token = forged(&attacker, &header(&attacker), &payload);
        let refused = open(&token, &trusted.keys(), NOW);
        assert_eq!(refused, Err(OpenError::Algorithm { kid: "key-1".into(), expected: ours, found: theirs }));
    }
}

#[test]
fn a_token_brings_no_key_and_no_extension_along() {
    let signer = TestSigner::new(Algorithm::Es256, "key-1");
    let payload = serde_json::to_string(good().ear.payload()).expect("JSON");
    for (name, value) in [
        ("jwk", signer.keys().to_jwks()["keys"][0].clone()),
        ("jku", json!("https://attacker.example/keys")),
        ("x5c", json!([])),
        ("crit", json!(["b64"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
    ] {
        let mut header = header(&signer);
        header[name] = value;
        let refused = open(&forged(&signer, &header, &payload), &signer.keys(), NOW);
        assert!(matches!(refused, Err(OpenError::Header { .. })), "{name}: {refused:?}");
    }
    let mut other_type = header(&signer);
    other_type["typ"] = json!("JWT");
    assert!(matches!(
        open(&forged(&signer, &other_type, &payload), &signer.keys(), NOW),
        Err(OpenError::Header { .. })
    ));
}

#[test]
fn a_huge_token_is_refused_by_its_length() {
    let keys = TestSigner::new(Algorithm::Es256, "key-1").keys();
    let huge = "A".repeat(16 << 20);
    assert_eq!(open(&huge, &keys, NOW), Err(OpenError::TooLong { found: huge.len() }));
    assert!(open(&"A.".repeat(MAX_TOKEN_BYTES / 2), &keys, NOW).is_err());
    let deep = Base64UrlUnpadded::encode_string("[".repeat(4096).as_bytes());
    assert!(open(&format!("{deep}.{deep}.{deep}"), &keys, NOW).is_err());
}

#[test]
fn a_member_that_stands_twice_is_refused_even_when_signed() {
    let signer = TestSigner::new(Algorithm::Es256, "key-1");
    let payload = serde_json::to_string(good().ear.payload()).expect("JSON");
    for twice in ["\"exp\":9999999999,", "\"iat\":1,", "\"eat_profile\":\"x\","] {
        let payload = payload.replacen('{', &format!("{{{twice}"), 1);
        let refused = open(&forged(&signer, &header(&signer), &payload), &signer.keys(), NOW);
        assert!(matches!(refused, Err(OpenError::Payload { .. })), "{twice}: {refused:?}");
    }
}

#[test]
fn a_signed_token_that_is_no_result_is_refused() {
    let signer = TestSigner::new(Algorithm::Es256, "key-1");
    let profile = changed(&signer, "/eat_profile", json!("tag:github.com,2023:veraison/ear"));
    assert!(matches!(open(&profile, &signer.keys(), NOW), Err(OpenError::Payload { .. })));
    for payload in ["", "{}", "[]", "null", "{\"iat\":1}", "\u{0}"] {
        let refused = open(&forged(&signer, &header(&signer), payload), &signer.keys(), NOW);
        assert!(matches!(refused, Err(OpenError::Payload { .. })), "{payload:?}");
    }
    for (pointer, value) in
        [("/exp", json!("soon")), ("/exp", json!(-1)), ("/iat", json!(1.5)), ("/exp", json!(1e99))]
    {
        let refused = open(&changed(&signer, pointer, value), &signer.keys(), NOW);
        assert!(matches!(refused, Err(OpenError::Payload { .. })), "{pointer}");
    }
}

#[test]
fn a_result_holds_from_its_issue_until_before_its_expiry() {
    let signer = TestSigner::new(Algorithm::Es256, "key-1");
    let (token, keys) = (good_token(&signer), signer.keys());
    let expires = NOW.after(TTL);
    let at = |now| open(&token, &keys, now).map(|_| ());
    assert_eq!((at(NOW), at(Timestamp(expires.0 - 1))), (Ok(()), Ok(())));
    assert_eq!(at(expires), Err(OpenError::Expired { expires, now: expires }));
    let early = Timestamp(NOW.0 - 1);
    assert_eq!(at(early), Err(OpenError::NotYetValid { issued: NOW, now: early }));
    let for_ever = changed(&signer, "/exp", json!(u64::MAX));
    assert!(open(&for_ever, &keys, NOW).is_ok(), "a date beyond all dates is the last of them");
}

#[test]
fn during_a_rotation_both_keys_verify_and_afterwards_only_the_next() {
    let (old, next) = (TestSigner::new(Algorithm::Es256, "2025"), TestSigner::new(Algorithm::EdDsa, "2026"));
    let (counts, retired) = (NOW, NOW.after(Nanos::from_secs(60)));
    let keys = VerifierKeys::new([
        ("2025".to_owned(), old.key_between(Timestamp(0), retired)),
        ("2026".to_owned(), next.key_between(counts, Timestamp(u64::MAX))),
    ])
    .expect("keys");
    let (by_old, by_next) = (good_token(&old), good_token(&next));
    let at = |token: &str, now| reopen(token, &keys, &platform(), now).map(drop);
    assert_eq!((at(&by_old, retired), at(&by_next, retired)), (Ok(()), Ok(())));
    let after = retired.after(Nanos(1));
    assert!(matches!(at(&by_old, after), Err(ReopenError::Open(OpenError::KeyTime { .. }))));
    assert_eq!(at(&by_next, after), Ok(()));
    let ahead = changed(&next, "/iat", json!(counts.as_unix_secs() - 1));
    assert!(matches!(at(&ahead, NOW), Err(ReopenError::Open(OpenError::KeyTime { .. }))), "before its time");
    let unknown = reopen(&by_old, &next.keys(), &platform(), NOW);
    assert_eq!(unknown, Err(ReopenError::Open(OpenError::UnknownKey { kid: "2025".into() })));
}

#[test]
fn keys_are_published_and_read_back_with_their_times() {
    let signers = ALGORITHMS.map(|algorithm| TestSigner::new(algorithm, algorithm.as_str()));
    let (from, until) = (Timestamp::from_unix_secs(1_700_000_000), Timestamp::from_unix_secs(1_800_000_000));
    let named = signers.iter().map(|it| {
        use casemate_policy::result::Signer as _;
        (it.kid().to_owned(), it.key_between(from, until))
    });
    let keys = VerifierKeys::new(named).expect("keys");
    let published = keys.to_jwks();
    assert!(published.to_string().find("\"d\"").is_none(), "no private part");
    assert_eq!(VerifierKeys::from_jwks(published.to_string().as_bytes()), Ok(keys));
}

#[test]
fn keys_that_are_none_are_refused() {
    let signer = TestSigner::new(Algorithm::Es256, "key-1");
    let with = |change: fn(&mut VerifierKey)| {
        let mut key = signer.key();
        change(&mut key);
        VerifierKeys::new([("key-1".to_owned(), key)])
    };
    assert!(matches!(with(|it| it.algorithm = Algorithm::Es384), Err(KeyError::Key { .. })));
    assert!(matches!(with(|it| it.public[0] = 2), Err(KeyError::Key { .. })));
    assert!(matches!(with(|it| it.public.truncate(33)), Err(KeyError::Key { .. })));
    let never = with(|it| (it.not_before, it.not_after) = (Timestamp(2), Timestamp(1)));
    assert!(matches!(never, Err(KeyError::NeverValid { .. })));
    let twice = VerifierKeys::new([("a".to_owned(), signer.key()), ("a".to_owned(), signer.key())]);
    assert_eq!(twice, Err(KeyError::Duplicate { kid: "a".into() }));
    let jwk = |change: fn(&mut Value)| {
        let mut set = signer.keys().to_jwks();
        change(&mut set["keys"][0]);
        VerifierKeys::from_jwks(set.to_string().as_bytes())
    };
    assert!(jwk(|_| ()).is_ok());
    assert!(jwk(|it| it["alg"] = json!("EdDSA")).is_err());
    assert!(jwk(|it| it["alg"] = json!("none")).is_err());
    assert!(jwk(|it| it["kty"] = json!("oct")).is_err());
    assert!(jwk(|it| it["y"] = Value::Null).is_err());
    assert!(jwk(|it| it["x"] = json!("AA==")).is_err());
    assert!(jwk(|it| it["crv"] = json!("P-384")).is_err());
    assert!(VerifierKeys::from_jwks(&[b'['; 1 << 20]).is_err());
}

#[test]
fn the_vector_of_good_evidence_affirms_what_was_looked_at_and_is_silent_of_the_rest() {
    let named = |claims: &Claims| TrustVector::of(claims, &judged(claims));
    for claims in every_kind() {
        let vector = named(&claims);
        assert!(vector.worst() <= Tier::Affirming, "{}: {vector:?}", claims.kind());
        assert_eq!(vector.executables, None, "no reference values");
    }
    assert_eq!(named(&claims::tdx()).runtime_opaque, Some(2));
    assert_eq!(named(&claims::vtpm()).runtime_opaque, Some(2), "the VM's memory is");
    for hides_nothing in [claims::software(), claims::nitro(), claims::vtpm_in(None)] {
        assert_eq!(named(&hides_nothing).runtime_opaque, None, "{}", hides_nothing.kind());
    }
    assert_eq!(named(&claims::software()).hardware, None);
}

#[test]
fn the_vector_of_a_refusal_contraindicates_the_aspect_that_is_at_fault() {
    let vector = |claims: &Claims, change: fn(&mut Rules)| {
        let mut rules = EvidencePolicy::published_default().rules(None).expect("rules").clone();
        change(&mut rules);
        let draft = EvidenceDraft { id: "test".into(), scopes: vec![], rules: Some(rules) };
        let question = Question { nonce: Some(&NONCE), tenant: None, now: NOW };
        let judgement = judge_claims(claims, &draft.validate().expect("a policy"), &question);
        assert!(!judgement.is_accepted());
        TrustVector::of(claims, &judgement)
    };
    let good = TrustVector::of(&claims::snp(), &judged(&claims::snp()));
    let snp = |change: fn(&mut Rules)| vector(&claims::snp(), change);
    let vmpl = snp(|it| it.snp.iter_mut().for_each(|it| it.vmpl = Accept::one_of([1])));
    assert_eq!(vmpl, TrustVector { configuration: Some(96), ..good });
    let product = snp(|it| {
        it.snp.iter_mut().for_each(|it| it.products = Accept::one_of([casemate_attest::Product::Turin]))
    });
    assert_eq!(product, TrustVector { hardware: Some(96), ..good });
    let image =
        snp(|it| it.snp.iter_mut().for_each(|it| it.measurement = Accept::one_of([claims::digest(0)])));
    assert_eq!(image, TrustVector { executables: Some(96), ..good });
    let module = vector(&claims::nitro(), |it| {
        it.nitro.iter_mut().for_each(|it| it.module_ids = Accept::one_of(["x".into()]))
    });
    assert_eq!(module.instance_identity, Some(97));
}

#[test]
fn a_refusal_is_a_result_too_with_every_reason_in_it() {
    let signer = TestSigner::new(Algorithm::Es256, "key-1");
    let mut claims = claims::snp();
    let casemate_attest::claims::Body::Snp(body) = &mut claims.body else { unreachable!() };
    (body.vmpl, body.policy) = (1, body.policy | 1 << 19);
    let judgement = judged(&claims);
    let token = Ear::new(&claims, &judgement, &issue(&verifier())).sign(&signer).expect("signed");
    let opened = open(&token, &signer.keys(), NOW).expect("a valid result");
    assert_eq!(opened.payload["ear_status"], "contraindicated");
    let reasons = &opened.payload["submods"]["snp"]["ear_verifier_claims"]["casemate"]["reasons"];
    let expected: Vec<String> = judgement.reasons.iter().map(ToString::to_string).collect();
    assert_eq!((reasons, expected.len()), (&json!(expected), 2));
    assert!(matches!(
        reopen(&token, &signer.keys(), &platform(), NOW),
        Err(ReopenError::NotAffirming { .. })
    ));
}

#[test]
fn what_a_result_says_is_golden() {
    for claims in every_kind() {
        let ear = Ear::new(&claims, &judged(&claims), &issue(&verifier()));
        let name = format!("result_{}", claims.kind());
        insta::assert_snapshot!(name, serde_json::to_string_pretty(ear.payload()).expect("JSON"));
    }
}

/// A result by the draft's grammar (draft-ietf-rats-ear-04, appendix A), written down once more: what it
/// does not list there must not be there, at the top and in an appraisal.
mod draft_04 {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde_json::Value;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Ear {
        pub(super) eat_profile: String,
        pub(super) iat: i64,
        pub(super) exp: i64,
        pub(super) ear_status: Tier,
        pub(super) ear_verifier_id: VerifierId,
        pub(super) eat_nonce: Option<String>,
        pub(super) submods: BTreeMap<String, Appraisal>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct VerifierId {
        pub(super) developer: String,
        pub(super) build: String,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Appraisal {
        pub(super) ear_status: Tier,
        pub(super) ear_trustworthiness_vector: Option<BTreeMap<Aspect, i8>>,
        pub(super) ear_appraisal_policy_ids: Vec<String>,
        pub(super) ear_attester_claims: BTreeMap<String, Value>,
        pub(super) ear_verifier_claims: BTreeMap<String, Value>,
        pub(super) eat_nonce: Option<String>,
    }

    #[derive(Debug, Deserialize, PartialEq, Eq)]
    #[serde(rename_all = "lowercase")]
    pub(super) enum Tier {
        None,
        Affirming,
        Warning,
        Contraindicated,
    }

    #[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
    #[serde(rename_all = "kebab-case")]
    pub(super) enum Aspect {
        InstanceIdentity,
        Configuration,
        Executables,
        FileSystem,
        Hardware,
        RuntimeOpaque,
        StorageOpaque,
        SourcedData,
    }
}

/// Another party's implementation of JWT verifies what we sign, and a reader written by the draft's grammar
/// alone finds everything in its place.
#[test]
fn another_implementation_verifies_our_results_and_reads_them_by_the_draft() {
    use jsonwebtoken::jwk::Jwk;
    use jsonwebtoken::{DecodingKey, Validation, decode};

    let theirs = |token: &str, jwk: Value, algorithm| {
        let jwk: Jwk = serde_json::from_value(jwk).expect("a key they know");
        let mut validation = Validation::new(algorithm);
        // Their check reads the clock.
        validation.validate_exp = false;
        let key = DecodingKey::from_jwk(&jwk).expect("a key they can use");
        decode::<draft_04::Ear>(token, &key, &validation).map(|it| it.claims)
    };
    for (algorithm, their_name) in [
        (Algorithm::Es256, jsonwebtoken::Algorithm::ES256),
        (Algorithm::Es384, jsonwebtoken::Algorithm::ES384),
        (Algorithm::EdDsa, jsonwebtoken::Algorithm::EdDSA),
    ] {
        let (signer, other) = (TestSigner::new(algorithm, "key-1"), TestSigner::new(algorithm, "key-1"));
        for claims in every_kind() {
            let judgement = judged(&claims);
            let ours = Ear::new(&claims, &judgement, &issue(&verifier()));
            let token = ours.sign(&signer).expect("signed");
            let jwk = |signer: &TestSigner| signer.keys().to_jwks()["keys"][0].clone();
            assert!(theirs(&token, jwk(&other), their_name).is_err(), "not another's key");
            let read = theirs(&token, jwk(&signer), their_name).expect("it verifies");
            assert_eq!(read.eat_profile, "tag:ietf.org,2026:rats/ear#04");
            assert_eq!((read.iat, read.exp), (1_767_225_600, 1_767_225_600 + 30 * 86_400));
            assert_eq!(read.ear_status, draft_04::Tier::Affirming);
            assert_eq!(read.ear_verifier_id.developer, "https://casemate.dev");
            assert_eq!(read.ear_verifier_id.build, "casemate test");
            let submod = &read.submods[claims.kind().as_str()];
            assert_eq!(submod.ear_status, draft_04::Tier::Affirming);
            assert_eq!((&submod.eat_nonce, &read.eat_nonce.is_some()), (&read.eat_nonce, &true));
            assert_eq!(submod.ear_appraisal_policy_ids, ["test-policy"]);
            assert!(submod.ear_attester_claims.contains_key(claims.kind().as_str()));
            assert!(submod.ear_verifier_claims.contains_key("casemate"));
            let vector = TrustVector::of(&claims, &judgement);
            let made = submod.ear_trustworthiness_vector.as_ref().expect("a claim is made");
            assert_eq!(made.get(&draft_04::Aspect::Hardware).copied(), vector.hardware);
            assert_eq!(made.get(&draft_04::Aspect::InstanceIdentity).copied(), vector.instance_identity);
            assert_eq!(made.get(&draft_04::Aspect::Configuration).copied(), vector.configuration);
            assert_eq!(made.get(&draft_04::Aspect::RuntimeOpaque).copied(), vector.runtime_opaque);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_answered(token in "[A-Za-z0-9._=-]{0,200}") {
        prop_assert!(open(&token, &TestSigner::new(Algorithm::EdDsa, "k").keys(), NOW).is_err());
    }

    #[test]
    fn any_set_of_keys_is_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(VerifierKeys::from_jwks(&bytes).is_err());
    }
}
