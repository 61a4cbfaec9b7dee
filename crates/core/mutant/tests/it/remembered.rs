//! The seeded bugs of what a verifier remembers, each under the very test of `casemate-verifier` that
//! has to fail.
//!
//! A bug is switched on for a whole process, and the tests of that crate run beside this one. So each bug
//! gets a process of its own, which is this binary again, asked for one of [`alone`].

use std::panic::catch_unwind;
use std::process::Command;

use casemate_mutant::{Mutant, with};

#[path = "../../../verifier/tests/it/queue.rs"]
mod queue;
#[path = "../../../verifier/tests/it/relay.rs"]
mod relay;
#[path = "../../../verifier/tests/it/synthetic.rs"]
mod synthetic;

macro_rules! bugs {
    ($($mutant:ident: $module:ident::$test:ident,)*) => {
        /// Every bug of these.
        const BUGS: &[Mutant] = &[$(Mutant::$mutant),*];

        /// A test for each bug: that the verifier's own test fails by it.
        mod alone {
            $(
                #[test]
                #[ignore = "a seeded bug is on while it runs: only in a process of its own"]
                #[expect(non_snake_case, reason = "named as the bug is")]
                fn $mutant() {
                    super::is_caught(super::Mutant::$mutant, super::$module::$test);
                }
            )*
        }
    };
}

bugs! {
    QueueIgnoresPriority: queue::requests_are_served_by_priority_then_deadline_then_arrival,
    QueueIgnoresDeadline: queue::requests_are_served_by_priority_then_deadline_then_arrival,
    QueueForgetsOldest: queue::requests_are_served_by_priority_then_deadline_then_arrival,
    QueueIgnoresRounds: queue::a_flood_of_one_tenant_delays_another_by_one_pick,
    QueueIgnoresWeight: queue::weights_are_shares,
    QueueForgetsFlight: queue::one_platform_is_verified_by_one_job_at_a_time,
    QueueRepeatsEqual: queue::equal_evidence_is_verified_once_for_all_who_ask,
    QueueBoundOffByOne: queue::a_full_queue_says_what_is_full_and_when_to_come_back,
    QueueForgetsTenantBound: queue::a_full_queue_says_what_is_full_and_when_to_come_back,
    QueueForgetsWork: queue::a_full_queue_says_what_is_full_and_when_to_come_back,
    QueueMisstatesReturn: queue::whoever_is_refused_is_told_how_long_it_takes_until_there_is_room,
    QueueKeepsLostFlight: queue::a_job_that_is_lost_frees_its_platform_and_tells_who_waited,
    QueueKeepsCancelled: queue::whoever_cancels_takes_no_room,
    NonceGoodTwice: relay::a_nonce_is_good_once_for_its_node_until_its_last_instant,
    NonceNeverLapses: relay::a_nonce_is_good_once_for_its_node_until_its_last_instant,
    NonceGoodForAnybody: relay::a_nonce_is_good_once_for_its_node_until_its_last_instant,
    NonceUsedUpByOthers: relay::a_stranger_who_knows_a_nonce_cannot_use_it_up,
    NonceForgetsNodeBound: relay::nonces_that_are_never_used_take_bounded_room_and_free_it,
    BindingForgetsBoot: relay::evidence_made_for_anything_else_is_refused,
    BindingForgetsAgentKey: relay::evidence_made_for_anything_else_is_refused,
    BindingForgetsNonce: relay::evidence_made_for_anything_else_is_refused,
    EnrolmentIgnoresBinding: relay::evidence_made_for_anything_else_is_refused,
    EnrolmentTakesRelayed: relay::evidence_relayed_from_a_good_machine_is_refused_and_says_whose_it_is,
    EnrolmentOnFirstSight: relay::nothing_is_enrolled_on_first_sight,
    EnrolmentSparesNonce: relay::evidence_of_the_enrolled_platform_made_for_this_node_is_admitted,
    EnrolmentTakesShared: relay::what_many_machines_share_enrols_none,
    EnrolmentMovesPlatform: relay::a_platform_is_one_node_until_its_enrolment_is_ended,
    StoreTakesOlder: synthetic::signed_collateral_of_before_a_recovery_does_not_come_back,
    StoreTakesOlderList: synthetic::an_older_revocation_list_does_not_replace_the_one_in_force,
    StoreTakesConflicting: synthetic::another_document_of_the_same_date_is_refused,
    StoreTakesUnsigned: synthetic::documents_under_a_strangers_signature_take_no_place,
    StoreKeepsGeneration: synthetic::signed_collateral_of_before_a_recovery_does_not_come_back,
    StoreLetsOlderStand: synthetic::older_pieces_give_way_to_those_that_were_in_force,
    MemoryIgnoresBytes: synthetic::no_changed_byte_of_a_quote_is_accepted_from_memory,
    MemoryLearnsOfRefused: synthetic::no_changed_byte_of_a_quote_is_accepted_from_memory,
    MemoryIgnoresExpiry: synthetic::a_platform_whose_certificates_have_expired_is_not_remembered,
    MemoryTellsNobody: synthetic::a_tcb_recovery_is_forecast_then_takes_the_verdict_back_once,
    MemoryForgetsSubjects: synthetic::a_tcb_recovery_is_forecast_then_takes_the_verdict_back_once,
}

/// Whether this bug is one of these.
pub(crate) fn has(mutant: Mutant) -> bool {
    BUGS.contains(&mutant)
}

#[test]
fn every_seeded_bug_of_the_verifier_fails_the_test_that_names_it() {
    let binary = std::env::current_exe().expect("this binary");
    let mut missed = Vec::new();
    for mutant in BUGS {
        let name = format!("remembered::alone::{mutant:?}");
        let run = Command::new(&binary).args(["--exact", &name, "--ignored"]).output();
        let run = run.expect("a process of its own");
        let said = String::from_utf8_lossy(&run.stdout);
        assert!(said.contains("running 1 test"), "{said}");
        if !run.status.success() {
            missed.push((mutant, said.into_owned()));
        }
    }
    assert!(missed.is_empty(), "missed: {missed:#?}");
}

/// Holds where `test` passes without the bug and fails with it.
fn is_caught(mutant: Mutant, test: fn()) {
    test();
    assert!(with(mutant, || catch_unwind(test)).is_err(), "{mutant:?} is missed");
}
