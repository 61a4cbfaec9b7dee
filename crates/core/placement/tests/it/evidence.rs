//! Placement on evidence: real quotes of a software root, verified and appraised.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use casemate_attest::binding::platform_report_data;
use casemate_model::{Measurement, Nanos, Node, Nonce, Timestamp};
use casemate_placement::{Decision, Ledger, LedgerError, OnEvidence};
use casemate_policy::{
    AppraisalPolicy, Attested, Platform, PlatformExpectation, PolicyDraft, Reference, appraise_platform,
};
use casemate_softtee::synthetic::{TestRoot, report};

use crate::{NOW, finish, name, placed, words};

const TTL: Nanos = Nanos::from_secs(60);
const PROBE: Measurement = Measurement([7; 32]);
const AGENT_KEY: &[u8] = b"the agent's key";

static ROOT: LazyLock<TestRoot> = LazyLock::new(|| TestRoot::new(NOW));

fn policy() -> AppraisalPolicy {
    let draft = PolicyDraft {
        roots: BTreeSet::from([ROOT.fingerprint()]),
        ttl: TTL,
        debug_allowed: false,
        platform: Reference::OneOf(BTreeSet::from([PROBE])),
        workloads: Vec::new(),
    };
    draft.validate().unwrap()
}

/// A witness of this node, appraised at `now`, the only way there is.
fn witness(node: &Node, now: Timestamp) -> Attested<Platform> {
    let nonce = Nonce([3; 32]);
    let bound = platform_report_data(&nonce, &node.identity, AGENT_KEY);
    let subject =
        Platform { node: node.name.clone(), identity: node.identity.clone(), tee: node.tee.unwrap() };
    let expected = PlatformExpectation { subject, agent_key: AGENT_KEY, nonce, image_measurement: PROBE };
    let evidence = ROOT.verified(&report(PROBE, bound));
    appraise_platform(&evidence, &expected, &policy(), now).into_result().unwrap()
}

fn software_node(words: &str) -> Node {
    words::node(&format!("tee=software epc=64 cpu=2000 {words}"))
}

fn reasons(ledger: &mut Ledger<OnEvidence>, pod: &str, now: Timestamp) -> Vec<String> {
    match ledger.place(&words::pod(pod), now) {
        Decision::Waiting => ledger.explain(&words::pod(pod), now).reasons(),
        Decision::Placed(plan) => {
            ledger.release(plan).unwrap();
            Vec::new()
        }
        Decision::Never => panic!("{}", ledger.explain(&words::pod(pod), now)),
    }
}

#[test]
fn a_confidential_pod_is_placed_where_a_witness_holds() {
    let mut ledger = Ledger::<OnEvidence>::new();
    let node = software_node("");
    ledger.admit(node.clone(), witness(&node, NOW)).unwrap();
    let plan = placed(&mut ledger, &words::pod("tee=sgx epc=32"));
    assert_eq!(plan.node(), &name("n"));
    finish(&mut ledger, [plan]);
}

#[test]
fn a_confidential_pod_waits_until_its_node_is_attested() {
    let mut ledger = Ledger::<OnEvidence>::new();
    let node = software_node("");
    ledger.announce(node.clone()).unwrap();
    let expected = "n: witness: the node is not attested: it needs evidence that the policy accepts";
    assert_eq!(reasons(&mut ledger, "tee=sgx epc=1", NOW), [expected]);
    ledger.admit(node.clone(), witness(&node, NOW)).unwrap();
    assert!(reasons(&mut ledger, "tee=sgx epc=1", NOW).is_empty());
}

#[test]
fn a_witness_is_asked_again_at_each_placement_and_can_be_renewed() {
    let mut ledger = Ledger::<OnEvidence>::new();
    let node = software_node("");
    ledger.admit(node.clone(), witness(&node, NOW)).unwrap();
    let last = NOW.after(TTL);
    assert!(reasons(&mut ledger, "tee=sgx epc=1", last).is_empty());

    let too_late = last.after(Nanos::from_secs(1));
    let why = reasons(&mut ledger, "tee=sgx epc=1", too_late);
    assert!(why[0].starts_with("n: witness: the node's attestation does not hold: "), "{why:?}");
    assert!(why[0].ends_with("attest again"), "{why:?}");

    ledger.renew(witness(&node, too_late)).unwrap();
    assert!(reasons(&mut ledger, "tee=sgx epc=1", too_late).is_empty());
}

#[test]
fn a_revoked_node_takes_nothing_confidential_any_more() {
    let mut ledger = Ledger::<OnEvidence>::new();
    let node = software_node("");
    ledger.admit(node.clone(), witness(&node, NOW)).unwrap();
    assert_eq!(ledger.witness(&name("n")).map(|witness| witness.not_after()), Some(NOW.after(TTL)));
    ledger.revoke(&name("n")).unwrap();
    assert!(ledger.witness(&name("n")).is_none());
    assert_eq!(reasons(&mut ledger, "tee=sgx epc=1", NOW).len(), 1);
    assert_eq!(ledger.revoke(&name("m")), Err(LedgerError::Unknown(name("m"))));
}

#[test]
fn an_ordinary_pod_needs_no_witness_anywhere() {
    let mut ledger = Ledger::<OnEvidence>::new();
    ledger.announce(words::node("cpu=1000")).unwrap();
    assert!(reasons(&mut ledger, "cpu=100", NOW).is_empty());
}

#[test]
fn an_unattested_node_with_room_is_not_preferred_to_an_attested_one() {
    let mut ledger = Ledger::<OnEvidence>::new();
    ledger.announce(software_node("name=a")).unwrap();
    let attested = software_node("name=b");
    ledger.admit(attested.clone(), witness(&attested, NOW)).unwrap();
    let plan = placed(&mut ledger, &words::pod("tee=sgx epc=64"));
    assert_eq!(plan.node(), &name("b"));
    finish(&mut ledger, [plan]);
}

#[test]
fn a_witness_of_another_node_boot_or_tee_is_refused() {
    let node = software_node("");
    let other_node = software_node("name=other");
    let mut other_boot = node.clone();
    other_boot.identity.boot_id = "next".to_owned();
    let mut other_tee = node.clone();
    other_tee.tee = Some(casemate_model::Tee::Sgx);
    for differs in [other_node, other_boot, other_tee] {
        let mut ledger = Ledger::<OnEvidence>::new();
        let refused = ledger.admit(differs.clone(), witness(&node, NOW));
        assert!(matches!(refused, Err(LedgerError::OtherPlatform { .. })), "{differs:?}");
        assert_eq!(ledger.nodes().count(), 0);

        ledger.announce(differs).unwrap();
        assert!(ledger.renew(witness(&node, NOW)).is_err());
        assert_ne!(reasons(&mut ledger, "tee=sgx epc=1", NOW).len(), 0);
    }
}

#[test]
fn a_known_node_does_not_change_its_facts_by_being_admitted_again() {
    let mut ledger = Ledger::<OnEvidence>::new();
    let node = software_node("");
    ledger.announce(node.clone()).unwrap();
    let mut larger = node.clone();
    larger.capacity.cpu.0 *= 2;
    let refused = ledger.admit(larger, witness(&node, NOW));
    assert_eq!(refused, Err(LedgerError::Duplicate(name("n"))));
    assert_eq!(ledger.announce(node), Err(LedgerError::Duplicate(name("n"))));
}
