//! Quotes verified with what a PCCS serves: well, badly, or not at all.

use std::path::PathBuf;
use std::time::Duration;

use casemate_attest::Evidence;
use casemate_attest::dcap::TcbStatus;
use casemate_server::collateral::fetcher::{Patience, Services};
use casemate_server::collateral::item::{IntelTee, Item, PckCa, Update};
use casemate_softtee::synthetic::dcap::{DcapDefect, DcapQuote, DcapRoot};
use serde_json::Value;

use crate::clock::START;
use crate::pccs::{Answer, Pccs};
use crate::service::Running;

/// Serves what vouches for the platform of a root.
fn serve(pccs: &Pccs, root: &DcapRoot) {
    let vouching = root.endorsements();
    let pem = |der: &Vec<u8>| {
        let text =
            der::pem::encode_string("CERTIFICATE", der::pem::LineEnding::LF, der).expect("a certificate");
        text.replace('\n', "%0A").replace(' ', "%20").replace('+', "%2B")
    };
    let [signer, ca, certificate] = vouching.certificates.as_slice() else { panic!("three certificates") };
    let chain = |issuer: &Vec<u8>| Some(format!("{}{}", pem(issuer), pem(certificate)));
    let fmspc = root.platform.fmspc;
    for (nth, tee) in [IntelTee::Sgx, IntelTee::Tdx].into_iter().enumerate() {
        let documents = [
            ("tcbInfo", &vouching.tcb_infos[nth], Item::TcbInfo { tee, fmspc, update: Update::Standard }),
            (
                "enclaveIdentity",
                &vouching.qe_identities[nth],
                Item::QeIdentity { tee, update: Update::Standard },
            ),
        ];
        for (member, signed, item) in documents {
            let json = String::from_utf8(signed.json.clone()).expect("JSON");
            let signature: String = signed.signature.iter().map(|byte| format!("{byte:02x}")).collect();
            let body = format!("{{\"{member}\":{json},\"signature\":\"{signature}\"}}");
            pccs.document(&item.path(), Answer::Body(body.into_bytes(), chain(signer)));
        }
    }
    let list = |nth: usize, chain| Answer::Body(vouching.crls[nth].clone(), chain);
    pccs.document(&Item::RootCaCrl.path(), list(0, None));
    pccs.document(&Item::PckCrl { ca: PckCa::Platform }.path(), list(1, chain(ca)));
}

fn quote(root: &DcapRoot) -> Vec<u8> {
    let Evidence::Quote(bytes) = root.evidence(DcapQuote::TdxV4) else { panic!("a quote") };
    bytes
}

fn start(root: &DcapRoot, pccs: Option<&Pccs>, collateral: Vec<PathBuf>) -> Running {
    Running::with(|config| {
        config.roots = root.roots();
        config.services = pccs.map(|it| Services::new(Some(&it.url()), None));
        config.fetch_time = Duration::from_millis(300);
        config.patience = Patience { tries: 2, ..Patience::default() };
        config.collateral = collateral;
        config.tick = Duration::from_secs(3600);
    })
}

fn verdict(service: &Running, quote: &[u8]) -> Value {
    service.post("/v1/verify", &[], quote).json()[0].clone()
}

#[test]
fn what_a_quote_needs_is_fetched_once_and_kept() {
    let (root, pccs) = (DcapRoot::new(START), Pccs::start());
    serve(&pccs, &root);
    let service = start(&root, Some(&pccs), Vec::new());
    let quote = quote(&root);
    let first = verdict(&service, &quote);
    assert_eq!(
        (&first["verdict"], &first["tcb_status"]),
        (&"accepted".into(), &"UpToDate".into()),
        "{first}"
    );
    let asked = pccs.asked().len();
    assert_eq!(verdict(&service, &quote)["verdict"], "accepted");
    let again: Vec<_> = pccs.asked().split_off(asked);
    assert_eq!(again, Vec::<String>::new(), "what is there is not asked for again");

    let metrics = service.get("/metrics").body;
    assert!(
        metrics.contains("\ncasemate_attest_cache_hits_total 1\n"),
        "the platform is verified once: {metrics}"
    );
    assert!(metrics.contains("\ncasemate_attest_cache_misses_total 1\n"), "{metrics}");
    let counted = |line: &str| metrics.lines().any(|it| it == line);
    assert!(counted("casemate_attest_fetches_total{service=\"pccs\",outcome=\"done\"} 4"), "{metrics}");
    // The next set, TCB Info and QE identity, which this service does not have; asked for by both.
    assert!(counted("casemate_attest_fetches_total{service=\"pccs\",outcome=\"failed\"} 4"), "{metrics}");

    let clock = std::sync::Arc::clone(&service.clock);
    let offline = Running::again(service.stop(), clock, |config| config.roots = root.roots());
    assert_eq!(verdict(&offline, &quote)["verdict"], "accepted", "the cache does without a network");
}

#[test]
fn what_expires_soon_is_fetched_anew_and_the_old_one_stays_until_then() {
    let (root, pccs) = (DcapRoot::new(START), Pccs::start());
    serve(&pccs, &root);
    let service = Running::with(|config| {
        config.roots = root.roots();
        config.services = Some(Services::new(Some(&pccs.url()), None));
        config.patience = Patience { tries: 1, ..Patience::default() };
        config.tick = Duration::from_millis(20);
    });
    assert_eq!(verdict(&service, &quote(&root))["verdict"], "accepted");
    let next = service.get("/v1/events").json()["next"].as_u64().expect("a number");
    // The day before everything expires has begun; in an hour the services are asked again.
    pccs.script((0..4).map(|_| Answer::Status(500)));
    service.clock.advance(Duration::from_secs(3600));
    while pccs.asked().len() < 10 {
        std::thread::yield_now();
    }
    assert_eq!(verdict(&service, &quote(&root))["verdict"], "accepted", "what there was is in force");
    let mut later = root;
    later.levels.evaluation_number += 1;
    serve(&pccs, &later);
    service.clock.advance(Duration::from_secs(3600));
    let page = service.get(&format!("/v1/events?after={next}&wait=30")).json();
    assert_eq!(page["events"][0]["kind"], "collateral", "{page}");
    let pieces = service.get("/v1/collateral").json()["pieces"].to_string();
    assert!(pieces.contains(&format!("\"number\":{}", later.levels.evaluation_number)), "{pieces}");
}

#[test]
fn a_cache_carried_elsewhere_is_collateral_there() {
    let (root, pccs) = (DcapRoot::new(START), Pccs::start());
    serve(&pccs, &root);
    let service = start(&root, Some(&pccs), Vec::new());
    assert_eq!(verdict(&service, &quote(&root))["verdict"], "accepted");
    let carried = service.stop();
    let elsewhere = start(&root, None, vec![carried.path().join("collateral")]);
    assert_eq!(verdict(&elsewhere, &quote(&root))["verdict"], "accepted");
}

#[test]
fn a_pccs_that_fails_at_first_is_asked_again() {
    let (root, pccs) = (DcapRoot::new(START), Pccs::start());
    serve(&pccs, &root);
    pccs.script([Answer::Status(503), Answer::Status(200), Answer::RetryAfter(429, "2".into())]);
    pccs.script([Answer::Status(500)]);
    let service = start(&root, Some(&pccs), Vec::new());
    // An empty answer is none: that document is left alone for a while, and then asked for again.
    assert_eq!(verdict(&service, &quote(&root))["verdict"], "refused");
    service.clock.advance(Duration::from_secs(61));
    assert_eq!(verdict(&service, &quote(&root))["verdict"], "accepted");
}

#[test]
fn a_pccs_that_lies_is_not_believed() {
    for defect in [DcapDefect::TcbInfoForged, DcapDefect::QeIdentityForged, DcapDefect::TcbInfoExpired] {
        let (root, pccs) = (DcapRoot::with_defect(START, defect), Pccs::start());
        serve(&pccs, &root);
        let service = start(&root, Some(&pccs), Vec::new());
        assert_eq!(verdict(&service, &quote(&root))["verdict"], "refused", "{defect:?}");
        let left = service.stop();
        let names: Vec<_> = std::fs::read_dir(left.path().join("collateral"))
            .expect("a cache")
            .map(|it| it.expect("a file").file_name().into_string().expect("a name"))
            .collect();
        let lied = if defect == DcapDefect::QeIdentityForged { "qe-identity-" } else { "tcb-" };
        assert!(!names.iter().any(|it| it.starts_with(lied)), "{defect:?}: {names:?}");
    }
}

#[test]
fn a_pccs_that_replays_what_a_directory_is_newer_than_is_not_believed() {
    let mut root = DcapRoot::new(START);
    let pccs = Pccs::start();
    serve(&pccs, &root);
    let quote = quote(&root);
    let cached = start(&root, Some(&pccs), Vec::new());
    assert_eq!(verdict(&cached, &quote)["tcb_status"], "UpToDate");
    let (clock, state) = (std::sync::Arc::clone(&cached.clock), cached.stop());

    // A recovery: the platform is out of date by what somebody lays in the directory.
    root.levels.evaluation_number += 1;
    root.levels.platform.iter_mut().for_each(|it| it.status = TcbStatus::OutOfDate);
    let folder = tempfile::tempdir().expect("a directory");
    for (nth, signed) in root.endorsements().tcb_infos.iter().enumerate() {
        let json = String::from_utf8(signed.json.clone()).expect("JSON");
        let signature: String = signed.signature.iter().map(|byte| format!("{byte:02x}")).collect();
        let text = format!("{{\"tcbInfo\":{json},\"signature\":\"{signature}\"}}");
        std::fs::write(folder.path().join(format!("tcb-{nth}.json")), text).expect("writable");
    }
    let service = Running::again(state, clock, |config| {
        config.roots = root.roots();
        config.services = Some(Services::new(Some(&pccs.url()), None));
        config.collateral = vec![folder.path().to_owned()];
        config.tick = Duration::from_millis(20);
    });
    assert_eq!(verdict(&service, &quote)["tcb_status"], "OutOfDate", "the cache is older");
    // The day before everything expires has begun; in an hour it is asked for again, and the PCCS has what
    // it had.
    let asked = pccs.asked().len();
    service.clock.advance(Duration::from_secs(3600));
    while pccs.asked().len() < asked + 4 {
        std::thread::yield_now();
    }
    assert_eq!(verdict(&service, &quote)["tcb_status"], "OutOfDate");
}

#[test]
fn collateral_of_another_family_is_not_taken_for_this_ones() {
    let (root, pccs) = (DcapRoot::new(START), Pccs::start());
    serve(&pccs, &root);
    let of = |fmspc| Item::TcbInfo { tee: IntelTee::Tdx, fmspc, update: Update::Standard }.path();
    let mut other = DcapRoot::new(START);
    other.platform.fmspc = [1, 2, 3, 4, 5, 6];
    let json = String::from_utf8(other.endorsements().tcb_infos[1].json.clone()).expect("JSON");
    let body = format!("{{\"tcbInfo\":{json},\"signature\":\"{}\"}}", "00".repeat(64));
    pccs.document(&of(root.platform.fmspc), Answer::Body(body.into_bytes(), None));
    let service = start(&root, Some(&pccs), Vec::new());
    assert_eq!(verdict(&service, &quote(&root))["verdict"], "refused");
    let pieces = service.get("/v1/collateral").json()["pieces"].to_string();
    assert!(!pieces.contains("TCB Info"), "{pieces}");
}

#[test]
fn a_pccs_that_hangs_delays_one_verdict_and_no_other() {
    let (root, pccs) = (DcapRoot::new(START), Pccs::start());
    pccs.script((0..64).map(|_| Answer::Hang));
    let service = start(&root, Some(&pccs), Vec::new());
    let refused = verdict(&service, &quote(&root));
    assert_eq!(refused["verdict"], "refused");
    let asked = pccs.asked().len();
    assert_eq!(verdict(&service, &quote(&root))["verdict"], "refused");
    assert_eq!(pccs.asked().len(), asked, "a failure is remembered");
}

#[test]
fn nothing_is_fetched_for_a_quote_that_intel_did_not_make() {
    let (root, stranger, pccs) = (DcapRoot::new(START), DcapRoot::new(START), Pccs::start());
    serve(&pccs, &root);
    let service = start(&root, Some(&pccs), Vec::new());
    assert_eq!(verdict(&service, &quote(&stranger))["verdict"], "refused");
    assert!(pccs.asked().is_empty(), "{:?}", pccs.asked());
}
