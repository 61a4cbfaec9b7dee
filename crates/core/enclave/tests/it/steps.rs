//! From state to state.

use casemate_enclave::{Cleaned, Mismatch, Unclean};
use casemate_model::{ContainerKey, EnclaveId, Nanos};
use casemate_policy::Workload;

use crate::witnesses::*;

#[test]
fn every_state_can_be_destroyed() {
    end(created(1));
    end(initialised(1));
    end(ready(1));
    end(ready(1).suspend());
}

#[test]
fn a_witness_for_anybody_else_is_refused_and_the_enclave_kept() {
    let affirmer = Affirmer::new();
    let own = subject(1);
    let reborn = EnclaveId { generation: 1, ..own.enclave };
    let sidecar = ContainerKey { container: "side".into(), ..container() };

    let refused = initialised(1).attest(affirmer.affirm(subject(2), NOW)).expect_err("another's");
    assert!(matches!(refused.why, Mismatch::Enclave { .. }), "{refused}");
    let next = Workload { enclave: reborn, ..own.clone() };
    let refused = refused.enclave.attest(affirmer.affirm(next, NOW)).expect_err("another generation's");
    assert!(matches!(refused.why, Mismatch::Enclave { .. }), "{refused}");
    let side = Workload { container: sidecar, ..own.clone() };
    let refused = refused.enclave.attest(affirmer.affirm(side, NOW)).expect_err("another container's");
    assert!(matches!(refused.why, Mismatch::Container { .. }), "{refused}");
    let changed = Workload { measurement: measurement(9), ..own.clone() };
    let refused = refused.enclave.attest(affirmer.affirm(changed, NOW)).expect_err("other contents");
    assert!(matches!(refused.why, Mismatch::Measurement { .. }), "{refused}");

    let ready = refused.enclave.attest(affirmer.affirm(own, NOW)).expect("its own");
    assert_eq!(ready.measurement(), measurement(1));
    end(ready);
}

#[test]
fn a_renewed_witness_prolongs_entry() {
    let affirmer = Affirmer::new();
    let mut enclave = ready(1);
    let later = NOW.after(TTL);
    enclave.renew(affirmer.affirm(subject(1), later)).expect("its own");
    enclave.enter(worker(), later.after(Nanos(1))).expect("renewed").eexit();
    assert_eq!(end(enclave).renewals, 1);
}

#[test]
fn a_refused_renewal_leaves_the_present_witness() {
    let mut enclave = ready(1);
    let others = Affirmer::new().affirm(subject(2), NOW.after(TTL));
    assert!(matches!(enclave.renew(others), Err(Mismatch::Enclave { .. })));
    assert_eq!(enclave.not_after(), NOW.after(TTL));
    enclave.enter(worker(), NOW).expect("still the present one").eexit();
    assert_eq!(end(enclave).renewals, 0);
}

#[test]
fn a_suspended_enclave_resumes_on_a_witness_of_its_own_only() {
    let affirmer = Affirmer::new();
    let suspended = ready(1).suspend();
    let refused = suspended.resume(affirmer.affirm(subject(2), NOW)).expect_err("another's");
    let mut enclave = refused.enclave.resume(affirmer.affirm(subject(1), NOW)).expect("its own");
    enclave.enter(worker(), NOW).expect("fresh").aex();
    let tally = end(enclave);
    assert_eq!((tally.suspensions, tally.renewals, tally.entries), (1, 1, 1));
}

#[test]
fn resuming_on_a_lapsed_witness_opens_nothing() {
    let witness = Affirmer::new().affirm(subject(1), NOW);
    let mut enclave = ready(1).suspend().resume(witness).expect("its own");
    assert!(enclave.enter(worker(), NOW.after(TTL).after(Nanos(1))).is_err());
    end(enclave);
}

#[test]
fn cleaning_one_enclave_does_not_destroy_another() {
    let cleaned = Cleaned::new(id(2), 3, 3, true).expect("clean");
    let refused = initialised(1).destroy(cleaned).expect_err("another was cleaned");
    assert_eq!(refused.why, Unclean::Another { cleaned: id(2), enclave: id(1) });
    end(refused.enclave);
}
