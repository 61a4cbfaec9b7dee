//! What is in force, since when, and what happens when it changes or lapses.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use casemate_attest::Endorsements;
use casemate_attest::inspect::hex;
use casemate_server::collateral::files::{Cache, FilesError};
use casemate_server::collateral::store::Store;
use casemate_softtee::synthetic::dcap::DcapRoot;
use casemate_softtee::synthetic::nitro::NitroRoot;
use serde_json::json;

use crate::clock::START;
use crate::service::Running;

/// A TCB Info as Intel's service sends it, signed by nobody.
fn tcb_info(fmspc: &str, issued: &str, next: &str) -> String {
    format!(
        r#"{{"tcbInfo":{{"id":"TDX","version":3,"fmspc":"{fmspc}","pceId":"0000","issueDate":"{issued}","nextUpdate":"{next}","tcbType":0,"tcbEvaluationDataNumber":20,"tcbLevels":[]}},"signature":"{}"}}"#,
        "00".repeat(64)
    )
}

fn put(path: &Path, name: &str, text: &str) {
    // As a careful writer does it: the service never sees half of it.
    let unfinished = path.join(format!(".{name}"));
    fs::write(&unfinished, text).and_then(|()| fs::rename(&unfinished, path.join(name))).expect("writable");
}

fn served_from(path: PathBuf) -> Running {
    Running::with(|config| {
        config.collateral = vec![path];
        config.tick = Duration::from_millis(20);
    })
}

#[test]
fn what_is_in_force_is_told_with_its_dates() {
    let folder = tempfile::tempdir().expect("a directory");
    put(folder.path(), "a.json", &tcb_info("00806F050000", "2027-01-01T00:00:00Z", "2027-01-31T00:00:00Z"));
    put(folder.path(), "notes.txt", "nothing of use");
    let service = served_from(folder.path().to_owned());
    let told = service.get("/v1/collateral").json();
    assert_eq!(told["generation"], 1);
    assert_eq!(told["expires"], "2027-01-31T00:00:00Z");
    assert_eq!(
        told["pieces"],
        json!([{
            "name": "TCB Info TDX 00806f050000",
            "issued": "2027-01-01T00:00:00Z",
            "expires": "2027-01-31T00:00:00Z",
            "expired": false,
            "number": 20,
        }])
    );
    assert_eq!(told["unused"][0]["name"], "notes.txt");
}

#[test]
fn a_changed_directory_is_a_new_generation_and_an_event() {
    let folder = tempfile::tempdir().expect("a directory");
    let service = served_from(folder.path().to_owned());
    assert_eq!(service.get("/v1/collateral").json()["pieces"], json!([]));
    put(folder.path(), "a.json", &tcb_info("00806F050000", "2027-01-01T00:00:00Z", "2027-01-31T00:00:00Z"));
    let page = service.get("/v1/events?after=0&wait=30").json();
    assert_eq!(page["events"][0]["kind"], "collateral", "{page}");
    assert_eq!(page["events"][0]["generation"], 2);
    assert_eq!(service.get("/v1/collateral").json()["pieces"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_directory_that_goes_away_leaves_in_force_what_was() {
    let folder = tempfile::tempdir().expect("a directory");
    let path = folder.path().join("collateral");
    fs::create_dir(&path).expect("writable");
    put(&path, "a.json", &tcb_info("00806F050000", "2027-01-01T00:00:00Z", "2027-01-31T00:00:00Z"));
    let service = served_from(path.clone());
    let later = folder.path().join("elsewhere");
    fs::rename(&path, &later).expect("writable");
    // Brought back with more: the first look that succeeds sees all of it.
    put(&later, "b.json", &tcb_info("00906ED50000", "2027-01-01T00:00:00Z", "2027-01-31T00:00:00Z"));
    fs::rename(&later, &path).expect("writable");
    let page = service.get("/v1/events?after=0&wait=30").json();
    assert_eq!(page["events"][0]["generation"], 2, "{page}");
    assert_eq!(service.get("/v1/collateral").json()["pieces"].as_array().map(Vec::len), Some(2));
}

#[test]
fn expired_collateral_is_not_ready() {
    let folder = tempfile::tempdir().expect("a directory");
    put(folder.path(), "a.json", &tcb_info("00806F050000", "2027-01-01T00:00:00Z", "2027-01-31T00:00:00Z"));
    let service = served_from(folder.path().to_owned());
    assert_eq!(service.get("/readyz").status, 200);
    service.clock.advance(Duration::from_secs(17 * 24 * 3600));
    let answer = service.get("/readyz");
    assert_eq!(answer.status, 503);
    let reasons = json!(["the TCB Info TDX 00806f050000 expired at 2027-01-31T00:00:00Z"]);
    assert_eq!(answer.json(), json!({ "ready": false, "reasons": reasons }));
    assert!(service.get("/metrics").body.contains("\ncasemate_attest_collateral_expired 1\n"));
}

#[test]
fn a_platform_that_new_collateral_revokes_is_told_of() {
    let folder = tempfile::tempdir().expect("a directory");
    let root = NitroRoot::new(START);
    let service = Running::with(|config| {
        config.collateral = vec![folder.path().to_owned()];
        config.tick = Duration::from_millis(20);
        config.roots = root.roots();
    });
    let accepted = service.post("/v1/verify?subject=node-7", &[], &root.document()).json();
    assert_eq!(accepted[0]["verdict"], "accepted", "{accepted}");
    for (nth, list) in root.endorsements(true).crls.iter().enumerate() {
        fs::write(folder.path().join(format!(".list-{nth}")), list).expect("writable");
        fs::rename(folder.path().join(format!(".list-{nth}")), folder.path().join(format!("list-{nth}.crl")))
            .expect("writable");
    }
    let mut after = 0;
    let revoked = loop {
        let page = service.get(&format!("/v1/events?after={after}&wait=30")).json();
        let events = page["events"].as_array().expect("events").clone();
        assert!(!events.is_empty(), "nothing was revoked");
        if let Some(revoked) = events.iter().find(|it| it["kind"] == "revoked") {
            break revoked.clone();
        }
        after = page["next"].as_u64().expect("a number");
    };
    assert_eq!(revoked["subject"], "node-7");
    assert!(revoked["platform"].as_str().expect("a platform").starts_with("nitro:"), "{revoked}");
    assert!(revoked["reasons"].to_string().contains("revoked"), "{revoked}");
    assert!(service.get("/metrics").body.contains("\ncasemate_attest_revocations_total 1\n"));
    let again = service.post("/v1/verify", &[], &root.document()).json();
    assert_eq!(again[0]["verdict"], "refused", "{again}");
}

#[test]
fn the_forecast_names_who_will_fall() {
    let (folder, next) =
        (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
    let root = NitroRoot::new(START);
    let start = |with_next: bool| {
        Running::with(|config| {
            config.collateral = vec![folder.path().to_owned()];
            config.early = if with_next { vec![next.path().to_owned()] } else { Vec::new() };
            config.roots = root.roots();
        })
    };
    let unknown = start(false).get("/v1/forecast").json();
    assert_eq!(unknown, json!({ "early": false, "platforms": [] }));
    for (nth, list) in root.endorsements(true).crls.iter().enumerate() {
        fs::write(next.path().join(format!("list-{nth}.crl")), list).expect("writable");
    }
    let service = start(true);
    let accepted = service.post("/v1/verify?subject=node-7", &[], &root.document()).json();
    assert_eq!(accepted[0]["verdict"], "accepted", "what is to come counts for nothing yet: {accepted}");
    let forecast = service.get("/v1/forecast").json();
    assert_eq!(forecast["early"], true);
    assert_eq!(forecast["platforms"][0]["subject"], "node-7");
    assert_eq!(forecast["platforms"][0]["stands"], false, "{forecast}");
    assert_eq!(service.get("/v1/forecast").json(), forecast);
}

/// TCB Infos as Intel's service answers, and the certificates that issue them.
fn lay_out(path: &Path, endorsements: &Endorsements) {
    for (nth, signed) in endorsements.tcb_infos.iter().enumerate() {
        let json = String::from_utf8(signed.json.clone()).expect("text");
        let signature = hex(&signed.signature);
        let text = format!("{{\"tcbInfo\":{json},\"signature\":\"{signature}\"}}");
        put(path, &format!("tcb-{nth}.json"), &text);
    }
    for (nth, der) in endorsements.certificates.iter().enumerate() {
        fs::write(path.join(format!("{nth}.der")), der).expect("writable");
    }
}

#[test]
fn stale_signed_collateral_replayed_in_a_directory_stays_out() {
    let folder = tempfile::tempdir().expect("a directory");
    let mut root = DcapRoot::new(START);
    let stale = root.endorsements();
    root.levels.evaluation_number += 1;
    lay_out(folder.path(), &root.endorsements());
    let directories = vec![folder.path().to_owned()];
    let store = Store::open(directories, Vec::new(), None, None, root.roots(), START).expect("readable");
    let number = |store: &Store| store.current().pieces.values().filter_map(|it| it.number).max();
    let newest = number(&store);

    lay_out(folder.path(), &stale);
    let (next, errors) = store.poll(START);
    assert!(next.is_none(), "nothing new is in force");
    assert!(matches!(errors[..], [FilesError::Older { .. }]), "{errors:?}");
    assert!(errors[0].to_string().contains("is older than the one in force"), "{}", errors[0]);
    assert_eq!(number(&store), newest);

    root.levels.evaluation_number += 1;
    lay_out(folder.path(), &root.endorsements());
    let (next, errors) = store.poll(START);
    assert!(next.is_some() && errors.is_empty(), "{errors:?}");
    assert!(number(&store) > newest);
}

#[test]
fn stale_signed_collateral_does_not_come_back_with_a_restart() {
    let (folder, state) =
        (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
    let mut root = DcapRoot::new(START);
    let stale = root.endorsements();
    root.levels.evaluation_number += 1;
    lay_out(folder.path(), &root.endorsements());
    let open = || {
        let cache = Cache::open(state.path().to_owned()).expect("a cache");
        let directories = vec![folder.path().to_owned()];
        Store::open(directories, Vec::new(), Some(cache), None, root.roots(), START)
    };
    let infos = |store: &Store| store.current().endorsements.tcb_infos.clone();
    let newest = infos(&open().expect("readable"));
    assert_ne!(newest, stale.tcb_infos);

    lay_out(folder.path(), &stale);
    assert_eq!(infos(&open().expect("readable")), newest, "what was in force stays, wherever it is now");
    fs::write(state.path().join(".newest.json"), "{").expect("writable");
    let error = open().err().expect("what cannot be read is not taken for nothing");
    assert!(matches!(error, FilesError::Bundle { .. }), "{error}");
    fs::remove_file(state.path().join(".newest.json")).expect("removable");
    assert_eq!(infos(&open().expect("readable")), stale.tcb_infos, "nothing else remembers");
}
