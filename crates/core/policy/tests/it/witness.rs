//! The witness in use.

use casemate_model::{Nanos, Timestamp};
use casemate_policy::{Attested, Expired, PolicyDraft, Workload, appraise_workload};
use casemate_softtee::synthetic::TestRoot;
use proptest::prelude::*;

use crate::{NOW, TTL, draft, workload, workload_expectation, workload_report};

fn witness(ttl: Nanos) -> Attested<Workload> {
    let root = TestRoot::new(NOW);
    let policy = PolicyDraft { ttl, ..draft(&root) }.validate().expect("a policy");
    let evidence = root.verified(&workload_report());
    appraise_workload(&evidence, &workload_expectation(), &policy, NOW).into_result().expect("a witness")
}

#[test]
fn a_witness_holds_to_the_last_instant_of_its_time_and_not_beyond() {
    let witness = witness(TTL);
    let last = NOW.after(TTL);
    let fresh = witness.at(last).expect("still good");
    assert_eq!((fresh.subject(), fresh.at(), fresh.not_after()), (&workload(), last, last));
    let late = last.after(Nanos(1));
    let Err(Expired { not_after, now, .. }) = witness.at(late) else { panic!("holds too long") };
    assert_eq!((not_after, now), (last, late));
}

#[test]
fn a_witness_that_has_lapsed_says_to_attest_again() {
    let said = witness(TTL).at(NOW.after(TTL).after(TTL)).expect_err("lapsed").to_string();
    assert!(said.contains("to 2026-01-01T00:10:00Z") && said.contains("2026-01-01T00:20:00Z"), "{said}");
    assert!(said.ends_with("attest again"), "{said}");
}

#[test]
fn a_clock_set_back_before_the_evidence_finds_no_witness() {
    assert!(witness(TTL).at(Timestamp(0)).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_witness_outlives_neither_its_evidence_nor_the_policys_lifetime(ttl in 1_u64..=u64::MAX) {
        let root = TestRoot::new(NOW);
        let evidence_ends = root.verified(&workload_report()).claims().not_after();
        let not_after = witness(Nanos(ttl)).not_after();
        prop_assert_eq!(not_after, evidence_ends.min(NOW.after(Nanos(ttl))));
    }
}
