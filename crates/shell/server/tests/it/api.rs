//! What each path answers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use casemate_model::Timestamp;
use casemate_policy::result::{VerifierKeys, open};
use serde_json::json;

use crate::clock::START;
use crate::service::Running;

const NONCE: [u8; 20] = [0x5a; 20];
const NONCE_HEX: &str = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";

#[test]
fn evidence_is_verified_as_it_is() {
    let service = Running::start();
    let answer = service.post(&format!("/v1/verify?nonce={NONCE_HEX}"), &[], &service.evidence(&NONCE));
    assert_eq!((answer.status, answer.media_type.as_str()), (200, "application/json"));
    let elements = answer.json();
    assert_eq!(elements.as_array().map(Vec::len), Some(1));
    assert_eq!(elements[0]["tee"], "software");
    assert_eq!(elements[0]["verdict"], "accepted", "{elements}");
    assert_eq!(elements[0]["measurement"], "07".repeat(32));
}

#[test]
fn evidence_in_json_gets_the_same_answer() {
    let service = Running::start();
    let evidence = service.evidence(&NONCE);
    let raw = service.post(&format!("/v1/verify?nonce={NONCE_HEX}&subject=node-1"), &[], &evidence);
    for encoded in
        [STANDARD.encode(&evidence), base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&evidence)]
    {
        let document = json!({ "evidence": encoded, "nonce": NONCE_HEX, "subject": "node-1" });
        assert_eq!(service.post_json("/v1/verify", &document).json(), raw.json());
    }
}

#[test]
fn a_refusal_is_a_verdict_and_no_error() {
    let service = Running::start();
    let other = "00".repeat(20);
    let answer = service.post(&format!("/v1/verify?nonce={other}"), &[], &service.evidence(&NONCE));
    assert_eq!(answer.status, 200);
    let element = &answer.json()[0];
    assert_eq!(element["verdict"], "refused");
    assert!(element["reasons"][0].as_str().expect("a reason").contains("nonce"), "{element}");
}

#[test]
fn garbage_is_one_malformed_element() {
    let service = Running::start();
    for garbage in [b"".as_slice(), b"\0\0\0", b"{", b"hello", &[0xff; 70_000]] {
        let answer = service.post("/v1/verify", &[], garbage);
        assert_eq!(answer.status, 200, "{answer:?}");
        let elements = answer.json();
        assert_eq!(elements.as_array().map(Vec::len), Some(1), "{elements}");
        assert_eq!(elements[0]["verdict"], "malformed", "{elements}");
    }
}

#[test]
fn a_request_nobody_understands_is_a_problem_with_its_cause() {
    let service = Running::start();
    let cases = [
        (json!({}), "missing field `evidence`"),
        (json!({ "evidence": "AA==", "nonse": "00" }), "unknown field `nonse`"),
        (json!({ "evidence": "AA==", "nonce": "xyz" }), "not hex"),
        (json!({ "evidence": "%%" }), "evidence[0] is not base64"),
        (json!({ "evidence": ["AA==", "%"] }), "evidence[1] is not base64"),
        (json!({ "evidence": "AA==", "policy": "strict" }), "no policy is called \"strict\""),
        (json!({ "evidence": "AA==", "tenant": "t".repeat(300) }), "longer than 256"),
        (json!({ "evidence": vec!["AA=="; 65] }), "more than 64 files"),
    ];
    for (document, cause) in cases {
        let answer = service.post_json("/v1/verify", &document);
        assert_eq!(answer.status, 400, "{answer:?}");
        assert_eq!(answer.media_type, "application/problem+json");
        let detail = answer.json()["detail"].as_str().expect("a detail").to_owned();
        assert!(detail.contains(cause), "{detail}");
    }
}

#[test]
fn a_signed_result_verifies_with_the_published_keys() {
    let service = Running::start();
    let path = format!("/v1/verify?nonce={NONCE_HEX}");
    let answer = service.post(&path, &[("Accept", "application/eat+jwt")], &service.evidence(&NONCE));
    assert_eq!((answer.status, answer.media_type.as_str()), (200, "application/eat+jwt"));
    let published = service.get("/v1/keys");
    assert_eq!(published.media_type, "application/jwk-set+json");
    let keys = VerifierKeys::from_jwks(published.body.as_bytes()).expect("a set of keys");
    let opened = open(&answer.body, &keys, START).expect("signed by the published key");
    assert_eq!(opened.payload["ear_status"], "affirming");
    assert!(opened.expires > START);
    let stranger = Running::start();
    let others = VerifierKeys::from_jwks(stranger.get("/v1/keys").body.as_bytes()).expect("a set of keys");
    assert!(open(&answer.body, &others, START).is_err());
}

#[test]
fn no_result_is_made_of_what_did_not_verify() {
    let service = Running::start();
    let mut forged = service.evidence(&NONCE);
    forged[100] ^= 1;
    let answer = service.post("/v1/verify", &[("Accept", "application/eat+jwt")], &forged);
    assert_eq!((answer.status, answer.json()["code"].as_str()), (422, Some("not-verified")));
}

#[test]
fn a_nonce_of_the_service_is_good_once() {
    let service = Running::with(|config| config.require_nonce = true);
    let issued = service.post("/v1/nonce", &[], b"").json();
    let nonce = issued["nonce"].as_str().expect("a nonce").to_owned();
    let bytes: Vec<u8> =
        (0..32).map(|at| u8::from_str_radix(&nonce[2 * at..2 * at + 2], 16).expect("hex")).collect();
    let evidence = service.evidence(&bytes);
    let path = format!("/v1/verify?nonce={nonce}");
    assert_eq!(service.post(&path, &[], &evidence).json()[0]["verdict"], "accepted");
    let replayed = service.post(&path, &[], &evidence);
    assert_eq!((replayed.status, replayed.json()["code"].as_str()), (409, Some("nonce")));
    let own = service.post(&format!("/v1/verify?nonce={NONCE_HEX}"), &[], &service.evidence(&NONCE));
    assert_eq!(own.status, 409, "where the service's are asked for, a caller's own does not do");
    assert_eq!(service.post("/v1/verify", &[], &evidence).status, 409, "nor none");
}

#[test]
fn a_batch_is_answered_in_its_order() {
    let service = Running::start();
    let good = STANDARD.encode(service.evidence(&NONCE));
    let items = json!({ "items": [
        { "evidence": good, "subject": "a" },
        { "evidence": "AA==", "subject": "b" },
        { "evidence": good, "subject": "c", "nonce": "00" },
    ] });
    let answer = service.post_json("/v1/verify/batch", &items);
    assert_eq!(answer.status, 200, "{answer:?}");
    let results = answer.json()["results"].clone();
    let told: Vec<_> = results
        .as_array()
        .expect("results")
        .iter()
        .map(|it| (it[0]["subject"].as_str().expect("text"), it[0]["verdict"].as_str().expect("text")))
        .collect();
    assert_eq!(told, [("a", "accepted"), ("b", "malformed"), ("c", "refused")]);
    let many = json!({ "items": vec![json!({ "evidence": "AA==" }); 257] });
    assert_eq!(service.post_json("/v1/verify/batch", &many).status, 400);
}

#[test]
fn health_and_readiness_are_two_things() {
    let service = Running::start();
    assert_eq!(service.get("/healthz").body, "ok\n");
    assert_eq!(service.get("/readyz").json(), json!({ "ready": true, "reasons": [] }));
}

#[test]
fn an_unknown_path_and_a_wrong_method_say_so() {
    let service = Running::start();
    assert_eq!(service.get("/v2").json()["code"], "not-found");
    assert_eq!(service.get("/v1/verify").json()["code"], "method-not-allowed");
}

#[test]
fn events_are_told_from_a_number_on() {
    let service = Running::start();
    let page = service.get("/v1/events?after=0").json();
    assert_eq!(page, json!({ "events": [], "next": 0, "missed": false }));
    assert_eq!(service.get("/v1/events?since=3").status, 400, "a parameter nobody knows");
}

#[test]
fn the_time_of_a_verdict_is_the_clocks() {
    let service = Running::start();
    service.clock.advance(std::time::Duration::from_secs(40 * 24 * 3600));
    let element = service.post("/v1/verify", &[], &service.evidence(&NONCE)).json()[0].clone();
    assert_eq!(element["verdict"], "refused");
    assert!(element["reasons"].to_string().contains("expired"), "{element}");
    assert!(START < Timestamp(u64::MAX));
}
