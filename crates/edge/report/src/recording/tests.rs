//! Recordings over their limits.

use casemate_model::{ContainerKey, EnclaveId, Nanos, NodeName, Pages, PodKey, WorkerId};

use super::*;
use crate::{EnclaveSample, EnclaveState, StayEnd, Subject};

fn event(time: u64, message: &str) -> Event {
    let subject = Subject::Node(NodeName("n".into()));
    Event { time: Timestamp(time), subject, what: What::Trapped { message: message.into() } }
}

fn sample(time: u64, enclaves: u32) -> Sample {
    let enclaves = (0..enclaves).map(|index| EnclaveSample {
        enclave: EnclaveId { index, generation: 0 },
        container: ContainerKey {
            pod: PodKey { namespace: "d".into(), name: format!("p{index}") },
            container: "c".into(),
        },
        state: EnclaveState::Ready,
        verdict: None,
        worker: None,
        resident: Pages(1),
        total: Pages(1),
        guaranteed: Pages(1),
        faults: time,
        page_ins: 0,
        page_outs: 0,
        aex: 0,
        eexit: 0,
        cpu: Nanos(time),
        fair: Nanos(time),
    });
    Sample { time: Timestamp(time), frames: Pages(9), free: Pages(8), enclaves: enclaves.collect() }
}

/// Stays end to end on each CPU, as a CPU has them.
fn stays(lengths: &[(u16, u32, u64, u64)]) -> Vec<Stay> {
    let mut free = std::collections::BTreeMap::new();
    let stay = |(worker, index, pause, length): &(u16, u32, u64, u64)| {
        let from = free.get(worker).copied().unwrap_or(0) + pause;
        free.insert(*worker, from + length);
        Stay {
            worker: WorkerId((*worker).try_into().unwrap()),
            enclave: EnclaveId { index: *index, generation: 0 },
            from: Timestamp(from),
            until: Timestamp(from + length),
            end: [StayEnd::Aex, StayEnd::Eexit, StayEnd::Over][(*length % 3) as usize],
            faults: *length % 7,
        }
    };
    lengths.iter().map(stay).collect()
}

#[test]
fn within_the_limits_everything_is_kept_and_nothing_is_said() {
    let mut recording = Recording::default();
    for time in 0..100 {
        recording.event(event(time, "m"));
        recording.sample(sample(time, 3));
    }
    recording.stays(stays(&[(1, 0, 0, 10), (1, 1, 0, 10)]));
    assert_eq!(recording.events().count(), 100);
    assert_eq!(recording.moments().count(), 100);
    assert_eq!(recording.slices().len(), 2);
    assert_eq!(recording.left_out(), Vec::<String>::new());
}

#[test]
fn of_too_many_events_the_first_and_the_latest_are_kept_and_the_rest_counted() {
    let mut recording = Recording::new(Limits { event_bytes: 1 << 16, ..Limits::default() });
    for time in 0..10_000 {
        recording.event(event(time, &"m".repeat(100)));
    }
    let kept: Vec<u64> = recording.events().map(|event| event.time.0).collect();
    assert_eq!((kept[0], kept[kept.len() - 1]), (0, 9_999));
    let said = format!("{} events between", 10_000 - kept.len());
    assert!(recording.left_out()[0].starts_with(&said), "{:?}", recording.left_out());
    let bytes: usize = kept.len() * (size_of::<Event>() + 100);
    assert!(bytes <= 1 << 16, "{bytes}");
    assert!(kept.len() > 50, "{}", kept.len());
}

#[test]
fn a_message_of_megabytes_is_cut() {
    let mut recording = Recording::default();
    recording.event(event(1, &"é".repeat(4 << 20)));
    let kept = recording.events().next().unwrap();
    let What::Trapped { message } = &kept.what else { panic!("{kept:?}") };
    assert!(message.len() <= 4100 && message.ends_with("é…"), "{}", message.len());
}

#[test]
fn lists_and_names_of_megabytes_are_cut() {
    let mut recording = Recording::default();
    let reasons = vec!["r".to_owned(); 1_000_000];
    let pod = PodKey { namespace: "n".repeat(1 << 20), name: "p".repeat(1 << 20) };
    let container = ContainerKey { pod, container: "c".repeat(1 << 20) };
    let subject = Subject::Container(container);
    let claims = crate::Claims(vec![("a".into(), "b".repeat(1 << 20)); 1000]);
    recording.event(Event { time: Timestamp(1), subject, what: What::WorkloadRefused { claims, reasons } });
    let kept = recording.events().next().unwrap();
    let What::WorkloadRefused { claims, reasons } = &kept.what else { panic!("{kept:?}") };
    assert_eq!((reasons.len(), reasons[64].as_str()), (65, "and 999936 more"));
    assert_eq!((claims.0.len(), claims.0[256].1.as_str()), (257, "and 744 more"));
    let json = serde_json::to_string(kept).unwrap().len();
    assert!(json < 2 << 20, "{json}");
}

#[test]
fn of_too_many_samples_every_other_is_kept_and_always_the_latest() {
    let mut recording = Recording::new(Limits { readings: 64, ..Limits::default() });
    for time in 0..=1001 {
        recording.sample(sample(time, 3));
        let kept: Vec<u64> = recording.moments().map(|moment| moment.time.0).collect();
        assert_eq!((kept[0], kept[kept.len() - 1]), (0, time));
        // One reading more for the sample itself, and one sample that is the latest.
        assert!(kept.len() <= 64 / 4 + 1, "{kept:?}");
    }
    let kept: Vec<u64> = recording.moments().map(|moment| moment.time.0).collect();
    assert!(kept.windows(2).rev().skip(1).all(|pair| pair[1] - pair[0] == 64), "{kept:?}");
    assert_eq!(recording.left_out(), ["one sample in 64 was kept"]);
}

#[test]
fn enclaves_beyond_the_limit_are_counted_and_not_told_apart() {
    let mut recording = Recording::new(Limits { enclaves: 5, ..Limits::default() });
    recording.sample(sample(1, 8));
    recording.sample(sample(2, 8));
    assert_eq!(recording.enclaves().len(), 5);
    assert!(recording.moments().all(|moment| moment.readings.len() == 5));
    assert_eq!(recording.left_out(), ["the first 5 enclaves are told apart, 6 sightings of others are not"]);
}

#[test]
fn stays_that_cannot_be_merged_are_counted() {
    // One enclave on each of 60,000 CPUs: nothing to merge, and room for 20,000.
    let mut recording = Recording::new(Limits { stays: 20_000, ..Limits::default() });
    for worker in 1..=60_000 {
        recording.stays(stays(&[(worker, 0, 5, 10)]));
    }
    assert_eq!(recording.slices().len(), 20_000);
    assert!(recording.left_out()[1].starts_with("40000 stays"), "{:?}", recording.left_out());
}

/// 96 MiB: each part at its limit, vectors that have just doubled included.
#[test]
fn the_limits_are_worth_what_is_said() {
    let limits = Limits::default();
    let name_bytes = 3 * 260;
    let bytes = limits.event_bytes
        + limits.readings * size_of::<Reading>()
        + 2 * limits.stays * size_of::<Slice>()
        + limits.enclaves * (2 * size_of::<enclaves::Entry>() + name_bytes);
    assert!(bytes <= 96 << 20, "{} MiB", bytes >> 20);
    assert!(size_of::<Reading>() <= 100 && size_of::<Slice>() <= 64);
}

#[test]
fn stays_that_were_lost_before_are_said() {
    let mut recording = Recording::default();
    recording.stays_lost(7);
    assert_eq!(recording.left_out(), ["7 stays on a CPU were not recorded"]);
}

proptest::proptest! {
    #[test]
    fn merging_stays_keeps_time_exits_and_faults_and_lays_none_over_another(
        lengths in proptest::collection::vec((1_u16..4, 0_u32..5, 0_u64..9_000_000, 0_u64..9_000_000), 0..300),
    ) {
        let told = stays(&lengths);
        let mut recording = Recording::new(Limits { stays: 40, ..Limits::default() });
        for some in told.chunks(7) {
            recording.stays(some.to_vec());
        }
        let kept = recording.slices();
        proptest::prop_assert!(kept.len() <= 40, "{}", kept.len());
        proptest::prop_assert_eq!(recording.left_out().is_empty(), told.len() <= 40);
        for worker in 1..4 {
            let on_it = || kept.iter().filter(|slice| slice.worker.0.get() == worker);
            let ends: Vec<_> = on_it().map(|slice| (slice.from, slice.until)).collect();
            for pair in ends.windows(2) {
                proptest::prop_assert!(pair[0].1 <= pair[1].0, "{:?}", pair);
            }
            for index in 0..5 {
                let id = EnclaveId { index, generation: 0 };
                let own = || on_it().filter(|slice| recording.enclaves().get(slice.enclave).unwrap().id == id);
                let theirs = || told.iter().filter(|stay| stay.worker.0.get() == worker && stay.enclave == id);
                let ended = |end| theirs().filter(|stay| stay.end == end).count();
                proptest::prop_assert_eq!(
                    own().map(|slice| slice.length().0).sum::<u64>(),
                    theirs().map(|stay| stay.until.since(stay.from).0).sum::<u64>()
                );
                proptest::prop_assert_eq!(
                    own().map(|slice| slice.faults).sum::<u64>(),
                    theirs().map(|stay| stay.faults).sum::<u64>()
                );
                proptest::prop_assert_eq!(own().map(|slice| slice.stays as usize).sum::<usize>(), theirs().count());
                proptest::prop_assert_eq!(own().map(|slice| slice.aex as usize).sum::<usize>(), ended(StayEnd::Aex));
                proptest::prop_assert_eq!(
                    own().map(|slice| slice.eexit as usize).sum::<usize>(),
                    ended(StayEnd::Eexit)
                );
            }
        }
    }
}
