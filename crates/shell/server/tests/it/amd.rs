//! Reports verified with what AMD's key distribution service has.

use casemate_attest::claims::SnpKey;
use casemate_attest::{Evidence, Product};
use casemate_server::collateral::fetcher::Services;
use casemate_server::collateral::item::Item;
use casemate_server::collateral::wanted::wanted;
use casemate_softtee::synthetic::snp::{SnpDefect, SnpRoot};
use casemate_softtee::synthetic::vtpm::SyntheticHcl;

use crate::clock::START;
use crate::pccs::{Answer, Pccs};
use crate::service::Running;

fn bare(root: &SnpRoot) -> Evidence {
    Evidence::SnpReport { report: root.report(), certificates: Vec::new() }
}

#[test]
fn a_report_without_its_chain_is_verified_with_that_of_its_chip() {
    for product in Product::ALL {
        let (root, kds) = (SnpRoot::new(START, product, SnpKey::Vcek), Pccs::start());
        let [leaf, issuers @ ..] = &root.certificates()[..] else { panic!("a chain") };
        let pem = |der: &Vec<u8>| {
            der::pem::encode_string("CERTIFICATE", der::pem::LineEnding::LF, der).expect("a certificate")
        };
        for item in wanted(&bare(&root)) {
            let body = match &item {
                Item::Vcek { .. } => leaf.clone(),
                Item::AmdChain { .. } => issuers.iter().map(pem).collect::<String>().into_bytes(),
                _ => root.crls()[0].clone(),
            };
            kds.document(&item.path(), Answer::Body(body, None));
        }
        let service = Running::with(|config| {
            config.roots = root.roots();
            config.services = Some(Services::new(None, Some(&kds.url())));
        });
        let element = service.post("/v1/verify", &[], &root.report()).json()[0].clone();
        assert_eq!(element["verdict"], "accepted", "{product}: {element}");
        let asked = kds.asked();
        let vcek = asked.iter().find(|it| it.contains("SPL=")).expect("the chip's certificate");
        let id = if product == Product::Turin { 16 } else { 128 };
        let prefix = format!("/vcek/v1/{product}/{}?", "c1".repeat(id / 2));
        assert!(vcek.starts_with(&prefix), "{vcek}");
        assert_eq!(vcek.contains("fmcSPL="), product == Product::Turin, "{vcek}");
    }
}

#[test]
fn a_chips_key_is_verified_once_and_taken_back_by_a_list() {
    let root = SnpRoot::new(START, Product::Milan, SnpKey::Vcek);
    let folder = tempfile::tempdir().expect("a directory");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("writable");
    root.certificates().iter().enumerate().for_each(|(nth, der)| write(&format!("{nth}.der"), der));
    let service = Running::with(|config| {
        config.roots = root.roots();
        config.collateral = vec![folder.path().to_owned()];
        config.tick = std::time::Duration::from_millis(1);
    });
    let verdict =
        || service.post("/v1/verify?subject=node-1", &[], &root.report()).json()[0]["verdict"].clone();
    for _ in 0..3 {
        assert_eq!(verdict(), "accepted");
    }
    let metrics = service.get("/metrics").body;
    assert!(metrics.contains("casemate_attest_cache_misses_total 1\n"), "{metrics}");
    assert!(metrics.contains("casemate_attest_cache_hits_total 2\n"), "{metrics}");

    // Another run of the same authorities, which revoked the issuer.
    let revoking = SnpRoot::with_defect(START, Product::Milan, SnpKey::Vcek, SnpDefect::IssuerRevoked);
    revoking.crls().iter().enumerate().for_each(|(nth, der)| write(&format!("{nth}.crl"), der));
    let mut events = Vec::new();
    let mut after = 0;
    while !events.iter().any(|it: &serde_json::Value| it["kind"] == "revoked") {
        let page = service.get(&format!("/v1/events?after={after}&wait=30")).json();
        assert!(page["next"].as_u64() > Some(after), "nothing came: {events:?}");
        after = page["next"].as_u64().expect("a number");
        events.extend(page["events"].as_array().expect("events").iter().cloned());
    }
    assert_eq!(verdict(), "refused");
}

#[test]
fn a_report_that_does_not_name_its_product_is_looked_for_among_all_that_make_such() {
    let root = SnpRoot::new(START, Product::Genoa, SnpKey::Vcek);
    let mut content = root.content();
    // Version 2 has neither family nor model.
    content[0] = 2;
    content[0x188..0x18b].fill(0);
    let report = root.report_of(&content);
    let items = wanted(&Evidence::SnpReport { report: report.clone(), certificates: Vec::new() });
    let of = |wanted: Product| {
        items.iter().filter(|it| matches!(it, Item::Vcek { product, .. } if *product == wanted)).count()
    };
    assert_eq!(Product::ALL.map(of), [1, 1, 0]);
    // The same where Azure's vTPM has it.
    let hcl = SyntheticHcl::new();
    let azure = SyntheticHcl::evidence(hcl.on_snp(&report, Vec::new()));
    assert_eq!(wanted(&azure), items);
    let complete = SyntheticHcl::evidence(hcl.on_snp(&report, root.certificates()));
    assert_eq!(wanted(&complete), []);
}

#[test]
fn nothing_is_asked_for_where_a_cloud_provider_signed() {
    let root = SnpRoot::new(START, Product::Milan, SnpKey::Vlek);
    assert!(wanted(&bare(&root)).is_empty());
}
