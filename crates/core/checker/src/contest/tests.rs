use casemate_model::EnclaveId;

use crate::testing::*;
use crate::{Contender, HowLeft, Observation, Rule};

const A: EnclaveId = EnclaveId { index: 1, generation: 0 };
const B: EnclaveId = EnclaveId { index: 2, generation: 0 };
const C: EnclaveId = EnclaveId { index: 3, generation: 0 };

fn wants(enclave: EnclaveId, weight: u64, vruntime: i128, deadline: i128) -> Contender {
    Contender { enclave, weight, vruntime, deadline, running: false }
}

fn runs(contender: Contender) -> Contender {
    Contender { running: true, ..contender }
}

fn pick(picked: Option<EnclaveId>, contenders: &[Contender]) -> Observation {
    Observation::CpuPicked { worker: worker(1), picked, contenders: contenders.to_vec() }
}

fn picking(picked: Option<EnclaveId>, contenders: &[Contender]) -> Vec<Rule> {
    rules([pick(picked, contenders)])
}

#[test]
fn nobody_with_negative_lag_is_picked_while_somebody_eligible_waits() {
    let contenders = [wants(A, 1, 100, 900), wants(B, 1, 200, 300)];
    assert_eq!(picking(Some(B), &contenders), [Rule::IneligiblePicked]);
    assert_eq!(picking(Some(A), &contenders), []);
}

#[test]
fn of_the_eligible_the_earliest_deadline_is_picked() {
    let contenders = [wants(A, 1, 100, 900), wants(B, 1, 100, 300), wants(C, 1, 900, 200)];
    assert_eq!(picking(Some(A), &contenders), [Rule::LaterDeadlinePicked]);
    assert_eq!(picking(Some(B), &contenders), []);
    assert_eq!(picking(Some(C), &contenders), [Rule::IneligiblePicked]);
}

#[test]
fn among_equal_deadlines_any_will_do() {
    let contenders = [wants(A, 1, 100, 300), wants(B, 1, 100, 300)];
    assert_eq!(picking(Some(A), &contenders), []);
    assert_eq!(picking(Some(B), &contenders), []);
}

#[test]
fn zero_lag_is_eligible_and_weights_decide_where_zero_is() {
    // V = (3 * 100 + 1 * 140) / 4 = 110.
    let at = |vruntime| [wants(A, 3, 100, 900), wants(C, 1, 140, 999), wants(B, 0, vruntime, 300)];
    assert_eq!(picking(Some(B), &at(110)), []);
    assert_eq!(picking(Some(B), &at(111)), [Rule::IneligiblePicked]);
}

#[test]
fn who_runs_elsewhere_still_counts_for_virtual_time() {
    // Without A, V would be B's own 200.
    let contenders = [runs(wants(A, 1, 100, 900)), wants(B, 1, 200, 300), wants(C, 1, 120, 400)];
    assert_eq!(picking(Some(B), &contenders), [Rule::IneligiblePicked]);
    assert_eq!(picking(Some(C), &contenders), []);
}

#[test]
fn where_nobody_waiting_is_eligible_anybody_waiting_may_run() {
    let contenders = [runs(wants(A, 1, 100, 900)), wants(B, 1, 200, 300)];
    assert_eq!(picking(Some(B), &contenders), []);
}

#[test]
fn who_runs_elsewhere_or_does_not_want_to_run_is_not_picked() {
    let contenders = [runs(wants(A, 1, 100, 300)), wants(B, 1, 100, 300)];
    assert_eq!(picking(Some(A), &contenders), [Rule::PickedNotWaiting]);
    assert_eq!(picking(Some(C), &contenders), [Rule::PickedNotWaiting]);
}

#[test]
fn no_worker_idles_while_somebody_waits() {
    assert_eq!(picking(None, &[wants(A, 1, 100, 300)]), [Rule::IdleWithWork]);
    assert_eq!(picking(None, &[runs(wants(A, 1, 100, 300))]), []);
    assert_eq!(picking(None, &[]), []);
}

#[test]
fn numbers_at_the_edge_of_their_range_do_not_panic() {
    let contenders = [wants(A, u64::MAX, i128::MIN, i128::MIN), wants(B, u64::MAX, i128::MAX, i128::MAX)];
    assert_eq!(picking(Some(A), &contenders), []);
}

/// A is picked at virtual runtime 0, stays for 100 ns, leaves like this and is seen again at `vruntime`, all the
/// time beside `others` of its own weight.
fn charged_beside(others: u32, weight: u64, vruntime: i128, how: HowLeft) -> Vec<Rule> {
    let everybody = |vruntime| -> Vec<Contender> {
        let crowd = (0..others).map(|n| runs(wants(enclave(100 + n), weight, 0, 10)));
        crowd.chain([wants(A, weight, vruntime, 10)]).collect()
    };
    rules(prologue().into_iter().chain([
        granted(A, 0, 1000),
        pick(Some(A), &everybody(0)),
        entered(A, 1, 100),
        left(A, 1, 200, 100, how),
        pick(Some(A), &everybody(vruntime)),
    ]))
}

fn charged(weight: u64, vruntime: i128, how: HowLeft) -> Vec<Rule> {
    charged_beside(3, weight, vruntime, how)
}

#[test]
fn who_is_entitled_to_more_than_a_worker_may_be_charged_more_but_not_less() {
    // Of two workers, one of two equals is entitled to exactly one, and one alone to two.
    assert_eq!(charged_beside(0, 1024, 101, HowLeft::Aex), []);
    assert_eq!(charged_beside(0, 1024, 98, HowLeft::Aex), [Rule::Mischarged]);
    assert_eq!(charged_beside(1, 1024, 102, HowLeft::Aex), [Rule::Mischarged]);
}

#[test]
fn a_stay_is_charged_by_its_length_over_the_weight() {
    assert_eq!(charged(1024, 100, HowLeft::Aex), []);
    assert_eq!(charged(2048, 50, HowLeft::Eexit), []);
    assert_eq!(charged(2048, 100, HowLeft::Aex), [Rule::Mischarged], "weight ignored");
    assert_eq!(charged(1024, 0, HowLeft::Aex), [Rule::Mischarged], "nothing charged");
}

#[test]
fn a_charge_may_be_rounded_by_one_unit() {
    // 100 * 1024 / 3 is 34,133 and a third.
    assert_eq!(charged(3, 34_133, HowLeft::Aex), []);
    assert_eq!(charged(3, 34_134, HowLeft::Aex), []);
    assert_eq!(charged(3, 34_135, HowLeft::Aex), [Rule::Mischarged]);
}

#[test]
fn who_slept_may_come_back_at_another_virtual_runtime() {
    assert_eq!(charged(1024, 5000, HowLeft::Blocked), []);
}

#[test]
fn who_is_resumed_joins_anew() {
    // The pick between is one another worker made before the schedule heard of the suspension.
    let seen = |resumed: Option<Observation>| {
        let waiting = |vruntime| pick(Some(C), &[wants(A, 1, vruntime, 10), wants(C, 1, 0, 9)]);
        let before = [waiting(0), Observation::EnclaveSuspended { enclave: A }, waiting(0)];
        rules(prologue().into_iter().chain(before).chain(resumed).chain([waiting(5000)]))
    };
    assert!(!seen(Some(Observation::EnclaveResumed { enclave: A })).contains(&Rule::Mischarged));
    assert!(seen(None).contains(&Rule::Mischarged));
}

#[test]
fn who_did_not_run_is_not_charged() {
    let seen = |vruntime| {
        rules([
            pick(Some(A), &[wants(A, 1, 0, 10), wants(B, 1, 0, 10), wants(C, 1, 0, 10)]),
            pick(Some(C), &[runs(wants(A, 1, 0, 10)), wants(B, 1, vruntime, 10), wants(C, 1, 0, 9)]),
        ])
    };
    assert_eq!(seen(0), []);
    assert_eq!(seen(1), [Rule::Mischarged]);
}

#[test]
fn workers_account_for_no_more_cpu_than_time_has_passed() {
    let ran = |ran| {
        rules(prologue().into_iter().chain([
            granted(A, 0, 1000),
            entered(A, 1, 100),
            left(A, 1, 200, ran, HowLeft::Aex),
        ]))
    };
    // Two workers for 100 ns.
    assert_eq!(ran(200), []);
    assert_eq!(ran(201), [Rule::CpuOveraccounted]);
}
