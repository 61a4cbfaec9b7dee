//! Real quotes: one platform before and after Intel rated it down, and every bit of what vouches for it.

use std::path::PathBuf;

use casemate_attest::claims::Body;
use casemate_attest::dcap::{Collateral, Quote, TcbStatus};
use casemate_attest::x509::pem_blocks;
use casemate_attest::{Endorsements, Evidence, Roots, SignedJson, verify};
use casemate_model::{Nanos, Timestamp};
use casemate_verifier::{
    Bounds, Course, Dcap, Event, Platforms, Stages, Standing, Store, StoreFault, bundle,
};
use serde_json::Value;

const BEFORE: &str = "tdx/v4-phala-uptodate-2025-06";
const AFTER: &str = "tdx/v4-phala-after-tcb-recovery-2026-10";

struct Case {
    quote: Vec<u8>,
    endorsements: Endorsements,
    now: Timestamp,
    status: String,
    advisories: Vec<String>,
}

fn from_hex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).expect("a hex digit") as u8;
    text.as_bytes().chunks(2).map(|pair| digit(pair[0]) * 16 + digit(pair[1])).collect()
}

impl Case {
    fn find(name: &str) -> Option<Self> {
        #[allow(clippy::disallowed_methods, reason = "a test finds its data by the environment")]
        let base = std::env::var_os("CASEMATE_DATA").map_or_else(
            || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data"),
            PathBuf::from,
        );
        let folder = base.join("evidence").join(name);
        if !folder.exists() {
            println!("skipped: {name}: no data at {}", folder.display());
            return None;
        }
        let read = |file: &str| std::fs::read(folder.join(file)).expect("a file of the case");
        let json = |file: &str| serde_json::from_slice::<Value>(&read(file)).expect("JSON");
        let expected = json("expected.json");
        let collateral = json(expected["collateral"].as_str().expect("a file"));
        let text = |name: &str| collateral[name].as_str().expect("text");
        let signed = |document: &str, signature: &str| SignedJson {
            json: text(document).as_bytes().to_vec(),
            signature: from_hex(text(signature)).try_into().expect("64 bytes"),
        };
        let chains = ["pck_crl_issuer_chain", "tcb_info_issuer_chain", "qe_identity_issuer_chain"];
        let der = |chain: &&str| pem_blocks(text(chain).as_bytes(), 8).expect("PEM");
        let endorsements = Endorsements {
            tcb_infos: vec![signed("tcb_info", "tcb_info_signature")],
            qe_identities: vec![signed("qe_identity", "qe_identity_signature")],
            certificates: chains.iter().flat_map(der).map(|(_, der)| der).collect(),
            crls: ["root_ca_crl", "pck_crl"].iter().map(|crl| from_hex(text(crl))).collect(),
            ..Endorsements::none()
        };
        Some(Self {
            quote: read("tdx_quote"),
            endorsements,
            now: Timestamp::from_unix_secs(expected["now_unix"].as_u64().expect("a time")),
            status: expected["tcb_status"].as_str().expect("a status").to_owned(),
            advisories: serde_json::from_value(expected["advisories"].clone()).expect("a list"),
        })
    }

    fn collateral(&self) -> Collateral {
        Collateral::verify(&self.endorsements, &Roots::production())
    }

    /// The platform remembered, for a node.
    fn platforms(&self) -> Platforms<Dcap> {
        let dcap = Dcap::new(Roots::production());
        let mut platforms = Platforms::new(dcap, self.collateral(), 17, Bounds::default());
        let quote = Quote::parse(&self.quote).expect("a quote");
        let examined = platforms.examine(&quote, self.now);
        assert!(examined.outcome.is_ok() && examined.learnt.is_new(), "{:?}", examined.outcome);
        assert_eq!(platforms.learn(examined.learnt, Some("node-1"), self.now), []);
        platforms
    }
}

#[test]
fn collateral_of_a_later_tcb_recovery_revokes_the_platform_without_its_quote() {
    let (Some(before), Some(after)) = (Case::find(BEFORE), Case::find(AFTER)) else { return };
    let mut platforms = before.platforms();

    let forecast = platforms.forecast(Some(&after.collateral()), before.now, before.now);
    let events = platforms.replace(after.collateral(), 20, after.now);
    let [Event::Standing(change)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((change.course, change.generation), (Course::Revoked, 20));
    assert!(matches!(change.before, Standing::Rated { status: TcbStatus::UpToDate, .. }));
    let status = TcbStatus::OutOfDate;
    assert_eq!(after.status, status.as_str());
    let advisories = after.advisories.iter().cloned().collect();
    assert_eq!(change.after, Standing::Rated { status, advisories });
    assert_eq!(change.subjects, ["node-1".to_owned()].into());

    let [fall] = forecast.falls.as_slice() else { panic!("{forecast:?}") };
    assert_eq!((&fall.after, &fall.advisories), (&change.after, &change.advisories));
    assert!(before.now < fall.not_before && fall.not_before <= after.now);

    assert_eq!(platforms.rematch(after.now), [], "told once");
    let events = platforms.replace(before.collateral(), 21, before.now);
    let [Event::Standing(change)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(change.course, Course::Restored);
}

#[test]
fn a_remembered_platform_answers_as_one_that_is_verified_anew_at_every_instant() {
    let Some(case) = Case::find(BEFORE) else { return };
    let platforms = case.platforms();
    let quote = Quote::parse(&case.quote).expect("a quote");
    for days in [0, 1, 10, 20, 30, 60, 365, 4000, 20_000] {
        let now = case.now.after(Nanos::from_secs(days * 86_400));
        let anew =
            verify(&Evidence::quote(case.quote.clone()), &case.endorsements, &Roots::production(), now);
        let examined = platforms.examine(&quote, now);
        assert!(!examined.learnt.is_new());
        assert_eq!(examined.outcome, anew, "{now}");
    }
}

#[test]
fn no_changed_byte_is_answered_otherwise_than_without_memory() {
    let Some(case) = Case::find(BEFORE) else { return };
    let mut platforms = case.platforms();
    let good = Quote::parse(&case.quote).expect("a quote");
    let key = Dcap::key(&good).expect("a key");
    let len = good.canonical_len();
    // The trailing bytes are in no signature and in no key.
    let mut padded = case.quote[..len].to_vec();
    padded.extend([0xa5; 500]);
    let quote = Quote::parse(&padded).expect("a quote");
    let examined = platforms.examine(&quote, case.now);
    assert!(examined.outcome.is_ok() && !examined.learnt.is_new());
    assert_eq!(Dcap::key(&quote), Some(key));
    platforms.learn(examined.learnt, None, case.now);
    for at in (0..len).step_by(7) {
        let mut bytes = case.quote.clone();
        bytes[at] ^= 1;
        let Ok(quote) = Quote::parse(&bytes) else { continue };
        let anew =
            verify(&Evidence::quote(bytes.clone()), &case.endorsements, &Roots::production(), case.now);
        let examined = platforms.examine(&quote, case.now);
        assert_eq!(examined.outcome.is_ok(), anew.is_ok(), "byte {at}");
        platforms.learn(examined.learnt, None, case.now);
    }
    assert_eq!(platforms.len(), 1, "nothing that was changed is remembered");
    assert!(matches!(
        verify(&Evidence::quote(case.quote.clone()), &case.endorsements, &Roots::production(), case.now)
            .map(|it| it.claims().body.clone()),
        Ok(Body::Tdx(_))
    ));
}

#[test]
fn stale_signed_collateral_replayed_is_refused() {
    let (Some(before), Some(after)) = (Case::find(BEFORE), Case::find(AFTER)) else { return };
    let mut store = Store::new(Roots::production());
    let first = store.offer(&before.endorsements);
    assert_eq!((first.generation, first.taken, &first.refused), (1, 4, &vec![]));
    let again = store.offer(&before.endorsements);
    assert_eq!((again.generation, again.taken, again.held), (1, 0, 4), "the same is no new generation");
    let second = store.offer(&after.endorsements);
    assert_eq!((second.generation, second.taken, &second.refused), (2, 4, &vec![]));
    let replayed = store.offer(&before.endorsements);
    assert_eq!((replayed.generation, replayed.taken), (2, 0));
    assert_eq!(replayed.refused.len(), 4);
    assert!(
        replayed.refused.iter().all(|it| matches!(it, StoreFault::Older { .. })),
        "{:?}",
        replayed.refused
    );

    let mut platforms = before.platforms();
    let events = platforms.replace(store.collateral(), store.generation(), after.now);
    assert!(matches!(events.as_slice(), [Event::Standing(it)] if it.course == Course::Revoked));
}

#[test]
fn collateral_that_nobody_signed_takes_no_place_and_keeps_nothing_out() {
    let Some(case) = Case::find(BEFORE) else { return };
    let mut forged = case.endorsements.clone();
    let text = String::from_utf8(forged.tcb_infos[0].json.clone()).expect("text");
    let number = "\"tcbEvaluationDataNumber\":17";
    assert!(text.contains(number));
    forged.tcb_infos[0].json = text.replace(number, "\"tcbEvaluationDataNumber\":99").into_bytes();
    let mut store = Store::new(Roots::production());
    let offered = store.offer(&forged);
    assert_eq!((offered.taken, offered.refused.len()), (3, 1));
    assert!(matches!(offered.refused[0], StoreFault::Unverified(_)));
    assert_eq!(store.offer(&case.endorsements).taken, 1);
    let mut strangers = Store::new(Roots::none());
    assert_eq!(strangers.offer(&case.endorsements).taken, 0);
}

#[test]
fn a_bundle_carries_collateral_over_and_is_the_same_bytes_each_time() {
    let Some(case) = Case::find(BEFORE) else { return };
    let mut store = Store::new(Roots::production());
    store.offer(&case.endorsements);
    let bytes = bundle::write(&store.endorsements());
    let mut shuffled = case.endorsements.clone();
    shuffled.crls.reverse();
    shuffled.certificates.reverse();
    assert_eq!(bundle::write(&shuffled), bytes);
    let read = bundle::read(&bytes).expect("a bundle");
    assert_eq!(bundle::write(&read), bytes);
    let mut other = Store::new(Roots::production());
    assert_eq!(other.offer(&read).taken, 4);
    assert!(bundle::read(&bytes[..bytes.len() - 1]).is_err());
    let version = String::from_utf8(bytes)
        .expect("text")
        .replace("\"version\":1,\"tcbInfos", "\"version\":2,\"tcbInfos");
    assert!(matches!(bundle::read(version.as_bytes()), Err(bundle::BundleError::Format { version: 2, .. })));
}

#[test]
fn several_threads_read_the_same_memory_and_what_they_learn_is_put_in_afterwards() {
    let Some(case) = Case::find(BEFORE) else { return };
    let dcap = Dcap::new(Roots::production());
    let mut platforms = Platforms::new(dcap, case.collateral(), 17, Bounds::default());
    let quote = Quote::parse(&case.quote).expect("a quote");
    let learnt: Vec<_> = std::thread::scope(|scope| {
        let examine = || {
            let examined = platforms.examine(&quote, case.now);
            assert!(examined.outcome.is_ok());
            examined.learnt
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(examine)).collect();
        threads.into_iter().map(|it| it.join().expect("a verdict")).collect()
    });
    for (nth, it) in learnt.into_iter().enumerate() {
        assert!(it.is_new());
        assert_eq!(platforms.learn(it, Some(&format!("node-{nth}")), case.now), []);
    }
    assert_eq!(platforms.len(), 1);
    let events = platforms.replace(Collateral::default(), 18, case.now);
    let [Event::Standing(change)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((change.course, change.subjects.len()), (Course::Revoked, 4), "all four are told");
}
