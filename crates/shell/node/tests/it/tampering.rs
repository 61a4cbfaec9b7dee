//! The host changes what it stores while programs run: only the victims die.
//!
//! A victim sums up all of its memory again and again and would never end. The host
//! waits until the page it is after has been sealed, then puts something else in its
//! place until the enclave is gone. Nothing here depends on when that happens.

use std::sync::mpsc::{self, Sender};
use std::thread;

use casemate_epc::PageNo;
use casemate_model::Bytes;
use casemate_node::SealedMemories;
use casemate_node::pager::{SealedPage, SealedStore, StoreError};
use casemate_report::State;

use crate::programs::{audit_for_ever, audited, shuffle, shuffled};
use crate::trial::{Guest, Trial, for_each_mechanism};

const VICTIM_MIB: u64 = 6;
const VICTIMS: [&str; 2] = ["victim", "second"];
const STEPS: u64 = 20_000;
const PAGE: PageNo = PageNo(700);
const OTHER_PAGE: PageNo = PageNo(900);
/// A page that no victim has, so it is never sealed.
const UNUSED_PAGE: PageNo = PageNo(16_383);

/// Two bystanders run beside so many victims, whose stores `attack` is given.
fn attacked<const N: usize>(claim: &str, attack: fn([SealedStore; N])) {
    for_each_mechanism(claim, |mechanism| {
        let (built, arrivals) = mpsc::channel();
        let host = thread::spawn(move || {
            let stores = arrivals.iter().take(N).collect::<Vec<_>>();
            attack(stores.try_into().expect("each victim is built"));
        });
        let mut trial = Trial::new(Bytes::mib(4), 2).paging(mechanism).host(victims_to(built));
        for victim in &VICTIMS[..N] {
            trial = trial.guest(Guest::new(victim, audit_for_ever(VICTIM_MIB)));
        }
        let ran = trial
            .guest(Guest::new("bystander", shuffle(4, STEPS, 3)))
            .guest(Guest::new("another", shuffle(2, STEPS, 4)))
            .run();
        host.join().expect("the host gets at every page");

        ran.finished("bystander", &shuffled(4, STEPS, 3));
        ran.finished("another", &shuffled(2, STEPS, 4));
        for victim in &VICTIMS[..N] {
            assert_eq!(ran.state(victim), State::Killed, "{claim}");
            let reasons = ran.reasons(victim);
            assert!(reasons.contains("does not authenticate"), "{claim}: {reasons}");
            assert!(reasons.contains("changed, replayed or moved outside"), "{claim}: {reasons}");
            let right = audited(VICTIM_MIB);
            let output = ran.output(victim);
            let lines = output.split_inclusive('\n');
            assert!(lines.clone().all(|line| line == right), "{claim}: a forgery shows: {output}");
            assert!(ran.kinds(victim).ends_with(&["killed", "destroyed"]), "{claim}");
        }
        assert!(!ran.report.succeeded);
    });
}

/// A host that hands over the sealed pages of the victims.
fn victims_to(built: Sender<SealedStore>) -> impl FnMut(SealedMemories) {
    move |memories| {
        if VICTIMS.contains(&memories.container.pod.name.as_str()) {
            built.send(memories.linear).expect("the host waits for every victim");
        }
    }
}

/// A page, once it has been sealed.
fn sealed(store: &SealedStore, page: PageNo) -> SealedPage {
    let never = store.snapshot(UNUSED_PAGE).expect("it is below the limit of 64 MiB");
    loop {
        let now = store.snapshot(page).expect("a victim does not end by itself");
        if now != never {
            return now;
        }
        thread::yield_now();
    }
}

/// Does it until the enclave is gone.
fn until_gone(mut attack: impl FnMut() -> Result<(), StoreError>) {
    loop {
        match attack() {
            Ok(()) => thread::yield_now(),
            Err(StoreError::Gone) => return,
            Err(other) => panic!("{other}"),
        }
    }
}

/// Flips bytes of a sealed page until its enclave is gone.
fn flip(victim: &SealedStore) {
    sealed(victim, PAGE);
    // Each time another byte: two flips of one would undo each other.
    let mut byte = 0..;
    until_gone(|| victim.flip(PAGE, byte.next().unwrap_or_default()));
}

/// The same on a thread of its own.
pub(crate) fn corrupt(victim: SealedStore) {
    thread::spawn(move || flip(&victim));
}

#[test]
fn a_flipped_byte_kills_only_its_enclave() {
    attacked("flip", |[victim]| flip(&victim));
}

#[test]
fn a_replayed_page_kills_only_its_enclave() {
    attacked("replay", |[victim]| {
        let old = sealed(&victim, PAGE);
        while victim.snapshot(PAGE).expect("a victim does not end by itself") == old {
            thread::yield_now();
        }
        until_gone(|| victim.replay(PAGE, &old));
    });
}

#[test]
fn two_swapped_pages_kill_only_their_enclave() {
    attacked("swap", |[victim]| {
        let (one, other) = (sealed(&victim, PAGE), sealed(&victim, OTHER_PAGE));
        until_gone(|| victim.replay(PAGE, &other).and_then(|()| victim.replay(OTHER_PAGE, &one)));
    });
}

#[test]
fn a_page_swapped_between_two_enclaves_kills_both_and_nobody_else() {
    attacked("swap across", |[one, other]| {
        let (from_one, from_other) = (sealed(&one, PAGE), sealed(&other, PAGE));
        until_gone(|| one.replay(PAGE, &from_other));
        until_gone(|| other.replay(PAGE, &from_one));
    });
}
