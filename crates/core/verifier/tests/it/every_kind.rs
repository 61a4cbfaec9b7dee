//! One verifier for every kind of evidence: the verdicts of one that remembers nothing.

use std::sync::Arc;

use casemate_attest::claims::SnpKey;
use casemate_attest::{Endorsements, Evidence, Product, Roots, verify};
use casemate_model::{Nanos, Timestamp};
use casemate_softtee::synthetic::dcap::{DcapQuote, DcapRoot};
use casemate_softtee::synthetic::nitro::NitroRoot;
use casemate_softtee::synthetic::snp::{SnpDefect, SnpRoot};
use casemate_softtee::synthetic::vtpm::GoogleRoot;
use casemate_verifier::{Bounds, Course, Event, Verifier};

const NOW: Timestamp = Timestamp::from_unix_secs(1_800_000_000);

struct Case {
    evidence: Evidence,
    endorsements: Arc<Endorsements>,
    roots: Roots,
    /// Whether its platform is remembered.
    remembered: bool,
}

fn cases() -> Vec<Case> {
    let dcap = DcapRoot::new(NOW);
    let case = |evidence, endorsements, roots, remembered| Case {
        evidence,
        endorsements: Arc::new(endorsements),
        roots,
        remembered,
    };
    let mut cases: Vec<Case> = DcapQuote::ALL
        .into_iter()
        .map(|it| case(dcap.evidence(it), dcap.endorsements(), dcap.roots(), true))
        .collect();
    let snp = SnpRoot::new(NOW, Product::Genoa, SnpKey::Vcek);
    let report = Evidence::SnpReport { report: snp.report(), certificates: Vec::new() };
    let endorsements = Endorsements { certificates: snp.certificates(), ..snp.endorsements() };
    cases.push(case(report, endorsements, snp.roots(), true));
    let nitro = NitroRoot::new(NOW);
    cases.push(case(nitro.evidence(), nitro.endorsements(false), nitro.roots(), false));
    let google = GoogleRoot::new(NOW);
    cases.push(case(google.evidence(), google.endorsements(false), google.roots(), false));
    cases
}

#[test]
fn a_verdict_is_the_one_without_memory_and_a_platform_is_verified_once() {
    for Case { evidence, endorsements, roots, remembered } in cases() {
        let mut verifier = Verifier::new(roots.clone(), Arc::clone(&endorsements), 1, Bounds::default());
        assert_eq!(verifier.flight(&evidence).is_some(), remembered, "{evidence:?}");
        for (nth, days) in [0, 0, 1, 40, 400, 20_000].into_iter().enumerate() {
            let now = NOW.after(Nanos::from_secs(days * 86_400));
            let examination = verifier.examine(&evidence, now);
            assert_eq!(examination.outcome, verify(&evidence, &endorsements, &roots, now), "{evidence:?}");
            assert_eq!(examination.lesson.is_new(), remembered.then_some(nth == 0), "{evidence:?}");
            verifier.learn(examination.lesson, Some("node-1"), now);
            assert_eq!(verifier.flight(&evidence), None);
            assert_eq!(verifier.len(), usize::from(remembered));
        }
    }
}

#[test]
fn what_is_no_evidence_is_refused_as_without_memory() {
    let verifier = Verifier::new(Roots::production(), Arc::default(), 0, Bounds::default());
    for evidence in [
        Evidence::quote(vec![]),
        Evidence::quote(vec![3; 2000]),
        Evidence::SnpReport { report: vec![2; 1184], certificates: vec![vec![]] },
        Evidence::CcaToken(vec![0xd2]),
    ] {
        let without = verify(&evidence, &Endorsements::none(), &Roots::production(), NOW);
        assert_eq!(verifier.examine(&evidence, NOW).outcome, without);
        assert!(without.is_err());
    }
}

#[test]
fn new_endorsements_take_back_what_rests_on_a_revoked_key() {
    let root = SnpRoot::new(NOW, Product::Milan, SnpKey::Vcek);
    let without_lists = Endorsements { certificates: root.certificates(), ..Endorsements::none() };
    let mut verifier = Verifier::new(root.roots(), Arc::new(without_lists), 1, Bounds::default());
    let evidence = Evidence::SnpReport { report: root.report(), certificates: Vec::new() };
    let examination = verifier.examine(&evidence, NOW);
    assert!(examination.outcome.is_ok());
    verifier.learn(examination.lesson, Some("node-1"), NOW);

    // Another run of the same authorities, which revoked the issuer.
    let revoking = SnpRoot::with_defect(NOW, Product::Milan, SnpKey::Vcek, SnpDefect::IssuerRevoked);
    let early = Endorsements { certificates: root.certificates(), ..revoking.endorsements() };
    let falls = verifier.forecast(Some(&early), NOW, NOW).falls;
    assert_eq!(falls.iter().map(|it| it.course).collect::<Vec<_>>(), [Course::Revoked]);
    let events = verifier.replace(Arc::new(early), 2, NOW);
    let [Event::Standing(change)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((change.course, change.generation), (Course::Revoked, 2));
    assert_eq!(change.subjects, ["node-1".to_owned()].into());
    assert_eq!(verifier.generation(), 2);
    assert!(verifier.examine(&evidence, NOW).outcome.is_err());
}
