//! A batch is verified piece by piece, once each, and answered in order.

use casemate_verifier::batch::{Executor, JOB_LEN, Plan, Sequential};
use proptest::prelude::*;

/// Runs the last job first.
struct Backwards;

impl Executor for Backwards {
    fn run<T: Send>(&self, jobs: usize, work: &(impl Fn(usize) -> T + Sync)) -> Vec<T> {
        let mut answers: Vec<T> = (0..jobs).rev().map(work).collect();
        answers.reverse();
        answers
    }
}

proptest! {
    #[test]
    fn a_batch_is_answered_as_one_by_one_and_every_piece_is_verified_once(
        inputs in proptest::collection::vec((0..60u32, 0..4u8), 0..400)
    ) {
        // What evidence is decides its platform.
        let inputs: Vec<(u32, u32)> = inputs.into_iter().map(|(it, salt)| (it * 4 + u32::from(salt), it % 3)).collect();
        let verify = |it: &(u32, u32)| format!("verdict of {} on {}", it.0, it.1);
        let plan = Plan::of(inputs.iter().copied());
        let job = |members: &[usize]| members.iter().map(|nth| verify(&inputs[*nth])).collect::<Vec<_>>();
        let one_by_one: Vec<_> = inputs.iter().map(verify).collect();
        prop_assert_eq!(plan.run(&Sequential, &job), Some(one_by_one.clone()));
        prop_assert_eq!(plan.run(&Backwards, &job), Some(one_by_one));

        let mut seen: Vec<_> = (0..plan.jobs()).flat_map(|it| plan.inputs(it)).map(|nth| inputs[*nth]).collect();
        let verified = seen.len();
        seen.sort_unstable();
        seen.dedup();
        let mut different = inputs.clone();
        different.sort_unstable();
        different.dedup();
        prop_assert_eq!((verified, &seen), (plan.distinct(), &different), "each once, and all of them");
        for job in 0..plan.jobs() {
            let members = plan.inputs(job);
            prop_assert!(!members.is_empty() && members.len() <= JOB_LEN);
            prop_assert!(members.iter().all(|it| inputs[*it].1 == inputs[members[0]].1), "one platform a job");
        }
    }
}

#[test]
fn a_job_that_answers_too_little_spoils_the_batch_rather_than_shifts_it() {
    let plan = Plan::of([(1, 1), (2, 1), (3, 2)]);
    assert_eq!(plan.assemble(vec![vec!["one"], vec!["three"]]), None);
    assert_eq!(plan.assemble(vec![vec!["one", "two"]]), None);
    assert_eq!(plan.assemble(vec![vec!["one", "two"], vec!["three"]]), Some(vec!["one", "two", "three"]));
}
