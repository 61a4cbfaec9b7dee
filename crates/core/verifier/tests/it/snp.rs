//! SEV-SNP reports under a root of this test: keys are remembered, versions tell them apart, lists take them
//! back.

use casemate_attest::claims::SnpKey;
use casemate_attest::snp::Report;
use casemate_attest::{Endorsements, Product, verify};
use casemate_model::{Nanos, Timestamp};
use casemate_softtee::synthetic::snp::{SnpDefect, SnpRoot};
use casemate_verifier::{
    Bounds, Course, Event, Platforms, Snp, SnpCollateral, SnpEvidence, Stages, Standing,
};

const NOW: Timestamp = Timestamp::from_unix_secs(1_800_000_000);

fn roots() -> impl Iterator<Item = SnpRoot> {
    let keys = [SnpKey::Vcek, SnpKey::Vlek];
    Product::ALL.into_iter().flat_map(move |product| keys.map(|key| SnpRoot::new(NOW, product, key)))
}

/// What the verifier has: the lists, and the certificates that issue them.
fn endorsements(root: &SnpRoot) -> Endorsements {
    Endorsements { certificates: root.certificates(), ..root.endorsements() }
}

fn platforms(root: &SnpRoot, endorsements: &Endorsements) -> Platforms<Snp> {
    Platforms::new(Snp::new(root.roots()), SnpCollateral::of(endorsements), 1, Bounds::default())
}

/// Examines and remembers; whether the key had to be verified.
fn examine(platforms: &mut Platforms<Snp>, bytes: &[u8], sent: &[Vec<u8>]) -> Option<bool> {
    let report = Report::parse(bytes).expect("a report");
    let examined = platforms.examine(SnpEvidence { report: &report, certificates: sent }, NOW);
    let verdict = examined.outcome.is_ok().then(|| examined.learnt.is_new());
    platforms.learn(examined.learnt, Some("node-1"), NOW);
    verdict
}

#[test]
fn a_reports_verdict_from_memory_is_the_verdict_without_it_on_every_product_at_every_instant() {
    for root in roots() {
        let endorsements = endorsements(&root);
        let mut platforms = platforms(&root, &endorsements);
        assert_eq!(examine(&mut platforms, &root.report(), &[]), Some(true));
        let bytes = root.report();
        let evidence = casemate_attest::Evidence::SnpReport { report: bytes.clone(), certificates: vec![] };
        for days in [0, 1, 2, 40, 400, 20_000] {
            let now = NOW.after(Nanos::from_secs(days * 86_400));
            let report = Report::parse(&bytes).expect("a report");
            let examined = platforms.examine(SnpEvidence { report: &report, certificates: &[] }, now);
            assert!(!examined.learnt.is_new());
            assert_eq!(examined.outcome, verify(&evidence, &endorsements, &root.roots(), now), "{now}");
        }
    }
}

#[test]
fn the_cache_key_drops_no_component_of_the_versions_and_on_turin_not_the_fmc() {
    let root = SnpRoot::new(NOW, Product::Turin, SnpKey::Vcek);
    let key = |content: &[u8]| {
        let bytes = root.report_of(content);
        let report = Report::parse(&bytes).expect("a report");
        Snp::key(SnpEvidence { report: &report, certificates: &[] }).map(|key| key.platform)
    };
    let content = root.content();
    let usual = key(&content);
    // REPORTED_TCB; on Turin its first byte is the FMC's version.
    for at in 0x180..0x188 {
        let mut changed = content.clone();
        changed[at] ^= 1;
        assert_ne!(key(&changed), usual, "byte {at:#x}");
    }
}

#[test]
fn the_key_of_other_versions_is_not_the_one_remembered() {
    let root = SnpRoot::new(NOW, Product::Turin, SnpKey::Vcek);
    let endorsements = endorsements(&root);
    let mut platforms = platforms(&root, &endorsements);
    assert_eq!(examine(&mut platforms, &root.report(), &[]), Some(true));
    let mut content = root.content();
    content[0x180] ^= 1;
    assert_eq!(examine(&mut platforms, &root.report_of(&content), &[]), None, "another FMC");
    assert_eq!(platforms.len(), 1);
}

#[test]
fn certificates_sent_along_neither_change_the_key_nor_are_taken_from_memory() {
    let root = SnpRoot::new(NOW, Product::Milan, SnpKey::Vcek);
    let endorsements = root.endorsements();
    let mut platforms = platforms(&root, &endorsements);
    let sent = root.certificates();
    assert_eq!(examine(&mut platforms, &root.report(), &sent), Some(true));
    assert_eq!(examine(&mut platforms, &root.report(), &sent), Some(false));
    let more = [sent.clone(), vec![b"noise".to_vec()]].concat();
    assert_eq!(examine(&mut platforms, &root.report(), &more), Some(true), "verified in full");
    assert_eq!(examine(&mut platforms, &root.report(), &[]), None, "nothing vouches for it");
    assert_eq!(platforms.len(), 1, "one key takes one place");
}

#[test]
fn no_changed_byte_of_a_report_is_accepted_from_memory() {
    let root = SnpRoot::new(NOW, Product::Genoa, SnpKey::Vcek);
    let endorsements = endorsements(&root);
    let mut platforms = platforms(&root, &endorsements);
    let bytes = root.report();
    assert_eq!(examine(&mut platforms, &bytes, &[]), Some(true));
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        if Report::parse(&changed).is_ok() {
            assert_eq!(examine(&mut platforms, &changed, &[]), None, "byte {at:#x}");
        }
    }
    assert_eq!(platforms.len(), 1);
}

#[test]
fn a_new_list_revokes_keys_that_are_remembered_without_their_reports() {
    let good = SnpRoot::new(NOW, Product::Milan, SnpKey::Vcek);
    let mut platforms = platforms(&good, &Endorsements { crls: vec![], ..endorsements(&good) });
    assert_eq!(examine(&mut platforms, &good.report(), &[]), Some(true));

    // Another run of the same authorities, which revoked the issuer.
    let revoking = SnpRoot::with_defect(NOW, Product::Milan, SnpKey::Vcek, SnpDefect::IssuerRevoked);
    let lists = Endorsements { crls: revoking.crls(), ..endorsements(&good) };
    let events = platforms.replace(SnpCollateral::of(&lists), 2, NOW);
    let [Event::Standing(change)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(change.course, Course::Revoked);
    assert!(matches!(change.after, Standing::Revoked { .. }), "{change:?}");
    assert!(change.subjects.contains("node-1"), "{change:?}");
    assert_eq!(examine(&mut platforms, &good.report(), &[]), None);
}
