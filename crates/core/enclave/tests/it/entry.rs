//! Going in and coming out.

use casemate_enclave::{Interior, NotInside};
use casemate_model::{Nanos, Timestamp};

use crate::witnesses::*;

fn last() -> Timestamp {
    NOW.after(TTL)
}

#[test]
fn an_enclave_is_entered_up_to_the_last_instant_of_its_witness_and_not_after() {
    let mut enclave = ready(1);
    assert_eq!(enclave.not_after(), last());
    enclave.enter(worker(), last()).expect("the last instant").eexit();

    let lapsed = enclave.enter(worker(), last().after(Nanos(1))).expect_err("too late");
    assert_eq!(lapsed.enclave, id(1));
    assert_eq!(lapsed.expired.not_after, last());
    assert_eq!(end(enclave).entries, 1);
}

#[test]
fn a_clock_set_back_before_the_evidence_opens_nothing() {
    let mut enclave = ready(1);
    assert!(enclave.enter(worker(), Timestamp(0)).is_err());
    end(enclave);
}

#[test]
fn a_stay_knows_who_where_and_since_when() {
    let mut enclave = ready(1);
    let inside = enclave.enter(worker(), NOW).expect("fresh");
    assert_eq!((inside.enclave(), inside.worker(), inside.since()), (id(1), worker(), NOW));
    inside.aex();
    end(enclave);
}

#[test]
fn each_way_out_is_counted_as_what_it_was() {
    let mut enclave = ready(1);
    enclave.enter(worker(), NOW).expect("fresh").aex();
    enclave.enter(worker(), NOW).expect("fresh").eexit();
    let mut inside = enclave.enter(worker(), NOW).expect("fresh");
    inside.called_out(5);
    inside.aex();
    drop(enclave.enter(worker(), NOW).expect("fresh"));

    let tally = end(enclave);
    assert_eq!((tally.entries, tally.aex, tally.eexit, tally.abandoned), (9, 2, 6, 1));
}

#[test]
fn the_interior_is_reached_from_inside_its_own_enclave_only() {
    let (mut own, mut other) = (ready(1), ready(2));
    let mut interior = Interior::new(&own, 41);

    let inside = own.enter(worker(), NOW).expect("fresh");
    *interior.reach(&inside).expect("inside this one") += 1;
    assert_eq!(interior.reach(&inside), Ok(&mut 42));
    inside.eexit();

    let elsewhere = other.enter(worker(), NOW).expect("fresh");
    assert_eq!(interior.reach(&elsewhere), Err(NotInside { interior: id(1), inside: id(2) }));
    elsewhere.eexit();
    end(own);
    end(other);
}
