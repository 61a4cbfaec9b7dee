//! The description of the API is the API's: every route, every status, every field.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use casemate_server::{OPENAPI, ROUTES};
use serde_json::{Value, json};

use crate::schema::Schemas;
use crate::service::{Answer, Running};

fn document() -> Value {
    serde_json::from_str(OPENAPI).expect("JSON")
}

#[test]
fn every_route_is_described_and_nothing_else() {
    let document = document();
    let paths = document["paths"].as_object().expect("paths");
    let described: BTreeSet<(String, String)> = paths
        .iter()
        .flat_map(|(path, it)| it.as_object().expect("methods").keys().map(|it| (it.clone(), path.clone())))
        .collect();
    let routes = ROUTES.iter().map(|(method, path)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(described, routes);
}

#[test]
fn every_route_is_there() {
    let service = Running::start();
    for (method, path) in ROUTES {
        let answer = if method == "get" { service.get(path) } else { service.post(path, &[], b"") };
        assert!(![404, 405].contains(&answer.status), "{method} {path}: {answer:?}");
    }
    assert_eq!(service.get("/openapi.json").body, OPENAPI);
}

#[test]
fn everything_described_has_a_description() {
    fn undescribed(value: &Value, at: &str, found: &mut Vec<String>) {
        if let Some(properties) = value.get("properties").and_then(Value::as_object) {
            for (name, property) in properties {
                let is_told = property.get("description").is_some()
                    || property.get("$ref").is_some()
                    || property["items"].get("$ref").is_some();
                if !is_told {
                    found.push(format!("{at}.{name}"));
                }
            }
        }
        for (name, value) in value.as_object().into_iter().flatten() {
            undescribed(value, &format!("{at}.{name}"), found);
        }
    }
    let mut found = Vec::new();
    undescribed(&document(), "", &mut found);
    assert!(found.is_empty(), "{found:?}");
}

/// Holds an answer against what is written of it.
fn check(schemas: &Schemas, method: &str, path: &str, answer: &Answer) {
    let status = answer.status.to_string();
    let described = &schemas.document["paths"][path][method]["responses"][&status];
    assert!(described.is_object(), "{method} {path} answers {status}, which is not described: {answer:?}");
    let content = described["content"].as_object().expect("content");
    let media = content.get(&answer.media_type);
    let media = media.unwrap_or_else(|| panic!("{method} {path}: {} is not described", answer.media_type));
    if answer.media_type.ends_with("json") {
        let wrong = schemas.violations(&media["schema"], &answer.json());
        assert!(wrong.is_empty(), "{method} {path} {status}: {wrong:?} in {}", answer.body);
    }
}

#[test]
fn every_answer_is_as_described() {
    let schemas = Schemas { document: document() };
    let service = Running::start();
    let evidence = service.evidence(b"openapi");
    for (method, path) in ROUTES.iter().filter(|(method, _)| *method == "get") {
        check(&schemas, method, path, &service.get(path));
    }
    let jwt = [("Accept", "application/eat+jwt")];
    check(&schemas, "post", "/v1/nonce", &service.post("/v1/nonce", &[], b""));
    for (body, headers) in [
        (evidence.as_slice(), &[][..]),
        (b"garbage", &[]),
        (&evidence, &jwt),
        (b"garbage", &jwt),
        (b"{", &[("Content-Type", "application/json")]),
    ] {
        check(&schemas, "post", "/v1/verify", &service.post("/v1/verify", headers, body));
    }
    let items = json!({ "items": [{ "evidence": STANDARD.encode(&evidence), "subject": "a" }] });
    let batch = service.post_json("/v1/verify/batch", &items);
    assert_eq!(batch.status, 200);
    check(&schemas, "post", "/v1/verify/batch", &batch);
    check(&schemas, "post", "/v1/verify/batch", &service.post("/v1/verify/batch", &[], b"x"));
    let node = json!({ "name": "n", "uid": "u", "boot_id": "b" });
    let applicant = json!({
        "node": node, "nonce": "00".repeat(32), "agent_key": "AAAA", "evidence": STANDARD.encode(&evidence),
    });
    let admission = service.post_json("/v1/admit", &applicant);
    assert_eq!(admission.status, 200);
    check(&schemas, "post", "/v1/admit", &admission);
    check(&schemas, "post", "/v1/admit", &service.post("/v1/admit", &[], b"{}"));
    check(&schemas, "post", "/v1/nonce", &service.post("/v1/nonce?node=u", &[], b""));
    check(&schemas, "post", "/v1/nonce", &service.post("/v1/nonce?node=", &[], b""));
    check(&schemas, "get", "/v1/events", &service.get("/v1/events?after=x"));
    check(&schemas, "post", "/v1/enrol", &service.post("/v1/enrol", &[], b"{}"));
    check(&schemas, "post", "/v1/verify", &service.post("/v1/verify?none=such", &[], b"x"));
}

#[test]
fn the_checker_of_schemas_sees_what_is_wrong() {
    let schemas = Schemas { document: document() };
    let nonce = json!({ "$ref": "#/components/schemas/Nonce" });
    assert!(schemas.violations(&nonce, &json!({ "nonce": "00", "expires": "x" })).is_empty());
    for wrong in [
        json!({ "nonce": "00" }),
        json!({ "nonce": 1, "expires": "" }),
        json!([]),
        json!({ "nonce": "", "expires": "", "more": 1 }),
    ] {
        assert!(!schemas.violations(&nonce, &wrong).is_empty(), "{wrong}");
    }
}
