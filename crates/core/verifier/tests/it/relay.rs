//! Evidence of one node is good for no other, and nonces are good once.

use casemate_attest::binding::platform_report_data;
use casemate_attest::claims::PlatformId;
use casemate_attest::{Endorsements, VerifiedEvidence, verify};
use casemate_model::{Nanos, NodeIdentity, Nonce, Timestamp};
use casemate_softtee::synthetic::nitro::NitroRoot;
use casemate_verifier::enrolment::{Enrolment, EnrolmentFault, Presented, Relayed};
use casemate_verifier::nonce::{NonceFault, Nonces};

const NOW: Timestamp = Timestamp::from_unix_secs(1_800_000_000);
const MINUTE: Nanos = Nanos::from_secs(60);
const PPID: PlatformId = PlatformId::Ppid([7; 16]);

#[test]
pub(crate) fn a_nonce_is_good_once_for_its_node_until_its_last_instant() {
    let mut nonces = Nonces::new(MINUTE, 10, 5);
    let nonce = Nonce([1; 32]);
    let until = nonces.give(nonce, "a", NOW).expect("room");
    assert_eq!(until, NOW.after(MINUTE));
    assert_eq!(nonces.give(nonce, "b", NOW), Err(NonceFault::Repeated));
    assert_eq!(nonces.spend(&nonce, "b", NOW), Err(NonceFault::NotOut), "another node's");
    assert_eq!(nonces.spend(&nonce, "a", until), Ok(()));
    assert_eq!(nonces.spend(&nonce, "a", until), Err(NonceFault::NotOut), "used");
    nonces.give(nonce, "a", NOW).expect("room");
    assert_eq!(nonces.spend(&nonce, "a", until.after(Nanos(1))), Err(NonceFault::NotOut), "lapsed");
    assert!(nonces.is_empty());
}

#[test]
pub(crate) fn nonces_that_are_never_used_take_bounded_room_and_free_it() {
    let mut nonces = Nonces::new(MINUTE, 3, 2);
    let nonce = |n| Nonce([n; 32]);
    nonces.give(nonce(1), "a", NOW).expect("room");
    nonces.give(nonce(2), "a", NOW).expect("room");
    let free = NOW.after(MINUTE).after(Nanos(1));
    assert_eq!(nonces.give(nonce(3), "a", NOW), Err(NonceFault::Full { limit: 2, retry_at: free }));
    nonces.give(nonce(3), "b", NOW).expect("another node's room");
    assert_eq!(nonces.give(nonce(4), "c", NOW), Err(NonceFault::Full { limit: 3, retry_at: free }));
    nonces.give(nonce(4), "c", free).expect("room again");
    assert_eq!(nonces.len(), 1);
}

#[test]
pub(crate) fn a_platform_is_one_node_until_its_enrolment_is_ended() {
    let mut enrolment = Enrolment::new(10);
    enrolment.enrol(PPID, "a").expect("free");
    enrolment.enrol(PPID, "a").expect("said twice");
    assert_eq!(enrolment.enrol(PPID, "b"), Err(EnrolmentFault::Taken { holder: "a".into() }));
    assert_eq!(enrolment.dismiss(&PPID).as_deref(), Some("a"));
    enrolment.enrol(PPID, "b").expect("free again");
    assert_eq!((enrolment.node_of(&PPID), enrolment.len()), (Some("b"), 1));
}

#[test]
pub(crate) fn what_many_machines_share_enrols_none() {
    let mut enrolment = Enrolment::new(10);
    for shared in [PlatformId::CloudProvider("some cloud".into()), PlatformId::ChipId(vec![0; 64])] {
        assert!(matches!(enrolment.enrol(shared, "a"), Err(EnrolmentFault::Nameless { .. })));
    }
    assert!(enrolment.is_empty());
}

#[test]
pub(crate) fn a_stranger_who_knows_a_nonce_cannot_use_it_up() {
    let mut nonces = Nonces::new(MINUTE, 10, 5);
    nonces.give(NONCE, "a", NOW).expect("room");
    assert_eq!(nonces.spend(&NONCE, "b", NOW), Err(NonceFault::NotOut));
    assert_eq!(nonces.spend(&NONCE, "a", NOW), Ok(()));
}

#[test]
pub(crate) fn enrolments_are_bounded_by_node_and_in_all() {
    let mut enrolment = Enrolment::new(9);
    let id = |n| PlatformId::Ppid([n; 16]);
    for n in 0..8 {
        enrolment.enrol(id(n), "a").expect("room");
    }
    assert_eq!(enrolment.enrol(id(8), "a"), Err(EnrolmentFault::Full { limit: 8 }));
    enrolment.enrol(id(8), "b").expect("room");
    assert_eq!(enrolment.enrol(id(9), "c"), Err(EnrolmentFault::Full { limit: 9 }));
}

const NONCE: Nonce = Nonce([9; 32]);
const KEY: &[u8] = b"agent key";

fn node(uid: &str, boot: &str) -> NodeIdentity {
    NodeIdentity { uid: uid.into(), boot_id: boot.into() }
}

/// Evidence of one certain machine, made for these.
fn evidence(nonce: &Nonce, node: &NodeIdentity, key: &[u8]) -> VerifiedEvidence {
    let mut root = NitroRoot::new(NOW);
    root.claims.set("nonce", platform_report_data(nonce, node, key).0.as_slice());
    verify(&root.evidence(), &Endorsements::none(), &root.roots(), NOW).expect("evidence in order")
}

fn machine() -> PlatformId {
    PlatformId::NitroModule(NitroRoot::MODULE_ID.into())
}

/// What is said to a node that was given the nonce and presents this.
fn admit(
    enrolment: &Enrolment,
    evidence: &VerifiedEvidence,
    node: &NodeIdentity,
) -> Result<(), EnrolmentFault> {
    let mut nonces = Nonces::new(MINUTE, 10, 5);
    nonces.give(NONCE, &node.uid, NOW).expect("room");
    let presented = Presented { node, nonce: &NONCE, agent_key: KEY };
    let answer = enrolment.admit(evidence, &presented, &mut nonces, NOW);
    assert!(nonces.is_empty(), "the nonce is used up, whatever the answer");
    answer
}

#[test]
pub(crate) fn evidence_of_the_enrolled_platform_made_for_this_node_is_admitted() {
    let (mut enrolment, a) = (Enrolment::new(10), node("a", "boot 1"));
    enrolment.enrol(machine(), "a").expect("free");
    assert_eq!(admit(&enrolment, &evidence(&NONCE, &a, KEY), &a), Ok(()));
}

#[test]
pub(crate) fn evidence_relayed_from_a_good_machine_is_refused_and_says_whose_it_is() {
    let (mut enrolment, bad) = (Enrolment::new(10), node("bad", "boot 1"));
    enrolment.enrol(machine(), "a").expect("free");
    enrolment.enrol(PPID, "bad").expect("free");
    // The machine was made to answer for the other node: everything is bound to that one.
    let relayed = evidence(&NONCE, &bad, KEY);
    let report = Relayed { platform: machine(), holder: "a".into(), presenter: "bad".into() };
    assert_eq!(admit(&enrolment, &relayed, &bad), Err(EnrolmentFault::Relayed(report)));
}

#[test]
pub(crate) fn evidence_made_for_anything_else_is_refused() {
    let (mut enrolment, a) = (Enrolment::new(10), node("a", "boot 1"));
    enrolment.enrol(machine(), "a").expect("free");
    let others = [
        evidence(&Nonce([8; 32]), &a, KEY),
        evidence(&NONCE, &node("b", "boot 1"), KEY),
        evidence(&NONCE, &node("a", "boot 2"), KEY),
        evidence(&NONCE, &a, b"another key"),
    ];
    for other in others {
        assert_eq!(admit(&enrolment, &other, &a), Err(EnrolmentFault::Binding));
    }
}

#[test]
pub(crate) fn nothing_is_enrolled_on_first_sight() {
    let (enrolment, a) = (Enrolment::new(10), node("a", "boot 1"));
    let answer = admit(&enrolment, &evidence(&NONCE, &a, KEY), &a);
    assert_eq!(answer, Err(EnrolmentFault::NotEnrolled { node: "a".into() }));
    assert!(enrolment.is_empty());
}

#[test]
pub(crate) fn evidence_without_a_nonce_that_is_out_is_refused() {
    let (mut enrolment, a) = (Enrolment::new(10), node("a", "boot 1"));
    enrolment.enrol(machine(), "a").expect("free");
    let presented = Presented { node: &a, nonce: &NONCE, agent_key: KEY };
    let mut nonces = Nonces::new(MINUTE, 10, 5);
    let answer = enrolment.admit(&evidence(&NONCE, &a, KEY), &presented, &mut nonces, NOW);
    assert_eq!(answer, Err(EnrolmentFault::Nonce(NonceFault::NotOut)));
}
