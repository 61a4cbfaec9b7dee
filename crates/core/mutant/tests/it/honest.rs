//! What ships: every decider through many schedules, and no rule is broken.

use casemate_checker::Findings;

use crate::{contest, crowded, lives, moves, paging, places, trust};

const SEEDS: u64 = 64;

fn clean(schedule: fn(u64) -> Findings) {
    for seed in 0..SEEDS {
        let findings = schedule(seed);
        assert!(findings.is_clean(), "seed {seed}: {:#?}", findings.violations);
    }
}

#[test]
fn policy_and_enclaves_break_no_rule() {
    clean(trust::schedule);
}

#[test]
fn placement_breaks_no_rule() {
    clean(places::schedule);
}

#[test]
fn placement_breaks_no_rule_where_everything_is_scarce() {
    clean(crowded::schedule);
}

#[test]
fn moves_break_no_rule() {
    clean(moves::schedule);
}

#[test]
fn lives_of_pods_break_no_rule() {
    clean(lives::schedule);
}

#[test]
fn paging_breaks_no_rule() {
    clean(paging::schedule);
}

#[test]
fn the_run_queue_breaks_no_rule() {
    clean(contest::schedule);
}
