//! Programs whose memory is larger than the pool.

use casemate_model::Bytes;

use crate::programs::{shuffle, shuffled};
use crate::trial::{Guest, Trial, for_each_mechanism};

const STEPS: u64 = 20_000;

#[test]
fn a_program_four_times_the_pool_finishes_with_the_right_output() {
    for_each_mechanism("larger than the pool", |mechanism| {
        let ran = Trial::new(Bytes::mib(4), 2)
            .paging(mechanism)
            .guest(Guest::new("large", shuffle(16, STEPS, 7)))
            .run();
        ran.finished("large", &shuffled(16, STEPS, 7));
        let (large, epc) = (ran.of("large"), ran.report.epc.expect("there is a pool"));
        // 4,095 of its pages are touched, at most 1,024 can stay.
        assert!(large.page_outs >= Some(3_000) && large.page_ins > Some(0), "{large:?}");
        assert_eq!((Some(epc.page_ins), Some(epc.page_outs)), (large.page_ins, large.page_outs));
        assert!(ran.report.node.as_ref().expect("a node").paging.starts_with(mechanism.as_str()));
    });
}

#[test]
fn programs_that_together_exceed_the_pool_do_not_see_one_another() {
    for_each_mechanism("together larger than the pool", |mechanism| {
        let seeds = [("one", 1), ("two", 2), ("three", 3)];
        // Less than one of them has: whatever the order they run in, each is paged.
        let trial = Trial::new(Bytes::mib(4), 2).paging(mechanism);
        let guests = seeds.map(|(name, seed)| Guest::new(name, shuffle(6, STEPS, seed)));
        let ran = guests.into_iter().fold(trial, Trial::guest).run();
        for (name, seed) in seeds {
            ran.finished(name, &shuffled(6, STEPS, seed));
            assert!(ran.of(name).page_outs > Some(0), "{name} was never paged");
        }
        assert!(ran.report.succeeded);
    });
}

#[test]
fn a_pool_with_room_for_all_pages_nothing() {
    let ran = Trial::new(Bytes::mib(16), 1).guest(Guest::new("small", shuffle(2, STEPS, 9))).run();
    ran.finished("small", &shuffled(2, STEPS, 9));
    assert_eq!((ran.of("small").page_ins, ran.of("small").page_outs), (Some(0), Some(0)));
}
