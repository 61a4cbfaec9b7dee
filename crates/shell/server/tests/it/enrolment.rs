//! Which platform is which node, and what happens to evidence that is relayed.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use casemate_softtee::synthetic::nitro::NitroRoot;
use serde_json::{Value, json};

use crate::clock::START;
use crate::service::{Answer, Running};

const TOKEN: &str = "correct-horse-battery-staple";

fn start(root: &NitroRoot, require: bool) -> Running {
    Running::with(|config| {
        let path = config.state.join("token");
        fs::write(&path, TOKEN).expect("writable");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("our file");
        config.admin_token = Some(path);
        config.require_enrolment = require;
        config.roots = root.roots();
    })
}

fn enrol(service: &Running, document: &Value) -> Answer {
    let bearer = format!("Bearer {TOKEN}");
    service.post("/v1/enrol", &[("Authorization", &bearer)], document.to_string().as_bytes())
}

fn platform() -> String {
    format!("nitro:{}", NitroRoot::MODULE_ID)
}

fn verdict(service: &Running, root: &NitroRoot, node: &str) -> Value {
    service.post(&format!("/v1/verify?subject={node}"), &[], &root.document()).json()[0].clone()
}

#[test]
fn relayed_evidence_is_refused() {
    let root = NitroRoot::new(START);
    let service = start(&root, false);
    assert_eq!(verdict(&service, &root, "node-b")["verdict"], "accepted", "nobody said whose it is");
    let told = enrol(&service, &json!({ "platform": platform(), "node": "node-a" }));
    assert_eq!((told.status, told.json()["enrolled"].as_u64()), (200, Some(1)));
    assert_eq!(verdict(&service, &root, "node-a")["verdict"], "accepted");
    let relayed = verdict(&service, &root, "node-b");
    assert_eq!(relayed["verdict"], "refused");
    assert!(relayed["reasons"].to_string().contains("enrolled as node node-a"), "{relayed}");
    let again = enrol(&service, &json!({ "platform": platform(), "node": "node-b" }));
    assert_eq!((again.status, again.json()["code"].as_str()), (409, Some("not-enrolled")));
    assert_eq!(enrol(&service, &json!({ "platform": platform(), "node": null })).status, 200);
    assert_eq!(verdict(&service, &root, "node-b")["verdict"], "accepted");
}

#[test]
fn where_enrolment_is_required_a_stranger_is_refused() {
    let root = NitroRoot::new(START);
    let service = start(&root, true);
    let refused = verdict(&service, &root, "node-a");
    assert!(refused["reasons"].to_string().contains("not enrolled as node node-a"), "{refused}");
    assert_eq!(enrol(&service, &json!({ "platform": platform(), "node": "node-a" })).status, 200);
    assert_eq!(verdict(&service, &root, "node-a")["verdict"], "accepted");
}

#[test]
fn only_who_has_the_token_may_enrol() {
    let root = NitroRoot::new(START);
    let service = start(&root, false);
    let document = json!({ "platform": platform(), "node": "node-a" }).to_string();
    for headers in [&[][..], &[("Authorization", "Bearer wrong")], &[("Authorization", TOKEN)]] {
        let answer = service.post("/v1/enrol", headers, document.as_bytes());
        assert_eq!((answer.status, answer.json()["code"].as_str()), (403, Some("forbidden")));
    }
    let nobody = Running::start();
    assert_eq!(enrol(&nobody, &json!({})).status, 403, "without a token nobody may");
}

#[test]
fn an_enrolment_nobody_understands_changes_nothing() {
    let root = NitroRoot::new(START);
    let service = start(&root, false);
    for document in [
        json!({}),
        json!({ "platform": "ppid:00", "node": "a" }),
        json!({ "platform": platform(), "node": "" }),
        json!({ "platform": platform(), "node": "a", "force": true }),
    ] {
        assert_eq!(enrol(&service, &document).status, 400, "{document}");
    }
    let shared = enrol(&service, &json!({ "platform": "csp:Azure", "node": "a" }));
    assert_eq!(shared.status, 409, "what many machines share names none of them");
}
