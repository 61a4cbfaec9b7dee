use casemate_model::{EnclaveId, RestartPolicy};

use crate::testing::*;
use crate::{HowEnded, HowLeft, Observation, Rule};

/// What breaks when this follows the prologue and a witness for enclave 1 from 100 until 900.
fn after_attesting(stream: impl IntoIterator<Item = Observation>) -> Vec<Rule> {
    rules(prologue().into_iter().chain([granted(enclave(1), 100, 900)]).chain(stream))
}

fn unattested(stream: impl IntoIterator<Item = Observation>) -> Vec<Rule> {
    rules(prologue().into_iter().chain(stream))
}

fn suspended() -> Observation {
    Observation::EnclaveSuspended { enclave: enclave(1) }
}

fn resumed() -> Observation {
    Observation::EnclaveResumed { enclave: enclave(1) }
}

fn aex(at: u64) -> Observation {
    left(enclave(1), 1, at, 1, HowLeft::Aex)
}

#[test]
fn an_enclave_belongs_to_a_placed_pod() {
    assert_eq!(unattested([created(enclave(2), "stranger", 0)]), [Rule::EnclaveWithoutPlacement]);
    assert_eq!(unattested([created(enclave(2), "p", 0)]), []);
}

#[test]
fn an_enclave_id_names_one_instance_ever() {
    let again = |generation| {
        let id = EnclaveId { index: 1, generation };
        let failed = Observation::EnclaveEnded { enclave: enclave(1), how: HowEnded::Exited(1) };
        let restarted = [failed, destroyed(enclave(1), 0), created(id, "p", 0)];
        rules(prologue_of(RestartPolicy::OnFailure).into_iter().chain(restarted))
    };
    assert_eq!(again(0), [Rule::EnclaveIdReused]);
    assert_eq!(again(1), []);
}

#[test]
fn an_enclave_is_initialised_once() {
    assert_eq!(unattested([initialised(enclave(1))]), [Rule::OutOfOrder]);
}

#[test]
fn an_enclave_is_initialised_before_it_is_entered() {
    let second = enclave(2);
    let stream = [created(second, "p", 0), granted(second, 100, 900), entered(second, 1, 200)];
    assert_eq!(unattested(stream.clone()), [Rule::OutOfOrder]);
    let [create, grant, enter] = stream;
    assert_eq!(unattested([create, initialised(second), grant, enter]), []);
}

#[test]
fn no_enclave_is_entered_before_its_own_evidence() {
    assert_eq!(unattested([entered(enclave(1), 1, 200)]), [Rule::EntryWithoutWitness]);
    assert_eq!(after_attesting([entered(enclave(1), 1, 200)]), []);
}

#[test]
fn a_witness_for_one_enclave_opens_no_other() {
    let second = [created(enclave(2), "p", 0), initialised(enclave(2)), entered(enclave(2), 1, 200)];
    assert_eq!(after_attesting(second), [Rule::EntryWithoutWitness]);
}

#[test]
fn a_witness_opens_up_to_its_last_instant() {
    assert_eq!(after_attesting([entered(enclave(1), 1, 900)]), []);
    assert_eq!(after_attesting([entered(enclave(1), 1, 901)]), [Rule::EntryOnStaleWitness]);
    assert_eq!(
        after_attesting([granted(enclave(1), 800, 1800), entered(enclave(1), 1, 901)]),
        [],
        "renewed in time"
    );
}

#[test]
fn a_witness_for_other_contents_opens_nothing() {
    let mut other = granted(enclave(1), 100, 900);
    if let Observation::WorkloadWitnessGranted { measurement: stated, evidence, .. } = &mut other {
        *stated = measurement(2);
        evidence.measurement = measurement(2);
    }
    assert_eq!(unattested([other, entered(enclave(1), 1, 200)]), [Rule::EntryOnAnothersWitness]);
}

#[test]
fn a_witness_for_another_container_opens_nothing() {
    let mut other = granted(enclave(1), 100, 900);
    if let Observation::WorkloadWitnessGranted { container: stated, .. } = &mut other {
        *stated = container("q");
    }
    assert_eq!(unattested([other, entered(enclave(1), 1, 200)]), [Rule::EntryOnAnothersWitness]);
}

#[test]
fn a_witness_for_nobody_alive_is_noticed() {
    assert_eq!(unattested([granted(enclave(9), 100, 900)]), [Rule::OutOfOrder]);
}

#[test]
fn a_suspended_enclave_is_entered_only_once_resumed() {
    let enter = || entered(enclave(1), 1, 200);
    assert_eq!(after_attesting([suspended(), enter()]), [Rule::EntryWhileSuspended]);
    assert_eq!(after_attesting([suspended(), resumed(), enter()]), []);
}

#[test]
fn only_what_is_suspended_is_resumed() {
    assert_eq!(after_attesting([resumed()]), [Rule::OutOfOrder]);
}

#[test]
fn a_destroyed_enclave_is_not_entered() {
    let stream = [destroyed(enclave(1), 0), entered(enclave(1), 1, 200)];
    assert_eq!(after_attesting(stream), [Rule::EntryOfNone]);
}

#[test]
fn an_enclave_runs_on_one_worker_at_a_time() {
    let (first, second) = (entered(enclave(1), 1, 200), entered(enclave(1), 2, 300));
    assert_eq!(after_attesting([first.clone(), second.clone()]), [Rule::EnclaveOnTwoWorkers]);
    assert_eq!(after_attesting([first, aex(250), second]), []);
}

#[test]
fn a_worker_runs_one_enclave_at_a_time() {
    let second = enclave(2);
    let ready = [created(second, "p", 0), initialised(second), granted(second, 100, 900)];
    let (one, two) = (entered(enclave(1), 1, 200), entered(second, 1, 300));
    let at_once = ready.iter().cloned().chain([one.clone(), two.clone()]);
    assert_eq!(after_attesting(at_once), [Rule::WorkerInTwoEnclaves]);
    assert_eq!(after_attesting(ready.into_iter().chain([one, aex(250), two])), []);
}

#[test]
fn only_who_is_inside_comes_out() {
    let enter = || entered(enclave(1), 1, 200);
    assert_eq!(after_attesting([enter(), aex(300), aex(400)]), [Rule::LeftWithoutEntering]);
    assert_eq!(
        after_attesting([enter(), left(enclave(1), 2, 300, 1, HowLeft::Aex)]),
        [Rule::LeftWithoutEntering]
    );
    assert_eq!(after_attesting([enter(), aex(300)]), []);
}

#[test]
fn nobody_is_inside_what_is_suspended_or_destroyed() {
    let enter = || entered(enclave(1), 1, 200);
    assert_eq!(after_attesting([enter(), suspended()]), [Rule::StoppedWhileEntered]);
    assert_eq!(after_attesting([enter(), destroyed(enclave(1), 0)]), [Rule::StoppedWhileEntered]);
    assert_eq!(after_attesting([enter(), aex(300), suspended(), destroyed(enclave(1), 0)]), []);
}

#[test]
fn only_its_own_worker_seals_pages_of_a_running_enclave() {
    let sealed_by = |by: Option<u16>| Observation::PageOut {
        enclave: enclave(1),
        page: 0,
        version: 1,
        frame: 0,
        by: by.map(worker),
    };
    let running =
        |by| after_attesting([page_in(enclave(1), 0, None, 0), entered(enclave(1), 1, 200), sealed_by(by)]);
    assert_eq!(running(Some(2)), [Rule::EvictedWhileRunning]);
    assert_eq!(running(None), [Rule::EvictedWhileRunning]);
    assert_eq!(running(Some(1)), []);
    let left = [page_in(enclave(1), 0, None, 0), entered(enclave(1), 1, 200), aex(300), sealed_by(None)];
    assert_eq!(after_attesting(left), []);
}

#[test]
fn a_pods_place_is_given_up_after_its_last_enclave() {
    let release = || Observation::PodReleased { pod: pod_key("p") };
    assert_eq!(after_attesting([release()]), [Rule::ReleasedWhileAlive]);
    assert_eq!(after_attesting([destroyed(enclave(1), 0), release()]), []);
}

#[test]
fn an_enclave_is_destroyed_once() {
    assert_eq!(after_attesting([destroyed(enclave(1), 0), destroyed(enclave(1), 0)]), [Rule::OutOfOrder]);
}
