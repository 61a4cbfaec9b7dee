//! DCAP quotes under a root of this test: what is remembered, what collateral takes back, and every byte.

use casemate_attest::dcap::{Collateral, Quote, TcbStatus};
use casemate_attest::{Endorsements, Roots, verify};
use casemate_model::{Nanos, Timestamp};
use casemate_softtee::synthetic::dcap::{DcapDefect, DcapQuote, DcapRoot};
use casemate_verifier::{
    Bounds, Course, Dcap, Event, Platforms, Stages, Standing, Store, StoreFault, bundle,
};

const NOW: Timestamp = Timestamp::from_unix_secs(1_800_000_000);

fn collateral(endorsements: &Endorsements, roots: &Roots) -> Collateral {
    Collateral::verify(endorsements, roots)
}

/// The platform of a quote remembered, for a node.
fn remembered(bytes: &[u8], endorsements: &Endorsements, roots: &Roots) -> Platforms<Dcap> {
    let dcap = Dcap::new(roots.clone());
    let mut platforms = Platforms::new(dcap, collateral(endorsements, roots), 1, Bounds::default());
    let quote = Quote::parse(bytes).expect("a quote");
    let examined = platforms.examine(&quote, NOW);
    assert!(examined.outcome.is_ok() && examined.learnt.is_new(), "{:?}", examined.outcome);
    assert_eq!(platforms.learn(examined.learnt, Some("node-1"), NOW), []);
    platforms
}

/// What collateral says after a TCB recovery.
fn rate_down(root: &mut DcapRoot) {
    root.levels.evaluation_number += 1;
    root.levels.qe_evaluation_number += 1;
    for level in &mut root.levels.platform {
        level.status = TcbStatus::OutOfDate;
        level.advisories = vec!["INTEL-SA-99999".into()];
    }
}

#[test]
pub(crate) fn a_verdict_from_memory_is_the_verdict_without_it_for_every_kind_of_quote_at_every_instant() {
    let root = DcapRoot::new(NOW);
    let (endorsements, roots) = (root.endorsements(), root.roots());
    for kind in DcapQuote::ALL {
        let evidence = root.evidence(kind);
        let platforms = remembered(evidence.as_bytes(), &endorsements, &roots);
        let quote = Quote::parse(evidence.as_bytes()).expect("a quote");
        for days in [0, 1, 2, 40, 400, 20_000] {
            let now = NOW.after(Nanos::from_secs(days * 86_400));
            let examined = platforms.examine(&quote, now);
            assert!(!examined.learnt.is_new(), "{kind:?}");
            assert_eq!(examined.outcome, verify(&evidence, &endorsements, &roots, now), "{kind:?} {now}");
        }
    }
}

#[test]
pub(crate) fn no_changed_byte_of_a_quote_is_accepted_from_memory() {
    let root = DcapRoot::new(NOW);
    let (endorsements, roots) = (root.endorsements(), root.roots());
    let evidence = root.evidence(DcapQuote::TdxV4);
    let bytes = evidence.as_bytes();
    let mut platforms = remembered(bytes, &endorsements, &roots);
    let len = Quote::parse(bytes).expect("a quote").canonical_len();
    // The chain is PEM, in which not every byte counts: there the law is that memory changes nothing.
    let chain = bytes.windows(10).position(|it| it == b"-----BEGIN").expect("a chain");
    for at in 0..len {
        let mut changed = bytes.to_vec();
        changed[at] ^= 1;
        let Ok(quote) = Quote::parse(&changed) else { continue };
        let examined = platforms.examine(&quote, NOW);
        if at < chain {
            assert!(examined.outcome.is_err(), "byte {at}");
            assert!(examined.learnt.platform().is_none(), "byte {at}");
        } else {
            assert!(examined.outcome.is_err() || examined.learnt.is_new(), "byte {at} is not from memory");
        }
        platforms.learn(examined.learnt, None, NOW);
    }
    assert_eq!(platforms.len(), 1, "nothing that was changed is another platform");
}

#[test]
pub(crate) fn bytes_after_a_quote_change_no_key_and_miss_no_memory() {
    let root = DcapRoot::new(NOW);
    let evidence = root.evidence(DcapQuote::SgxV3);
    let platforms = remembered(evidence.as_bytes(), &root.endorsements(), &root.roots());
    let quote = Quote::parse(evidence.as_bytes()).expect("a quote");
    let mut padded = evidence.as_bytes()[..quote.canonical_len()].to_vec();
    padded.extend([0xa5; 500]);
    let padded = Quote::parse(&padded).expect("a quote");
    assert!(Dcap::key(&quote).is_some());
    assert_eq!(Dcap::key(&padded), Dcap::key(&quote));
    assert!(platforms.knows(&padded));
}

#[test]
pub(crate) fn a_tcb_recovery_is_forecast_then_takes_the_verdict_back_once() {
    let mut root = DcapRoot::new(NOW);
    let (before, roots) = (root.endorsements(), root.roots());
    let evidence = root.evidence(DcapQuote::SgxV3);
    rate_down(&mut root);
    let after = collateral(&root.endorsements(), &roots);
    let mut platforms = remembered(evidence.as_bytes(), &before, &roots);

    let forecast = platforms.forecast(Some(&after), NOW, NOW);
    let [fall] = forecast.falls.as_slice() else { panic!("{forecast:?}") };
    let events = platforms.replace(after, 2, NOW);
    let [Event::Standing(change)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((change.course, change.generation), (Course::Revoked, 2));
    assert!(matches!(change.before, Standing::Rated { status: TcbStatus::UpToDate, .. }));
    assert!(matches!(change.after, Standing::Rated { status: TcbStatus::OutOfDate, .. }));
    assert!(change.advisories.contains("INTEL-SA-99999"));
    assert_eq!(change.subjects, ["node-1".to_owned()].into());
    assert_eq!((&fall.after, &fall.advisories), (&change.after, &change.advisories));
    assert_eq!(platforms.rematch(NOW), [], "told once");
}

#[test]
pub(crate) fn signed_collateral_of_before_a_recovery_does_not_come_back() {
    let mut root = DcapRoot::new(NOW);
    let before = root.endorsements();
    rate_down(&mut root);
    let after = root.endorsements();
    let mut store = Store::new(root.roots());
    let first = store.offer(&before);
    assert_eq!((first.generation, &first.refused), (1, &vec![]));
    assert_eq!(store.offer(&before).generation, 1, "the same is no new generation");
    assert_eq!(store.offer(&after).generation, 2);
    let replayed = store.offer(&before);
    assert_eq!((replayed.generation, replayed.taken), (2, 0));
    let older = replayed.refused.iter().filter(|it| matches!(it, StoreFault::Older { .. })).count();
    assert_eq!(older, before.tcb_infos.len() + before.qe_identities.len());
}

#[test]
pub(crate) fn an_older_revocation_list_does_not_replace_the_one_in_force() {
    let root = DcapRoot::new(NOW);
    let mut store = Store::new(root.roots());
    let of = |updated| Endorsements { crls: root.revocation_lists(updated), ..root.endorsements() };
    let hour = Nanos::from_secs(3600);
    store.offer(&of(NOW));
    let replayed = store.offer(&of(Timestamp(NOW.0 - hour.0)));
    assert_eq!((replayed.taken, replayed.refused.len()), (0, 2));
    assert!(replayed.refused.iter().all(|it| matches!(it, StoreFault::Older { .. })), "{replayed:?}");
    let newer = store.offer(&of(NOW.after(hour)));
    assert_eq!((newer.generation, newer.taken, newer.refused.as_slice()), (2, 2, &[][..]));
}

#[test]
pub(crate) fn another_document_of_the_same_date_is_refused() {
    let mut root = DcapRoot::new(NOW);
    let mut store = Store::new(root.roots());
    store.offer(&root.endorsements());
    let held = store.endorsements();
    root.levels.platform[0].advisories.push("INTEL-SA-99999".into());
    let offered = store.offer(&root.endorsements());
    assert_eq!((offered.generation, offered.taken), (1, 0));
    assert!(matches!(offered.refused.as_slice(), [StoreFault::Conflict { .. }, StoreFault::Conflict { .. }]));
    assert_eq!(store.endorsements(), held);
}

#[test]
pub(crate) fn documents_under_a_strangers_signature_take_no_place() {
    let root = DcapRoot::with_defect(NOW, DcapDefect::TcbInfoForged);
    let mut store = Store::new(root.roots());
    let offered = store.offer(&root.endorsements());
    assert_eq!(offered.refused.len(), 2);
    assert!(offered.refused.iter().all(|it| matches!(it, StoreFault::Unverified(_))), "{offered:?}");
    assert_eq!(store.endorsements().tcb_infos, []);
}

#[test]
pub(crate) fn a_platform_whose_certificates_have_expired_is_not_remembered() {
    let root = DcapRoot::new(NOW);
    let collateral = collateral(&root.endorsements(), &root.roots());
    let mut platforms = Platforms::new(Dcap::new(root.roots()), collateral, 1, Bounds::default());
    let evidence = root.evidence(DcapQuote::SgxV3);
    let quote = Quote::parse(evidence.as_bytes()).expect("a quote");
    let later = NOW.after(Nanos::from_secs(400 * 86_400));
    let examined = platforms.examine(&quote, later);
    assert!(examined.outcome.is_err() && examined.learnt.platform().is_none());
    assert_eq!(platforms.learn(examined.learnt, Some("node-1"), later), []);
    assert!(platforms.is_empty());
}

#[test]
pub(crate) fn older_pieces_give_way_to_those_that_were_in_force() {
    let mut root = DcapRoot::new(NOW);
    let before = root.endorsements();
    rate_down(&mut root);
    let after = root.endorsements();
    let mut store = Store::new(root.roots());
    store.offer(&after);
    let mut mixed = Endorsements { certificates: Vec::new(), ..before.clone() };
    let older = store.substitute(&mut mixed);
    assert_eq!(older.len(), before.tcb_infos.len() + before.qe_identities.len());
    assert_eq!((&mixed.tcb_infos, &mixed.qe_identities), (&after.tcb_infos, &after.qe_identities));
    let platforms = remembered(root.evidence(DcapQuote::TdxV4).as_bytes(), &mixed, &root.roots());
    assert_eq!(platforms.len(), 1, "with the certificates of its issuers");

    let mut other = Store::new(root.roots());
    other.offer(&before);
    let mut newer = after.clone();
    assert_eq!(other.substitute(&mut newer), []);
    assert_eq!(newer, after);
}

#[test]
pub(crate) fn a_bundle_gives_another_verifier_the_same_collateral() {
    let root = DcapRoot::new(NOW);
    let mut store = Store::new(root.roots());
    let offered = store.offer(&root.endorsements());
    assert_eq!(offered.refused, []);
    let bytes = bundle::write(&store.endorsements());
    let mut other = Store::new(root.roots());
    let read = bundle::read(&bytes).expect("a bundle");
    assert_eq!(other.offer(&read).taken, offered.taken);
    assert_eq!(bundle::write(&other.endorsements()), bytes);
    assert_eq!(Store::new(Roots::none()).offer(&read).taken, 0, "under another root it is worth nothing");
}
